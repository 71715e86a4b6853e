/*
 * The host memory (policy/hosts.h) in its file, state/hosts.
 */
#ifndef DELIVER_HOST_MEMORY_H
#define DELIVER_HOST_MEMORY_H

#include "policy/hosts.h"
#include "spool/spool.h"

/*
 * Read it; a missing, unreadable or damaged file is an empty memory, which costs a
 * connection attempt and nothing else. Release with hosts_release.
 */
void host_memory_load(struct hosts *ret, const struct spool *spool, int64_t now_s);

/* Replace the file. A failure is logged: see above. */
void host_memory_save(const struct hosts *hosts, const struct spool *spool);

#endif
