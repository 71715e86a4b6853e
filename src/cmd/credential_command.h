/*
 * A program that prints a password or a token.
 */
#ifndef CMD_CREDENTIAL_COMMAND_H
#define CMD_CREDENTIAL_COMMAND_H

#include "base/fault.h"
#include "base/secret.h"
#include "base/user.h"

#define CREDENTIAL_COMMAND_S 30 /* it may take */

/*
 * Run `command`: an absolute path and arguments between spaces; no shell looks at it. It
 * gets HOME, USER, LOGNAME, PATH and LC_ALL=C, nothing else of ours: no descriptor but
 * stderr, no signal that is blocked. What it prints is appended to `ret`, which has room.
 *
 * 0, or -1 and a fault (FAULT_CONFIG: it cannot be run; FAULT_SYSTEM: it failed, printed
 * more than fits, or took too long, and has been killed with all that it has started).
 */
int credential_command_run(struct secret *ret, const char *command,
	const struct user *user, struct fault *f);

#endif
