/*
 * The child of a system flush that works for one user: it has that user's rights before it
 * looks at anything of that user's.
 */
#ifndef CMD_FLUSH_OWNER_H
#define CMD_FLUSH_OWNER_H

#include <stdatomic.h>
#include <sys/types.h>

#include "cmd/flush_options.h"
#include "cmd/setup.h"
#include "cmd/vault.h"
#include "deliver/run.h"

/* What all children of a round have done, in memory that they share. */
struct flush_tally {
	_Atomic uint32_t users; /* who had mail that was due */
	_Atomic uint32_t messages;
	_Atomic uint32_t delivered;
	_Atomic uint32_t deferred;
	_Atomic uint32_t failed;
	_Atomic uint32_t others_wait; /* written by the parent: a child is in the way */
	_Atomic int landlock;         /* what the last one that wrote it could get */
	_Atomic int seccomp;
};

/*
 * What `nullmta flush` does for one user. Takes `setup` over, narrows `vault` (NULL: none);
 * `others_wait` is as in struct flush, `channel` as in cmd/door.h. Returns an exit code.
 */
typedef int (*flush_work)(const struct flush_options *options, struct setup *setup,
	struct vault *vault, const _Atomic uint32_t *others_wait, int channel,
	struct run_result *ret);

struct flush_owner {
	const struct flush_options *options;
	const struct setup *system;    /* setup_load_system, in the parent */
	const struct vault *vault;     /* of the same, read by root */
	const char *const *log_target; /* what the parent's log goes to */
	struct flush_tally *tally;
	flush_work work;
	pid_t parent;
};

/*
 * Run in a child that was just forked, as root; ends it. `channel` is its way to
 * cmd/local_service, or -1.
 */
__attribute__((noreturn)) void flush_owner_run(
	const struct flush_owner *o, uid_t uid, int channel);

#endif
