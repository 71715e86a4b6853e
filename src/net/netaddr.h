/*
 * A numeric socket address, IPv4 or IPv6, by value, or the path of a unix socket. IPv6 zones
 * ("%eth0") are not known here: a mail server has none. An address of zeros (AF_UNSPEC) is
 * none.
 */
#ifndef NET_NETADDR_H
#define NET_NETADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/fault.h"
#include "base/span.h"

struct netaddr {
	union {
		struct sockaddr any; /* .sa_family: AF_INET, AF_INET6 or AF_UNIX */
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_un path;
	};
};

/* the longest path and a NUL; "[IPv6:" with an address and "]" is shorter */
#define NETADDR_TEXT_MAX 112

/* From the octets of an A or AAAA record; `port` in host order. */
struct netaddr netaddr_v4(const unsigned char octets[4], uint16_t port);
struct netaddr netaddr_v6(const unsigned char octets[16], uint16_t port);

/* "192.0.2.1" or "2001:db8::1", nothing else. Returns 0, or -1 leaving `*ret` alone. */
int netaddr_parse(struct span s, uint16_t port, struct netaddr *ret);

/* What stands in "[...]": "192.0.2.1" or "IPv6:2001:db8::1" (RFC 5321 4.1.3). 0 or -1. */
int netaddr_parse_literal(struct span s, uint16_t port, struct netaddr *ret);

/* "192.0.2.1", "192.0.2.1:25", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:25". 0 or
 * -1. */
int netaddr_parse_with_port(struct span s, uint16_t default_port, struct netaddr *ret);

/* A unix socket by its path, at most 107 octets and no NUL. 0 or -1. */
int netaddr_unix(struct span path, struct netaddr *ret);

/* The length that connect(2) and bind(2) want. */
socklen_t netaddr_len(const struct netaddr *a);

/* Ports are in host order; 0 for what has none. */
uint16_t netaddr_port(const struct netaddr *a);

/* Give it another port, where it has one. */
void netaddr_set_port(struct netaddr *a, uint16_t port);

/* "192.0.2.1", "2001:db8::1", "/run/lmtp"; "" for none */
void netaddr_format(const struct netaddr *a, char ret[NETADDR_TEXT_MAX]);

/* "[192.0.2.1]", "[IPv6:2001:db8::1]": as argument of EHLO (RFC 5321 4.1.3). */
void netaddr_format_literal(const struct netaddr *a, char ret[NETADDR_TEXT_MAX]);

/*
 * "mx.example.org[192.0.2.1]:25" as outcomes and logs name a remote, into `size` octets
 * (OUTCOME_REMOTE_MAX suffices). `host` may be "". A unix socket is its path alone.
 */
void netaddr_format_remote(
	const struct netaddr *a, const char *host, char *ret, size_t size);

/* The same address; the port does not count. */
bool netaddr_is_same(const struct netaddr *a, const struct netaddr *b);

/*
 * This machine itself: a unix socket, 127/8, ::1, and what a kernel takes for it (0/8, ::). Of an
 * IPv4-mapped address the inner one counts, here and below.
 */
bool netaddr_is_loopback(const struct netaddr *a);

/* Link-local, multicast or broadcast: nothing that a mail server on the net can have. */
bool netaddr_is_unusable(const struct netaddr *a);

/* A list that it owns. */
struct netaddr_list {
	struct netaddr *items;
	size_t count;
};

/* Append a copy. */
void netaddr_list_add(struct netaddr_list *list, const struct netaddr *a);

/* Whether the address stands in the list; ports do not count. */
bool netaddr_list_has(const struct netaddr_list *list, const struct netaddr *a);

/* Append the addresses of this machine's interfaces. Returns 0 or -1. */
int netaddr_list_add_own(struct netaddr_list *list, struct fault *f);

void netaddr_list_release(struct netaddr_list *list);

#endif
