/*
 * Octets on their way to the server, counted from the start of the connection, so that
 * "has this command left?" has an exact answer.
 */
#ifndef SMTP_OUTBOX_H
#define SMTP_OUTBOX_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

#define SMTP_OUTBOX_MAX (8 * 1024 * 1024)

struct smtp_outbox {
	struct buf octets;
	size_t gone;      /* of `octets`, at the front: written, not yet dropped */
	uint64_t written; /* octets of the connection that have left */
};

void smtp_outbox_init(struct smtp_outbox *o);
void smtp_outbox_release(struct smtp_outbox *o);

/* Overwrite what is there beside what has not left: it held a secret. */
void smtp_outbox_wipe(struct smtp_outbox *o);

/*
 * The buf to append to. Borrowed until the next call; what smtp_outbox_pending gave
 * before is no longer valid.
 */
struct buf *smtp_outbox_open(struct smtp_outbox *o);

/* What is to be written. Borrowed until the next smtp_outbox_open. */
struct span smtp_outbox_pending(const struct smtp_outbox *o);

/* The first `n` octets of what is pending have left; more than there are is a BUG. */
void smtp_outbox_written(struct smtp_outbox *o, size_t n);

/* The offset, from the start of the connection, behind all octets added so far. */
uint64_t smtp_outbox_end(const struct smtp_outbox *o);

#endif
