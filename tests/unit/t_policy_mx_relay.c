#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

/* sources: tests/support/zone_resolver.c tests/support/scratch.c */
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "policy/mx.h"
#include "policy/srv.h"
#include "scratch.h"
#include "zone_resolver.h"

#define OWN_NAME "me.example"
#define HOPS_MAX 10
#define RUNS     1000

/* Always the last: MX hosts stay in their order, of SRV records the last one comes first. */
static uint32_t no_shuffle(uint32_t bound, void *arg)
{
	(void)arg;
	return bound - 1;
}

static uint32_t deterministic(uint32_t bound, void *arg)
{
	uint64_t *seed = arg;

	*seed = *seed * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(*seed >> 33) % bound;
}

/* What a test sets before it resolves. */
struct relay {
	const char *hops; /* words as struct route_hop: "a.example:25", "mx:…", "srv:…" */
	const char *proxy;
	const char *search;
	char *hosts_file;
};

static void add_hop(struct route_hop *hop, char *word)
{
	char *port = strrchr(word, ':');
	uint64_t number = 25;

	*hop = (struct route_hop){.name = word};
	if (word[0] == '/') {
		hop->kind = ROUTE_HOP_SOCKET;
		hop->is_lmtp = true;
		return;
	}
	if (strncmp(word, "mx:", 3) == 0)
		*hop = (struct route_hop){.kind = ROUTE_HOP_MX, .name = word + 3};
	else if (strncmp(word, "srv:", 4) == 0)
		*hop = (struct route_hop){.kind = ROUTE_HOP_SRV, .name = word + 4};
	if (port && port >= hop->name && strchr(hop->name, ':') == port &&
		span_to_uint(span_of(port + 1), 65535, &number) == 0)
		*port = '\0';
	hop->port = (uint16_t)number;
	hop->is_implicit = number == 465;
}

/* "a.example[192.0.2.1]:25", and behind a / what its certificate has to show otherwise. */
static void describe_target(const struct mx_target *t, struct buf *out)
{
	char text[OUTCOME_REMOTE_MAX];

	if (mx_target_is_named(t))
		buf_addf(out, "%s:%u", t->host, (unsigned)t->port);
	else {
		netaddr_format_remote(&t->address, t->host, text, sizeof(text));
		buf_add_str(out, text);
	}
	buf_add_str(out, t->is_implicit ? "+tls" : "");
	buf_add_str(out, t->is_lmtp ? "+lmtp" : "");
	if (t->host[0] && strcmp(t->host, t->verify) != 0)
		buf_addf(out, "/%s", t->verify);
}

static void describe(
	int rc, const struct mx_list *list, const struct outcome *why, struct buf *out)
{
	char status[OUTCOME_STATUS_TEXT_MAX];

	if (rc < 0) {
		assert_int_equal(why->kind, OUTCOME_DEFERRED);
		assert_int_equal(why->scope, OUTCOME_ROUTE);
		outcome_status_format(why->status, status);
		buf_addf(out, "%s %s", status, why->text);
	}
	for (size_t i = 0; rc == 0 && i < list->count; i++) {
		buf_add_str(out, i ? " " : "");
		describe_target(&list->targets[i], out);
	}
}

static void resolve(const char *zone, const struct relay *relay, struct buf *ret_text)
{
	struct resolver *r = zone_resolver_new(zone);
	struct mx_options options = {.own_name = OWN_NAME, .random_below = no_shuffle};
	struct route_hop hops[HOPS_MAX];
	struct route_way way = {
		.kind = ROUTE_WAY_RELAY, .name = "", .hops = hops, .identity = ""};
	struct route route = {.kind = ROUTE_RELAY, .way = &way};
	char *words = mem_string(relay->hops), *rest = words, *word;
	struct mx_list list;
	struct outcome why;

	while ((word = strsep(&rest, " ")) != NULL)
		add_hop(&hops[way.hop_count++], word);
	way.proxy = relay->proxy;
	if (relay->search)
		strv_add(&r->search, span_of(relay->search));
	r->hosts_file = mem_string(relay->hosts_file);
	describe(mx_resolve(r, &route, &options, &list, &why), &list, &why, ret_text);
	resolver_free(r);
	free(words);
}

