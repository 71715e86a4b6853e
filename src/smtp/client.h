/*
 * The SMTP client as a pure engine (RFC 5321; 2920 PIPELINING; 6152 8BITMIME; 1870 SIZE;
 * 2034 ENHANCEDSTATUSCODES; 3207 STARTTLS; 3461 DSN; 4954 AUTH; 6531 SMTPUTF8; 9422 LIMITS): octets
 * in, octets and events out. No socket, no clock, no TLS. One engine serves one connection
 * and any number of messages.
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
 *
 * In return the owner tells what happened in the order in which it happened:
 * smtp_client_written before the smtp_client_received of what was read later, and
 * smtp_client_lost behind both (after a failed write, read what is still there first).
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
#include "smtp/auth.h"
#include "smtp/extensions.h"

#define SMTP_RECIPIENTS_PER_TRANSACTION 100 /* RFC 5321 4.5.3.1.8 */
#define SMTP_CONTENT_BLOCK_MAX          (1024 * 1024)

/*
 * Who watches the dialogue: told of each command as it is said, without its line end, and
 * of each whole reply, its text as in struct smtp_reply. Of a message only the final dot is
 * said; a secret never is.
 */
struct smtp_observer {
	void (*said)(void *ctx, struct span command);
	void (*heard)(void *ctx, int code, struct span text);
	void *ctx;
};

enum smtp_tls {
	SMTP_TLS_NEVER,    /* STARTTLS is not said */
	SMTP_TLS_OFFERED,  /* where the server offers it, and does not refuse it */
	SMTP_TLS_REQUIRED, /* or no mail goes this way */
	SMTP_TLS_IMPLICIT, /* the connection is inside TLS from its first octet on */
};

struct smtp_client_options {
	const char *hello_name;  /* FQDN or address literal: argument of EHLO */
	const char *remote;      /* for outcomes: "mx.example.org[192.0.2.1]:25" */
	unsigned messages_max;   /* a connection's; 0 no limit */
	unsigned recipients_max; /* a transaction's; 0: as the server says */
	uint64_t size_max;       /* a message's; 0: the same */
	bool is_lmtp; /* RFC 2033: LHLO, and a reply a recipient behind the dot */
	enum smtp_tls tls;
	bool is_relay; /* the one we were told to use: that it refuses us concerns ROUTE */
	const struct smtp_login *login;       /* borrowed; NULL none */
	const struct smtp_observer *observer; /* borrowed; NULL none */
};

/* What a handshake has brought about; all zero before. */
struct smtp_channel {
	bool is_verified;            /* the server is who we think it is */
	struct smtp_binding binding; /* octets borrowed */
};

/* Borrowed until its DONE event. Only recipients still to be tried. */
struct smtp_message {
	const char *sender; /* canonical, "" null */
	const struct recipient *const *recipients;
	size_t recipient_count;
	struct content_facts facts;
	const char *envid; /* xtext or NULL */
	enum dsn_return ret;
	bool requires_tls; /* REQUIRETLS: the owner has seen to it that it is offered */
	bool stops_before_data; /* a test: the server is asked for the recipients, no more */
	void *tag;              /* given back in events */
};

enum smtp_event_kind {
	/* Nothing to send: wait for input, at most patience_s. */
	SMTP_READ,
	/* Send `output` (or a part), tell smtp_client_written; read as well. */
	SMTP_WRITE,
	/* Make the connection secure: smtp_client_secured or smtp_client_tls_failed. */
	SMTP_START_TLS,
	/*
	 * May take a message: smtp_client_message, _no_message, or while replies are
	 * outstanding (not `is_idle`) _message_later.
	 */
	SMTP_NEXT,
	/* Give content from `offset` on: smtp_client_content. */
	SMTP_CONTENT,
	/* The fate of recipients[recipient] of the message `tag`. */
	SMTP_OUTCOME,
	/* Every recipient of `tag` has its outcome; it is no longer borrowed. */
	SMTP_DONE,
	/* The session is over: close the connection, free the engine. */
	SMTP_CLOSE,
};

struct smtp_event {
	enum smtp_event_kind kind;
	/* WRITE: borrowed until the next call but smtp_client_received or _written. */
	struct span output;
	/*
	 * READ, WRITE: how long the other side may take for the whole reply, or for
	 * taking the next block (RFC 5321 4.5.3.2). The id changes whenever a new
	 * deadline begins.
	 */
	unsigned patience_s;
	unsigned patience_id;
	void *tag;        /* CONTENT, OUTCOME, DONE */
	bool is_idle;     /* NEXT: nothing is outstanding, the owner may take its time */
	uint64_t offset;  /* CONTENT */
	size_t recipient; /* OUTCOME: index into smtp_message.recipients */
	/* OUTCOME; CLOSE: why, when the host is at fault (kind PENDING otherwise). */
	struct outcome outcome;
};

