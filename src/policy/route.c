#include "policy/route.h"

#include <string.h>

#include "base/bug.h"
#include "base/text.h"
#include "mail/address.h"
#include "net/idn.h"
#include "net/netaddr.h"

_Static_assert(ROUTE_NAME_SIZE >= IDN_NAME_SIZE, "a domain fits a route");
_Static_assert(ROUTE_NAME_SIZE >= NETADDR_TEXT_MAX, "an address fits a route");

static struct span without_brackets(struct span s)
{
	if (span_starts(s, "[") && span_ends(s, "]"))
		return span_from(span_head(s, s.len - 1), 1);
	return s;
}

/* equal addresses have equal names: "::0:1" and "::1" are one route */
static void set_numeric(struct route *route, const struct netaddr *address)
{
	char text[NETADDR_TEXT_MAX];

	netaddr_format(address, text);
	(void)text_copy(route->name, sizeof(route->name), span_of(text));
	route->port = netaddr_port(address);
}

static int resolve_relay(
	const struct route_options *options, struct route *ret, struct outcome *ret_why)
{
	struct span host = without_brackets(span_of(options->relay_host));
	struct route route = {.kind = ROUTE_RELAY, .port = options->relay_port};
	struct netaddr address;
	struct fault f;

	if (netaddr_parse(host, options->relay_port, &address) == 0) {
		set_numeric(&route, &address);
	} else if (idn_to_ascii(host, route.name, &f) < 0) {
		*ret_why = outcome_make(OUTCOME_DEFERRED, OUTCOME_ROUTE, "4.3.5",
			"relay host: %s", f.text);
		return -1;
	}
	*ret = route;
	return 0;
}

static int resolve_literal(
	struct span literal, uint16_t port, struct route *ret, struct outcome *ret_why)
{
	struct route route = {.kind = ROUTE_LITERAL};
	struct netaddr address;

	if (netaddr_parse_literal(without_brackets(literal), port, &address) < 0) {
		*ret_why = outcome_make(OUTCOME_FAILED, OUTCOME_RECIPIENT, "5.1.2",
			"%.*s is not an address literal such as [192.0.2.1] or "
			"[IPv6:2001:db8::1]",
			SPAN_ARGS(literal));
		return -1;
	}
	set_numeric(&route, &address);
	*ret = route;
	return 0;
}

static int resolve_domain(
	struct span domain, uint16_t port, struct route *ret, struct outcome *ret_why)
{
	struct route route = {.kind = ROUTE_MX, .port = port};
	struct fault f;

	if (idn_to_ascii(domain, route.name, &f) < 0) {
		*ret_why = outcome_make(
			OUTCOME_FAILED, OUTCOME_RECIPIENT, "5.1.2", "%s", f.text);
		return -1;
	}
	*ret = route;
	return 0;
}

int route_resolve(const struct route_options *options, struct span recipient,
	struct route *ret, struct outcome *ret_why)
{
	struct span domain = address_domain(recipient);
	struct route direct;
	int rc;

	/* also on the way to a relay: what nobody can look up need not travel */
	if (span_starts(domain, "["))
		rc = resolve_literal(domain, options->mx_port, &direct, ret_why);
	else
		rc = resolve_domain(domain, options->mx_port, &direct, ret_why);
	if (rc < 0)
		return -1;
	if (options->relay_host && options->relay_host[0])
		return resolve_relay(options, ret, ret_why);
	*ret = direct;
	return 0;
}

int route_compare(const struct route *a, const struct route *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	return strcmp(a->name, b->name);
}
