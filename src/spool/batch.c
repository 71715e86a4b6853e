#include "spool/batch.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* beyond malloc's threshold for mmap: growing by mremap leaves no old copies behind */
#define ENTRIES_FIRST 8192

void spool_batch_init(struct spool_batch *b, size_t max)
{
	*b = (struct spool_batch){.max = max};
}

void spool_batch_release(struct spool_batch *b)
{
	free(b->entries);
	*b = (struct spool_batch){0};
}

bool spool_batch_next(struct spool_batch *b)
{
	if (b->has_begun && !b->is_cut)
		return false;
	if (b->is_cut)
		memcpy(b->after, b->entries[b->count - 1].id, sizeof(b->after));
	b->count = 0;
	b->is_cut = false;
	b->has_begun = true;
	return true;
}

/* Half of them, so that this is seldom. */
static void keep_oldest(struct spool_batch *b)
{
	spool_sort(b->entries, b->count);
	b->count = b->max / 2;
	memcpy(b->newest, b->entries[b->count - 1].id, sizeof(b->newest));
	b->is_cut = true;
}

static void make_room(struct spool_batch *b)
{
	if (b->count == b->max)
		keep_oldest(b);
	if (b->count < b->cap)
		return;
	b->cap = b->cap ? 2 * b->cap : ENTRIES_FIRST;
	b->cap = b->cap < b->max ? b->cap : b->max;
	b->entries = mem_regrow(b->entries, b->cap, sizeof(*b->entries));
}

void spool_batch_add(struct spool_batch *b, const struct spool_entry *e)
{
	if (memcmp(e->id, b->after, ENVELOPE_ID_LEN) <= 0 ||
		(b->is_cut && memcmp(e->id, b->newest, ENVELOPE_ID_LEN) > 0))
		return;
	make_room(b);
	/* the cut may have been below this one */
	if (!b->is_cut || memcmp(e->id, b->newest, ENVELOPE_ID_LEN) <= 0)
		b->entries[b->count++] = *e;
}

void spool_batch_sort(struct spool_batch *b)
{
	spool_sort(b->entries, b->count);
}
