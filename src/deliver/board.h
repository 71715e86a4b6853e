/*
 * Memory that the run shares with its workers: who takes which job, and what became of a
 * destination. A worker that is killed leaves at worst a torn text here, which is only for
 * people: what counts is in the spool.
 */
#ifndef DELIVER_BOARD_H
#define DELIVER_BOARD_H

#include <stdatomic.h>
#include <stdint.h>

#include "mail/outcome.h"

enum board_state {
	BOARD_UNTRIED,
	BOARD_UP,   /* a server has greeted us */
	BOARD_DOWN, /* it cannot be used in this run: `trouble` says why */
};

/* One destination. */
struct board_slot {
	_Atomic uint32_t next_job;   /* index of the first job nobody has taken */
	_Atomic uint32_t state;      /* enum board_state */
	_Atomic uint32_t live;       /* sessions that serve it now */
	_Atomic uint32_t may_wait;   /* a worker without jobs, for more: deliver/feed.h */
	_Atomic uint32_t has_reader; /* of the feed */
	_Atomic uint32_t fed;        /* jobs in it */
	_Atomic uint32_t is_feed_over; /* its reader has been sent home */
	_Atomic uint32_t delivered;    /* recipients */
	_Atomic uint32_t deferred;
	_Atomic uint32_t failed;
	int64_t down_s;              /* when it was found down */
	struct outcome trouble;      /* valid when down */
	struct outcome last_failure; /* valid when failed is not 0 */
};

struct board {
	struct board_chunk *chunks;
};

/* A zeroed slot, shared with children that are forked later. Lives as long as the board. */
struct board_slot *board_add(struct board *b);
void board_release(struct board *b);

#endif
