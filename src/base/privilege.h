/*
 * Give up the rights of root for those of one user, for good; and what else a process that
 * works for somebody else does not need.
 */
#ifndef BASE_PRIVILEGE_H
#define BASE_PRIVILEGE_H

#include <sys/types.h>

#include "base/fault.h"
#include "base/user.h"

/*
 * Become `uid` and `gid`, in this order: no supplementary groups, group, user. Then look
 * whether it is so: all three ids of both kinds, no group, no capability, and no call that
 * leads back. For uid 0, root's own mail, the capabilities go: what is left is the owner of
 * root's files.
 *
 * 0, or -1 and a fault: then the process may have any rights and must end. -1 as an id,
 * which the kernel takes for "as it is", is refused before anything is done.
 */
int privilege_drop(uid_t uid, gid_t gid, struct fault *f);

/* The same with one supplementary group, `also`; USER_NO_GROUP or `gid`: with none. */
int privilege_drop_with(uid_t uid, gid_t gid, gid_t also, struct fault *f);

/*
 * What can only become less: no core and no tracing by processes of the same user, no rights
 * by exec (no_new_privs), limits for memory and descriptors. Behind privilege_drop, which
 * changes the first two. 0, or -1 and a fault where no_new_privs cannot be had.
 */
int privilege_confine(struct fault *f);

/*
 * Get SIGTERM when `parent` ends, however it does. Behind privilege_drop, which undoes it.
 * Ends the process where `parent` is gone already.
 */
void privilege_die_with(pid_t parent);

/*
 * Close every descriptor above stderr but those of `keep` (-1: none); standard input becomes
 * /dev/null, and there is no controlling terminal any more. 0, or -1 and a fault.
 */
#define PRIVILEGE_KEPT 3
int privilege_detach(const int keep[PRIVILEGE_KEPT], struct fault *f);

/*
 * Forget the environment but for what begins with one of `kept` (a list with a NULL behind,
 * such as "NULLMTA_"); PATH and LC_ALL get fixed values. The old strings are overwritten, so
 * nobody may have borrowed one.
 */
void privilege_clear_environment(const char *const *kept);

#endif
