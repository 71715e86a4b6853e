/*
 * The SMTP receiver of the tests: what its connections share. Made by main before the
 * first connection; each connection is a child that reads it. Only `shared` changes.
 */
#ifndef RECEIVER_RECEIVER_H
#define RECEIVER_RECEIVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "receiver/rules.h"

enum receiver_feature {
	RECEIVER_EHLO = 1,
	RECEIVER_PIPELINING = 2,
	RECEIVER_8BITMIME = 4,
	RECEIVER_SIZE = 8,
	RECEIVER_STATUS_CODES = 16,
	RECEIVER_DSN = 32,
	RECEIVER_SMTPUTF8 = 64,
	RECEIVER_REQUIRETLS = 128, /* inside TLS only (RFC 8689 2) */
};

/* Counters that all connections see: anonymous shared memory. */
struct receiver_shared {
	atomic_uint connections;
	atomic_uint letters;
	struct rules_memory rules;
};

struct script;
struct ssl_ctx_st;

struct receiver {
	const char *name; /* what it calls itself in the greeting */
	int dir;          /* where messages, `violations` and `script-failed` go */
	int log;          /* the dialogue, -1 for none */
	unsigned features;
	uint64_t size_max;       /* announced and kept to; 0 for no limit */
	unsigned recipients_max; /* a transaction's; 0 for no limit */
	unsigned delay_ms;       /* before each batch of replies leaves */
	struct rules rules;
	const struct script *script; /* NULL: behave */
	struct ssl_ctx_st *tls;      /* NULL: no TLS */
	bool is_implicit;            /* TLS from the first octet on */
	struct receiver_shared *shared;
};

/* Append one line to DIR/`name` in one write, so that lines of children do not mix. */
void receiver_note(const struct receiver *r, const char *name, struct span line);

#endif