#define HOSTS                             \
	"a.example A 192.0.2.1\n"         \
	"b.example A 192.0.2.2\n"         \
	"both.example A 192.0.2.4\n"      \
	"both.example AAAA 2001:db8::4\n" \
	"me.example A 198.51.100.1\n"     \
	"gone-mx.example NONE\n"          \
	"smtp.d.test A 192.0.2.5\n"

static const char zone[] = HOSTS "alias.example CNAME a.example\n"
				 "inside.example A 127.0.0.1\n"
				 "fails.example * !SERVFAIL\n"
				 "mx-only.example MX 10 a.example\n"
				 "d.test A 192.0.2.9\n"
				 "d.test MX 20 b.example\n"
				 "d.test MX 10 smtp.d.test\n"
				 "d.test MX 30 me.example\n"
				 "d.test MX 40 a.example\n"
				 "null.test MX 0 .\n"
				 "plain.test A 192.0.2.6\n"
				 "fail.test MX !SERVFAIL\n"
				 "fail.test A 192.0.2.7\n"
				 "signed.test MX 10 a.example\n"
				 "signed.test SECURE\n"
				 "_submissions._tcp.d.test SRV 0 0 465 smtp.d.test\n"
				 "_submission._tcp.d.test SRV 0 0 587 b.example\n"
				 "_submissions._tcp.tls.test SRV 20 0 465 b.example\n"
				 "_submissions._tcp.tls.test SRV 10 0 4465 a.example\n"
				 "_submissions._tcp.none.test SRV 0 0 0 .\n"
				 "_submission._tcp.none.test SRV 0 0 0 .\n"
				 "_submissions._tcp.start.test SRV 0 0 0 .\n"
				 "_submission._tcp.start.test SRV 0 0 587 a.example\n"
				 "_submissions._tcp.half.test * !SERVFAIL\n"
				 "_submission._tcp.half.test SRV 0 0 587 a.example\n"
				 "_submission._tcp.gone.test SRV 0 0 587 gone.example\n"
				 "_submission._tcp.odd.test SRV 0 0 587 192.0.2.1\n"
				 "_submissions._tcp.signed.test SRV 0 0 465 a.example\n"
				 "_submissions._tcp.signed.test SECURE\n"
				 "hub.corp.example A 192.0.2.20\n"
				 "a.b.corp.example A 192.0.2.21\n"
				 "whole.example A 192.0.2.22\n"
				 "whole.example.corp.example A 192.0.2.23\n"
				 "top A 192.0.2.24\n";

struct relay_case {
	const char *why;
	struct relay relay;
	const char *expect;
};

