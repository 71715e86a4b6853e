/*
 * Mail that this process may not deliver, but the flush of the system may (design 2): it is
 * left untouched, so that it is due for who comes next. That nobody comes has to be told.
 */
#ifndef DELIVER_LEAVE_H
#define DELIVER_LEAVE_H

#include <stdbool.h>

#include "deliver/flush.h"
#include "deliver/plan.h"

/* All jobs of `d` that are not taken yet: because of its login, and because of its mailbox. */
void leave_secret(
	const struct flush *flush, struct destination *d, const struct outcome *why);
void leave_mailbox(const struct flush *flush, struct destination *d);

/* Whether this process may write to the mailbox that `d` is, or have it written to. */
bool leave_is_ours(const struct flush *flush, const struct destination *d);

#endif
