/*
 * Who plays in a transcript: the messages that it names, and what became of them.
 */
#ifndef TRANSCRIPT_CAST_H
#define TRANSCRIPT_CAST_H

#include <stdbool.h>
#include <stddef.h>

#include "smtp/client.h"
#include "transcript/lines.h"
#include "transcript/login.h"

#define TRANSCRIPT_MESSAGES_MAX   16
#define TRANSCRIPT_RECIPIENTS_MAX 1000
#define TRANSCRIPT_CONTENT_MAX    (4 * 1024 * 1024)

struct transcript_message {
	char name[32];
	char *sender;
	char *envid;
	struct recipient recipients[TRANSCRIPT_RECIPIENTS_MAX];
	const struct recipient *borrowed[TRANSCRIPT_RECIPIENTS_MAX];
	unsigned outcomes[TRANSCRIPT_RECIPIENTS_MAX]; /* how many each one got */
	struct smtp_message smtp;
	struct buf content;
	bool fails; /* its content, from octet `fails_at` on */
	size_t fails_at;
	bool is_taken;
	bool is_done;
};

struct transcript_cast {
	char *hello_name;
	unsigned messages_max;
	enum smtp_tls tls;
	bool is_relay;
	bool is_lmtp;
	unsigned recipients_max;
	uint64_t size_max;
	struct transcript_login login;
	struct transcript_message *messages[TRANSCRIPT_MESSAGES_MAX];
	size_t count;
};

/*
 * Take a line that describes a message or the client: "message", "to", "text", "fails",
 * "hello", "limit", "recipients", "octets", "tls", "relay", "lmtp", or the login. False when it is another one.
 */
bool transcript_cast_take(struct transcript_cast *cast,
	const struct transcript_lines *lines, const struct transcript_line *line);

/* The message of that name, or the program ends. */
struct transcript_message *transcript_cast_find(const struct transcript_cast *cast,
	const struct transcript_lines *lines, const struct transcript_line *line,
	struct span name);

void transcript_cast_release(struct transcript_cast *cast);

#endif
