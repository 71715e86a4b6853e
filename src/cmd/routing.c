#include "cmd/routing.h"

#include <stdlib.h>

#include "base/mem.h"
#include "conf/key.h"

#define IDENTITY_MAX 65536

static enum route_hop_kind hop_kind(const struct conf_hop *hop)
{
	switch (hop->kind) {
	case CONF_HOP_HOST:
		return ROUTE_HOP_HOST;
	case CONF_HOP_MX:
		return ROUTE_HOP_MX;
	case CONF_HOP_SRV:
		return ROUTE_HOP_SRV;
	case CONF_HOP_SOCKET:
		return ROUTE_HOP_SOCKET;
	case CONF_HOP_DIRECT:
	case CONF_HOP_DISCARD:
	case CONF_HOP_ERROR:
		break;
	}
	BUG("not the hop of a relay");
}

/* What stands alone is a way of its own; everything else is a list of relays. */
static enum route_way_kind way_kind(const struct conf_relay *relay)
{
	if (relay->host.count == 0)
		return ROUTE_WAY_DIRECT;
	switch (relay->host.items[0].kind) {
	case CONF_HOP_DIRECT:
		return ROUTE_WAY_DIRECT;
	case CONF_HOP_DISCARD:
		return ROUTE_WAY_DISCARD;
	case CONF_HOP_ERROR:
		return ROUTE_WAY_ERROR;
	default:
		return ROUTE_WAY_RELAY;
	}
}

static struct route_hop *make_hops(const struct conf_relay *relay)
{
	struct route_hop *hops = mem_array(relay->host.count, sizeof(*hops));

	for (size_t i = 0; i < relay->host.count; i++) {
		const struct conf_hop *hop = &relay->host.items[i];

		hops[i] = (struct route_hop){
			.kind = hop_kind(hop),
			.name = hop->name,
			.port = (uint16_t)conf_relay_port(relay, hop),
			.is_implicit = conf_relay_is_implicit(relay, hop),
			.is_lmtp = hop->is_lmtp,
		};
	}
	return hops;
}

/* Whether connections differ by this key, and the hops do not tell. */
static bool is_identity(const struct conf_key *key)
{
	struct span name = span_of(key->name);

	return (key->traits || span_is(name, "source") || span_is(name, "auth")) &&
	       !span_is(name, "host") && !span_is(name, "port") &&
	       !span_is(name, "provider");
}

static bool is_relay_key(const struct conf_key *key)
{
	return conf_key_is_relay(key) && !conf_key_is_route(key);
}

/*
 * All that was said of the channel, as it was said; secrets format as no more than their
 * presence. "" where nothing was: then the key stays short.
 */
static char *make_identity(const struct conf *conf, const struct conf_relay *route)
{
	struct buf text = BUF_INIT(IDENTITY_MAX), value = BUF_INIT(IDENTITY_MAX);
	const struct conf_key *key;
	char *identity;

	for (size_t i = 0; (key = conf_key_at(i)) != NULL; i++) {
		if (!is_relay_key(key) || !is_identity(key))
			continue;
		buf_reset(&value);
		conf_format(&value, conf, route, key);
		if (!span_is(buf_span(&value), key->fallback))
			buf_addf(&text, "%s=%s\n", key->name, buf_str(&value));
	}
	identity = mem_string(buf_str(&text));
	buf_release(&text);
	buf_release(&value);
	return identity;
}

static void add_way(
	struct routing *r, const struct conf *conf, const struct conf_relay *route)
{
	const struct conf_relay *relay = route ? route : &conf->relay;
	size_t i = r->options.way_count++;
	struct route_way *way = &r->ways[i];

	r->identities[i] = make_identity(conf, route);
	*way = (struct route_way){
		.kind = way_kind(relay),
		.name = route ? route->name : "",
		.senders = &relay->senders,
		.recipients = &relay->recipients,
		.local_users = &relay->local_users,
		.proxy = relay->proxy.host,
		.identity = r->identities[i],
	};
	if (way->kind == ROUTE_WAY_RELAY) {
		r->hops[i] = make_hops(relay);
		way->hops = r->hops[i];
		way->hop_count = relay->host.count;
	} else if (way->kind == ROUTE_WAY_ERROR) {
		way->text = relay->host.items[0].name;
	}
}

void routing_load(struct routing *ret, const struct conf *conf, const struct user *user)
{
	size_t count = conf->route_count + 1;

	*ret = (struct routing){
		.ways = mem_array(count, sizeof(*ret->ways)),
		.hops = mem_array(count, sizeof(*ret->hops)),
		.identities = mem_array(count, sizeof(*ret->identities)),
	};
	ret->options.ways = ret->ways;
	ret->options.mx_port = (uint16_t)conf->delivery.port;
	ret->options.ignores_tls_optional = !conf->delivery.obeys_tls_required;
	ret->options.local_user = user->name;
	for (size_t i = 0; i < conf->route_count; i++)
		add_way(ret, conf, conf->routes[i]);
	add_way(ret, conf, NULL);
}

bool routing_has_local(const struct conf *conf)
{
	switch (conf->local.deliver.kind) {
	case CONF_LOCAL_AUTO:
		return conf->relay.host.count == 0;
	case CONF_LOCAL_RELAY:
		return false;
	case CONF_LOCAL_MAILBOX:
	case CONF_LOCAL_LMTP:
		return true;
	}
	BUG("[local] deliver");
}

static int find_user(void *ctx, const char *name, struct fault *f)
{
	struct user user;
	int found = user_find(&user, name, f);

	(void)ctx;
	if (found == 1)
		user_release(&user);
	return found;
}

/* Nothing of [relay] holds for it, least of all the login. */
static void set_local_way(struct routing *r, const struct conf_hops *hops)
{
	r->local_relay = (struct conf_relay){.host = *hops};
	r->local_hops = make_hops(&r->local_relay);
	r->local_way = (struct route_way){
		.kind = ROUTE_WAY_RELAY,
		.name = "local",
		.hops = r->local_hops,
		.hop_count = hops->count,
		.identity = "",
	};
	r->local.way = &r->local_way;
}

void routing_set_local(
	struct routing *r, const struct conf *conf, const struct alias_scope *scope)
{
	if (!routing_has_local(conf))
		return;
	r->local = (struct route_local){.scope = scope, .find_user = find_user};
	if (conf->local.deliver.kind == CONF_LOCAL_LMTP)
		set_local_way(r, &conf->local.deliver.hops);
	r->options.local = &r->local;
}

bool routing_is_local(const struct routing *r, const struct route *route)
{
	return route->kind == ROUTE_MAILBOX || route->way == &r->local_way;
}

void routing_release(struct routing *r)
{
	free(r->local_hops);
	for (size_t i = 0; i < r->options.way_count; i++) {
		free(r->hops[i]);
		free(r->identities[i]);
	}
	free(r->hops);
	free(r->identities);
	free(r->ways);
	*r = (struct routing){0};
}

size_t routing_number(const struct routing *r, const struct route_way *way)
{
	return (size_t)(way - r->ways);
}

const struct conf_relay *routing_relay(
	const struct routing *r, const struct conf *conf, const struct route_way *way)
{
	size_t i = routing_number(r, way);

	return i < conf->route_count ? conf->routes[i] : &conf->relay;
}