/*
 * What outcomes mean beside RFC 5321:
 *
 * DELIVERED, RECIPIENT: of a message that stops before DATA: the server would take it for
 *	this recipient, as far as it says so before it has the content.
 * PENDING, HOST: not tried here, and nobody to blame: the server ends sessions after some
 *	messages, or the session ended with another message, or the owner stopped it. Try
 *	on a new connection. Each connection decides at least one message, so this ends.
 * FAILED, HOST: this host cannot take this message (too large for it, no SMTPUTF8), or,
 *	in CLOSE, takes no mail at all (521): final unless another host of the route can.
 * DEFERRED, HOST: greeting, EHLO, 421, a lost connection, a deadline, a breach of the
 *	protocol. Status 4.4.6: the host has our own name.
 * DEFERRED, ROUTE: 530, the server wants AUTH or STARTTLS first; in CLOSE, our relay refuses
 *	us for good, or has no STARTTLS where we need it (4.7.4); AUTH came to nothing, for
 *	whatever reason: no mail goes to a server that should know us and does not.
 * DEFERRED, MESSAGE, may_be_delivered: the final dot has left and its reply did not come.
 *	Must not be tried on another host at once (RFC 1047).
 *
 * A text is what the server said behind the code, enhanced status included; code 0: ours.
 */
struct smtp_client;

/* The strings of `options` are copied, the observer is not. */
struct smtp_client *smtp_client_new(const struct smtp_client_options *options);
void smtp_client_free(struct smtp_client *c);

/* The next event. READ and WRITE come again until something changes; CLOSE stays. */
void smtp_client_next(struct smtp_client *c, struct smtp_event *ret);

/* Octets came from the server. */
void smtp_client_received(struct smtp_client *c, struct span data);

/* The first `n` octets of the last WRITE's output have left. */
void smtp_client_written(struct smtp_client *c, size_t n);

/*
 * Answers to START_TLS. Octets that come in clear before it end the session. Secured: the session begins anew with EHLO, nothing of what the server said
 * before counts (RFC 3207 4.2). Failed: it is over, and CLOSE tells `why`.
 */
void smtp_client_secured(struct smtp_client *c);
void smtp_client_tls_failed(struct smtp_client *c, const struct outcome *why);

/*
 * What is known of the channel: before smtp_client_secured, with implicit TLS before the
 * first octet is received. Copied, but for the octets of the binding.
 */
void smtp_client_channel(struct smtp_client *c, const struct smtp_channel *channel);

/* What the server offers: known from the first NEXT on. */
const struct smtp_extensions *smtp_client_extensions(const struct smtp_client *c);

/*
 * Answers to NEXT. After no_message the engine says QUIT once nothing is outstanding; after
 * message_later it asks again then.
 */
void smtp_client_message(struct smtp_client *c, const struct smtp_message *message);
void smtp_client_no_message(struct smtp_client *c);
void smtp_client_message_later(struct smtp_client *c);

/*
 * Answer to CONTENT: the next octets in wire form (any number of them up to
 * SMTP_CONTENT_BLOCK_MAX; is_last with the last ones). The engine copies and dot-stuffs
 * them. A message of several transactions is asked for from offset 0 again.
 */
void smtp_client_content(struct smtp_client *c, struct span block, bool is_last);

/*
 * Answer to CONTENT instead: the content cannot be read. The final dot is never sent, the
 * connection is given up; the recipients get `outcome`.
 */
void smtp_client_content_failed(struct smtp_client *c, const struct outcome *outcome);

/* The connection is gone or a deadline has passed. `why` (may be NULL) is for people. */
enum smtp_loss { SMTP_LOST_CLOSED, SMTP_LOST_TIMEOUT, SMTP_LOST_ERROR };
void smtp_client_lost(struct smtp_client *c, enum smtp_loss loss, const char *why);

/*
 * Finish early: a message whose DATA has been said is completed, no further one begins,
 * then QUIT. For SIGTERM and deadlines of a run. (Behind DATA there is no way back but to
 * break the connection: also an empty message would be delivered.)
 */
void smtp_client_stop(struct smtp_client *c);

/* The mechanism that we have logged in by; NULL: we have not. */
const char *smtp_client_mechanism(const struct smtp_client *c);

/* Whether the server has said that the credentials of the login are not good. */
bool smtp_client_has_refused_login(const struct smtp_client *c);

/*
 * Whether the session got as far as an accepted EHLO or HELO, and AUTH where there is a
 * login: the host is alive.
 */
bool smtp_client_is_up(const struct smtp_client *c);

#endif
