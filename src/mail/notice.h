/*
 * What the owner of a spool reads once when a relay refuses us: whose words, what to check,
 * and that nothing is lost. A plain message (not a report of RFC 3464, for it is about no
 * mail in particular).
 */
#ifndef MAIL_NOTICE_H
#define MAIL_NOTICE_H

#include <stdint.h>

#include "base/buf.h"
#include "mail/outcome.h"

#define NOTICE_MAX (64 * 1024)

/* The strings are borrowed. */
struct notice {
	const char *hostname; /* of this machine */
	const char *from;     /* mailer-daemon@domain */
	const char *to;
	const char *unique; /* as in struct report */
	int64_t now_s;
	const char *section;       /* of the configuration: "[relay]", "[route work]" */
	const struct outcome *why; /* as the server said it, or as we found it */
	const char *advice; /* what this provider wants, one line; NULL or "" none */
	int64_t lifetime_s; /* mail fails after so long, not before */
};

/*
 * Append it in wire form. Whatever it is told is cleaned and bounded here; `out` with room
 * for NOTICE_MAX is never overfull.
 */
void notice_compose(const struct notice *n, struct buf *out);

#endif
