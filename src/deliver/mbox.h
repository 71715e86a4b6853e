/*
 * An mbox: all messages of a user in one file, which others read and rewrite. Locked as the
 * programs of Debian do (policy 11.6): an fcntl lock, then the dotlock file beside it
 * where this user may make one. Not flock: over NFS it becomes a lock of the same kind as
 * the fcntl lock, which we would then wait for ourselves.
 */
#ifndef DELIVER_MBOX_H
#define DELIVER_MBOX_H

#include "deliver/letter.h"

/*
 * A dotlock that nobody has touched for so long is dead (lockfile_create(3)). Our own, left by
 * a process that was killed, is known at once.
 */
#define MBOX_LOCK_STALE_S 300

/*
 * Append `l` to the mbox `path`, made with mode 0600 where it is missing (0660 where the
 * directory gives it another group than the user's): synced when this
 * returns 0. On -1 and a fault the file is as long as it was. One that another program
 * keeps locked for `timeout_ms` is a fault with err EAGAIN that says who has it.
 *
 * Only a plain file of this user with one name is written to: no link is followed at the
 * end of `path`, and a FIFO or device is not waited for (CVE-2008-2936 and its like).
 */
int mbox_append(
	const char *path, const struct letter *l, int64_t timeout_ms, struct fault *f);

#endif
