/*
 * The client's side of SOCKS 5 (RFC 1928), with user and password (RFC 1929): octets in,
 * octets out, no socket. Pure. A proxy is asked to connect by name, so that it looks the
 * name up; what it says is hostile input like everything else. The owner looks at `step`:
 *
 *	SOCKS5_WRITE	send all of `output`, then call socks5_written
 *	SOCKS5_READ	read exactly `wanted` octets, then call socks5_received
 *
 * Never more is read than belongs to SOCKS: what follows is the server's greeting.
 */
#ifndef NET_SOCKS5_H
#define NET_SOCKS5_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "net/netaddr.h"

#define SOCKS5_PART_MAX 255 /* octets of a name, a user, a password */
#define SOCKS5_READ_MAX (SOCKS5_PART_MAX + 2)

/* Borrowed until the end. */
struct socks5_request {
	struct span host;              /* a name; empty: `address` */
	const struct netaddr *address; /* IPv4 or IPv6, where there is no name */
	uint16_t port;
	struct span user; /* empty: no login */
	struct span password;
};

enum socks5_step {
	SOCKS5_WRITE,
	SOCKS5_READ,
	SOCKS5_DONE,   /* the connection to the host stands */
	SOCKS5_FAILED, /* there is none; `why` says it to a person */
	SOCKS5_REFUSED, /* the same, but the host is not to blame: the proxy does not want us */
};

struct socks5 {
	const struct socks5_request *request;
	enum socks5_step step;
	unsigned due; /* what the octets that come are: a row of a table */
	struct buf output;
	size_t wanted;
	const char *why;
};

void socks5_init(struct socks5 *s, const struct socks5_request *request);

/* The output may hold a password: it is overwritten. */
void socks5_release(struct socks5 *s);

/* Answers to the steps; `data` has s->wanted octets. */
void socks5_written(struct socks5 *s);
void socks5_received(struct socks5 *s, struct span data);

#endif
