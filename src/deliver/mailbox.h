/*
 * The mailbox of the user who runs this program: where it is, and laying mail into it with
 * this user's own rights and no others. Nothing here changes a uid, and what belongs to
 * somebody else is refused.
 */
#ifndef DELIVER_MAILBOX_H
#define DELIVER_MAILBOX_H

#include <sys/types.h>

#include "deliver/letter.h"

#define MAILBOX_SYSTEM_DIR "/var/mail"
#define MAILBOX_PATH_MAX   4096

struct mailbox_place {
	const char *user;       /* its name */
	const char *home;       /* or NULL */
	const char *path;       /* [mailbox] path made absolute, or NULL */
	const char *system_dir; /* MAILBOX_SYSTEM_DIR */
};

enum mailbox_format { MAILBOX_MBOX, MAILBOX_MAILDIR };

struct mailbox {
	enum mailbox_format format;
	char path[MAILBOX_PATH_MAX];
};

/*
 * Where the user's mail goes: the configured path (a Maildir when it ends with '/' or is a
 * directory, else an mbox; either is made at the first delivery), else ~/Maildir if it is
 * a directory of this user, else the mbox of this user in the system's directory if it is
 * there or can be made. Returns -1 and a fault that says what was looked at and what to do
 * when there is none: FAULT_ACCESS where a process with mailbox_group could make that mbox;
 * else FAULT_CREATE: then nobody reads mail here, and waiting changes nothing.
 */
int mailbox_find(const struct mailbox_place *place, struct mailbox *ret, struct fault *f);

/*
 * The group that makes and locks mailboxes in the system's directory, where users cannot
 * (Debian policy 11.6: root:mail 2775); USER_NO_GROUP (base/user.h) where there is none. It
 * is never that of root, which does more.
 */
gid_t mailbox_group(const char *system_dir);

/*
 * Lay `l` into it: on disk when this returns 0, not there on -1 and a fault. Waits at most
 * `timeout_ms` for another program's lock (0 looks once): then err is EAGAIN.
 */
int mailbox_deliver(const struct mailbox *box, const struct letter *l, int64_t timeout_ms,
	struct fault *f);

#endif
