/*
 * A door (deliver/local_door.h) behind which the real agent writes one Maildir, whoever it is
 * for, or whatever else a test wants to be there.
 */
#ifndef SUPPORT_FAKE_DOOR_H
#define SUPPORT_FAKE_DOOR_H

#include <sys/types.h>

#include "deliver/local_door.h"

#define FAKE_DOOR_OPENED_MAX 16

struct fake_door {
	struct local_door face;
	const char *maildir; /* with a slash at its end */
	bool is_left;        /* only the flush of the system may open it */
	bool is_stuck;       /* it cannot be opened now */
	const char
		*says; /* instead of the agent: all that is said, and then it hangs up */
	unsigned opened;
	char user[64]; /* the last one that it was opened for */
	pid_t children[FAKE_DOOR_OPENED_MAX];
};

/* Change what is to be different afterwards. Release waits for the children. */
void fake_door_init(struct fake_door *d, const char *maildir);
void fake_door_release(struct fake_door *d);

#endif
