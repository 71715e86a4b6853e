/*
 * What the ~/.forward of users of this machine says: asked of processes that have their
 * rights (deliver/local_door.h), once a user and run, so that all parts of a run see the
 * same; workers have by fork what was asked for the plan.
 */
#ifndef DELIVER_FORWARDS_H
#define DELIVER_FORWARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "deliver/local_door.h"
#include "mail/forward.h"

/*
 * Homes that do not answer hold up a run for so long; then each further one for a second, as
 * it may be a file server with the homes of hundreds that is away.
 */
#define FORWARDS_PATIENCE_MS 30000
#define FORWARDS_LAST_MS     1000

struct forwards_answer {
	char *user;
	bool is_left; /* to the flush of the system: nobody here may ask */
	struct forward forward;
	char *why; /* of FORWARD_LATER, in a few words */
};

struct forwards {
	const struct local_door *door;
	int64_t (*mono_ms)(void);
	int64_t waited_ms; /* in vain */
	struct forwards_answer **answers;
	size_t count;
	size_t cap;
};

/* `door` is borrowed. */
void forwards_init(
	struct forwards *fs, const struct local_door *door, int64_t (*mono_ms)(void));
void forwards_release(struct forwards *fs);

/*
 * What is known of `user`, a name of the passwd database; asked for where it is not yet.
 * Borrowed until forwards_release.
 */
const struct forwards_answer *forwards_ask(struct forwards *fs, const char *user);

#endif
