/*
 * The way to another user's home: a process with that user's rights and nobody else's, which
 * does one thing and is spoken to over a socket. So no message is opened with the rights of
 * its recipient, and no mailbox with those of its sender.
 */
#ifndef DELIVER_LOCAL_DOOR_H
#define DELIVER_LOCAL_DOOR_H

#include <stdbool.h>

#include "base/fault.h"

enum local_task {
	LOCAL_DELIVER, /* an SMTP server for the mailbox (deliver/local_agent.h) */
	LOCAL_FORWARD, /* tells what is in ~/.forward */
};

struct local_door {
	/*
	 * Whether this process may have it opened for `user`: false where that is left to
	 * the system's flush.
	 */
	bool (*is_ours)(void *ctx, const char *user);
	/*
	 * A stream socket (O_CLOEXEC, blocking) whose other end does `task` for `user`, a
	 * name of the passwd database. It may wait for a process to have room. -1 and a
	 * fault: FAULT_ACCESS where this process may not act for that user, though the
	 * system's flush may; else trouble that passes.
	 */
	int (*open)(void *ctx, enum local_task task, const char *user, struct fault *f);
	void *ctx;
};

#endif
