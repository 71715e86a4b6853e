#include "cmd/explain.h"

#include <stdio.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/text.h"
#include "cmd/aliases.h"
#include "cmd/door.h"
#include "cmd/exit_code.h"
#include "cmd/explain_message.h"
#include "cmd/explain_options.h"
#include "cmd/network.h"
#include "cmd/rewriting.h"
#include "cmd/routing.h"
#include "cmd/setup.h"
#include "cmd/submit.h"
#include "cmd/telling.h"
#include "conf/key.h"
#include "deliver/wire_address.h"
#include "mail/address.h"
#include "policy/mx.h"

#define PROGRAM     "nullmta explain"
#define LINE_MAX    16384
#define COMPARE_MAX ((size_t)4 * 1024 * 1024)

/* clang-format off */
static const char help[] =
	"usage: nullmta explain [-f SENDER] [-m FILE] [--no-dns] [-C FILE] [address...]\n"
	"\n"
	"Show what would become of mail to these addresses, without sending any: who gets\n"
	"it, its form on the wire, its way and why, and what others see of the sender.\n"
	"\n"
	"  -f, --from SENDER   envelope sender, as for sendmail -f\n"
	"  -m, --message FILE  show what becomes of this message's header, too (- is stdin);\n"
	"                      without an address those of To, Cc and Bcc are explained\n"
	"  --no-dns            do not ask which hosts take the mail\n"
	"  -C FILE             this configuration file only\n"
	"\n"
	"Exit 0: it can leave; 68: an address that mail can never reach; 75: DNS does not\n"
	"say just now; 65: an address or the message is wrong; 78: the configuration is.\n";
/* clang-format on */

struct explainer {
	const struct explain_options *options;
	struct setup setup;
	struct rewriting rewriting;
	struct routing routing;
	struct aliases aliases;
	struct door door;
	struct forwards forwards;
	struct world world;
	struct netaddr_list own_addresses;
	struct telling telling;
	struct buf sender;
	struct strv asked; /* recipients, and addresses whose way was told */
	struct strv told;
	int code;
};

static void say_outcome(struct explainer *e, const struct outcome *why)
{
	bool is_final = why->kind == OUTCOME_FAILED;

	if (why->kind == OUTCOME_DELIVERED) {
		telling_say(&e->telling, "goes", "nowhere: %s", why->text);
		return;
	}
	telling_say(&e->telling, is_final ? "cannot go" : "not now", "%s", why->text);
	if (is_final)
		e->code = EX_NOHOST;
	else if (e->code == EX_OK)
		e->code = EX_TEMPFAIL;
}

static void say_hosts(struct explainer *e, const struct route *route)
{
	const struct identity *identity = &e->setup.identity;
	const struct mx_options options = {
		.own_name = identity->is_qualified ? identity->hostname : NULL,
		.own_addresses = &e->own_addresses,
		.may_use_local = e->setup.conf.delivery.has_local_hosts,
	};
	struct mx_list list;
	struct outcome why;

	if (mx_resolve(e->world.resolver, route, &options, &list, &why) < 0) {
		say_outcome(e, &why);
		return;
	}
	for (size_t i = 0; i < list.count; i++) {
		char remote[OUTCOME_REMOTE_MAX];

		mx_target_format(&list.targets[i], remote, sizeof(remote));
		if (route->kind == ROUTE_MX)
			telling_say(&e->telling, i ? "" : "hosts", "%s, preference %u",
				remote, list.targets[i].preference);
		else
			telling_say(&e->telling, i ? "" : "hosts", "%s", remote);
	}
}

static void print_heading(const char *address)
{
	struct buf shown = BUF_INIT(LINE_MAX);

	text_clean(&shown, span_of(address));
	(void)printf("recipient %s\n", buf_str(&shown));
	buf_release(&shown);
}

/* A way with its own sender: what that makes of the one of the envelope. */
static void say_way_sender(struct explainer *e, const struct route *route)
{
	const struct rewrite *rules =
		e->rewriting.ways[routing_number(&e->routing, route->way)];
	struct wire_addresses wire = {0};

	if (rules && e->sender.len)
		telling_say(&e->telling, "sender", "<%s>",
			wire_sender(&wire, buf_str(&e->sender), rules));
	wire_addresses_release(&wire);
}

