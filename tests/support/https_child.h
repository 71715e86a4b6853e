/*
 * An HTTPS server in a child process of a unit test, on loopback, with a CA of its own. It
 * says what it is told to, whatever it is asked. What fails here fails the test.
 */
#ifndef SUPPORT_HTTPS_CHILD_H
#define SUPPORT_HTTPS_CHILD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What is 0 or NULL has the usual value. */
struct https_child_options {
	const char *name; /* of the certificate; NULL: any host's below *.d.test */
	bool is_expired;
	bool is_clear;      /* no TLS at all */
	bool is_cut;        /* no close_notify */
	bool is_silent;     /* says nothing, and keeps the connection */
	const char *answer; /* all octets of it */
};

struct https_child {
	pid_t pid;
	uint16_t port;
	char dir[64];
	char ca_file[80]; /* PEM */
	char request[80]; /* file with the last request */
	struct https_child_shared *shared;
};

void https_child_start(struct https_child *c, const struct https_child_options *options);
void https_child_stop(struct https_child *c);

/* Connections so far. */
unsigned https_child_connections(const struct https_child *c);

#endif
