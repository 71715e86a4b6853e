#include "policy/mx.h"

#include <stdio.h>
#include <string.h>

#include "base/bug.h"
#include "base/rand.h"
#include "base/text.h"
#include "base/hostname.h"

/* One resolution under way. */
struct search {
	struct resolver *resolver;
	const struct route *route;
	const struct mx_options *options;
	bool may_be_self; /* no test for loops: a relay may well be this machine */
	struct mx_list list;
	unsigned failures;     /* lookups without a trustworthy answer */
	char why[DNS_WHY_MAX]; /* of the first of them */
	bool has_self;
	uint16_t self_preference; /* the best at which we stand ourselves */
};

static void note_failed_lookup(struct search *s, const char *why)
{
	if (s->failures == 0)
		(void)text_copy(s->why, sizeof(s->why), span_of(why));
	s->failures++;
}

/* `*ret` is always filled. */
static void lookup(
	struct search *s, const char *name, enum dns_type type, struct dns_answer *ret)
{
	resolver_follow(s->resolver, name, type, ret);
	if (ret->result == DNS_FAILED)
		note_failed_lookup(s, ret->why);
}

static bool is_self(const struct search *s, const struct netaddr *address)
{
	const struct netaddr_list *own = s->options->own_addresses;

	if (s->may_be_self || s->options->may_use_local)
		return false;
	return netaddr_is_loopback(address) || (own && netaddr_list_has(own, address));
}

static bool has_self(const struct search *s, const struct dns_answer *answer)
{
	for (size_t i = 0; i < answer->count; i++) {
		if (is_self(s, &answer->records[i].address))
			return true;
	}
	return false;
}

static bool is_target(const struct mx_list *list, const struct netaddr *address)
{
	for (size_t i = 0; i < list->count; i++) {
		if (netaddr_is_same(&list->targets[i].address, address))
			return true;
	}
	return false;
}

/*
 * `from` is the answer that gave the address, NULL for none. Returns the number added: 0
 * for one that is no use, known, or too many.
 */
static size_t add_target(struct search *s, const char *host, uint16_t preference,
	const struct netaddr *address, const struct dns_answer *from)
{
	struct mx_target *target;

	if (s->list.count == MX_TARGETS_MAX || netaddr_is_unusable(address) ||
		is_target(&s->list, address))
		return 0;
	target = &s->list.targets[s->list.count++];
	(void)text_copy(target->host, sizeof(target->host), span_of(host));
	target->preference = preference;
	target->address = *address;
	netaddr_set_port(&target->address, s->route->port);
	target->is_secure = from && from->is_secure;
	(void)text_copy(target->canonical, sizeof(target->canonical),
		span_of(from ? from->canonical : host));
	return 1;
}

/* The families take turns, so that many IPv6 addresses cannot crowd out IPv4. */
static void add_addresses(struct search *s, const struct dns_record *host,
	const struct dns_answer *v6, const struct dns_answer *v4)
{
	size_t added = 0;

	for (size_t i = 0; i < v6->count || i < v4->count; i++) {
		if (i < v6->count && added < MX_HOST_ADDRESSES_MAX)
			added += add_target(s, host->name, host->preference,
				&v6->records[i].address, v6);
		if (i < v4->count && added < MX_HOST_ADDRESSES_MAX)
			added += add_target(s, host->name, host->preference,
				&v4->records[i].address, v4);
	}
}

/* We stand at `preference`: no host there or behind it is nearer (RFC 5321 5.1). */
static void note_self(struct search *s, uint16_t preference)
{
	struct mx_list *list = &s->list;

	s->has_self = true;
	s->self_preference = preference;
	while (list->count && list->targets[list->count - 1].preference >= preference)
		list->count--;
}

static void add_host(struct search *s, const struct dns_record *host)
{
	struct dns_answer v4, v6 = {.result = DNS_NO_NAME};

	lookup(s, host->name, DNS_A, &v4);
	if (v4.result != DNS_NO_NAME)
		lookup(s, host->name, DNS_AAAA, &v6);
	if (has_self(s, &v4) || has_self(s, &v6))
		note_self(s, host->preference);
	else
		add_addresses(s, host, &v6, &v4);
	dnsmsg_answer_release(&v4);
	dnsmsg_answer_release(&v6);
}

static bool is_own_name(const struct search *s, const char *name)
{
	const char *own = s->options->own_name;

	return own && own[0] && span_iis(span_of(name), own);
}

