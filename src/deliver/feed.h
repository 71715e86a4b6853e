/*
 * More jobs for a worker whose list is done, while mail keeps coming: a pipe from the run, a
 * record a message. The worker waits at it for a moment, its connection open, so that
 * hundreds of messages a second need neither a process nor a login each.
 *
 * One worker of a destination is its reader. What it leaves there, for whatever reason, the
 * run takes back when the last worker has ended.
 */
#ifndef DELIVER_FEED_H
#define DELIVER_FEED_H

#include <stdbool.h>

#include "deliver/plan.h"

/* how long a worker waits for more; Postfix keeps a connection as long */
#define FEED_WAIT_MS 2000

/* records that are in it at most: a pipe holds them, and what waits longer gets help */
#define FEED_RECORDS_MAX 20

/* --- in the run --- */

/* Before the first worker is forked. False where it cannot be had: then none waits. */
bool feed_open(struct destination *d);

/*
 * Hand what waits for `d` to its reader, if it has one, in order. What is shared with other
 * destinations needs a worker that knows of it: there the reader is sent home.
 */
void feed_give(struct destination *d);

/* Send the reader home, and let nobody wait any more. */
void feed_end(struct destination *d);

/* No worker is left: what was not read waits again. Closes it. */
void feed_close(struct destination *d);

/* --- in a worker --- */

struct feed_reader {
	struct destination *d;
	int wake_fd; /* told when the feed is empty */
	bool is_reader;
};

/*
 * The next job, or false: none. Where nothing else is to be done, `may_wait`, it waits for
 * one as long as the run allows; this worker becomes the reader then.
 */
bool feed_take(struct feed_reader *r, bool may_wait, struct plan_job *ret);

/* Whether something is there for this worker. */
bool feed_has_jobs(const struct feed_reader *r);

#endif
