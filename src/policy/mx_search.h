/*
 * A resolution under way: what policy/mx.c and policy/mx_relay.c share. Of use to nobody
 * else. Functions that add keep to `limit` and leave out what is no use or known already.
 */
#ifndef POLICY_MX_SEARCH_H
#define POLICY_MX_SEARCH_H

#include "policy/mx.h"

struct mx_search {
	struct resolver *resolver;
	const struct route *route;
	const struct mx_options *options;
	bool may_be_self; /* no test for loops: a relay may well be this machine */
	/* what every target that is added now has */
	uint16_t port;
	bool is_implicit;
	bool is_lmtp;
	const char *vouched; /* the domain that the configuration names, where the hosts
				come from DNS; NULL: hosts are named by the configuration */
	bool is_secure;      /* and DNSSEC says that these are its hosts */
	size_t limit;        /* of list.count */

	struct mx_list list;
	unsigned failures;     /* lookups without a trustworthy answer */
	char why[DNS_WHY_MAX]; /* of the first of them */
	bool has_self;
	uint16_t self_preference; /* the best at which we stand ourselves */
};

/* resolver_follow, failures counted. `*ret` is always filled. */
void mx_search_lookup(struct mx_search *s, const char *name, enum dns_type type,
	struct dns_answer *ret);

/* Whether this is this machine, where that would be a loop. */
bool mx_search_is_self(const struct mx_search *s, const struct netaddr *address);

/*
 * Add one address of `host`. `from` is the answer that gave it, NULL for none. Returns the
 * number added.
 */
size_t mx_search_add_address(struct mx_search *s, const struct dns_record *host,
	const struct netaddr *address, const struct dns_answer *from);

/*
 * Look up the addresses of `name`, which host->name is or stands for, and add them; where a
 * proxy looks names up, add the name. Returns the number added; where an address is ours
 * nothing is, and `has_self` is set.
 */
size_t mx_search_add_host(
	struct mx_search *s, const struct dns_record *host, const char *name);

/*
 * The same for hosts in order of preference, up to the one that is ourselves. A level of
 * preference that is begun is looked up to its end even if the list is full: we may stand
 * in it ourselves.
 */
void mx_search_add_hosts(struct mx_search *s, struct dns_answer *hosts);

/* By preference; equal ones in random order, to spread the load (RFC 5321 5.1). */
void mx_search_order(const struct mx_options *options, struct dns_answer *hosts);

/* Keep what can be a host. Returns whether all of them said "no mail here" (RFC 7505). */
bool mx_search_drop_bad(struct dns_answer *hosts);

/* A number below `bound`, by the options or base/rand.h. */
uint32_t mx_search_random(const struct mx_options *options, uint32_t bound);

/* The hosts of a relay (ROUTE_RELAY): 0, or -1 and `*ret_why`; see mx_resolve. */
int mx_search_relay(struct mx_search *s, struct outcome *ret_why);

#endif
