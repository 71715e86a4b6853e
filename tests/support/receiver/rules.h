/*
 * Rules that make the well-behaved receiver answer something else:
 *
 *	STAGE PATTERN [once | first N | grey] REPLY
 *	rcpt bad@* 550 5.1.1 no such user
 *	mail * first 2 451 4.7.1 busy
 *	rcpt slow@* grey 450 4.7.1 come back later
 *	greeting 127.0.0.2 close
 *
 * STAGE is greeting, ehlo, helo, mail, rcpt, data, dot, rset, quit or starttls. PATTERN is a glob:
 * of the local address at greeting, of the name at ehlo and helo, of the recipient at
 * rcpt, of the sender everywhere else. The first rule that matches decides.
 */
#ifndef RECEIVER_RULES_H
#define RECEIVER_RULES_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

#define RULES_MAX      64
#define RULES_GREY_MAX 65536

enum rules_stage {
	RULES_GREETING,
	RULES_EHLO,
	RULES_HELO,
	RULES_MAIL,
	RULES_RCPT,
	RULES_DATA,
	RULES_DOT,
	RULES_RSET,
	RULES_QUIT,
	RULES_STARTTLS,
};

struct rule {
	enum rules_stage stage;
	char *pattern;
	unsigned limit; /* applies that many times; 0 always */
	int is_grey;    /* applies once for each sender and recipient */
	char *reply;    /* without line end, or "close" */
};

struct rules {
	struct rule items[RULES_MAX];
	size_t count;
};

/* How often each rule has applied, and which pairs greylisting has seen. */
struct rules_memory {
	atomic_uint hits[RULES_MAX];
	atomic_uint grey[RULES_GREY_MAX];
};

/* Parse one rule and add it; a mistake ends the program. Nothing is ever released. */
void rules_add(struct rules *rules, const char *text);

/* What happens at a stage: `subject` is matched, `pair` is what greylisting remembers. */
struct rules_case {
	enum rules_stage stage;
	struct span subject;
	struct span pair;
};

/* The reply of the first rule that applies now, or NULL. */
const char *rules_reply(const struct rules *rules, struct rules_memory *memory,
	const struct rules_case *c);

#endif
