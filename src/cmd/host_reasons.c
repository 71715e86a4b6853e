#include "cmd/host_reasons.h"

#include "base/file.h"
#include "base/text.h"
#include "mail/address.h"
#include "policy/route.h"

void host_reasons_load(
	struct host_reasons *ret, const struct setup *setup, const struct spool *spool)
{
	struct buf text = BUF_INIT(HOSTS_TEXT_MAX);
	struct conf_problems problems = {
		0}; /* the run logs what is wrong with the file */
	struct fault ignored;

	routing_load(&ret->routing, &setup->conf, &setup->user);
	hosts_init(&ret->hosts);
	if (file_read(spool->fd, "state/hosts", &text, &ignored) == 0)
		hosts_parse(&ret->hosts, buf_span(&text));
	buf_release(&text);
	alias_table_init(&ret->aliases.table);
	if (ret->hosts.count)
		aliases_load(&ret->aliases, &setup->conf, &setup->identity, &setup->user,
			&problems);
	routing_set_local(&ret->routing, &setup->conf, &ret->aliases.scope);
	conf_problems_release(&problems);
}

void host_reasons_release(struct host_reasons *r)
{
	aliases_release(&r->aliases);
	routing_release(&r->routing);
	hosts_release(&r->hosts);
}

/* Without the library for international names: a domain in U-labels has no reason here. */
static struct route direct_route(const struct route_options *options, struct span domain)
{
	struct route route = {.kind = ROUTE_MX, .port = options->mx_port};
	struct buf name = BUF_INIT(ROUTE_NAME_SIZE - 1);

	if (span_starts(domain, "[")) {
		route.kind = ROUTE_LITERAL;
		domain = span_from(span_head(domain, domain.len - 1), 1);
		if (span_istarts(domain, "IPv6:"))
			domain = span_from(domain, 5);
	}
	text_add_lower(&name, domain);
	(void)text_copy(route.name, sizeof(route.name), buf_span(&name));
	buf_release(&name);
	return route;
}

/* Whether a host is asked at all, and by which route. */
static bool resolve(const struct route_options *options, const struct envelope *e,
	struct span address, struct route *ret)
{
	const struct route_way *way = route_choose(options, span_of(e->sender), address);
	struct outcome ignored;

	if (route_is_local(options, way, address))
		return route_resolve_local(options->local, address, ret, &ignored) == 0;
	if (way->kind == ROUTE_WAY_DISCARD || way->kind == ROUTE_WAY_ERROR)
		return false;
	*ret = direct_route(options, address_domain(address));
	if (way->kind == ROUTE_WAY_RELAY)
		*ret = (struct route){.kind = ROUTE_RELAY};
	ret->way = way;
	return true;
}

static const struct host *find(
	const struct host_reasons *r, const struct envelope *e, const char *address)
{
	const struct route_options *options = &r->routing.options;
	struct route route;
	char key[ROUTE_KEY_SIZE];

	if (!resolve(options, e, span_of(address), &route))
		return NULL;
	route_note_wish(options, &route, e->tls);
	route_key(&route, key);
	return hosts_find(&r->hosts, key);
}

const struct host *host_reasons_find(
	const struct host_reasons *r, const struct envelope *e, const char *address)
{
	const struct host *host = NULL;
	struct strv addresses = {0};
	struct fault ignored;

	if (r->hosts.count == 0)
		return NULL;
	if (alias_expand(&r->aliases.table, &r->aliases.scope, span_of(address),
		    &addresses, &ignored) != ALIAS_FOUND)
		return find(r, e, address);
	for (size_t i = 0; i < addresses.count && !host; i++)
		host = find(r, e, addresses.items[i]);
	strv_release(&addresses);
	return host;
}
