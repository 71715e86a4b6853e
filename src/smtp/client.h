/*
 * The SMTP client as a pure engine (RFC 5321; 2920 PIPELINING; 6152 8BITMIME; 1870 SIZE;
 * 2034 ENHANCEDSTATUSCODES; 3461 DSN): octets in, octets and events out. No socket, no
 * clock, no TLS. One engine serves one connection and any number of messages.
 *
 * The owner calls smtp_client_next for the next event and does what it says:
 *
 *	for (;;) {
 *		smtp_client_next(c, &ev);
 *		switch (ev.kind) …
 *	}
 *
 * The order of events is a promise: every OUTCOME and DONE that a reply causes comes
 * before the engine offers one more octet to write. Who records an outcome durably when
 * it comes, before asking for the next event, never sends twice.
 */
#ifndef SMTP_CLIENT_H
#define SMTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "mail/content.h"
#include "mail/dsn.h"
#include "mail/outcome.h"

#define SMTP_RECIPIENTS_PER_TRANSACTION 100 /* RFC 5321 4.5.3.1.8 */

struct smtp_client_options {
	const char *hello_name; /* FQDN or address literal: argument of EHLO */
	const char *remote;     /* for outcomes: "mx.example.org[192.0.2.1]:25" */
	unsigned messages_max;  /* a connection's; 0 no limit */
};

/* Borrowed until its DONE event. Only recipients still to be tried. */
struct smtp_message {
	const char *sender; /* canonical, "" null */
	const struct recipient *const *recipients;
	size_t recipient_count;
	struct content_facts facts;
	const char *envid; /* xtext or NULL */
	enum dsn_return ret;
	void *tag; /* given back in events */
};

enum smtp_event_kind {
	SMTP_READ,  /* nothing to send: wait for input, at most patience_s */
	SMTP_WRITE, /* send `output` (or a part), tell smtp_client_written; read as well
		     */
	SMTP_NEXT, /* may take a message: smtp_client_message or smtp_client_no_message */
	SMTP_CONTENT, /* give content from `offset` on: smtp_client_content */
	SMTP_OUTCOME, /* the fate of recipients[recipient] of the message `tag` */
	SMTP_DONE,  /* every recipient of `tag` has its outcome; it is no longer borrowed
		     */
	SMTP_CLOSE, /* the session is over: close the connection, free the engine */
};

struct smtp_event {
	enum smtp_event_kind kind;
	struct span output; /* WRITE: borrowed until the next call */
	unsigned
		patience_s; /* READ, WRITE: how long the other side may take for the whole
			       reply, or for taking the next block (RFC 5321 4.5.3.2) */
	unsigned patience_id;   /* changes whenever a new deadline begins */
	void *tag;              /* CONTENT, OUTCOME, DONE */
	uint64_t offset;        /* CONTENT */
	size_t recipient;       /* OUTCOME: index into smtp_message.recipients */
	struct outcome outcome; /* OUTCOME; CLOSE: why, when the host or the route is at
				   fault (kind PENDING otherwise) */
};

struct smtp_client;

/* The strings of `options` are copied. */
struct smtp_client *smtp_client_new(const struct smtp_client_options *options);
void smtp_client_free(struct smtp_client *c);

void smtp_client_next(struct smtp_client *c, struct smtp_event *ret);

/* Octets came from the server. */
void smtp_client_received(struct smtp_client *c, struct span data);

/* The first `n` octets of the last WRITE's output have left. */
void smtp_client_written(struct smtp_client *c, size_t n);

/* Answers to NEXT. After no_message the engine says QUIT once nothing is outstanding. */
void smtp_client_message(struct smtp_client *c, const struct smtp_message *message);
void smtp_client_no_message(struct smtp_client *c);

/*
 * Answer to CONTENT: the next octets in wire form (any number of them; is_last with the
 * last ones). The engine copies and dot-stuffs them.
 */
void smtp_client_content(struct smtp_client *c, struct span block, bool is_last);

/*
 * Answer to CONTENT instead: the content cannot be read. The final dot is never sent, the
 * connection is given up; the recipients get `outcome`.
 */
void smtp_client_content_failed(struct smtp_client *c, const struct outcome *outcome);

/* The connection is gone or a deadline has passed. */
enum smtp_loss { SMTP_LOST_CLOSED, SMTP_LOST_TIMEOUT, SMTP_LOST_ERROR };
void smtp_client_lost(struct smtp_client *c, enum smtp_loss loss, const char *why);

/*
 * Finish early: the message whose content has begun is completed, no further one begins,
 * then QUIT. For SIGTERM and deadlines of a run.
 */
void smtp_client_stop(struct smtp_client *c);

/* Whether the session got as far as an accepted EHLO or HELO: the host is alive. */
bool smtp_client_is_up(const struct smtp_client *c);

#endif
