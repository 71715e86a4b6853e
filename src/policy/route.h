/*
 * Which way a recipient's mail takes. Pure: what it resolves to is policy/mx.h.
 */
#ifndef POLICY_ROUTE_H
#define POLICY_ROUTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "base/strv.h"
#include "mail/alias.h"
#include "mail/outcome.h"
#include "mail/tls_wish.h"

#define ROUTE_NAME_SIZE 256
#define ROUTE_KEY_SIZE  288

enum route_kind {
	ROUTE_RELAY,   /* the relays of the way, in order */
	ROUTE_MX,      /* as the domain's MX records say */
	ROUTE_LITERAL, /* user@[192.0.2.1] */
	ROUTE_MAILBOX, /* of a user of this machine */
};

enum route_hop_kind {
	ROUTE_HOP_HOST,
	ROUTE_HOP_MX,     /* the mail servers of a domain */
	ROUTE_HOP_SRV,    /* its submission servers (RFC 6186, RFC 8314) */
	ROUTE_HOP_SOCKET, /* a unix socket */
};

/* One relay as the configuration names it. */
struct route_hop {
	enum route_hop_kind kind;
	const char *name; /* host, numeric address without brackets, domain, or path */
	uint16_t port;    /* not of a SOCKET; for SRV the DNS says it */
	bool is_implicit; /* TLS from the first octet on; for SRV the DNS says it */
	bool is_lmtp;     /* RFC 2033 */
};

enum route_way_kind {
	ROUTE_WAY_DIRECT, /* by the recipient's domain: MX, LITERAL */
	ROUTE_WAY_RELAY,
	ROUTE_WAY_DISCARD,
	ROUTE_WAY_ERROR,
};

/*
 * A way that the configuration knows, and for whom it is: for mail that fits one pattern of
 * each list that has any. Patterns are an address, a domain, "*.domain" for those below it,
 * "*" for all, "<>" for the null sender; case does not matter. All borrowed.
 */
struct route_way {
	enum route_way_kind kind;
	const char *name; /* "" for the one that is there for the rest */
	const struct strv *senders;
	const struct strv *recipients;
	const struct strv *local_users;
	const struct route_hop *hops; /* RELAY */
	size_t hop_count;
	const char *text;  /* ERROR: what is said, maybe with a status in front */
	const char *proxy; /* a proxy resolves the names of hosts; NULL: none */
	/*
	 * Everything else by which connections of this way differ from others to the same
	 * host: login, TLS, source address. For the key; "" for none.
	 */
	const char *identity;
};

/* user names of this machine that are longer are nobody's */
#define ROUTE_USER_MAX 96

/* Mail for the users of this machine, at the names that are this machine alone. */
struct route_local {
	const struct alias_scope *scope;
	const struct route_way *way; /* takes all of it; NULL: mailboxes */
	/* Whether there is a user of this name: 1 or 0; -1 and a fault: nobody knows now. */
	int (*find_user)(void *ctx, const char *name, struct fault *f);
	void *ctx;
};

struct route_options {
	/* in the order to look at them; the last one takes what no other one does */
	const struct route_way *ways;
	size_t way_count;               /* 0: everything goes directly */
	const struct route_way *forced; /* one of them, for all mail; NULL: by patterns */
	uint16_t mx_port;               /* for MX hosts and literals: 25 */
	const struct route_local *local; /* NULL: it goes where all other mail goes */
	const char *local_user;    /* whose mail it is; NULL: nobody's that has a name */
	bool ignores_tls_optional; /* TLS-Required: No has no effect */
};

struct route {
	enum route_kind kind;
	uint16_t port;               /* of MX, LITERAL */
	const struct route_way *way; /* borrowed from the options; NULL: there are none */
	/* MX: the domain in A-labels, lower case; LITERAL: the address, no brackets;
	 * MAILBOX: the user */
	char name[ROUTE_NAME_SIZE];
	enum tls_wish wish; /* route_note_wish */
};

/*
 * The way for mail from `sender` to `recipient`, addresses as the envelope has them; NULL
 * where the options have no way. Domains are compared as they stand.
 */
const struct route_way *route_choose(
	const struct route_options *options, struct span sender, struct span recipient);

/*
 * Whether mail to `recipient`, for which route_choose says `way`, is for route_options.local:
 * not where a route names the address or its domain, for then somebody has said so.
 */
bool route_is_local(const struct route_options *options, const struct route_way *way,
	struct span recipient);

/*
 * The route of mail from `sender` ("" null) to a canonical address (mail/address.h); domains
 * are compared by their A-labels. Returns 0 and fills `*ret`; or -1 and `*ret_why`, what
 * becomes of it without asking any host: FAILED 5.1.2 for a domain that can never be reached
 * (no host name, bad IDN, bad literal), what an ERROR way says, DELIVERED for DISCARD; and of
 * mailboxes FAILED 5.1.1 where there is no such user, neither by the whole local part nor by
 * what is before a '+' in it, case aside; DEFERRED 4.3.0 where nobody knows now.
 */
int route_resolve(const struct route_options *options, struct span sender,
	struct span recipient, struct route *ret, struct outcome *ret_why);

/* The route of mail for which that is so; results as of route_resolve. */
int route_resolve_local(const struct route_local *local, struct span recipient,
	struct route *ret, struct outcome *ret_why);

/* What a user can be called at all: nothing that a path or passwd(5) would take apart. */
bool route_is_user_name(struct span name);

/*
 * What the sender wants of TLS, which makes it a route of its own. That TLS is optional is
 * nothing to a relay, which is ours, and TLS is nothing to a mailbox.
 */
void route_note_wish(
	const struct route_options *options, struct route *route, enum tls_wish wish);

/* A total order for sorting; 0 exactly for equal routes. */
int route_compare(const struct route *a, const struct route *b);

/*
 * One word for grouping and for the host memory, different wherever connections may not be
 * shared: "mx:example.org:25", "literal:[192.0.2.1]:25", "relay:[smtp.example.com]:587",
 * with the way's name in front, "gmail/relay:[smtp.gmail.com]:465+tls", "mailbox:joe", and its identity
 * behind as eight digits, "#0badcafe"; "+requiretls" or "+tls-optional" end it. What is too
 * long ends in a checksum of the whole.
 */
void route_key(const struct route *route, char ret[ROUTE_KEY_SIZE]);

#endif
