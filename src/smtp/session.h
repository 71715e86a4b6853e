/*
 * The client engine from the inside. Only the files of the engine include this: client.c
 * (its face: events in order), client_reply.c (the table of steps), hello.c (greeting,
 * EHLO, STARTTLS), login.c (AUTH), transaction.c (MAIL to the final dot), settlement.c (who
 * gets which outcome, and how a session ends).
 *
 *	message ── smtp_job ── 1..n smtp_transaction ── recipients
 *
 * At most two transactions live: `finishing`, whose final dot is said and not answered,
 * and `current`, the one behind it.
 */
#ifndef SMTP_SESSION_H
#define SMTP_SESSION_H

#include "base/buf.h"
#include "smtp/body.h"
#include "smtp/client.h"
#include "smtp/expected.h"
#include "smtp/extensions.h"
#include "smtp/outbox.h"
#include "smtp/reply.h"

/* A message and its recipients that no transaction has taken yet. */
struct smtp_job {
	const struct smtp_message *message; /* NULL: nothing here */
	size_t *todo;                       /* indexes of recipients: [at, end) */
	size_t todo_at;
	size_t todo_end;
	size_t split; /* of these in front: "too many" last time (RFC 5321 4.5.3.1.10) */
	size_t open;  /* recipients without an outcome */
	bool is_touched; /* the server has answered a command that is about it */
	bool has_begun;  /* DATA is said: it cannot be withdrawn any more */
};

enum smtp_recipient_state {
	SMTP_RECIPIENT_OPEN,     /* no reply yet */
	SMTP_RECIPIENT_ACCEPTED, /* waits for the reply to the content */
	SMTP_RECIPIENT_SPLIT,    /* to be tried in the next transaction */
	SMTP_RECIPIENT_CLOSED,   /* settled, or back in the job */
};

struct smtp_transaction_recipient {
	size_t index; /* into smtp_message.recipients */
	enum smtp_recipient_state state;
	bool was_split;
};

struct smtp_transaction {
	bool is_open;
	bool is_void; /* refused or withdrawn: nobody gets it, nothing more is said */
	bool is_data_said;
	bool stops_before_data; /* recipients are settled by the reply to RCPT */
	struct smtp_job *job;   /* NULL once the message is done */
	size_t count;
	size_t said; /* RCPTs, of `count` */
	size_t answered;
	size_t accepted;
	struct smtp_transaction_recipient recipients[SMTP_RECIPIENTS_PER_TRANSACTION];
};

/* One outcome on its way out to the recipients whom it concerns. */
struct smtp_settlement {
	struct smtp_job *job;
	struct outcome outcome;
	size_t *recipients;
	size_t cap;
	size_t count;
	size_t told;
};

struct smtp_client {
	char *hello_name;
	char *remote;
	unsigned messages_max;
	unsigned recipients_max; /* 0 as the server says; the same for size_max */
	uint64_t size_max;
	enum smtp_tls tls;
	bool is_relay;
	bool is_lmtp;
	const struct smtp_login *login;       /* NULL none */
	const struct smtp_observer *observer; /* NULL none */

	struct buf input;
	size_t input_at;        /* octets of `input` that are digested */
	uint64_t input_mark;    /* octets written when the reply now due began to come */
	uint64_t received_mark; /* and when the last octets came */
	struct smtp_reply_parser parser;
	uint64_t replies; /* whole replies so far */

	struct smtp_outbox outbox;
	struct smtp_expected expected;
	uint64_t deadline; /* identifies what the deadline is for */
	unsigned patience_id;

	struct smtp_extensions extensions;
	bool awaits_tls; /* the owner is to shake hands */
	bool is_secure;  /* inside TLS */
	struct smtp_channel channel;
	struct smtp_auth *auth; /* while it lasts */
	struct span challenge;  /* for the answer that is composed now */
	const char *mechanism;  /* that we have logged in by; NULL: we have not */
	bool has_refused_login;
	bool is_up;
	bool needs_reset;   /* RSET before the next MAIL */
	bool has_no_more;   /* messages: the owner said so */
	bool has_none_yet;  /* but may have one when nothing is outstanding */
	bool is_stopping;   /* the owner wants to end */
	bool must_quit;     /* the server is not to be given another message */
	bool is_quitting;   /* QUIT is said */
	unsigned messages;  /* taken */
	unsigned concluded; /* messages done */
	uint64_t mails;     /* MAIL commands */

	struct smtp_job jobs[2];
	struct smtp_transaction transactions[2];
	struct smtp_transaction *current;
	struct smtp_transaction *finishing;
	struct smtp_body body;
	bool is_content; /* of `current`: the server waits for it */
	uint64_t content_offset;
	struct smtp_settlement settlement;

	bool is_lost;
	enum smtp_loss loss;
	char *loss_why;
	bool is_over;
	struct outcome abandoned; /* for recipients still open when it is over */
	struct outcome untouched; /* the same, of messages not begun */
	struct outcome close;
};

/* client_reply.c: the table */

/* "the reply to MAIL FROM", for people. */
const char *smtp_step_awaits(enum smtp_step step);

/* RFC 5321 4.5.3.2 */
unsigned smtp_step_patience_s(enum smtp_step step);

/* Compose the command and expect its reply. Only when smtp_session_may_say. */
void smtp_session_say(struct smtp_client *c, enum smtp_step step);

/* Tell the observer, if there is one, that this was said. */
void smtp_session_show(const struct smtp_client *c, struct span command);

/* Whether a command may follow those that are unanswered. */
bool smtp_session_may_say(const struct smtp_client *c);

