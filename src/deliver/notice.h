/*
 * The owner is told once that a relay refuses us (mail/notice.h): not for each message or
 * run, but once for each route and reason, until the route works again. state/notices has a
 * line for what was told:
 *
 *	KEY TIME STATUS
 */
#ifndef DELIVER_NOTICE_H
#define DELIVER_NOTICE_H

#include "deliver/flush.h"
#include "deliver/plan.h"

/*
 * The relays of `d` do not take our mail: tell the owner, unless that has been done. Only of
 * what concerns the route (scope ROUTE); a host that is down mends itself. Where nobody can
 * be told the log says so.
 */
void notice_file(const struct flush *flush, const struct destination *d,
	const struct outcome *why);

/* It works: the next trouble is news again. */
void notice_forget(const struct flush *flush, const struct destination *d);

#endif
