#include "cmd/test.h"

#include <stdarg.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/text.h"
#include "cmd/exit_code.h"
#include "cmd/flusher.h"
#include "cmd/submit.h"
#include "cmd/telling.h"
#include "cmd/test_message.h"
#include "cmd/test_options.h"
#include "cmd/test_output.h"
#include "cmd/verdict.h"
#include "deliver/run.h"
#include "deliver/trial.h"
#include "mail/address.h"

#define PROGRAM  "nullmta test"
#define LINE_MAX 16384

/* clang-format off */
static const char help[] =
	"usage: nullmta test [options] ADDRESS\n"
	"\n"
	"Say whether mail to ADDRESS would flow, and show why: aliases, the route, what\n"
	"DNS says, each host that is tried, TLS and certificates, the login, and the\n"
	"dialogue with its secrets masked. It goes as far as RCPT TO; nothing is sent.\n"
	"\n"
	"  -f, --from SENDER  envelope sender, as for sendmail -f\n"
	"  --route NAME       go this way, whatever its patterns say: a [route NAME], or\n"
	"                     \"relay\"\n"
	"  --send             send a real test message, and show how it leaves\n"
	"  --json             an object a line\n"
	"  -C FILE            this configuration file only\n"
	"\n"
	"The last line says it in short, with what to do. Exit 0: mail flows; 67, 68, 69:\n"
	"it is refused for good (no such mailbox, no such domain, anything else);\n"
	"75: not now; 77: the login, the certificate or TLS is not accepted; 78: the\n"
	"configuration is wrong.\n";
/* clang-format on */

struct tester {
	const struct test_options *options;
	enum test_style style;
	struct flusher fl;
	struct spool spool;
	struct telling telling;
	struct buf sender; /* canonical, as the recipient is */
	struct buf recipient;
};

/* --- the last line --- */

/* Say it, cleaned. Returns `code`. */
PRINTF_LIKE(3, 4)
static int conclude(const struct tester *t, int code, const char *fmt, ...)
{
	struct buf line = BUF_INIT(LINE_MAX), clean = BUF_INIT(4 * LINE_MAX);
	va_list args;

	buf_addf(&line, "mail to %s ", t->options->address);
	va_start(args, fmt);
	buf_vaddf(&line, fmt, args);
	va_end(args);
	text_clean(&clean, buf_span(&line));
	test_output_verdict(t->style, buf_str(&clean), code);
	buf_release(&line);
	buf_release(&clean);
	return code;
}

/* "mx.example.org[192.0.2.1]:25 says: 550 5.1.1 no such user", or what we found */
static void add_reason(struct buf *out, const struct outcome *o)
{
	if (*o->remote)
		buf_addf(out, "%s%s: ", o->remote, o->code ? " says" : "");
	if (o->code)
		buf_addf(out, "%d ", o->code);
	buf_add_str(out, o->text);
}

static int conclude_refusal(
	const struct tester *t, const char *address, const struct outcome *o)
{
	struct verdict v = verdict_of(o);
	struct buf why = BUF_INIT(LINE_MAX);

	if (!span_is(buf_span(&t->recipient), address))
		buf_addf(&why, "%s: ", address);
	add_reason(&why, o);
	if (*v.advice)
		buf_addf(&why, "%s %s", span_ends(buf_span(&why), ".") ? "" : ".",
			v.advice);
	(void)conclude(t, v.code, "would not flow%s: %s",
		o->kind == OUTCOME_FAILED ? "" : " now", buf_str(&why));
	buf_release(&why);
	return v.code;
}

/* Nobody was asked. */
static int conclude_unasked(const struct tester *t)
{
	if (flush_is_stopping())
		return conclude(t, EX_TEMPFAIL, "was not tested to the end: interrupted");
	return conclude(t, EX_NOPERM,
		"would wait for the flush of the system, which may do what you may not: "
		"read the login, or write to the mailbox. To test that, run this as "
		"root.");
}

