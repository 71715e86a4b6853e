/*
 * Who answers DNS questions: an interface with two faces, the real one here and a text zone
 * in tests.
 */
#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include "base/fault.h"
#include "base/strv.h"
#include "net/dnsmsg.h"

#define RESOLVER_TIMEOUT_S 12

/*
 * Whether a resolver of this build can be trusted at all, which is what DANE needs: `make`
 * sees whether the C library has a libresolv that knows of the AD bit (glibc 2.31; musl has
 * none), and DANE=0 says no.
 */
#ifdef HAVE_DANE
#define RESOLVER_HAS_DNSSEC true
#else
#define RESOLVER_HAS_DNSSEC false
#endif

/* Put at the start of the struct that implements it. */
struct resolver {
	/* what every face has, freed by resolver_free */
	struct strv search; /* domains for names that are not whole */
	char *hosts_file;   /* NULL: none */
	bool is_trusted; /* it validates, and nobody can change what it says on the way */
	void (*lookup)(struct resolver *r, const char *name, enum dns_type type,
		struct dns_answer *ret);
	void (*free)(struct resolver *r);
};

/*
 * Whether to believe the AD bit (RFC 4035 3.2.3, RFC 6840 5.8), which a name server that
 * validates sets, and anybody on the way to it could set, too.
 */
enum resolver_trust {
	RESOLVER_TRUST_AUTO, /* yes where all name servers are on this machine, or
				/etc/resolv.conf names them and says `options trust-ad` */
	RESOLVER_TRUST_YES,
	RESOLVER_TRUST_NO,
};

struct resolver_options {
	const char *nameservers; /* between blanks: "192.0.2.53",
				    "127.0.0.1:5353", "[::1]:53"; NULL or "":
				    /etc/resolv.conf */
	const char *hosts_file;  /* NULL: none */
	unsigned timeout_s;      /* for one lookup, about; 0: RESOLVER_TIMEOUT_S */
	enum resolver_trust trust;
};

/*
 * The real one. Removes RES_OPTIONS, LOCALDOMAIN and HOSTALIASES from the environment:
 * they must not change where mail goes. Returns 0, or -1 for name servers it cannot
 * parse or more than three of them (RESOLVCONF_SERVERS_MAX).
 */
int resolver_new(
	struct resolver **ret, const struct resolver_options *options, struct fault *f);

/*
 * Ask for `name`, which is taken as absolute: no search list, no /etc/hosts. `*ret` is
 * always filled; the caller releases it (dnsmsg_answer_release). Only a resolver that is
 * trusted asks for DNSSEC, and only its answers can be secure.
 */
void resolver_lookup(
	struct resolver *r, const char *name, enum dns_type type, struct dns_answer *ret);

/*
 * The same, and where a name server follows CNAMEs only as far as its own zone goes, go on
 * asking (RFC 1034 3.6.2). `ret->cnames` and `ret->is_secure` are about the whole way.
 */
void resolver_follow(
	struct resolver *r, const char *name, enum dns_type type, struct dns_answer *ret);

/*
 * What this machine knows of a name without asking: append its addresses of the hosts file.
 * For names that the configuration gives, such as a relay's; those of mail mean DNS.
 */
void resolver_known(struct resolver *r, const char *name, struct netaddr_list *ret);

/* NULL is fine. */
void resolver_free(struct resolver *r);

#endif
