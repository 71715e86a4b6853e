#include "policy/mx_search.h"

#include <string.h>

#include "base/bug.h"
#include "base/hostname.h"
#include "base/text.h"
#include "policy/srv.h"

#define NAME_ROOM (DNS_NAME_SIZE - 1)

/* Why a relay gives nothing, for the one of a route that has no other. */
static const char no_address[] = "it has no usable address";

static void add_numeric(struct mx_search *s, const char *text)
{
	struct netaddr address;

	if (netaddr_parse(span_of(text), 0, &address) == 0)
		(void)mx_search_add_address(s, &(struct dns_record){0}, &address, NULL);
}

static size_t add_addresses(struct mx_search *s, const struct dns_record *host,
	const struct netaddr_list *addresses)
{
	size_t added = 0;

	for (size_t i = 0; i < addresses->count && added < MX_HOST_ADDRESSES_MAX; i++)
		added += mx_search_add_address(s, host, &addresses->items[i], NULL);
	return added;
}

/* RFC 6761 6.3: everybody knows where it is */
static size_t add_localhost(struct mx_search *s, const struct dns_record *host)
{
	static const char *const known[] = {"127.0.0.1", "::1"};
	struct netaddr_list addresses = {0};
	struct netaddr address;
	size_t added;

	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (netaddr_parse(span_of(known[i]), 0, &address) == 0)
			netaddr_list_add(&addresses, &address);
	added = add_addresses(s, host, &addresses);
	netaddr_list_release(&addresses);
	return added;
}

/* What this machine knows itself, before anybody is asked (nsswitch: files dns). */
static size_t add_known(struct mx_search *s, const struct dns_record *host)
{
	struct netaddr_list addresses = {0};
	size_t added;

	resolver_known(s->resolver, host->name, &addresses);
	added = add_addresses(s, host, &addresses);
	netaddr_list_release(&addresses);
	if (added == 0 && hostname_is_localhost(span_of(host->name)))
		added = add_localhost(s, host);
	return added;
}

static size_t add_searched(struct mx_search *s, const struct dns_record *host)
{
	const struct strv *domains = &s->resolver->search;
	size_t added = 0;

	for (size_t i = 0; i < domains->count && added == 0; i++) {
		struct buf name = BUF_INIT(NAME_ROOM);

		buf_addf(&name, "%s.%s", host->name, domains->items[i]);
		if (!name.is_overfull)
			added = mx_search_add_host(s, host, buf_str(&name));
		buf_release(&name);
	}
	return added;
}

/*
 * A name as people write it: of this machine's hosts file, then of DNS. One without a dot
 * is a short one first, one with a dot a whole one.
 */
static void add_named(struct mx_search *s, const char *name)
{
	struct dns_record host = {0};
	bool is_short = span_find(span_of(name), '.') < 0;
	size_t added = 0;

	(void)text_copy(host.name, sizeof(host.name), span_of(name));
	if (s->route->way->proxy) {
		(void)mx_search_add_host(s, &host, name);
		return;
	}
	added = add_known(s, &host);
	if (added == 0 && is_short)
		added = add_searched(s, &host);
	if (added == 0)
		added = mx_search_add_host(s, &host, name);
	if (added == 0 && !is_short)
		(void)add_searched(s, &host);
}

static const char *add_host(struct mx_search *s, const struct route_hop *hop)
{
	struct netaddr ignored;

	if (netaddr_parse(span_of(hop->name), 0, &ignored) == 0)
		add_numeric(s, hop->name);
	else
		add_named(s, hop->name);
	return no_address;
}

static const char *add_mx(struct mx_search *s, const struct route_hop *hop)
{
	struct dns_record host = {0};
	struct dns_answer mx;
	bool is_null;

	mx_search_lookup(s, hop->name, DNS_MX, &mx);
	s->vouched = hop->name;
	s->is_secure = mx.is_secure;
	if (mx.result == DNS_NO_DATA) {
		/* its own mail host (RFC 5321 5.1), which the configuration names itself */
		(void)text_copy(host.name, sizeof(host.name), span_of(hop->name));
		(void)mx_search_add_host(s, &host, hop->name);
	}
	is_null = mx.result == DNS_FOUND && mx_search_drop_bad(&mx);
	if (!is_null) {
		mx_search_order(s->options, &mx);
		mx_search_add_hosts(s, &mx);
	}
	dnsmsg_answer_release(&mx);
	return is_null ? "it accepts no mail (null MX)" : no_address;
}

/* One of the two services; whether the domain offers it. */
static bool add_service(
	struct mx_search *s, const char *service, const char *domain, bool is_implicit)
{
	struct buf name = BUF_INIT(NAME_ROOM);
	struct dns_answer srv;

	buf_addf(&name, "%s.%s", service, domain);
	if (name.is_overfull) {
		buf_release(&name);
		return false;
	}
	mx_search_lookup(s, buf_str(&name), DNS_SRV, &srv);
	buf_release(&name);
	srv_order(&srv, s->options);
	s->is_secure = srv.is_secure;
	s->is_implicit = is_implicit;
	for (size_t i = 0; i < srv.count && s->failures < MX_FAILURES_MAX; i++) {
		s->port = srv.records[i].port;
		(void)mx_search_add_host(s, &srv.records[i], srv.records[i].name);
	}
	dnsmsg_answer_release(&srv);
	return srv.result == DNS_FOUND;
}

/* RFC 8314 5.1: the one with TLS from the first octet on is the better one. */
static const char *add_srv(struct mx_search *s, const struct route_hop *hop)
{
	bool is_offered;

	s->vouched = hop->name;
	is_offered = add_service(s, "_submissions._tcp", hop->name, true);
	is_offered |= add_service(s, "_submission._tcp", hop->name, false);
	return is_offered ? "its submission servers have no usable address"
			  : "it names no submission server (SRV)";
}

static const char *add_socket(struct mx_search *s, const struct route_hop *hop)
{
	struct netaddr address;

	if (netaddr_unix(span_of(hop->name), &address) == 0)
		(void)mx_search_add_address(s, &(struct dns_record){0}, &address, NULL);
	return "its path is too long for a socket";
}

static const char *add_hop(struct mx_search *s, const struct route_hop *hop)
{
	s->port = hop->port;
	s->is_implicit = hop->is_implicit;
	s->is_lmtp = hop->is_lmtp;
	s->vouched = NULL;
	s->is_secure = false;
	s->has_self = false;
	switch (hop->kind) {
	case ROUTE_HOP_HOST:
		return add_host(s, hop);
	case ROUTE_HOP_MX:
		return add_mx(s, hop);
	case ROUTE_HOP_SRV:
		return add_srv(s, hop);
	case ROUTE_HOP_SOCKET:
		return add_socket(s, hop);
	}
	BUG("kind of hop");
}

int mx_search_relay(struct mx_search *s, struct outcome *ret_why)
{
	const struct route_way *way = s->route->way;
	const char *what = no_address;

	s->may_be_self = true;
	for (size_t i = 0; i < way->hop_count; i++) {
		/* a relay with many addresses leaves a place for each one behind it */
		size_t behind = way->hop_count - 1 - i;

		s->limit = MX_TARGETS_MAX > behind ? MX_TARGETS_MAX - behind : 1;
		what = add_hop(s, &way->hops[i]);
	}
	if (s->list.count)
		return 0;
	*ret_why = outcome_make(OUTCOME_DEFERRED, OUTCOME_ROUTE,
		s->failures ? "4.4.3" : "4.4.4", "relay %s: %s%s", way->hops[0].name,
		s->failures ? "DNS lookup failed: " : "", s->failures ? s->why : what);
	return -1;
}
