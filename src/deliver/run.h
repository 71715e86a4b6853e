/*
 * One run over the queue: from what is due to what became of it. Runs and ends; nothing
 * of it stays behind.
 */
#ifndef DELIVER_RUN_H
#define DELIVER_RUN_H

#include "deliver/flush.h"

struct run_result {
	uint32_t messages;  /* that were due */
	uint32_t delivered; /* recipients */
	uint32_t deferred;
	uint32_t failed;
	struct outcome last_failure; /* when failed */
	struct outcome last_trouble; /* when deferred by a host; kind PENDING else */
};

/*
 * Deliver what is due: everything, or only the message `id` (not NULL; then due or not,
 * and nothing else is looked at). flush->started_s and own_addresses are set. Returns 0,
 * or -1 and a fault when the spool cannot be read or `id` is not there.
 */
int run_queue(
	struct flush *flush, const char *id, struct run_result *ret, struct fault *f);

/*
 * Whether there is anything for a run to do in `spool`: something new, or due at `now_s`, as
 * far as names tell. It costs a listing of two directories and needs no configuration but
 * `retry`. Leftovers are swept, which is all that a run without mail would do.
 */
bool run_is_needed(
	const struct spool *spool, const struct schedule *retry, int64_t now_s);

#endif
