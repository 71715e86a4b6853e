/*
 * The server engine from the inside. Only its files include this: server.c (events, phases
 * and the owner's calls), server_command.c (the table of verbs), server_message.c (content
 * by DATA and BDAT).
 */
#ifndef SMTP_SERVER_SESSION_H
#define SMTP_SERVER_SESSION_H

#include "base/buf.h"
#include "smtp/answer.h"
#include "smtp/content_reader.h"
#include "smtp/mail_command.h"
#include "smtp/outbox.h"
#include "smtp/server.h"

/* What comes next of the input; rows of the table in server.c. */
enum smtp_server_phase {
	SMTP_SERVER_PHASE_GREETING,
	SMTP_SERVER_PHASE_COMMAND,
	SMTP_SERVER_PHASE_MESSAGE, /* nothing: a message begins */
	SMTP_SERVER_PHASE_DATA,
	SMTP_SERVER_PHASE_CHUNK,
	SMTP_SERVER_PHASE_COMPLETE, /* nothing: the content is all there */
	SMTP_SERVER_PHASE_VERDICT,  /* nothing: the owner is asked */
	SMTP_SERVER_PHASE_CLOSING,
};

enum smtp_server_message {
	SMTP_SERVER_MESSAGE_NONE,
	SMTP_SERVER_MESSAGE_OPEN,    /* the owner has it */
	SMTP_SERVER_MESSAGE_REFUSED, /* `refusal` is said when all its octets have come */
};

struct smtp_server {
	struct smtp_server_options options;
	enum smtp_server_phase phase;
	struct span input; /* not digested */
	bool has_input_ended;
	struct buf line; /* a command whose end has not come */
	bool has_line;   /* the first has: allows_lf is decided */
	bool allows_lf;
	struct smtp_outbox outbox;
	unsigned errors;

	char hello[SMTP_SERVER_HELLO_MAX + 1];
	bool is_esmtp;

	bool has_mail;
	struct smtp_mail_command mail;
	struct recipient *recipients;
	size_t recipient_count;
	size_t recipient_cap;
	struct smtp_server_envelope envelope;

	enum smtp_server_message message;
	struct smtp_answer refusal;
	bool is_abandoned; /* ABANDON is due */
	bool has_chunks;   /* BDAT was said: no DATA in this transaction (RFC 3030 3) */
	bool is_last;      /* the chunk that is coming */
	uint64_t chunk;    /* octets of it still to come */
	struct smtp_content_reader reader;
	struct buf content; /* of the last CONTENT */
	uint64_t octets;
};

/* server.c */

/* Queue a reply; 5yz counts as an error. */
void smtp_server_say(struct smtp_server *s, const struct smtp_answer *answer);
void smtp_server_sayf(struct smtp_server *s, int code, const char *status,
	const char *fmt, ...) PRINTF_LIKE(4, 5);

/* Forget the transaction, and have the owner forget its message. */
void smtp_server_reset(struct smtp_server *s);

/* The session ends when what was said has left. */
void smtp_server_close(struct smtp_server *s);

/* The event for a phase that needs input and has none; false when the phase changed. */
bool smtp_server_wait(struct smtp_server *s, struct smtp_server_event *ret);

/* server_command.c: do what a command line (without its line end) says. */
void smtp_server_execute(struct smtp_server *s, struct span line);

/* server_message.c */

/* DATA, or a BDAT with a chunk of so many octets, as the transaction allows. */
void smtp_server_begin_data(struct smtp_server *s);
void smtp_server_begin_chunk(struct smtp_server *s, uint64_t octets, bool is_last);

/* The message is not wanted any more; the client hears why when it has said it all. */
void smtp_server_reject(struct smtp_server *s, const struct smtp_answer *why);

/* Phases: true when there is an event in `ret`, false to go on. */
bool smtp_server_step_message(struct smtp_server *s, struct smtp_server_event *ret);
bool smtp_server_step_data(struct smtp_server *s, struct smtp_server_event *ret);
bool smtp_server_step_chunk(struct smtp_server *s, struct smtp_server_event *ret);
bool smtp_server_step_complete(struct smtp_server *s, struct smtp_server_event *ret);

#endif
