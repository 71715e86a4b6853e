/*
 * The door to users' homes (deliver/local_door.h) of one flush. By who runs it:
 *
 *	a child of the system's flush	asks the process that it has a channel to
 *	root				forks, and becomes the user
 *	anybody else			forks, for that user's own mailbox only
 */
#ifndef CMD_DOOR_H
#define CMD_DOOR_H

#include "cmd/setup.h"
#include "deliver/local_door.h"

/* Stays where it is while it is in use. */
struct door {
	struct local_door face;
	const struct setup *setup; /* of who runs this */
	const char *conf_file;     /* -C */
	int channel;               /* to cmd/local_service; -1: none */
};

/* Borrows both. */
void door_init(
	struct door *ret, const struct setup *setup, const char *conf_file, int channel);

#endif