static const struct relay_case cases[] = {
	{"a name", {.hops = "a.example:587"}, "a.example[192.0.2.1]:587"},
	{"both families", {.hops = "both.example"},
		"both.example[2001:db8::4]:25 both.example[192.0.2.4]:25"},
	{"an alias", {.hops = "alias.example"}, "alias.example[192.0.2.1]:25"},
	{"a number", {.hops = "192.0.2.7:465"}, "[192.0.2.7]:465+tls"},
	{"an IPv6 number", {.hops = "2001:db8::7"}, "[2001:db8::7]:25"},
	{"this machine", {.hops = "127.0.0.1"}, "[127.0.0.1]:25"},
	{"localhost", {.hops = "localhost"}, "localhost[127.0.0.1]:25 localhost[::1]:25"},
	{"a name of this machine", {.hops = "inside.example"},
		"inside.example[127.0.0.1]:25"},
	{"our own name", {.hops = OWN_NAME}, OWN_NAME "[198.51.100.1]:25"},
	{"its MX is not asked for", {.hops = "mx-only.example"},
		"4.4.4 relay mx-only.example: it has no usable address"},
	{"no such name", {.hops = "gone.example"},
		"4.4.4 relay gone.example: it has no usable address"},
	{"DNS fails", {.hops = "fails.example"},
		"4.4.3 relay fails.example: DNS lookup failed: SERVFAIL"},
	{"a socket", {.hops = "/run/lmtp"}, "/run/lmtp+lmtp"},

	{"in order", {.hops = "b.example 192.0.2.7 a.example:26"},
		"b.example[192.0.2.2]:25 [192.0.2.7]:25 a.example[192.0.2.1]:26"},
	{"known already", {.hops = "a.example a.example 192.0.2.1 a.example:26"},
		"a.example[192.0.2.1]:25 [192.0.2.1]:25 a.example[192.0.2.1]:26"},
	{"one of them fails", {.hops = "fails.example gone.example a.example"},
		"a.example[192.0.2.1]:25"},

	{"MX, and ours among them", {.hops = "mx:d.test"},
		"smtp.d.test[192.0.2.5]:25 b.example[192.0.2.2]:25/d.test"},
	{"MX by an own port", {.hops = "mx:d.test:26"},
		"smtp.d.test[192.0.2.5]:26 b.example[192.0.2.2]:26/d.test"},
	{"null MX", {.hops = "mx:null.test"},
		"4.4.4 relay null.test: it accepts no mail (null MX)"},
	{"no MX", {.hops = "mx:plain.test"}, "plain.test[192.0.2.6]:25"},
	{"MX unknown", {.hops = "mx:fail.test"},
		"4.4.3 relay fail.test: DNS lookup failed: SERVFAIL"},
	{"MX of nothing", {.hops = "mx:gone.test"},
		"4.4.4 relay gone.test: it has no usable address"},
	{"signed MX", {.hops = "mx:signed.test"}, "a.example[192.0.2.1]:25"},

	{"SRV: TLS first", {.hops = "srv:d.test"},
		"smtp.d.test[192.0.2.5]:465+tls b.example[192.0.2.2]:587/d.test"},
	{"SRV: by priority, with its ports", {.hops = "srv:tls.test"},
		"a.example[192.0.2.1]:4465+tls/tls.test "
		"b.example[192.0.2.2]:465+tls/tls.test"},
	{"SRV: neither is offered", {.hops = "srv:none.test"},
		"4.4.4 relay none.test: it names no submission server (SRV)"},
	{"SRV: none at all", {.hops = "srv:a.example"},
		"4.4.4 relay a.example: it names no submission server (SRV)"},
	{"SRV: only STARTTLS", {.hops = "srv:start.test"},
		"a.example[192.0.2.1]:587/start.test"},
	{"SRV: one of two questions fails", {.hops = "srv:half.test"},
		"a.example[192.0.2.1]:587/half.test"},
	{"SRV: a host without address", {.hops = "srv:gone.test"},
		"4.4.4 relay gone.test: its submission servers have no usable address"},
	{"SRV: a number is no host", {.hops = "srv:odd.test"},
		"4.4.4 relay odd.test: it names no submission server (SRV)"},
	{"SRV: signed", {.hops = "srv:signed.test"}, "a.example[192.0.2.1]:465+tls"},
	{"SRV, and a relay behind it", {.hops = "srv:tls.test 192.0.2.7"},
		"a.example[192.0.2.1]:4465+tls/tls.test "
		"b.example[192.0.2.2]:465+tls/tls.test [192.0.2.7]:25"},

	{"a short name", {.hops = "hub", .search = "corp.example"}, "hub[192.0.2.20]:25"},
	{"a short name that is a whole one", {.hops = "top", .search = "corp.example"},
		"top[192.0.2.24]:25"},
	{"a name with a dot is a whole one",
		{.hops = "whole.example", .search = "corp.example"},
		"whole.example[192.0.2.22]:25"},
	{"or else a short one", {.hops = "a.b", .search = "corp.example"},
		"a.b[192.0.2.21]:25"},
	{"domains of mail are whole", {.hops = "mx:hub", .search = "corp.example"},
		"4.4.4 relay hub: it has no usable address"},

	{"by proxy: names go as they are",
		{.hops = "gone.example fails.example:465", .proxy = "p"},
		"gone.example:25 fails.example:465+tls"},
	{"by proxy: numbers, too", {.hops = "192.0.2.7 localhost", .proxy = "p"},
		"[192.0.2.7]:25 localhost:25"},
	{"by proxy: only the hosts of SRV are its",
		{.hops = "srv:tls.test", .proxy = "p"},
		"a.example:4465+tls/tls.test b.example:465+tls/tls.test"},
	{"by proxy: the same name twice",
		{.hops = "x.example x.example x.example:26", .proxy = "p"},
		"x.example:25 x.example:26"},
};

