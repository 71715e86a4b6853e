/*
 * A part of the queue: messages whose id, recipients or sender hold some text.
 */
#ifndef DELIVER_SELECTION_H
#define DELIVER_SELECTION_H

#include <stdbool.h>

#include "base/strv.h"
#include "spool/envelope.h"

/*
 * Of each list that is not empty one text must be found, in any letters' case. All empty:
 * every message.
 */
struct selection {
	struct strv ids;
	struct strv recipients;
	struct strv senders;
};

void selection_release(struct selection *s);

/* Whether a message of this id may be selected: what can be told by its name alone. */
bool selection_may_have(const struct selection *s, const char *id);

/* Whether the message is selected. */
bool selection_has(const struct selection *s, const struct envelope *e);

#endif
