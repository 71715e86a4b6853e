/*
 * The replies that the server still owes, in order. Each knows at which octet of the
 * connection its command ends: a reply that comes before that octet has left was not
 * caused by the command.
 */
#ifndef SMTP_EXPECTED_H
#define SMTP_EXPECTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A client that only writes and a server that only answers block each other once all
 * buffers between them are full (RFC 2920 3.1 wants a group to fit into the TCP window).
 * So at most 4 KiB of commands are unanswered: the window closes at 3 KiB, and no command
 * is longer than 1 KiB.
 */
#define SMTP_WINDOW      (3 * 1024)
#define SMTP_COMMAND_MAX 1024

/*
 * A transaction's RSET, MAIL, RCPTs and DATA behind the dot of the one before, which by LMTP
 * has a reply a recipient.
 */
#define SMTP_EXPECTED_MAX 256

#define SMTP_END_UNKNOWN UINT64_MAX

/* What a reply can answer. Rows of the table in client_reply.c. */
enum smtp_step {
	SMTP_STEP_GREETING,
	SMTP_STEP_EHLO,
	SMTP_STEP_HELO,
	SMTP_STEP_STARTTLS,
	SMTP_STEP_AUTH,
	SMTP_STEP_AUTH_ANSWER, /* to a 334 */
	SMTP_STEP_RSET,
	SMTP_STEP_MAIL,
	SMTP_STEP_RCPT,
	SMTP_STEP_DATA,
	SMTP_STEP_CONTENT,  /* all of it, with the final dot */
	SMTP_STEP_LONE_DOT, /* ends a DATA that nobody will get */
	SMTP_STEP_QUIT,
};

struct smtp_expected_reply {
	enum smtp_step step;
	uint32_t length;
	uint64_t end; /* offset behind the last octet of the command */
};

struct smtp_expected {
	struct smtp_expected_reply ring[SMTP_EXPECTED_MAX];
	size_t first;
	size_t count;
	size_t octets; /* of the unanswered commands */
	bool is_window_closed;
};

/* More than SMTP_EXPECTED_MAX is a BUG. */
void smtp_expected_push(
	struct smtp_expected *e, enum smtp_step step, uint32_t length, uint64_t end);

/* The reply due next; NULL when none is. Borrowed until the next push or pop. */
const struct smtp_expected_reply *smtp_expected_front(const struct smtp_expected *e);

/* The one due last; NULL when none is. Borrowed as above. */
const struct smtp_expected_reply *smtp_expected_back(const struct smtp_expected *e);

/* The end of the command that was pushed last has become known. */
void smtp_expected_set_end(struct smtp_expected *e, uint64_t end);

/* The front has been answered. */
void smtp_expected_pop(struct smtp_expected *e);

#endif
