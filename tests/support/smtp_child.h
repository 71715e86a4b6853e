/*
 * The strict or scripted SMTP server of tests/support/receiver in a child process of a
 * unit test, on an address of loopback. What fails here fails the test.
 *
 * A test that uses it needs, beside smtp_child.c, what is in SMTP_CHILD's list there.
 */
#ifndef SUPPORT_SMTP_CHILD_H
#define SUPPORT_SMTP_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

struct receiver_shared;

struct smtp_child_options {
	const char *address;      /* NULL: 127.0.0.1 */
	unsigned port;            /* 0: any */
	const char *const *rules; /* up to NULL, as in receiver/rules.h; NULL: none */
	const char *script;       /* text, as in tests/support/README.md; NULL: none */
	uint64_t size_max;
};

struct smtp_child {
	pid_t pid;
	unsigned port;
	char dir[64]; /* what it writes */
	struct receiver_shared *shared;
};

void smtp_child_start(struct smtp_child *c, const struct smtp_child_options *options);
void smtp_child_stop(struct smtp_child *c);

/* Connections so far; messages taken so far. */
unsigned smtp_child_connections(const struct smtp_child *c);
unsigned smtp_child_letters(const struct smtp_child *c);

/* A file that it wrote, such as "0001.eml" or "violations"; empty where there is none. */
struct buf smtp_child_file(const struct smtp_child *c, const char *name);

/* A port on loopback where nobody listens. */
unsigned smtp_child_free_port(void);

#endif
