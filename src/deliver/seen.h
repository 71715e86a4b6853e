/*
 * A set of message ids: those that a run has taken up already, so that looking into new/
 * again finds only what came since.
 */
#ifndef DELIVER_SEEN_H
#define DELIVER_SEEN_H

#include <stdbool.h>
#include <stddef.h>

#include "spool/envelope.h"

struct seen {
	char (*ids)[ENVELOPE_ID_LEN]; /* a hash table; first octet 0: free */
	size_t count;
	size_t size; /* power of two */
};

/* Add an id; false when it was there already. */
bool seen_add(struct seen *s, const char *id);

/* Whether the id was added. */
bool seen_has(const struct seen *s, const char *id);

void seen_release(struct seen *s);

#endif
