/*
 * Who reads what nullmta itself has to say: the local user whose spool it is, an address, or
 * the sender of the message in question, as [bounce] to has it.
 */
#ifndef DELIVER_READER_H
#define DELIVER_READER_H

#include <stdbool.h>

#include "deliver/flush.h"
#include "deliver/mailbox.h"
#include "mail/tls_wish.h"

#define READER_ADDRESS_MAX 1024

struct reader {
	bool is_local;       /* into `box`, else by mail to `address` */
	bool is_behind_door; /* this process cannot make the box: flush->local has to */
	struct mailbox box;
	char address[READER_ADDRESS_MAX];
};

/*
 * Find the reader of a report to the sender of a message ("" for none in particular). -1 and
 * a fault: there is nobody; or, FAULT_ACCESS, nobody whom this process can reach: that is for
 * the flush of the system, which comes behind it.
 */
int reader_find(const struct flush *flush, const char *sender, struct reader *ret,
	struct fault *f);

/* The mailbox of the user whose spool it is, whatever aliases say. As reader_find. */
int reader_find_mailbox(const struct flush *flush, struct reader *ret, struct fault *f);

/* Whether mail for the reader would take the route of this key, all of it. */
bool reader_is_behind(
	const struct flush *flush, const struct reader *reader, const char *key);

/* A cap on what one spool files in an hour: no storm, whatever goes wrong. Counts this one. */
bool reader_is_within_cap(const struct flush *flush);

/*
 * Lay a message in wire form before the reader: into the mailbox, synced, or into the spool
 * with the null sender. 0, or -1 and a fault.
 */
int reader_file(const struct flush *flush, const struct reader *to, struct span text,
	enum tls_wish wish, struct fault *f);

#endif
