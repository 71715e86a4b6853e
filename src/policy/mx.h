/*
 * From a route to the hosts to connect to, in order (RFC 5321 5.1; RFC 7505 null MX).
 * Pure but for the resolver that is passed in.
 */
#ifndef POLICY_MX_H
#define POLICY_MX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mail/outcome.h"
#include "net/netaddr.h"
#include "net/resolver.h"
#include "policy/route.h"

#define MX_HOSTS_MAX          20 /* looked up, best preference first */
#define MX_HOST_ADDRESSES_MAX 4  /* of one host, the families taking turns */
#define MX_TARGETS_MAX        10
#define MX_FAILURES_MAX       6 /* lookups that fail before the rest is left out */

/* One address to try. */
struct mx_target {
	char host[DNS_NAME_SIZE];      /* for logs, TLS names; "" for a numeric address */
	char canonical[DNS_NAME_SIZE]; /* where its aliases lead; else as `host` */
	/*
	 * What its certificate has to show: the host, or the numeric address; and of the
	 * hosts that DNS names for a relay `mx:domain` or `srv:domain` the domain, unless
	 * DNSSEC vouches for the host, or it lies in the domain.
	 */
	char verify[DNS_NAME_SIZE];
	bool is_secure; /* DNSSEC: the address, and all aliases on the way to it */
	uint16_t preference;
	struct netaddr address; /* with port; AF_UNSPEC: the proxy looks the host up */
	uint16_t port;          /* the same, also where there is no address */
	bool is_implicit;       /* TLS from the first octet on (RFC 8314 3.3) */
	bool is_lmtp;           /* RFC 2033 */
};

/*
 * As outcomes and logs name it: "mx.example.org[192.0.2.1]:25", "/run/lmtp", "a.test:25",
 * "mailbox:joe".
 */
void mx_target_format(const struct mx_target *target, char *ret, size_t size);

/* Whether it has a name, and no address: only the proxy of the route can reach it. */
static inline bool mx_target_is_named(const struct mx_target *target)
{
	return target->address.any.sa_family == AF_UNSPEC;
}

struct mx_list {
	struct mx_target targets[MX_TARGETS_MAX]; /* in the order to try them */
	size_t count;
	char domain[DNS_NAME_SIZE]; /* ROUTE_MX: where aliases of the domain lead */
	bool is_secure; /* ROUTE_MX, DNSSEC: the MX records or that there are none, and all
			   aliases on the way to them */
};

struct mx_options {
	const char *own_name; /* what EHLO says; NULL: no test by name */
	const struct netaddr_list *own_addresses; /* of this machine; NULL: none known */
	bool may_use_local; /* tests: loopback and own addresses are as good as others */
	uint32_t (*random_below)(uint32_t bound, void *arg); /* NULL: base/rand.h */
	void *random_arg;
};

/*
 * Resolve. Returns 0 and at least one target; or -1 and `*ret_why`:
 *
 *	FAILED 5.1.2    the domain does not exist
 *	FAILED 5.1.10   null MX: the domain takes no mail
 *	FAILED 5.4.4    neither MX nor address
 *	FAILED 5.4.6    we are the best MX ourselves: mail would loop
 *	DEFERRED 4.4.3  DNS does not answer, or answers nonsense
 *	DEFERRED 4.4.4  there are MX records, but none leads to a usable address
 *
 * FAILED has scope RECIPIENT, DEFERRED has HOST. About a relay everything is DEFERRED
 * with scope ROUTE, because our configuration names it; it may be this machine. The hosts
 * of the relays of a route follow one another, each relay has a place for one at least.
 * A mailbox is one target, of which only the name means anything.
 */
int mx_resolve(struct resolver *r, const struct route *route,
	const struct mx_options *options, struct mx_list *ret, struct outcome *ret_why);

#endif
