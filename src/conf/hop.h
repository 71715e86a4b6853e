/*
 * Next hops as a relay's `host` names them, one word each:
 *
 *	mail.example.org  mail.example.org:587  192.0.2.1  [2001:db8::1]:587
 *	smtp://HOST[:PORT]            the same
 *	smtps://HOST[:PORT]           TLS from the first octet on (RFC 8314 3.3)
 *	smtp+starttls://HOST[:PORT]   TLS by STARTTLS, whatever the port
 *	lmtp://HOST[:PORT]  lmtp:/PATH  lmtp:///PATH    LMTP (RFC 2033) by TCP, by socket
 *	mx:DOMAIN[:PORT]              the mail servers of a domain
 *	srv:DOMAIN                    its submission servers (RFC 6186, RFC 8314)
 *	direct                        the mail servers of each recipient's domain
 *	discard:                      nowhere; counts as delivered
 *	error:TEXT                    nowhere; fails with this text, spaces and all
 *
 * The last three stand alone. No lookup.
 */
#ifndef CONF_HOP_H
#define CONF_HOP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"

#define CONF_HOPS_MAX     10
#define CONF_HOP_PATH_MAX 107 /* octets; sun_path of sockaddr_un holds a NUL as well */

enum conf_hop_kind {
	CONF_HOP_HOST,   /* name or IP literal */
	CONF_HOP_MX,     /* name is a domain */
	CONF_HOP_SRV,    /* the same */
	CONF_HOP_DIRECT, /* no name */
	CONF_HOP_SOCKET, /* name is an absolute path; always LMTP */
	CONF_HOP_DISCARD,
	CONF_HOP_ERROR, /* name is the text */
};

enum conf_hop_start {
	CONF_START_BY_PORT, /* implicit TLS on port 465 */
	CONF_START_IMPLICIT,
	CONF_START_STARTTLS,
};

struct conf_hop {
	enum conf_hop_kind kind;
	enum conf_hop_start start;
	bool is_lmtp;
	char *name; /* host names in lower case, IP literals in their usual form without
			  brackets; NULL: none */
	unsigned port; /* 0: none given */
};

struct conf_hops {
	struct conf_hop *items;
	size_t count;
};

/* What becomes of mail for users of this machine. */
enum conf_local_kind {
	CONF_LOCAL_AUTO, /* MAILBOX, or RELAY where there is one */
	CONF_LOCAL_MAILBOX,
	CONF_LOCAL_RELAY, /* what becomes of all other mail */
	CONF_LOCAL_LMTP,
};

struct conf_local {
	enum conf_local_kind kind;
	struct conf_hops hops; /* LMTP: the one */
};

/*
 * Read the whole value, which has no control characters; empty is no hop at all. 0; or -1: `*ret` is untouched and `want`
 * says what would be right.
 */
int conf_hops_parse(struct span text, struct conf_hops *ret, struct buf *want);

/* Append as one would write it, in the one form that each hop has. */
void conf_hops_format(const struct conf_hops *hops, struct buf *out);

void conf_hops_release(struct conf_hops *hops);

#endif
