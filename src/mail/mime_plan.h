/*
 * What becomes of each part, decided from what the first reading found. Of use to
 * mail/mime.c only.
 */
#ifndef MAIL_MIME_PLAN_H
#define MAIL_MIME_PLAN_H

#include "mail/mime_part.h"

/* Whether the header section of `part` is not written as it stands. */
bool mime_plan_changes_header(const struct mime_part *part);

/* Whether `part` is to have a Content-Type that it has not. */
bool mime_plan_adds_type(const struct mime_part *part);

/*
 * Decide for all parts. MIME_AS_IS, MIME_CHANGED, MIME_NEEDS_8BIT or MIME_IMPOSSIBLE.
 */
enum mime_verdict mime_plan_decide(
	struct mime_part *parts, size_t count, const struct mime_target *target);

#endif