/* Take out the hosts at and behind the best one that has our own name. */
static void drop_own_name(struct search *s, struct dns_answer *hosts)
{
	for (size_t i = 0; i < hosts->count; i++) {
		if (!is_own_name(s, hosts->records[i].name))
			continue;
		note_self(s, hosts->records[i].preference);
		while (i && hosts->records[i - 1].preference == s->self_preference)
			i--;
		hosts->count = i;
		return;
	}
}

/*
 * Fill the list from hosts in order of preference. A level that is begun is looked up to
 * its end even if the list is full: we may stand in it ourselves.
 */
static void add_hosts(struct search *s, const struct dns_answer *hosts)
{
	for (size_t i = 0; i < hosts->count && i < MX_HOSTS_MAX; i++) {
		const struct dns_record *host = &hosts->records[i];
		bool begins_level = i == 0 || host[-1].preference != host->preference;

		if (s->failures >= MX_FAILURES_MAX)
			return;
		if (begins_level && s->list.count == MX_TARGETS_MAX)
			return;
		add_host(s, host);
		if (s->has_self)
			return;
	}
}

static uint32_t random_below(const struct mx_options *options, uint32_t bound)
{
	return options->random_below ? options->random_below(bound, options->random_arg)
				     : rand_below(bound);
}

static void swap(struct dns_record *a, struct dns_record *b)
{
	struct dns_record old = *a;

	*a = *b;
	*b = old;
}

/* By preference; equal ones in random order, to spread the load (RFC 5321 5.1). */
static void order_hosts(const struct mx_options *options, struct dns_answer *hosts)
{
	struct dns_record *r = hosts->records;

	for (size_t i = hosts->count; i > 1; i--)
		swap(&r[i - 1], &r[random_below(options, (uint32_t)i)]);
	for (size_t i = 1; i < hosts->count; i++) {
		for (size_t j = i; j && r[j - 1].preference > r[j].preference; j--)
			swap(&r[j - 1], &r[j]);
	}
}

/* "." (RFC 7505) and localhost, with which some say the same */
static bool is_null(const struct dns_record *host)
{
	return host->name[0] == '\0' || hostname_is_localhost(span_of(host->name));
}

/* Keep what can be a host. Returns whether all of them said "no mail here". */
static bool drop_bad_hosts(struct dns_answer *hosts)
{
	size_t kept = 0, nulls = 0;
	size_t count = hosts->count;

	for (size_t i = 0; i < count; i++) {
		const struct dns_record *host = &hosts->records[i];

		if (is_null(host))
			nulls++;
		else if (hostname_is_valid(span_of(host->name)))
			hosts->records[kept++] = *host;
	}
	hosts->count = kept;
	return nulls == count;
}

/* "example.org: what is wrong with it", about the recipient for good */
static int fail(
	struct search *s, const char *status, const char *what, struct outcome *ret_why)
{
	*ret_why = outcome_make(OUTCOME_FAILED, OUTCOME_RECIPIENT, status, "%s: %s",
		s->route->name, what);
	return -1;
}

static int defer(
	struct search *s, const char *status, const char *what, struct outcome *ret_why)
{
	bool is_relay = s->route->kind == ROUTE_RELAY;

	*ret_why = outcome_make(OUTCOME_DEFERRED, is_relay ? OUTCOME_ROUTE : OUTCOME_HOST,
		status, "%s%s: %s", is_relay ? "relay " : "", s->route->name, what);
	return -1;
}

static int defer_dns(struct search *s, struct outcome *ret_why)
{
	char what[DNS_WHY_MAX + 32];

	(void)snprintf(what, sizeof(what), "DNS lookup failed: %s", s->why);
	return defer(s, "4.4.3", what, ret_why);
}

/* The domain is its own mail host (RFC 5321 5.1: as if it had an MX of preference 0). */
static int resolve_implicit(struct search *s, const char *name, struct outcome *ret_why)
{
	struct dns_record host = {0};
	struct dns_answer hosts = {.records = &host, .count = 1};

	(void)text_copy(host.name, sizeof(host.name), span_of(name));
	drop_own_name(s, &hosts);
	add_hosts(s, &hosts);
	if (s->list.count)
		return 0;
	if (s->has_self)
		return fail(s, "5.4.6", "its address is ours: mail would loop", ret_why);
	if (s->failures)
		return defer_dns(s, ret_why);
	return fail(s, "5.4.4", "it has neither MX nor usable address", ret_why);
}

