#include "policy/mx.h"

#include <stdio.h>

#include "base/bug.h"
#include "base/hostname.h"
#include "base/text.h"
#include "policy/mx_search.h"

/* "example.org: what is wrong with it", about the recipient for good */
static int fail(struct mx_search *s, const char *status, const char *what,
	struct outcome *ret_why)
{
	*ret_why = outcome_make(OUTCOME_FAILED, OUTCOME_RECIPIENT, status, "%s: %s",
		s->route->name, what);
	return -1;
}

static int defer(struct mx_search *s, const char *status, const char *what,
	struct outcome *ret_why)
{
	*ret_why = outcome_make(
		OUTCOME_DEFERRED, OUTCOME_HOST, status, "%s: %s", s->route->name, what);
	return -1;
}

static int defer_dns(struct mx_search *s, struct outcome *ret_why)
{
	char what[DNS_WHY_MAX + 32];

	(void)snprintf(what, sizeof(what), "DNS lookup failed: %s", s->why);
	return defer(s, "4.4.3", what, ret_why);
}

/* The domain is its own mail host (RFC 5321 5.1: as if it had an MX of preference 0). */
static int resolve_implicit(
	struct mx_search *s, const char *name, struct outcome *ret_why)
{
	struct dns_record host = {0};
	struct dns_answer hosts = {.records = &host, .count = 1};

	(void)text_copy(host.name, sizeof(host.name), span_of(name));
	mx_search_add_hosts(s, &hosts);
	if (s->list.count)
		return 0;
	if (s->has_self)
		return fail(s, "5.4.6", "its address is ours: mail would loop", ret_why);
	if (s->failures)
		return defer_dns(s, ret_why);
	return fail(s, "5.4.4", "it has neither MX nor usable address", ret_why);
}

static int resolve_hosts(
	struct mx_search *s, struct dns_answer *hosts, struct outcome *ret_why)
{
	uint16_t best;

	if (mx_search_drop_bad(hosts))
		return fail(s, "5.1.10", "it accepts no mail (null MX)", ret_why);
	if (hosts->count == 0)
		return defer(s, "4.4.4", "no MX record names a host", ret_why);
	mx_search_order(s->options, hosts);
	best = hosts->records[0].preference;
	mx_search_add_hosts(s, hosts);
	if (s->list.count)
		return 0;
	if (s->has_self && s->self_preference == best)
		return fail(s, "5.4.6", "we are its best MX: mail would loop", ret_why);
	if (s->failures)
		return defer_dns(s, ret_why);
	return defer(s, "4.4.4", "no MX host has a usable address", ret_why);
}

static int resolve_domain(struct mx_search *s, struct outcome *ret_why)
{
	const char *domain = s->route->name;
	struct dns_answer mx;
	int rc = -1;

	if (hostname_is_localhost(span_of(domain)))
		return fail(s, "5.4.6", "it is this machine: mail would loop", ret_why);
	mx_search_lookup(s, domain, DNS_MX, &mx);
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

static int resolve_literal(struct mx_search *s, struct outcome *ret_why)
{
	struct netaddr address;

	if (netaddr_parse(span_of(s->route->name), s->route->port, &address) < 0)
		BUG("literal route");
	if (mx_search_is_self(s, &address))
		return fail(s, "5.4.6", "this address is ours: mail would loop", ret_why);
	if (mx_search_add_address(s, &(struct dns_record){0}, &address, NULL) == 0)
		return fail(s, "5.4.4", "no host can have this address", ret_why);
	return 0;
}

/* It has no address but the name by which outcomes are told. */
static void add_mailbox(struct mx_search *s)
{
	char key[ROUTE_KEY_SIZE];
	struct netaddr address;

	route_key(s->route, key);
	if (netaddr_unix(span_of(key), &address) < 0)
		BUG("a user name that is too long");
	(void)mx_search_add_address(s, &(struct dns_record){0}, &address, NULL);
}

void mx_target_format(const struct mx_target *target, char *ret, size_t size)
{
	if (mx_target_is_named(target))
		(void)snprintf(ret, size, "%s:%u", target->host, (unsigned)target->port);
	else
		netaddr_format_remote(&target->address, target->host, ret, size);
}

int mx_resolve(struct resolver *r, const struct route *route,
	const struct mx_options *options, struct mx_list *ret, struct outcome *ret_why)
{
	struct mx_search s = {.resolver = r,
		.route = route,
		.options = options,
		.port = route->port,
		.limit = MX_TARGETS_MAX};
	int rc = -1;

	switch (route->kind) {
	case ROUTE_RELAY:
		rc = mx_search_relay(&s, ret_why);
		break;
	case ROUTE_MX:
		rc = resolve_domain(&s, ret_why);
		break;
	case ROUTE_LITERAL:
		rc = resolve_literal(&s, ret_why);
		break;
	case ROUTE_MAILBOX:
		add_mailbox(&s);
		rc = 0;
		break;
	}
	if (rc == 0)
		*ret = s.list;
	return rc;
}