static void test_relays(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf text = BUF_INIT(4096);

		resolve(zone, &cases[i].relay, &text);
		if (!span_is(buf_span(&text), cases[i].expect))
			fail_msg("%s: %s", cases[i].why, buf_str(&text));
		buf_release(&text);
	}
}

static void test_the_hosts_file_knows_more(void **state)
{
	static const char *const hosts[][2] = {
		{"a.example", "a.example[192.0.2.101]:25 a.example[2001:db8::1]:25"},
		{"Short", "Short[192.0.2.101]:25"},
		{"localhost", "localhost[192.0.2.102]:25"},
		{"b.example", "b.example[192.0.2.2]:25"},
		{"mx:d.test", "smtp.d.test[192.0.2.5]:25 b.example[192.0.2.2]:25/d.test"},
	};
	struct scratch s;

	(void)state;
	scratch_init(&s);
	scratch_write(&s, "hosts",
		SPAN_LIT("192.0.2.101 a.example short # b.example\n#192.0.2.103 "
			 "b.example\n"
			 "192.0.2.102\tlocalhost\n2001:db8::1 A.example\n"
			 "x b.example\n192.0.2.104 smtp.d.test\n"),
		0644);
	for (size_t i = 0; i < ARRAY_LEN(hosts); i++) {
		struct relay relay = {.hops = hosts[i][0],
			.hosts_file = (char *)(uintptr_t)scratch_path(&s, "hosts")};
		struct buf text = BUF_INIT(4096);

		resolve(zone, &relay, &text);
		assert_string_equal(buf_str(&text), hosts[i][1]);
		buf_release(&text);
	}
	scratch_release(&s);
}

static void add_many(struct buf *out, const char *name)
{
	for (unsigned i = 1; i <= 4; i++)
		buf_addf(out, "%s A 192.0.2.%u%u\n%s AAAA 2001:db8::%c%u\n", name,
			(unsigned)(name[0] - 'a' + 1), i, name, name[0], i);
}

/* However many addresses the first one has, the last one has its turn. */
static void test_each_relay_has_a_place(void **state)
{
	struct relay relay = {.hops = "a.test b.test c.test d.test"};
	struct buf text = BUF_INIT(4096), many = BUF_INIT(4096);
	struct span rest;
	struct span word;
	unsigned count = 0;

	(void)state;
	for (char c = 'a'; c <= 'd'; c++) {
		char name[] = {c, '.', 't', 'e', 's', 't', '\0'};

		add_many(&many, name);
	}
	resolve(buf_str(&many), &relay, &text);
	for (rest = buf_span(&text); span_word(&rest, &word); count++)
		;
	assert_int_equal(count, MX_TARGETS_MAX);
	assert_non_null(strstr(buf_str(&text), "c.test["));
	assert_true(span_starts(word, "d.test["));
	buf_release(&text);
	buf_release(&many);
}

/* RFC 2782: of weights 1, 3 and 0 the second is first about three times in four. */
static void test_weights(void **state)
{
	uint64_t seed = 1;
	struct mx_options options = {.random_below = deterministic, .random_arg = &seed};
	unsigned first[3] = {0};

	(void)state;
	for (int run = 0; run < RUNS; run++) {
		static const uint16_t weights[] = {10, 30, 0};
		struct dns_answer answer = {.result = DNS_FOUND};

		for (size_t i = 0; i < ARRAY_LEN(weights); i++) {
			struct dns_record *r = dnsmsg_answer_add(&answer);

			r->weight = weights[i];
			r->preference = 5;
			(void)text_copy(r->name, sizeof(r->name),
				span_head(SPAN_LIT("abc"), i + 1));
		}
		dnsmsg_answer_add(&answer)->name[0] = 'z';
		srv_order(&answer, &options);
		assert_int_equal(answer.count, 4);
		assert_string_equal(answer.records[0].name, "z"); /* priority 0 */
		first[strlen(answer.records[1].name) - 1]++;
		dnsmsg_answer_release(&answer);
	}
	assert_in_range(first[0], 190, 300);
	assert_in_range(first[1], 680, 790);
	assert_in_range(first[2], 5, 60);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_relays),
		cmocka_unit_test(test_the_hosts_file_knows_more),
		cmocka_unit_test(test_each_relay_has_a_place),
		cmocka_unit_test(test_weights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
