/*
 * A delivery report: what the owner of a message reads when it could not be delivered, or
 * not yet (RFC 3464 in the multipart/report of RFC 6522). Three parts: text for a person,
 * fields for a program, the message or its header.
 *
 * Everything that comes from outside (replies of servers, addresses, the message itself)
 * is cleaned, folded and bounded here, whoever may have cleaned it before: no input makes
 * a field, a part or a line that is not ours. The status part is ASCII; an address
 * outside ASCII stands there as utf-8-addr-xtext (RFC 6533 section 3).
 */
#ifndef MAIL_REPORT_H
#define MAIL_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "mail/dsn.h"
#include "mail/outcome.h"

/* A message of up to this many octets is returned whole. */
#define REPORT_FULL_MAX (50 * 1024)

/*
 * Recipients that the text shows; the status part has all of them. Behind this many
 * octets of status it has only the required fields of the others, so that ten thousand
 * refusals stay readable and every report fits REPORT_MAX.
 */
#define REPORT_SHOWN_MAX  20
#define REPORT_STATUS_MAX (2 * 1024 * 1024)
#define REPORT_MAX        (16 * 1024 * 1024)

enum report_kind {
	REPORT_FAILED,  /* given up */
	REPORT_DELAYED, /* still tried */
	REPORT_RELAYED, /* passed on to a host that reports no success itself */
};

/* The strings are borrowed. NULL and "" are alike. */
struct report_recipient {
	const struct recipient *recipient;
	const char *named; /* whom the sender named, where that was an alias for it */
	struct outcome_status status;
	int code;           /* of the server's reply; 0: `text` is ours */
	const char *remote; /* as in struct outcome */
	const char *text;
	int64_t time_s;        /* of the last try, 0 none */
	bool may_be_delivered; /* as in struct outcome */
};

struct report {
	enum report_kind kind;
	const char *hostname; /* of this machine: Reporting-MTA */
	const char *from;     /* mailer-daemon@domain */
	const char *to;
	const char *unique; /* letters, digits and dots, never used before: left side
			       of the Message-ID, and in the boundary */
	int64_t now_s;

	/* the message that it is about */
	const char *queue_id;
	const char *envid; /* xtext, or NULL */
	int64_t arrival_s;
	int64_t retry_until_s; /* for REPORT_DELAYED */
	/*
	 * Its octets in wire form from the first on: all of them when `is_full`, else at
	 * least the header section (what is behind its empty line is not looked at).
	 */
	struct span content;
	bool is_full;

	const struct report_recipient *recipients; /* at least one */
	size_t recipient_count;
};

/*
 * Whether the report returns the whole message rather than its header: RET says so or
 * nothing (RFC 3461 4.3), something failed (6.2: else the header does), and it is small.
 */
bool report_returns_full(enum report_kind kind, enum dsn_return ret, uint64_t octets);

/*
 * Append the report in wire form. Its envelope sender is the null sender (RFC 3464
 * section 2), and no report is ever made about a message that has one: that is the
 * caller's part. `out` with room for REPORT_MAX is never overfull with a header within
 * INTAKE_HEADER_MAX and canonical addresses.
 *
 * Status and action always fit (RFC 3463 section 2): a failed recipient keeps class 4,
 * which says that a later message may succeed, and class 5; a delayed one has class 4, a
 * relayed one class 2. Any other class is replaced.
 */
void report_compose(const struct report *r, struct buf *out);

#endif
