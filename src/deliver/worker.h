/*
 * A worker serves one destination's jobs: it resolves the route, tries its hosts in
 * order, and leaves nothing of its list without an outcome.
 */
#ifndef DELIVER_WORKER_H
#define DELIVER_WORKER_H

#include "deliver/flush.h"
#include "deliver/plan.h"
#include "policy/hosts.h"

struct claim;
struct target_memory;

struct worker_task {
	const struct flush *flush;
	struct destination *destination;
	struct claim *const *shared; /* messages claimed by the run */
	int wake_fd;
	struct hosts *hosts;
	struct target_memory *memory; /* NULL: nothing is remembered of single hosts */
	size_t memory_seen;           /* notes that `hosts` knows */
};

/*
 * Serve the destination until no job is left to take.
 * `wake_fd`: one octet is written when the destination turns out to be up, so that the
 * run may send help. `hosts` is this process's copy of the host memory. Runs in a child
 * process of its own.
 */
void worker_run(const struct worker_task *task);

#endif
