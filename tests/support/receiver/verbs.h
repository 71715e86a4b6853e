/*
 * What a script can say. Each verb is one small function.
 */
#ifndef RECEIVER_VERBS_H
#define RECEIVER_VERBS_H

#include <stdbool.h>

#include "base/span.h"
#include "receiver/letter.h"
#include "receiver/peer.h"
#include "receiver/script.h"

/* A connection in play. */
struct play {
	struct peer *p;
	struct letter letter;
	bool has_spoken; /* the client has had something that may pass for a greeting */
	bool is_over;
};

struct script_verb {
	const char *name;
	unsigned numbers; /* how many numbers follow the verb */
	bool has_text;
	void (*run)(struct play *play, const struct script_step *step);
};

/* The verb of this name, or NULL. */
const struct script_verb *verbs_find(struct span name);

#endif
