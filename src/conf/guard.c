#include "conf/guard.h"

#include <stdlib.h>

#include "base/mem.h"
#include "conf/key.h"

#define DIRECTION_MAX 65536

/* What one section said before. */
struct guarded {
	struct conf_relay *route; /* NULL: [relay] */
	struct buf *directions;   /* of each key that directs; the others are empty */
	struct conf_origin *origins;
};

static struct conf_origin origin_of(
	const struct conf_key *key, struct conf *c, struct conf_relay *route)
{
	return *conf_key_origin(key, c, conf_key_is_relay(key) ? route : NULL);
}

static bool has_login(struct conf *c, struct conf_relay *route)
{
	const struct conf_key *key;

	for (size_t i = 0; (key = conf_key_at(i)) != NULL; i++)
		if ((key->traits & KEY_IS_LOGIN) && origin_of(key, c, route).where)
			return true;
	return false;
}

static void note(struct conf_guard *guard, struct conf *c, struct conf_relay *route)
{
	struct conf_relay *relay = route ? route : &c->relay;
	size_t count = conf_key_count();
	struct guarded *g;

	relay->keeps_login = false;
	/* with `auth` alone a token may come from elsewhere */
	if (!has_login(c, route) && !relay->auth.count)
		return;
	guard->items = mem_regrow(guard->items, guard->count + 1, sizeof(*g));
	g = &guard->items[guard->count++];
	*g = (struct guarded){.route = route,
		.directions = mem_array(count, sizeof(*g->directions)),
		.origins = mem_array(count, sizeof(*g->origins))};
	for (size_t i = 0; i < count; i++) {
		const struct conf_key *key = conf_key_at(i);

		g->origins[i] = origin_of(key, c, route);
		g->directions[i] = BUF_INIT(DIRECTION_MAX);
		if (key->traits & KEY_DIRECTS)
			conf_format(&g->directions[i], c, route, key);
	}
}

void conf_guard_begin(struct conf_guard *guard, struct conf *c)
{
	*guard = (struct conf_guard){0};
	note(guard, c, NULL);
	for (size_t i = 0; i < c->route_count; i++)
		note(guard, c, c->routes[i]);
}

/*
 * Whether whoever answers DNS questions decides where the login goes, too: nothing but the
 * name then tells one server from another, or the name itself comes from there.
 */
static bool depends_on_dns(const struct conf_relay *relay)
{
	for (size_t i = 0; i < relay->host.count; i++)
		if (relay->host.items[i].kind != CONF_HOP_HOST)
			return true;
	return relay->tls != CONF_TLS_AUTO && relay->tls != CONF_TLS_VERIFY &&
	       relay->tls != CONF_TLS_FINGERPRINT;
}

static bool directs(const struct conf_key *key, const struct conf_relay *relay)
{
	return (key->traits & KEY_DIRECTS) &&
	       (conf_key_is_relay(key) || depends_on_dns(relay));
}

/* The first key that sends the section elsewhere; NULL: it goes where it went. */
static const struct conf_key *redirection(const struct guarded *g, struct conf *c)
{
	const struct conf_relay *relay = g->route ? g->route : &c->relay;
	struct buf now = BUF_INIT(DIRECTION_MAX);
	const struct conf_key *key;

	for (size_t i = 0; (key = conf_key_at(i)) != NULL; i++) {
		if (!directs(key, relay))
			continue;
		buf_reset(&now);
		conf_format(&now, c, g->route, key);
		if (!span_eq(buf_span(&now), buf_span(&g->directions[i])))
			break;
	}
	buf_release(&now);
	return key;
}

static bool is_inherited(const struct guarded *g, struct conf *c, size_t i)
{
	struct conf_origin now = origin_of(conf_key_at(i), c, g->route);

	return now.where && now.where == g->origins[i].where &&
	       now.line == g->origins[i].line;
}

/* Whether all of the login is what it was, down to what was not said. */
static bool keeps_login(const struct guarded *g, struct conf *c)
{
	const struct conf_key *key;

	for (size_t i = 0; (key = conf_key_at(i)) != NULL; i++) {
		struct conf_origin now = origin_of(key, c, g->route);

		if ((key->traits & KEY_IS_LOGIN) &&
			(now.where != g->origins[i].where ||
				now.line != g->origins[i].line))
			return false;
	}
	return true;
}

/* Whether there was anything to drop. */
static bool drop_login(const struct guarded *g, struct conf *c)
{
	const struct conf_key *key;
	bool has_dropped = false;

	for (size_t i = 0; (key = conf_key_at(i)) != NULL; i++) {
		if (!(key->traits & KEY_IS_LOGIN) || !is_inherited(g, c, i))
			continue;
		conf_key_reset(key, c, g->route);
		has_dropped = true;
	}
	return has_dropped;
}

static void guard_section(
	const struct guarded *g, struct conf *c, struct conf_problems *problems)
{
	struct conf_relay *relay = g->route ? g->route : &c->relay;
	const struct conf_key *key = redirection(g, c);
	struct buf section = BUF_INIT(CONF_SECTION_NAME_MAX);
	struct conf_origin origin;
	struct conf_place at;

	relay->keeps_login = !key && keeps_login(g, c);
	if (!key || !drop_login(g, c))
		return;
	relay->has_lost_login = true;
	origin = origin_of(key, c, g->route);
	conf_section_name(&section, g->route);
	at = (struct conf_place){
		origin.where, origin.line, span_of(key->section), span_of(key->name)};
	if (conf_key_is_relay(key))
		at.section = buf_span(&section);
	conf_problems_warn(problems, &at,
		"the login of [%s] is meant for what the system's file says, and is not "
		"used here; give user and password together with this key",
		buf_str(&section));
	buf_release(&section);
}

void conf_guard_end(
	struct conf_guard *guard, struct conf *c, struct conf_problems *problems)
{
	for (size_t i = 0; i < guard->count; i++) {
		struct guarded *g = &guard->items[i];

		guard_section(g, c, problems);
		for (size_t k = 0; k < conf_key_count(); k++)
			buf_release(&g->directions[k]);
		free(g->directions);
		free(g->origins);
	}
	free(guard->items);
	*guard = (struct conf_guard){0};
}
