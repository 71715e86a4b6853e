/*
 * Replies of an SMTP server (RFC 5321 4.2), parsed from a stream of octets as they come.
 * A server is a stranger: every length is bounded here, and what is no reply is an
 * error, never skipped. Behind skipped garbage, replies would answer the wrong commands.
 */
#ifndef SMTP_REPLY_H
#define SMTP_REPLY_H

#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"
#include "mail/outcome.h"

#define SMTP_REPLY_LINE_MAX  4096 /* octets with line end; RFC 5321 4.5.3.1.5 says 512 */
#define SMTP_REPLY_LINES_MAX 128
/* while AUTH goes on: a challenge that is too long is still read, to be answered "*" */
#define SMTP_REPLY_CHALLENGE_MAX (32 * 1024)
#define SMTP_REPLY_OCTETS_MAX    (64 * 1024)

struct smtp_reply {
	int code; /* 200..559 */
	/*
	 * The enhanced status code (RFC 2034 4) where its class agrees with the reply
	 * code, else C.0.0. Class 0 for a 3yz, which has none.
	 */
	struct outcome_status status;
	/* Raw octets behind the codes, a '\n' between lines. Borrowed until next feed. */
	struct span text;
};

/* The first digit of the code: what it comes down to (RFC 5321 4.2.1). */
static inline int smtp_reply_class(const struct smtp_reply *reply)
{
	return reply->code / 100;
}

enum smtp_reply_progress {
	SMTP_REPLY_PARTIAL,  /* more octets are needed; all of the data is taken */
	SMTP_REPLY_COMPLETE, /* `*ret` is set */
	SMTP_REPLY_GARBAGE,  /* not a reply: the stream is useless */
	SMTP_REPLY_ENDLESS,  /* over a maximum: just so */
};

struct smtp_reply_parser {
	struct buf line; /* a line whose end has not come yet */
	struct buf text; /* of the finished lines */
	int code;        /* of the first line, 0 before */
	unsigned lines;
	size_t octets;
	bool is_done; /* the last feed completed a reply */
};

void smtp_reply_parser_init(struct smtp_reply_parser *p);

/*
 * From the next reply on a line may have so many octets with its end; SMTP_REPLY_LINE_MAX at
 * the start. Between two replies.
 */
void smtp_reply_parser_set_line_max(struct smtp_reply_parser *p, size_t line_max);

void smtp_reply_parser_release(struct smtp_reply_parser *p);

/*
 * Take octets from the front of `*data` up to the end of one reply. After COMPLETE, call
 * again with what is left. After GARBAGE and ENDLESS the parser must not be fed again; the
 * offending line, as far as it came, is in smtp_reply_parser_line.
 */
enum smtp_reply_progress smtp_reply_feed(
	struct smtp_reply_parser *p, struct span *data, struct smtp_reply *ret);

/* The unfinished or offending line. Borrowed until the next feed. */
struct span smtp_reply_parser_line(const struct smtp_reply_parser *p);

/* Whether octets of a reply have come whose end has not. */
bool smtp_reply_parser_is_amid(const struct smtp_reply_parser *p);

/*
 * The text as one cleaned line (base/text.h) in an array of `size` octets, at least 1:
 * lines joined by a space, an enhanced status code that the lines repeat told only once.
 */
void smtp_reply_text(const struct smtp_reply *reply, char *out, size_t size);

/*
 * What the server said as an outcome: code, status, text and, with kind DELIVERED,
 * DEFERRED or FAILED, a status class that agrees with the kind.
 */
struct outcome smtp_reply_outcome(
	const struct smtp_reply *reply, enum outcome_kind kind, enum outcome_scope scope);

#endif
