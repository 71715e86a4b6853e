#include "policy/route.h"

#include <string.h>

#include "base/text.h"
#include "mail/address.h"
#include "net/idn.h"
#include "net/netaddr.h"

/* an address of which the domain has become longer */
#define ASCII_ADDRESS_MAX (ADDRESS_OCTETS_MAX + IDN_NAME_SIZE)

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
		*ret_why =
			outcome_of_fault(OUTCOME_FAILED, OUTCOME_RECIPIENT, "5.1.2", &f);
		return -1;
	}
	*ret = route;
	return 0;
}

/* Patterns have A-labels; a domain that has none can fit no pattern but "*". */
static void add_ascii(struct buf *out, struct span address)
{
	struct span domain = address_domain(address);
	char name[IDN_NAME_SIZE];
	struct fault ignored;

	if (!span_has_8bit(domain) || idn_to_ascii(domain, name, &ignored) < 0) {
		buf_add_span(out, address);
		return;
	}
	buf_add_span(out, span_head(address, address.len - domain.len));
	buf_add_str(out, name);
}

static const struct route_way *choose(
	const struct route_options *options, struct span sender, struct span recipient)
{
	struct buf from = BUF_INIT(ASCII_ADDRESS_MAX), to = BUF_INIT(ASCII_ADDRESS_MAX);
	const struct route_way *way;

	if (options->way_count < 2)
		return options->way_count ? options->ways : NULL; /* the usual case */
	add_ascii(&from, sender);
	add_ascii(&to, recipient);
	way = route_choose(options, buf_span(&from), buf_span(&to));
	buf_release(&from);
	buf_release(&to);
	return way;
}

/* "5.7.1 text", "4.3.2 text" or only text */
static struct outcome error_of(const struct route_way *way)
{
	struct span text = span_of(way->text), rest = text, word;
	struct outcome o;

	o = outcome_make(OUTCOME_FAILED, OUTCOME_RECIPIENT, "5.7.1", "%s", way->text);
	if (!span_word(&rest, &word) || outcome_status_parse(word, &o.status) < 0 ||
		o.status.class == 2) {
		o.status = (struct outcome_status){5, 7, 1};
		return o;
	}
	if (o.status.class == 4)
		o.kind = OUTCOME_DEFERRED;
	rest = span_trim(rest);
	if (rest.len)
		text_clean_into(o.text, sizeof(o.text), rest);
	return o;
}

static struct outcome discarded_by(const struct route_way *way)
{
	return outcome_make(OUTCOME_DELIVERED, OUTCOME_RECIPIENT, "2.0.0",
		"discarded by [%s%s]", way->name[0] ? "route " : "relay", way->name);
}

int route_resolve(const struct route_options *options, struct span sender,
	struct span recipient, struct route *ret, struct outcome *ret_why)
{
	const struct route_way *way = choose(options, sender, recipient);
	struct span domain = address_domain(recipient);
	struct route route;
	int rc;

	if (route_is_local(options, way, recipient))
		return route_resolve_local(options->local, recipient, ret, ret_why);
	/* also on the way to a relay: what nobody can look up need not travel */
	if (span_starts(domain, "["))
		rc = resolve_literal(domain, options->mx_port, &route, ret_why);
	else
		rc = resolve_domain(domain, options->mx_port, &route, ret_why);
	if (rc < 0)
		return -1;
	route.way = way;
	switch (route.way ? route.way->kind : ROUTE_WAY_DIRECT) {
	case ROUTE_WAY_DISCARD:
		*ret_why = discarded_by(route.way);
		return -1;
	case ROUTE_WAY_ERROR:
		*ret_why = error_of(route.way);
		return -1;
	case ROUTE_WAY_RELAY:
		route = (struct route){.kind = ROUTE_RELAY, .way = route.way};
		break;
	case ROUTE_WAY_DIRECT:
		break;
	}
	*ret = route;
	return 0;
}

int route_compare(const struct route *a, const struct route *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->way != b->way)
		return (uintptr_t)a->way < (uintptr_t)b->way ? -1 : 1;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->wish != b->wish)
		return a->wish < b->wish ? -1 : 1;
	return strcmp(a->name, b->name);
}
