#include "cmd/telling.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/text.h"
#include "conf/key.h"

#define LINE_MAX  16384
#define ENTRY_MAX 8192

void telling_say(const struct telling *t, const char *label, const char *fmt, ...)
{
	struct buf line = BUF_INIT(LINE_MAX), clean = BUF_INIT(4 * LINE_MAX);
	va_list args;

	va_start(args, fmt);
	buf_vaddf(&line, fmt, args);
	va_end(args);
	text_clean(&clean, buf_span(&line));
	t->hear(t->ctx, label, buf_str(&clean));
	buf_release(&line);
	buf_release(&clean);
}

/* One entry of the aliases. */
static void tell_entry(void *ctx, struct span address, const struct alias_entry *entry)
{
	const struct telling *t = ctx;
	const struct aliases *aliases = t->aliases;
	struct buf targets = BUF_INIT(ENTRY_MAX);

	alias_entry_format(&targets, &aliases->table, &aliases->scope, entry);
	telling_say(t, "alias", "%.*s is an alias (%s:%u) for %s", SPAN_ARGS(address),
		aliases->table.file, entry->line, buf_str(&targets));
	buf_release(&targets);
}

static void add_targets(struct buf *out, const struct forward *fw)
{
	for (size_t i = 0; i < fw->count; i++)
		buf_addf(out, "%s%s%s", i ? ", " : "", fw->targets[i].text,
			fw->targets[i].is_final ? " itself" : "");
}

/* What the file of one user says; a file that says nothing is not worth a line. */
static void tell_forward(void *ctx, struct span address, const struct forwards_answer *a)
{
	const struct telling *t = ctx;
	struct buf targets = BUF_INIT(ENTRY_MAX);

	if (a->is_left) {
		telling_say(t, "forward",
			"%.*s: the ~/.forward of %s is for that user and root to read",
			SPAN_ARGS(address), a->user);
	} else if (a->forward.kind == FORWARD_FOUND) {
		add_targets(&targets, &a->forward);
		telling_say(t, "forward", "%.*s is forwarded by ~/.forward of %s to %s",
			SPAN_ARGS(address), a->user, buf_str(&targets));
	} else if (a->forward.kind == FORWARD_DISCARD) {
		telling_say(t, "forward", "%.*s is discarded by ~/.forward of %s",
			SPAN_ARGS(address), a->user);
	}
	buf_release(&targets);
}

enum alias_result telling_expand(const struct telling *t, struct span sender,
	struct span address, struct addressing *ret_found, struct fault *ret_why)
{
	const struct addressing_tracer tracer = {
		tell_entry, tell_forward, (void *)(uintptr_t)t};
	const struct addressing_rules rules = {
		.aliases = &t->aliases->table,
		.scope = &t->aliases->scope,
		.route = &t->routing->options,
		/* a route that is asked for leads past all mailboxes */
		.forwards = t->is_forced ? NULL : t->forwards,
		.sender = sender,
		.tracer = &tracer,
	};

	return addressing_find(&rules, address, ret_found, ret_why);
}

/* "[route a] sender (/etc/nullmta.conf:3), recipient (…)", or "[relay] host (…)" */
static void add_reason(
	struct buf *out, const struct telling *t, const struct conf_relay *route)
{
	const struct conf_key *key = conf_key_find(SPAN_LIT("relay"), SPAN_LIT("host"));
	const char *between = "";

	buf_add_char(out, '[');
	conf_section_name(out, route);
	buf_add_str(out, "] ");
	if (!route) {
		buf_addf(out, "%s (", key->name);
		conf_origin(out, t->conf, NULL, key);
		buf_add_char(out, ')');
		return;
	}
	for (size_t i = 0; (key = conf_key_at(i)) != NULL; i++) {
		if (!conf_key_is_route(key) || !route->origins[i].where)
			continue;
		buf_addf(out, "%s%s (", between, key->name);
		conf_origin(out, t->conf, route, key);
		buf_add_char(out, ')');
		between = ", ";
	}
}

static void add_relays(struct buf *out, const struct route_way *way)
{
	for (size_t i = 0; i < way->hop_count; i++) {
		const struct route_hop *hop = &way->hops[i];

		buf_add_str(out, i ? ", then " : "");
		buf_addf(out, "%s%s",
			hop->kind == ROUTE_HOP_MX    ? "mx:"
			: hop->kind == ROUTE_HOP_SRV ? "srv:"
						     : "",
			hop->name);
		if (hop->kind != ROUTE_HOP_SRV && hop->kind != ROUTE_HOP_SOCKET)
			buf_addf(out, ", port %u", (unsigned)hop->port);
		buf_add_str(out, hop->is_implicit ? " (TLS)" : "");
		buf_add_str(out, hop->is_lmtp ? " (LMTP)" : "");
	}
}

/* "[local] deliver (/etc/nullmta.conf:3)"; its default is what it is for want of a relay. */
static void add_local_reason(struct buf *out, const struct telling *t)
{
	const struct conf_key *key =
		conf_key_find(SPAN_LIT("local"), SPAN_LIT("deliver"));

	if (t->conf->local.deliver.kind == CONF_LOCAL_AUTO) {
		buf_add_str(out, "because there is no [relay] host");
		return;
	}
	buf_add_str(out, "because of [local] deliver (");
	conf_origin(out, t->conf, NULL, key);
	buf_add_char(out, ')');
}

static void tell_local(const struct telling *t, const struct route *route)
{
	struct buf reason = BUF_INIT(LINE_MAX), server = BUF_INIT(LINE_MAX);

	add_local_reason(&reason, t);
	if (route->kind == ROUTE_MAILBOX) {
		telling_say(t, "goes", "into the mailbox of %s, %s", route->name,
			buf_str(&reason));
	} else {
		add_relays(&server, route->way);
		telling_say(t, "goes", "to %s, as mail of a local user, %s",
			buf_str(&server), buf_str(&reason));
	}
	buf_release(&reason);
	buf_release(&server);
}

static void tell_usual(const struct telling *t, const struct route *route)
{
	const struct conf_relay *relay = routing_relay(t->routing, t->conf, route->way);
	struct buf reason = BUF_INIT(LINE_MAX), relays = BUF_INIT(LINE_MAX);

	if (t->is_forced)
		buf_add_str(&reason, "--route");
	else
		add_reason(&reason, t, relay->name ? relay : NULL);
	switch (route->kind) {
	case ROUTE_RELAY:
		add_relays(&relays, route->way);
		telling_say(t, "goes", "through the relay %s, because of %s",
			buf_str(&relays), buf_str(&reason));
		break;
	case ROUTE_MX:
		if (relay->host.count || t->is_forced)
			telling_say(t, "goes", "to the mail servers of %s, because of %s",
				route->name, buf_str(&reason));
		else
			telling_say(t, "goes",
				"to the mail servers of %s, because there is no [relay] "
				"host",
				route->name);
		break;
	case ROUTE_LITERAL:
		telling_say(t, "goes", "to %s, port %u, because the address says so",
			route->name, route->port);
		break;
	case ROUTE_MAILBOX:
		BUG("a mailbox is local");
	}
	buf_release(&reason);
	buf_release(&relays);
}

void telling_route(const struct telling *t, const struct route *route)
{
	if (routing_is_local(t->routing, route))
		tell_local(t, route);
	else
		tell_usual(t, route);
}

void telling_print(void *ctx, const char *label, const char *text)
{
	(void)ctx;
	(void)printf("  %-12s %s\n", label, text);
}
