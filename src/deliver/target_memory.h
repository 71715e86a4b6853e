/*
 * The host memory about single hosts of a route that has several: which of them were out of
 * order, so that the others are tried first and mail does not wait for a dead one again and
 * again. In memory that the run shares with its workers, and by the run in state/hosts,
 * under "at:[192.0.2.1]:587".
 *
 * A worker that is killed while it notes something leaves a note that nobody reads.
 */
#ifndef DELIVER_TARGET_MEMORY_H
#define DELIVER_TARGET_MEMORY_H

#include "mail/outcome.h"
#include "policy/hosts.h"
#include "policy/mx.h"

#define TARGET_NOTES_MAX 256 /* of a run; what is over it is not remembered */

struct target_memory;

/* An empty one, shared with children that are forked later. */
struct target_memory *target_memory_new(void);
void target_memory_free(struct target_memory *m);

/* A target cannot be used, `trouble` says why; or (NULL) it works. */
void target_memory_note(struct target_memory *m, const struct mx_target *target,
	const struct outcome *trouble, int64_t now_s);

/*
 * Add to `hosts` what was noted since `*seen` notes, which is moved on; `random` as for
 * hosts_note_failure. Whether there was anything.
 */
bool target_memory_read(const struct target_memory *m, size_t *seen, struct hosts *hosts,
	uint32_t random);

/* Put the targets that are down behind the others; both keep their order. */
void target_memory_sort(const struct hosts *hosts, int64_t now_s, struct mx_list *list);

#endif