/* A whole reply came: do what it means for the session. */
void smtp_session_take_reply(struct smtp_client *c, const struct smtp_reply *reply);

/*
 * The server broke the protocol: the session is over. `what` are raw octets of it; _breach
 * is the same for a reply that came at the wrong place.
 */
void smtp_session_protocol_error(
	struct smtp_client *c, const char *why, struct span what);
void smtp_session_breach(
	struct smtp_client *c, const char *why, const struct smtp_reply *reply);

/* hello.c: replies up to where mail can go, which have been expected */

/* Each says what comes next, or that the server is of no use to us. */
void smtp_hello_greeted(struct smtp_client *c, const struct smtp_reply *reply);
void smtp_hello_ehlo_replied(struct smtp_client *c, const struct smtp_reply *reply);
void smtp_hello_helo_replied(struct smtp_client *c, const struct smtp_reply *reply);
void smtp_hello_starttls_replied(struct smtp_client *c, const struct smtp_reply *reply);

/*
 * Octets in clear are behind the reply to STARTTLS: they would pass for said inside TLS
 * (CVE-2011-0411), so the session is over.
 */
void smtp_hello_plaintext_left(struct smtp_client *c);

/* The handshake has succeeded: all that was heard so far is forgotten. */
void smtp_hello_secured(struct smtp_client *c);

/* login.c */

/* Whether no mail is given to a server that we have not logged in to. */
bool smtp_login_is_required(const struct smtp_client *c);

/* TLS is as good as it will get: log in, or do without, or refuse the session. */
void smtp_login_begin(struct smtp_client *c);
void smtp_login_replied(struct smtp_client *c, const struct smtp_reply *reply);

/* The exchange is over, if there is one: overwrite all that is left of it. */
void smtp_login_end(struct smtp_client *c);

/*
 * Compose AUTH, and the answer to c->challenge. Room is made first: a buffer that grows
 * leaves a copy behind.
 */
#define SMTP_LOGIN_LINE_MAX (SMTP_AUTH_LINE_MAX + 2) /* with the line end */
void smtp_login_say(struct smtp_client *c, struct buf *out);
void smtp_login_say_answer(struct smtp_client *c, struct buf *out);

/* A line of the exchange as others may see it: "AUTH PLAIN ***", "***", "*". */
#define SMTP_LOGIN_MASK_MAX 64
void smtp_login_mask(struct span command, char out[SMTP_LOGIN_MASK_MAX]);

/* transaction.c: `current`, and the step from there to `finishing` */

/*
 * Open a transaction with the next recipients of `job`: say MAIL. The caller has asked
 * smtp_session_may_say.
 */
void smtp_transaction_begin(struct smtp_client *c, struct smtp_job *job);

/* Say what can be said now, or close what is refused. Whether anything changed. */
bool smtp_transaction_advance(struct smtp_client *c);

/* Replies to its commands, which have been expected. */
void smtp_transaction_mail_replied(struct smtp_client *c, const struct smtp_reply *reply);
void smtp_transaction_rcpt_replied(struct smtp_client *c, const struct smtp_reply *reply);
void smtp_transaction_data_replied(struct smtp_client *c, const struct smtp_reply *reply);
void smtp_transaction_content_replied(
	struct smtp_client *c, const struct smtp_reply *reply);

/* The content is complete: say the dot; `current` becomes `finishing`. */
void smtp_transaction_finish(struct smtp_client *c);

/* settlement.c: outcomes, and the end of the session */

/* An outcome of our own making, and one from a reply, with the remote filled in. */
struct outcome smtp_session_outcome(const struct smtp_client *c, enum outcome_kind kind,
	enum outcome_scope scope, const char *status, const char *text);
struct outcome smtp_session_reply_outcome(const struct smtp_client *c,
	const struct smtp_reply *reply, enum outcome_kind kind, enum outcome_scope scope);

/*
 * Give `outcome` to recipients: to one of `t`; to those of `t` without an outcome; to
 * those of the job that are in no transaction yet. All of one reply share one outcome and
 * one job: the first call of a settlement names them.
 */
void smtp_settle_begin(
	struct smtp_client *c, struct smtp_job *job, const struct outcome *outcome);
void smtp_settle_recipient(struct smtp_client *c, struct smtp_transaction_recipient *r);
void smtp_settle_transaction(struct smtp_client *c, struct smtp_transaction *t);
void smtp_settle_todo(struct smtp_client *c);

/*
 * The next event of what is settled: OUTCOME, or DONE for a message without open
 * recipients. False when there is none.
 */
bool smtp_settle_next(struct smtp_client *c, struct smtp_event *ret);

/* Settle all that is open of `job`; its current transaction, if any, becomes void. */
void smtp_settle_job(
	struct smtp_client *c, struct smtp_job *job, const struct outcome *outcome);

/*
 * The session is over at once, no QUIT: `trouble` is what CLOSE will tell and what open
 * recipients get. With `is_usual` a server that has served a message before is not blamed
 * for what happens between two messages (it may close an idle connection, RFC 5321 3.8),
 * and messages that it has not answered for come back as not tried.
 */
void smtp_session_fail(
	struct smtp_client *c, const struct outcome *trouble, bool is_usual);

/* The same where the host is not to blame: open messages come back as not tried. */
void smtp_session_abort(struct smtp_client *c, const char *why);

/* The connection is lost, all that came is digested: the session is over. */
void smtp_session_lose(struct smtp_client *c);

/* The session is over: settle some of what is still open. False when nothing is. */
bool smtp_session_abandon(struct smtp_client *c);

#endif
