/*
 * Who answers DNS questions: an interface with two faces, the real one here (libresolv)
 * and a text zone in tests.
 */
#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include "base/fault.h"
#include "net/dnsmsg.h"

#define RESOLVER_SERVERS_MAX 3 /* MAXNS of libresolv */
#define RESOLVER_TIMEOUT_S   12

/* Put at the start of the struct that implements it. */
struct resolver {
	void (*lookup)(struct resolver *r, const char *name, enum dns_type type,
		struct dns_answer *ret);
	void (*free)(struct resolver *r);
};

struct resolver_options {
	const char *nameservers; /* between blanks: "192.0.2.53",
				    "127.0.0.1:5353", "[::1]:53"; NULL or "":
				    /etc/resolv.conf */
	unsigned timeout_s;      /* for one lookup, about; 0: RESOLVER_TIMEOUT_S */
};

/*
 * The real one. Removes RES_OPTIONS, LOCALDOMAIN and HOSTALIASES from the environment:
 * they must not change where mail goes. Returns 0, or -1 for name servers it cannot
 * parse or more than RESOLVER_SERVERS_MAX of them.
 */
int resolver_new(
	struct resolver **ret, const struct resolver_options *options, struct fault *f);

/*
 * Ask for `name`, which is taken as absolute: no search list, no /etc/hosts. `*ret` is
 * always filled; the caller releases it (dnsmsg_answer_release).
 */
void resolver_lookup(
	struct resolver *r, const char *name, enum dns_type type, struct dns_answer *ret);

/* NULL is fine. */
void resolver_free(struct resolver *r);

#endif
