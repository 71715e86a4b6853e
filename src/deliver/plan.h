/*
 * Which message goes where: destinations (next hops), each with its list of jobs in order
 * of submission. Grows while the run lasts; a worker sees what stood here when it was
 * forked.
 */
#ifndef DELIVER_PLAN_H
#define DELIVER_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "deliver/board.h"
#include "policy/route.h"
#include "spool/spool.h"

#define PLAN_NOT_SHARED UINT32_MAX

/* One message for one destination. */
struct plan_job {
	struct spool_entry entry;
	uint32_t
		shared; /* number of the message claimed by the run, or PLAN_NOT_SHARED */
};

struct login; /* deliver/login.h */

struct destination {
	char key[ROUTE_KEY_SIZE];
	struct route route;
	struct login *login; /* of the worker that serves it; NULL: not open, or none */
	bool is_unroutable; /* no route: the jobs' recipients get their outcome at once */
	struct plan_job *jobs;
	uint32_t job_count;
	uint32_t job_cap;
	uint32_t behind_shared; /* the last one that is shared; 0: none is */
	uint32_t settled; /* jobs that no worker will touch any more (agenda_note_done) */
	struct board_slot *slot;
	int feed[2];           /* deliver/feed.h; zeros: there is none */
	uint32_t chance;       /* moves the time of the next try, should it be down */
	bool is_down;          /* found so in this run: not tried again in it */
	unsigned workers;      /* running */
	uint32_t taken_before; /* next_job when the last worker was started */
	unsigned fruitless;    /* workers that died or got nowhere, in a row */
};

struct plan {
	struct board board;
	struct destination **items; /* in order of their first job */
	size_t count;
	size_t cap;
	uint32_t *buckets; /* index + 1 into items, 0 free; by key */
	size_t bucket_count;
};

void plan_release(struct plan *p);

/* The destination of `route`, made when new; NULL stands for the unroutable one. */
struct destination *plan_destination(struct plan *p, const struct route *route);

/* Append to the list of `d`. */
void plan_add_job(
	struct destination *d, const struct spool_entry *entry, uint32_t shared);

/*
 * Take the next one off it, which no other worker gets then; NULL: none is left. Borrowed.
 */
const struct plan_job *plan_take_job(struct destination *d);

/* Jobs that no worker has taken yet. */
uint32_t plan_waiting(const struct destination *d);

#endif
