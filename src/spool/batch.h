/*
 * The messages of a queue in the order of their arrival, so many at a time: a list of any
 * length in memory that is bounded. Each batch takes one more look at the directories.
 */
#ifndef SPOOL_BATCH_H
#define SPOOL_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "spool/spool.h"

struct spool_batch {
	struct spool_entry *entries; /* oldest first after spool_batch_sort */
	size_t count;
	size_t cap;
	size_t max;
	char after[ENVELOPE_ID_LEN + 1];  /* the last one of the batch before; "": none */
	char newest[ENVELOPE_ID_LEN + 1]; /* once is_cut: newer ones are for later */
	bool is_cut;
	bool has_begun;
};

/* Begin with a batch of `max` entries at most, at least 2. Release with spool_batch_release. */
void spool_batch_init(struct spool_batch *b, size_t max);
void spool_batch_release(struct spool_batch *b);

/*
 * Make ready for the first batch, or for the one behind what is there. False when that was the
 * last one. Then all messages are to be added, in any order, and sorted.
 */
bool spool_batch_next(struct spool_batch *b);

/* Keep it when it is for this batch, as far as is known yet. */
void spool_batch_add(struct spool_batch *b, const struct spool_entry *e);

/* All were added. */
void spool_batch_sort(struct spool_batch *b);

#endif
