/*
 * The queues of all users, as root sees them: each is listed by a child that has become its
 * owner before it looks at anything of the owner's (see cmd/flush_owner.h). Where a user
 * is in the way of the own list, the others' are not.
 */
#ifndef CMD_MAILQ_ALL_H
#define CMD_MAILQ_ALL_H

#include <stdint.h>

#include "cmd/setup.h"

/* what the last line of the list says */
struct mailq_sum {
	uint64_t octets;
	uint64_t messages; /* printed */
};

/* Print the mail of `setup->user` and add it to `sum`. 0, or -1 and a fault. */
typedef int (*mailq_lister)(
	const struct setup *setup, struct mailq_sum *sum, struct fault *f);

/*
 * Have `list` print the mail of everybody but root who has a spool below PLACE_ROOT, by
 * uid, and add it to `sum`. Each user who could not be listed is told on stderr. Call it
 * as root. 0, or -1 and a fault where anything is missing from the list. Stops, with 0, where
 * stdout has failed.
 */
int mailq_all(mailq_lister list, struct mailq_sum *sum, struct fault *f);

#endif
