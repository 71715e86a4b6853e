/*
 * The SMTP server as a pure engine (RFC 5321; 1870 SIZE; 2034 ENHANCEDSTATUSCODES; 2920
 * PIPELINING; 3030 CHUNKING; 3461 DSN; 6152 8BITMIME; 6531 SMTPUTF8): octets in, octets
 * and events out. No socket, no clock. One engine serves one connection.
 *
 * The owner calls smtp_server_next for the next event and does what it says. A message:
 *
 *	BEGIN  CONTENT ...  COMMIT    answered by smtp_server_accept or smtp_server_refuse
 *	BEGIN  CONTENT ...  ABANDON   the client or the engine thought better of it
 *
 * smtp_server_refuse may also answer BEGIN or CONTENT; the message is over for the owner
 * then. The client reads 250 only after smtp_server_accept, so who stores the message
 * durably before keeps the promise that a 250 makes (RFC 5321 4.2.5).
 *
 * Line ends: a client that ends its first command with CRLF ends all lines so. Another
 * command that ends in a bare LF closes the session; content with a CR or LF alone is
 * read to its CRLF.CRLF and refused with 550 (smtp/content_reader.h says why). A client
 * whose first line ends in LF may end every line with LF or CRLF.
 */
#ifndef SMTP_SERVER_H
#define SMTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/span.h"
#include "mail/dsn.h"

#define SMTP_SERVER_COMMAND_MAX 512  /* RFC 5321 4.5.3.1.4 */
#define SMTP_SERVER_LINE_MAX    2048 /* MAIL and RCPT with the parameters of extensions */
#define SMTP_SERVER_ERRORS_MAX  20   /* 5yz replies between two messages */
#define SMTP_SERVER_HELLO_MAX   255

/* Borrowed until smtp_server_free. */
struct smtp_server_options {
	const char *hostname;
	const char *domain;    /* for bare names */
	uint64_t octets_max;   /* of a message */
	size_t recipients_max; /* of a message */
	/* Messages end here: nobody will report on them later, so DSN is not offered. */
	bool is_final;
};

/* Valid from BEGIN until the message is over. */
struct smtp_server_envelope {
	const char
		*hello; /* what the client calls itself, fit for a header; "" nothing */
	bool is_esmtp;  /* EHLO */
	bool is_utf8;   /* SMTPUTF8 */
	const char *sender;                 /* canonical, "" null */
	const struct recipient *recipients; /* as given, one perhaps twice */
	size_t recipient_count;
	enum dsn_return ret;
	const char *envid; /* xtext, NULL */
};

enum smtp_server_event_kind {
	SMTP_SERVER_READ,    /* wait for input: smtp_server_received or _end */
	SMTP_SERVER_WRITE,   /* send `data` or a part of it: smtp_server_written */
	SMTP_SERVER_BEGIN,   /* a message with this `envelope` */
	SMTP_SERVER_CONTENT, /* `data` of it, as it came but for stuffed dots */
	SMTP_SERVER_COMMIT, /* it is complete: accept or refuse it before the next call */
	SMTP_SERVER_ABANDON, /* it will not be completed: forget it */
	SMTP_SERVER_CLOSE,   /* the session is over; again and again */
};

struct smtp_server_event {
	enum smtp_server_event_kind kind;
	struct span data; /* borrowed until the next call */
	const struct smtp_server_envelope *envelope;
};

enum smtp_server_stop { SMTP_SERVER_SHUTDOWN, SMTP_SERVER_TIMEOUT };

struct smtp_server;

/* A session that begins; `options` is copied, its strings are not. _free takes NULL. */
struct smtp_server *smtp_server_new(const struct smtp_server_options *options);
void smtp_server_free(struct smtp_server *s);

/* The next event; never fails. */
void smtp_server_next(struct smtp_server *s, struct smtp_server_event *ret);

/*
 * Input, borrowed until the next READ. Only after READ; or once before the first
 * smtp_server_next, for a client that spoke before the greeting: it is sent away
 * (RFC 5321 4.3.1).
 */
void smtp_server_received(struct smtp_server *s, struct span data);

/* There is no more input. What got its 250 stands, a message begun is abandoned. */
void smtp_server_end(struct smtp_server *s);

/* The first `n` octets of WRITE have left. */
void smtp_server_written(struct smtp_server *s, size_t n);

/* COMMIT: the message is stored under this id, or in this place where it ends here. */
void smtp_server_accept(struct smtp_server *s, const char *id);

/* BEGIN, CONTENT, COMMIT: it cannot be stored (smtp/answer.h has what the client reads). */
void smtp_server_refuse(struct smtp_server *s, const struct fault *why);

/* Say 421 and end, abandoning a message begun. Not between COMMIT and its answer. */
void smtp_server_stop(struct smtp_server *s, enum smtp_server_stop why);

#endif