static int resolve_hosts(
	struct search *s, struct dns_answer *hosts, struct outcome *ret_why)
{
	uint16_t best;

	if (drop_bad_hosts(hosts))
		return fail(s, "5.1.10", "it accepts no mail (null MX)", ret_why);
	if (hosts->count == 0)
		return defer(s, "4.4.4", "no MX record names a host", ret_why);
	order_hosts(s->options, hosts);
	best = hosts->records[0].preference;
	drop_own_name(s, hosts);
	add_hosts(s, hosts);
	if (s->list.count)
		return 0;
	if (s->has_self && s->self_preference == best)
		return fail(s, "5.4.6", "we are its best MX: mail would loop", ret_why);
	if (s->failures)
		return defer_dns(s, ret_why);
	return defer(s, "4.4.4", "no MX host has a usable address", ret_why);
}

static int resolve_domain(struct search *s, struct outcome *ret_why)
{
	const char *domain = s->route->name;
	struct dns_answer mx;
	int rc = -1;

	if (hostname_is_localhost(span_of(domain)))
		return fail(s, "5.4.6", "it is this machine: mail would loop", ret_why);
	lookup(s, domain, DNS_MX, &mx);
	s->list.is_secure = mx.is_secure;
	(void)text_copy(s->list.domain, sizeof(s->list.domain), span_of(mx.canonical));
	switch (mx.result) {
	case DNS_FOUND:
		rc = resolve_hosts(s, &mx, ret_why);
		break;
	case DNS_NO_DATA:
		rc = resolve_implicit(s, mx.canonical, ret_why);
		break;
	case DNS_NO_NAME:
		rc = fail(s, "5.1.2", "no such domain (NXDOMAIN)", ret_why);
		break;
	case DNS_FAILED: /* never try the address instead: there may be an MX */
		rc = defer_dns(s, ret_why);
		break;
	}
	dnsmsg_answer_release(&mx);
	return rc;
}

static int resolve_literal(struct search *s, struct outcome *ret_why)
{
	struct netaddr address;

	if (netaddr_parse(span_of(s->route->name), s->route->port, &address) < 0)
		BUG("literal route");
	if (is_self(s, &address))
		return fail(s, "5.4.6", "this address is ours: mail would loop", ret_why);
	if (add_target(s, "", 0, &address, NULL) == 0)
		return fail(s, "5.4.4", "no host can have this address", ret_why);
	return 0;
}

/* RFC 6761 6.3: everybody knows where it is */
static void add_localhost(struct search *s)
{
	struct netaddr address;

	if (netaddr_parse(SPAN_LIT("127.0.0.1"), 0, &address) == 0)
		(void)add_target(s, s->route->name, 0, &address, NULL);
	if (netaddr_parse(SPAN_LIT("::1"), 0, &address) == 0)
		(void)add_target(s, s->route->name, 0, &address, NULL);
}

/* The configuration names it: its address, and no MX (whoever wants one says so). */
static int resolve_relay(struct search *s, struct outcome *ret_why)
{
	struct dns_record host = {0};
	struct netaddr address;

	s->may_be_self = true;
	(void)text_copy(host.name, sizeof(host.name), span_of(s->route->name));
	if (netaddr_parse(span_of(host.name), 0, &address) == 0)
		(void)add_target(s, "", 0, &address, NULL);
	else if (hostname_is_localhost(span_of(host.name)))
		add_localhost(s);
	else
		add_host(s, &host);
	if (s->list.count)
		return 0;
	if (s->failures)
		return defer_dns(s, ret_why);
	return defer(s, "4.4.4", "it has no usable address", ret_why);
}

int mx_resolve(struct resolver *r, const struct route *route,
	const struct mx_options *options, struct mx_list *ret, struct outcome *ret_why)
{
	struct search s = {.resolver = r, .route = route, .options = options};
	int rc = -1;

	switch (route->kind) {
	case ROUTE_RELAY:
		rc = resolve_relay(&s, ret_why);
		break;
	case ROUTE_MX:
		rc = resolve_domain(&s, ret_why);
		break;
	case ROUTE_LITERAL:
		rc = resolve_literal(&s, ret_why);
		break;
	}
	if (rc == 0)
		*ret = s.list;
	return rc;
}
