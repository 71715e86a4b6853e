#include "deliver/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/mem.h"
#include "base/text.h"

#define UNROUTABLE_KEY "none"
#define BUCKETS_FIRST  64

void plan_release(struct plan *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->items[i]->jobs);
		free(p->items[i]);
	}
	free(p->items);
	free(p->buckets);
	board_release(&p->board);
	*p = (struct plan){0};
}

/* the bucket that holds `key`, or the free one where it belongs */
static uint32_t *bucket_of(const struct plan *p, const char *key)
{
	size_t at = crc32c(0, key, strlen(key)) & (p->bucket_count - 1);

	while (p->buckets[at] && strcmp(p->items[p->buckets[at] - 1]->key, key) != 0)
		at = (at + 1) & (p->bucket_count - 1);
	return &p->buckets[at];
}

static void grow(struct plan *p)
{
	p->cap = p->cap ? p->cap * 2 : BUCKETS_FIRST / 2;
	p->items = mem_regrow(p->items, p->cap, sizeof(struct destination *));
	free(p->buckets);
	p->bucket_count = 2 * p->cap;
	p->buckets = mem_array(p->bucket_count, sizeof(*p->buckets));
	for (size_t i = 0; i < p->count; i++)
		*bucket_of(p, p->items[i]->key) = (uint32_t)i + 1;
}

struct destination *plan_destination(struct plan *p, const struct route *route)
{
	char key[ROUTE_KEY_SIZE] = UNROUTABLE_KEY;
	struct destination *d;
	uint32_t *bucket;

	if (route)
		route_key(route, key);
	if (p->count == p->cap)
		grow(p);
	bucket = bucket_of(p, key);
	if (*bucket)
		return p->items[*bucket - 1];
	d = mem_alloc(sizeof(*d));
	(void)text_copy(d->key, sizeof(d->key), span_of(key));
	d->is_unroutable = !route;
	if (route)
		d->route = *route;
	d->slot = board_add(&p->board);
	p->items[p->count++] = d;
	*bucket = (uint32_t)p->count;
	return d;
}

void plan_add_job(struct destination *d, const struct spool_entry *entry, uint32_t shared)
{
	if (d->job_count == d->job_cap) {
		d->job_cap = d->job_cap ? d->job_cap * 2 : 16;
		d->jobs = mem_regrow(d->jobs, d->job_cap, sizeof(*d->jobs));
	}
	d->jobs[d->job_count++] = (struct plan_job){.entry = *entry, .shared = shared};
	if (shared != PLAN_NOT_SHARED)
		d->behind_shared = d->job_count;
}

const struct plan_job *plan_take_job(struct destination *d)
{
	uint32_t at = d->slot->next_job;

	/* never past our end: jobs that the run adds there later are somebody else's */
	while (at < d->job_count &&
		!atomic_compare_exchange_weak(&d->slot->next_job, &at, at + 1))
		;
	return at < d->job_count ? &d->jobs[at] : NULL;
}

uint32_t plan_waiting(const struct destination *d)
{
	uint32_t taken = d->slot->next_job;

	return taken < d->job_count ? d->job_count - taken : 0;
}
