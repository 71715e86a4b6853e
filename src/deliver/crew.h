/*
 * The workers of a run as processes: who is started when, who has ended.
 */
#ifndef DELIVER_CREW_H
#define DELIVER_CREW_H

#include <stdbool.h>
#include <sys/types.h>

#include "deliver/agenda.h"
#include "deliver/flush.h"

struct crew_member {
	pid_t pid;
	struct destination *destination;
	int64_t forked_ms;
};

struct crew {
	const struct flush *flush;
	struct agenda *agenda;
	struct hosts *hosts;
	struct target_memory *memory;
	size_t memory_seen; /* notes that `hosts` knows */
	struct crew_member *members;
	size_t count;
	size_t cap;
	int wake[2];      /* workers write when a destination turns out to be up */
	int signal_fd;    /* SIGCHLD */
	size_t started;   /* workers, so far */
	size_t feeds;     /* that are open */
	bool may_wait;    /* workers whose list is done, for more (deliver/feed.h) */
	bool cannot_fork; /* when it was tried last */
	bool has_news;    /* the host memory has changed */
};

/* Blocks SIGCHLD in this process. 0, or -1 and a fault. */
int crew_init(struct crew *c, const struct flush *flush, struct agenda *agenda,
	struct hosts *hosts, struct fault *f);
void crew_release(struct crew *c);

/*
 * Start workers where jobs wait: one a destination, more for one that is up and has many
 * waiting; at most [delivery] connections of them, but a worker that waits for a host
 * that may be dead keeps no other destination waiting.
 */
void crew_start(struct crew *c);

/* Whether workers are to wait for more mail from now on; those that do are told. */
void crew_let_wait(struct crew *c, bool may_wait);

/* Whether jobs wait for which a worker can be started. */
bool crew_has_work(const struct crew *c);

/* Sleep until something happens, at most `timeout_ms`; take leave of who has ended. */
void crew_wait(struct crew *c, int timeout_ms);

#endif
