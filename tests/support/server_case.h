/*
 * The owner of an SMTP server engine as a test needs it: feeds a dialogue in pieces and
 * notes what came of it. What the engine promises about its events is checked on the way.
 */
#ifndef SUPPORT_SERVER_CASE_H
#define SUPPORT_SERVER_CASE_H

#include "base/buf.h"
#include "base/fault.h"
#include "smtp/server.h"

#define SERVER_CASE_OCTETS_MAX     200
#define SERVER_CASE_RECIPIENTS_MAX 3

/* What the owner does with messages; all zero stores them. */
struct server_case {
	size_t piece; /* octets of input at once; 0 all */
	enum {
		SERVER_CASE_STORE,
		SERVER_CASE_AT_BEGIN,
		SERVER_CASE_AT_CONTENT,
		SERVER_CASE_AT_COMMIT
	} refuses;
	enum fault_kind kind; /* of the refusal */
	int err;
	const char *why;
	bool is_early;   /* all input is there before the greeting */
	bool is_stopped; /* smtp_server_stop where the input ends, instead of its end */
};

/*
 * Play `input` to its end. `replies` gets what was said; `events` a line for each BEGIN and
 * ABANDON, and each message stored with its content.
 */
void server_case_play(const struct server_case *c, struct span input, struct buf *replies,
	struct buf *events);

#endif