static int conclude_flow(const struct tester *t, const struct claim *c, size_t first)
{
	const char *address = c->addressees.items[first].recipient.address;
	const struct outcome *o = &c->answers[first];
	size_t count = 0;

	for (size_t i = 0; i < c->addressees.count; i++)
		count += c->addressees.items[i].is_active;
	if (count > 1)
		return conclude(t, EX_OK, "would flow, to all %zu addresses", count);
	if (!o->code)
		return conclude(t, EX_OK, "would go nowhere: %s", o->text);
	return conclude(t, EX_OK, "would flow: %s takes it for %s", o->remote, address);
}

/* What weighs most is told: refused for good, then not now. */
static int judge(const struct tester *t, const struct claim *c)
{
	static const enum outcome_kind order[] = {
		OUTCOME_FAILED, OUTCOME_DEFERRED, OUTCOME_PENDING, OUTCOME_DELIVERED};

	for (size_t k = 0; k < ARRAY_LEN(order); k++) {
		for (size_t i = 0; i < c->addressees.count; i++) {
			const struct addressee *a = &c->addressees.items[i];

			if (!a->is_active || c->answers[i].kind != order[k])
				continue;
			if (order[k] == OUTCOME_PENDING)
				return conclude_unasked(t);
			if (order[k] == OUTCOME_DELIVERED)
				return conclude_flow(t, c, i);
			return conclude_refusal(t, a->recipient.address, &c->answers[i]);
		}
	}
	BUG("an expansion without anybody");
}

/* --- the test --- */

static int ask(const struct tester *t)
{
	struct buf text = BUF_INIT(TEST_MESSAGE_MAX);
	struct trial_request request = {
		.sender = t->sender.len ? t->sender.data : "",
		.recipient = t->recipient.data,
	};
	struct claim c;
	int code;

	test_message_compose(&text, &t->fl.setup, t->recipient.data);
	request.octets = text.len;
	trial_run(&c, &t->fl.flush, &request);
	code = judge(t, &c);
	claim_release(&c);
	buf_release(&text);
	return code;
}

static int conclude_sent(
	const struct tester *t, const char *id, const struct run_result *r)
{
	if (r->failed)
		return conclude(t, verdict_of(&r->last_failure).code,
			"does not flow: the test message was refused: %s. The report "
			"about it goes where reports go.",
			r->last_failure.text);
	if (r->delivered && !r->deferred)
		return conclude(
			t, EX_OK, "flows: the test message, %s, has been taken", id);
	if (r->last_trouble.kind != OUTCOME_PENDING)
		return conclude(t, verdict_of(&r->last_trouble).code,
			"does not flow now: %s. The test message waits in the queue; "
			"\"nullmta queue delete %s\" takes it back.",
			r->last_trouble.text, id);
	return conclude(t, EX_TEMPFAIL,
		"does not flow now. The test message waits in the queue; \"nullmta queue "
		"delete %s\" takes it back.",
		id);
}

/* A real submission, and its first try, as `sendmail -odi -v` has it. */
static int send_message(struct tester *t)
{
	char id[ENVELOPE_ID_LEN + 1];
	struct run_result result;
	struct fault f;

	if (test_message_submit(&t->fl.setup, &t->spool,
		    t->sender.len ? t->sender.data : "", t->recipient.data, id, &f) < 0)
		return exit_with(PROGRAM, &f);
	telling_say(&t->telling, "message", "%s", id);
	if (run_queue(&t->fl.flush, id, &result, &f) < 0)
		return exit_with(PROGRAM, &f);
	return conclude_sent(t, id, &result);
}

/* --- what is known before anybody is asked --- */

static void tell_way(const struct tester *t, const char *address)
{
	struct route route;
	struct outcome why;

	if (route_resolve(&t->fl.flush.route, buf_span(&t->sender), span_of(address),
		    &route, &why) == 0)
		telling_route(&t->telling, &route);
	else
		telling_say(&t->telling, "goes", "nowhere: %s", why.text);
}

static void tell_target(const struct tester *t, const struct addressing_target *target)
{
	if (target->fate)
		telling_say(&t->telling, "goes", "nowhere now: %s", target->fate->text);
	else
		tell_way(t, target->address);
}