static void explain_way(struct explainer *e, const char *address)
{
	struct recipient given = {.address = (char *)(uintptr_t)address};
	struct wire_addresses wire = {0};
	struct route route;
	struct outcome why;

	strv_add(&e->told, span_of(address));
	telling_say(&e->telling, "on the wire", "<%s>",
		wire_recipient(&wire, &given)->address);
	if (route_resolve(&e->routing.options, buf_span(&e->sender), span_of(address),
		    &route, &why) < 0) {
		say_outcome(e, &why);
	} else {
		telling_route(&e->telling, &route);
		if (!routing_is_local(&e->routing, &route))
			say_way_sender(e, &route);
		if (!e->options->has_no_dns && route.kind != ROUTE_MAILBOX)
			say_hosts(e, &route);
	}
	wire_addresses_release(&wire);
}

static void explain_target(struct explainer *e, const struct addressing_target *target)
{
	if (target->fate)
		say_outcome(e, target->fate);
	else
		explain_way(e, target->address);
}

/* What an alias or ~/.forward has put in the place of `address`, which may be among it. */
static void explain_found(
	struct explainer *e, const char *address, const struct addressing *found)
{
	for (size_t i = 0; i < found->count; i++)
		if (span_is(span_of(address), found->items[i].address))
			explain_target(e, &found->items[i]);
	for (size_t i = 0; i < found->count; i++) {
		const struct addressing_target *target = &found->items[i];

		if (span_is(span_of(address), target->address) ||
			strv_has(&e->told, span_of(target->address)))
			continue;
		print_heading(target->address);
		explain_target(e, target);
	}
}

static void explain_recipient(struct explainer *e, const char *address)
{
	struct addressing found;
	struct fault why;

	print_heading(address);
	switch (telling_expand(
		&e->telling, buf_span(&e->sender), span_of(address), &found, &why)) {
	case ALIAS_NONE:
	case ALIAS_FOUND:
		explain_found(e, address, &found);
		break;
	case ALIAS_DISCARD:
		telling_say(&e->telling, "goes", "to nobody: it is discarded");
		break;
	case ALIAS_BROKEN:
		telling_say(&e->telling, "not now", "%s", why.text);
		e->code = e->code == EX_OK ? EX_TEMPFAIL : e->code;
		break;
	}
	addressing_release(&found);
}

/* Append which rule makes the sender what others see; nothing where none does. */
static void add_rule(struct buf *out, const struct explainer *e, const char *sender)
{
	static const char *const keys[] = {
		[REWRITE_BY_FROM] = "from", [REWRITE_BY_DOMAIN] = "domain"};
	const struct generic_entry *entry;
	enum rewrite_rule rule =
		rewrite_sender_rule(&e->rewriting.rules, span_of(sender), &entry);

	if (rule == REWRITE_BY_MAP) {
		buf_addf(out, ", because of %s in the generic map (%s:%u)", entry->key,
			entry->where, entry->line);
	} else if (rule != REWRITE_BY_NONE) {
		buf_addf(out, ", because of [rewrite] %s (", keys[rule]);
		conf_origin(out, &e->setup.conf, NULL,
			conf_key_find(SPAN_LIT("rewrite"), span_of(keys[rule])));
		buf_add_char(out, ')');
	}
}

/* The sender of the envelope, as given and as it would leave. */
static void explain_sender(struct explainer *e, const char *sender)
{
	const struct rewrite *rules = e->rewriting.is_needed ? &e->rewriting.rules : NULL;
	struct buf why = BUF_INIT(LINE_MAX);
	struct wire_addresses wire = {0};
	const char *leaves = wire_sender(&wire, sender, rules);

	if (*sender)
		add_rule(&why, e, sender);
	else
		buf_add_str(&why, " (never changed)");
	(void)printf("sender\n");
	telling_say(&e->telling, "given", "<%s>", sender);
	telling_say(&e->telling, "on the wire", "<%s>%s", leaves, buf_str(&why));
	wire_addresses_release(&wire);
	buf_release(&why);
}

static int explain_header(
	struct explainer *e, const char *sender, struct strv *recipients, struct fault *f)
{
	struct buf lines = BUF_INIT(COMPARE_MAX);
	struct explain_message message;
	int rc = explain_message_read(
		&message, e->options->message, &e->setup, &e->rewriting.rules, sender, f);

	if (rc == 0) {
		explain_message_compare(&message, &lines);
		(void)printf("header\n%s", buf_str(&lines));
		/* as sendmail -t without arguments */
		for (size_t i = 0;
			!e->options->recipient_count && i < message.recipients.count; i++)
			strv_add(recipients, span_of(message.recipients.items[i]));
	}
	explain_message_release(&message);
	buf_release(&lines);
	return rc;
}

