/*
 * A smaller world for a process that reads what strangers send: files are written in few
 * places, nothing is executed, and what only attackers ask of a kernel is refused. Best
 * effort: an old kernel, or one without Landlock or seccomp, gives less, and that is told.
 *
 * By raw system calls, and a list of what is denied: a list of what is allowed breaks with
 * the next version of the C library.
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include <stdbool.h>

#include "base/strv.h"

struct sandbox_rules {
	const struct strv *writable; /* files and directories, with all below; what is not
					there is passed over */
	bool may_execute;
};

struct sandbox_level {
	int landlock; /* the version of the kernel's interface that is in force; 0: none */
	bool has_seccomp; /* calls are filtered */
};

/*
 * Go in, for good, with all processes that are started from now on. Needs no_new_privs.
 * Cannot fail; `ret` says how far it went.
 *
 * Landlock (from its version 2 on, before which files cannot be renamed from one directory
 * to another): nothing is written, made, renamed or removed but in `writable` and /dev/null;
 * no TCP port is bound to but one that the kernel picks; no abstract unix socket of others;
 * no signal to others. Reading stays as the user's rights have it.
 *
 * seccomp: EPERM for ptrace, mounts, namespaces, modules, bpf, keys, io_uring and the like,
 * for sockets but unix, IP and netlink, for exec without `may_execute`, and for every call
 * of another architecture than ours.
 */
void sandbox_enter(const struct sandbox_rules *rules, struct sandbox_level *ret);

#endif