static void tell_ways(const struct tester *t)
{
	struct addressing found;
	struct fault why;

	telling_say(&t->telling, "sender", "<%s>", t->sender.len ? t->sender.data : "");
	telling_say(&t->telling, "recipient", "<%s>", t->recipient.data);
	switch (telling_expand(&t->telling, buf_span(&t->sender), buf_span(&t->recipient),
		&found, &why)) {
	case ALIAS_NONE:
	case ALIAS_FOUND:
		for (size_t i = 0; i < found.count; i++)
			tell_target(t, &found.items[i]);
		break;
	case ALIAS_DISCARD:
		telling_say(&t->telling, "goes", "to nobody: it is discarded");
		break;
	case ALIAS_BROKEN:
		telling_say(&t->telling, "goes", "nowhere now: %s", why.text);
		break;
	}
	addressing_release(&found);
}

/* --route: a section that is there. */
static int force_route(struct tester *t, struct fault *f)
{
	struct span name = span_of(t->options->route);
	const struct conf *conf = &t->fl.setup.conf;
	const struct conf_relay *relay = conf_route_find(conf, name);
	size_t i = 0;

	if (!relay && !span_iis(name, "relay")) {
		fault_set(f, FAULT_USAGE, 0,
			"there is no [route %s] in the configuration", t->options->route);
		return -1;
	}
	while (i < conf->route_count && conf->routes[i] != relay)
		i++;
	t->fl.flush.route.forced = &t->fl.routing.ways[i];
	t->telling.is_forced = true;
	return 0;
}

static int find_addresses(struct tester *t, struct fault *f)
{
	const struct setup *setup = &t->fl.setup;
	const char *domain = setup->identity.domain;

	if (address_parse(span_of(t->options->address), domain, &t->recipient, f) < 0)
		return -1;
	if (t->options->sender)
		return address_parse(span_of(t->options->sender), domain, &t->sender, f);
	submit_own_address(&t->sender, setup, &setup->user);
	return 0;
}

static int prepare(struct tester *t, struct fault *f)
{
	struct flush *flush = &t->fl.flush;

	if (find_addresses(t, f) < 0 ||
		flusher_open(&t->fl, t->options->conf_file, -1, f) < 0)
		return -1;
	t->telling = (struct telling){.conf = &t->fl.setup.conf,
		.routing = &t->fl.routing,
		.aliases = &t->fl.aliases,
		.forwards = flush->forwards,
		.hear = test_output_hear,
		.ctx = &t->style};
	flush->spool = &t->spool;
	flush->is_now = true;
	flush->show = test_output_show(t->style);
	if (t->options->route && force_route(t, f) < 0)
		return -1;
	return submit_open(&t->spool, &t->fl.setup, f);
}

static int test(struct tester *t)
{
	struct fault f;
	int code;

	if (t->fl.setup.problems.errors) {
		setup_print_problems(&t->fl.setup, PROGRAM);
		return conclude(t, EX_CONFIG,
			"would wait: the configuration is wrong. What is said above "
			"mends it.");
	}
	if (prepare(t, &f) < 0)
		return exit_with(PROGRAM, &f);
	tell_ways(t);
	code = t->options->sends ? send_message(t) : ask(t);
	spool_close(&t->spool);
	return code;
}

int cmd_test(int argc, char **argv)
{
	struct test_options o;
	struct tester t = {.options = &o,
		.sender = BUF_INIT(ADDRESS_OCTETS_MAX),
		.recipient = BUF_INIT(ADDRESS_OCTETS_MAX)};
	struct fault f;
	int code;

	if (test_options_parse(&o, argc, argv, &f) < 0)
		return exit_with(PROGRAM, &f);
	if (o.wants_help) {
		(void)fputs(help, stdout);
		return EX_OK;
	}
	t.style = test_style_choose(o.is_json);
	flush_catch_signals();
	flusher_load(&t.fl, o.conf_file);
	code = test(&t);
	flusher_release(&t.fl);
	buf_release(&t.sender);
	buf_release(&t.recipient);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		(void)fputs(PROGRAM ": cannot write the output\n", stderr);
		return EX_IOERR;
	}
	return code;
}