static int find_sender(
	const struct explainer *e, struct buf *own, struct buf *sender, struct fault *f)
{
	submit_own_address(own, &e->setup, &e->setup.user);
	if (!e->options->sender) {
		buf_add_span(sender, buf_span(own));
		return 0;
	}
	return address_parse(
		span_of(e->options->sender), e->setup.identity.domain, sender, f);
}

static int find_recipients(
	const struct explainer *e, struct strv *recipients, struct fault *f)
{
	for (size_t i = 0; i < e->options->recipient_count; i++)
		if (address_list_parse(span_of(e->options->recipients[i]),
			    e->setup.identity.domain, recipients, f) < 0)
			return -1;
	return 0;
}

static void explain_recipients(struct explainer *e, const struct strv *recipients)
{
	for (size_t i = 0; i < recipients->count; i++) {
		struct span address = span_of(recipients->items[i]);

		if (strv_has(&e->asked, address))
			continue;
		strv_add(&e->asked, address);
		explain_recipient(e, recipients->items[i]);
	}
}

static int explain(struct explainer *e, struct fault *f)
{
	struct buf own = BUF_INIT(ADDRESS_OCTETS_MAX), *sender = &e->sender;
	struct strv recipients = {0};
	int rc = find_recipients(e, &recipients, f);

	if (rc == 0)
		rc = find_sender(e, &own, sender, f);
	if (rc == 0) {
		explain_sender(e, buf_str(sender));
		/* a From that is missing is the user's own where the sender is null */
		if (e->options->message)
			rc = explain_header(e,
				sender->len ? buf_str(sender) : buf_str(&own),
				&recipients, f);
	}
	if (rc == 0)
		explain_recipients(e, &recipients);
	strv_release(&recipients);
	buf_release(&own);
	return rc;
}

/* 0, or the exit code when the configuration or this machine is in the way. */
static int explainer_init(struct explainer *e, const struct explain_options *o)
{
	struct fault f;

	*e = (struct explainer){.options = o, .sender = BUF_INIT(ADDRESS_OCTETS_MAX)};
	setup_load(&e->setup, o->conf_file);
	rewriting_load(&e->rewriting, &e->setup.conf, &e->setup.identity, &e->setup.user,
		&e->setup.problems);
	aliases_load(&e->aliases, &e->setup.conf, &e->setup.identity, &e->setup.user,
		&e->setup.problems);
	routing_load(&e->routing, &e->setup.conf, &e->setup.user);
	routing_set_local(&e->routing, &e->setup.conf, &e->aliases.scope);
	door_init(&e->door, &e->setup, o->conf_file, -1);
	forwards_init(&e->forwards, &e->door.face, clock_mono_ms);
	e->telling = (struct telling){.conf = &e->setup.conf,
		.routing = &e->routing,
		.aliases = &e->aliases,
		.forwards = &e->forwards,
		.hear = telling_print};
	if (e->setup.problems.errors) {
		setup_print_problems(&e->setup, PROGRAM);
		return EX_CONFIG;
	}
	if (network_open(&e->world, &e->setup.conf, &e->setup.user, &f) < 0)
		return exit_with(PROGRAM, &f);
	/* without the list the loop test has only the host name to go by */
	(void)netaddr_list_add_own(&e->own_addresses, &f);
	return EX_OK;
}

static void explainer_release(struct explainer *e)
{
	netaddr_list_release(&e->own_addresses);
	buf_release(&e->sender);
	strv_release(&e->asked);
	strv_release(&e->told);
	world_release(&e->world);
	forwards_release(&e->forwards);
	aliases_release(&e->aliases);
	routing_release(&e->routing);
	rewriting_release(&e->rewriting);
	setup_release(&e->setup);
}

int cmd_explain(int argc, char **argv)
{
	struct explain_options o;
	struct explainer e;
	struct fault f;
	int code;

	if (explain_options_parse(&o, argc, argv, &f) < 0)
		return exit_with(PROGRAM, &f);
	if (o.wants_help) {
		(void)fputs(help, stdout);
		return EX_OK;
	}
	code = explainer_init(&e, &o);
	if (code == EX_OK)
		code = explain(&e, &f) < 0 ? exit_with(PROGRAM, &f) : e.code;
	explainer_release(&e);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		(void)fputs(PROGRAM ": cannot write the output\n", stderr);
		return EX_IOERR;
	}
	return code;
}
