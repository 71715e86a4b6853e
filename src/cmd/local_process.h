/*
 * A process that does one thing in the home of one user, with that user's rights and nobody
 * else's: what is behind a door (deliver/local_door.h).
 */
#ifndef CMD_LOCAL_PROCESS_H
#define CMD_LOCAL_PROCESS_H

#include "cmd/setup.h"
#include "cmd/vault.h"
#include "deliver/local_door.h"

/* It ends after so long, whatever it does. */
#define LOCAL_PROCESS_DEADLINE_S 1200

/* What it starts from. All borrowed. */
struct local_process {
	const struct setup *own; /* of the user, who runs this program; or NULL, and: */
	const struct setup *system; /* setup_load_system; NULL: is loaded */
	const char *conf_file;      /* -C, where it is loaded */
	struct vault *vault;        /* what it must not know; NULL: nothing was read */
	pid_t parent;
};

/*
 * Run in a child that was just forked, as root or as the user called `name`; ends it. `fd` is
 * the socket that the task is asked for by; where it cannot be done, it is only closed.
 */
__attribute__((noreturn)) void local_process_run(
	const struct local_process *p, enum local_task task, const char *name, int fd);

#endif
