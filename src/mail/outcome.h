/*
 * A recipient's fate. Passed by value; owns nothing. The three kinds of trouble are never
 * mixed: an outcome is about mail, a fault (base/fault.h) about this machine.
 */
#ifndef MAIL_OUTCOME_H
#define MAIL_OUTCOME_H

#include <stdbool.h>

#include "base/bug.h"
#include "base/fault.h"
#include "base/span.h"

#define OUTCOME_TEXT_MAX   512
#define OUTCOME_REMOTE_MAX 320

enum outcome_kind {
	OUTCOME_PENDING,   /* nothing decided yet */
	OUTCOME_DELIVERED, /* the next hop has taken responsibility (2yz to the final dot)
			    */
	OUTCOME_DEFERRED,  /* try again later */
	OUTCOME_FAILED,    /* never try again: report it */
};

/* How far the trouble reaches. */
enum outcome_scope {
	OUTCOME_RECIPIENT,
	OUTCOME_MESSAGE,
	OUTCOME_HOST,  /* this host cannot be used now: try the next MX host */
	OUTCOME_ROUTE, /* our configuration or the route is wrong: keep all its mail */
};

/* An enhanced status code (RFC 3463): class.subject.detail. */
struct outcome_status {
	unsigned short class; /* 2, 4 or 5 */
	unsigned short subject;
	unsigned short detail;
};

struct outcome {
	enum outcome_kind kind;
	enum outcome_scope scope;
	struct outcome_status status;
	int code;              /* SMTP reply code; 0: `text` is ours, no server said it */
	bool may_be_delivered; /* the final dot left, its reply never came (RFC 1047) */
	bool is_relayed; /* delivered to a host that reports no success (RFC 3461 5.2.2) */
	char remote[OUTCOME_REMOTE_MAX]; /* "mx.example.org[192.0.2.1]:25", or "" */
	char text[OUTCOME_TEXT_MAX];     /* cleaned, one line */
};

/*
 * An outcome of ours (code 0). `status` is text such as "4.4.1"; anything else is a BUG.
 * The formatted text is cleaned.
 */
struct outcome outcome_make(enum outcome_kind kind, enum outcome_scope scope,
	const char *status, const char *fmt, ...) PRINTF_LIKE(4, 5);

/*
 * The same with the text of a fault, which is clean already: cleaned twice, a backslash
 * would be doubled twice.
 */
struct outcome outcome_of_fault(enum outcome_kind kind, enum outcome_scope scope,
	const char *status, const struct fault *f);

/*
 * Parse "C.S.D": class 2, 4 or 5, subject and detail of 1 to 3 digits (RFC 3463 2).
 * Returns 0, or -1 leaving `*ret` alone.
 */
int outcome_status_parse(struct span s, struct outcome_status *ret);

/* "4.4.1" into at least 12 octets. */
#define OUTCOME_STATUS_TEXT_MAX 24
void outcome_status_format(
	struct outcome_status status, char out[OUTCOME_STATUS_TEXT_MAX]);

/* "delivered", "deferred", "failed", "pending": for logs and the journal. */
const char *outcome_kind_name(enum outcome_kind kind);

#endif
