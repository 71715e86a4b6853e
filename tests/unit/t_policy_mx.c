#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

/* sources: tests/support/zone_resolver.c */
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "policy/mx.h"
#include "zone_resolver.h"

#define OWN_NAME    "me.example"
#define OWN_ADDRESS "198.51.100.1"
#define RUNS        1000

/* Always the last: Fisher-Yates then swaps each with itself, and the order stays. */
static uint32_t no_shuffle(uint32_t bound, void *arg)
{
	(void)arg;
	return bound - 1;
}

/* A small linear congruential generator: the same on every run. */
static uint32_t deterministic(uint32_t bound, void *arg)
{
	uint64_t *seed = arg;

	*seed = *seed * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(*seed >> 33) % bound;
}

static struct route route_to(enum route_kind kind, const char *name)
{
	struct route route = {.kind = kind, .port = 25};

	(void)text_copy(route.name, sizeof(route.name), span_of(name));
	return route;
}

/* "a[192.0.2.1] b[2001:db8::1]", or "FAILED 5.1.2", "DEFERRED 4.4.3" */
static void describe(
	int rc, const struct mx_list *list, const struct outcome *why, struct buf *out)
{
	char text[OUTCOME_REMOTE_MAX];

	if (rc < 0) {
		outcome_status_format(why->status, text);
		buf_addf(out, "%s %s",
			why->kind == OUTCOME_FAILED ? "FAILED" : "DEFERRED", text);
		return;
	}
	for (size_t i = 0; i < list->count; i++) {
		netaddr_format_remote(&list->targets[i].address, list->targets[i].host,
			text, sizeof(text));
		buf_addf(out, "%s%.*s", i ? " " : "", (int)strlen(text) - 3, text);
		assert_true(span_ends(span_of(text), ":25"));
	}
}

static int resolve(const char *zone, const struct route *route, bool may_use_local,
	struct buf *ret_text, struct outcome *ret_why)
{
	struct resolver *r = zone_resolver_new(zone);
	struct netaddr_list own = {0};
	struct mx_options options = {.own_name = OWN_NAME,
		.own_addresses = &own,
		.may_use_local = may_use_local,
		.random_below = no_shuffle};
	struct mx_list list;
	struct netaddr address;
	int rc;

	assert_int_equal(netaddr_parse(SPAN_LIT(OWN_ADDRESS), 0, &address), 0);
	netaddr_list_add(&own, &address);
	rc = mx_resolve(r, route, &options, &list, ret_why);
	describe(rc, &list, ret_why, ret_text);
	netaddr_list_release(&own);
	resolver_free(r);
	return rc;
}

struct one_zone {
	const char *why;
	const char *zone;
	const char *expect;
};

static void check_all(
	const struct one_zone *cases, size_t count, const char *name, bool may_use_local)
{
	for (size_t i = 0; i < count; i++) {
		struct route route = route_to(ROUTE_MX, name);
		struct buf text = BUF_INIT(4096);
		struct outcome why;

		(void)resolve(cases[i].zone, &route, may_use_local, &text, &why);
		if (!span_is(buf_span(&text), cases[i].expect))
			fail_msg("%s: %s", cases[i].why, buf_str(&text));
		buf_release(&text);
	}
}

/* most zones need no more than these hosts */
#define HOSTS                           \
	"a.example A 192.0.2.1\n"       \
	"b.example A 192.0.2.2\n"       \
	"c.example A 192.0.2.3\n"       \
	"v6.example AAAA 2001:db8::1\n" \
	"both.example A 192.0.2.4\n"    \
	"both.example AAAA 2001:db8::4\n"

static void test_finding_hosts(void **state)
{
	static const struct one_zone cases[] = {
		{"one MX", HOSTS "d.test MX 10 a.example\n", "a.example[192.0.2.1]"},
		{"by preference",
			HOSTS "d.test MX 20 a.example\nd.test MX 5 b.example\n"
			      "d.test MX 10 c.example\n",
			"b.example[192.0.2.2] c.example[192.0.2.3] a.example[192.0.2.1]"},
		{"preference is unsigned",
			HOSTS "d.test MX 65535 a.example\n"
			      "d.test MX 32767 b.example\n",
			"b.example[192.0.2.2] a.example[192.0.2.1]"},
		{"both families", HOSTS "d.test MX 10 both.example\n",
			"both.example[2001:db8::4] both.example[192.0.2.4]"},
		{"IPv6 only, then IPv4 only",
			HOSTS "d.test MX 10 v6.example\nd.test MX 20 a.example\n",
			"v6.example[2001:db8::1] a.example[192.0.2.1]"},
		{"implicit MX", "d.test A 192.0.2.9\n", "d.test[192.0.2.9]"},
		{"implicit MX by IPv6", "d.test AAAA 2001:db8::9\n",
			"d.test[2001:db8::9]"},
		{"no implicit MX where there is an MX",
			HOSTS "d.test MX 10 a.example\nd.test A 192.0.2.9\n",
			"a.example[192.0.2.1]"},
		{"MX that is an alias",
			HOSTS "d.test MX 10 www.example\n"
			      "www.example CNAME a.example\n",
			"www.example[192.0.2.1]"},
		{"the same address by two names: what DANE and MTA-STS say may differ",
			HOSTS "d.test MX 10 a.example\nd.test MX 20 z.example\n"
			      "z.example A 192.0.2.1\n",
			"a.example[192.0.2.1] z.example[192.0.2.1]"},
		{"the same name twice",
			HOSTS "d.test MX 10 a.example\nd.test MX 20 A.example\n",
			"a.example[192.0.2.1]"},
		{"many IPv6 addresses leave room for IPv4",
			"d.test MX 10 m.example\nm.example AAAA 2001:db8::1\n"
			"m.example AAAA 2001:db8::2\nm.example AAAA 2001:db8::3\n"
			"m.example AAAA 2001:db8::4\nm.example A 192.0.2.1\n",
			"m.example[2001:db8::1] m.example[192.0.2.1] "
			"m.example[2001:db8::2] m.example[2001:db8::3]"},
	};

	(void)state;
	check_all(cases, ARRAY_LEN(cases), "d.test", false);
}

static void test_cname(void **state)
{
	static const struct one_zone cases[] = {
		{"domain is an alias",
			HOSTS "d.test CNAME e.test\ne.test MX 10 a.example\n",
			"a.example[192.0.2.1]"},
		{"alias, implicit MX of its target",
			"d.test CNAME e.test\ne.test A 192.0.2.9\n", "e.test[192.0.2.9]"},
		{"alias into another zone: two lookups",
			HOSTS "d.test CNAME! e.test\ne.test MX 10 a.example\n",
			"a.example[192.0.2.1]"},
		{"alias of a host into another zone",
			HOSTS "d.test MX 10 w.example\nw.example CNAME! a.example\n",
			"w.example[192.0.2.1]"},
		{"alias of nothing", "d.test CNAME e.test\n", "FAILED 5.1.2"},
		{"alias of nothing, two lookups", "d.test CNAME! e.test\n",
			"FAILED 5.1.2"},
		{"loop in one answer", "d.test CNAME e.test\ne.test CNAME d.test\n",
			"DEFERRED 4.4.3"},
		{"loop over several lookups",
			"d.test CNAME! e.test\ne.test CNAME! d.test\n", "DEFERRED 4.4.3"},
		{"alias of itself", "d.test CNAME! d.test\n", "DEFERRED 4.4.3"},
	};

	(void)state;
	check_all(cases, ARRAY_LEN(cases), "d.test", false);
}

/* `steps` aliases from d.test on, one lookup each or all in one */
static void check_chain(unsigned steps, const char *type, const char *expect)
{
	struct buf zone = BUF_INIT(65536);
	struct one_zone one = {.why = "chain", .expect = expect};

	buf_addf(&zone, "d.test %s n1.test\n", type);
	for (unsigned i = 1; i < steps; i++)
		buf_addf(&zone, "n%u.test %s n%u.test\n", i, type, i + 1);
	buf_addf(&zone, "n%u.test MX 10 a.example\n" HOSTS, steps);
	one.zone = buf_str(&zone);
	check_all(&one, 1, "d.test", false);
	buf_release(&zone);
}

static void test_cname_chain(void **state)
{
	(void)state;
	check_chain(10, "CNAME", "a.example[192.0.2.1]");
	check_chain(10, "CNAME!", "a.example[192.0.2.1]");
	check_chain(11, "CNAME", "DEFERRED 4.4.3");
	check_chain(11, "CNAME!", "DEFERRED 4.4.3");
	check_chain(50, "CNAME", "DEFERRED 4.4.3");
	check_chain(50, "CNAME!", "DEFERRED 4.4.3");
}

static void test_nothing_found(void **state)
{
	static const struct one_zone cases[] = {
		{"NXDOMAIN", "other.test A 192.0.2.1\n", "FAILED 5.1.2"},
		{"neither MX nor address", "d.test NONE\n", "FAILED 5.4.4"},
		{"null MX", "d.test MX 0 .\nd.test A 192.0.2.1\n", "FAILED 5.1.10"},
		{"null MX of another preference", "d.test MX 10 .\n", "FAILED 5.1.10"},
		{"null MX among others is none",
			HOSTS "d.test MX 0 .\nd.test MX 10 a.example\n",
			"a.example[192.0.2.1]"},
		{"localhost means the same", "d.test MX 0 localhost\n", "FAILED 5.1.10"},
		{"localhost among others is none",
			HOSTS "d.test MX 0 localhost\nd.test MX 10 a.example\n",
			"a.example[192.0.2.1]"},
		{"MX fails", "d.test MX !SERVFAIL\nd.test A 192.0.2.1\n",
			"DEFERRED 4.4.3"},
		{"MX times out", "d.test * !timeout\n", "DEFERRED 4.4.3"},
		{"MX none, A fails", "d.test A !SERVFAIL\n", "DEFERRED 4.4.3"},
		{"MX none, A fails, AAAA there",
			"d.test A !SERVFAIL\nd.test AAAA 2001:db8::1\n",
			"d.test[2001:db8::1]"},
		{"MX none, AAAA fails, no A", "d.test AAAA !SERVFAIL\n",
			"DEFERRED 4.4.3"},
		{"host does not exist", "d.test MX 10 gone.example\n", "DEFERRED 4.4.4"},
		{"host has no address", "d.test MX 10 n.example\nn.example NONE\n",
			"DEFERRED 4.4.4"},
		{"host fails", "d.test MX 10 f.example\nf.example * !SERVFAIL\n",
			"DEFERRED 4.4.3"},
		{"one host gone, another fails",
			"d.test MX 10 gone.example\nd.test MX 20 f.example\n"
			"f.example * !SERVFAIL\n",
			"DEFERRED 4.4.3"},
		{"one host fails, another is there",
			HOSTS "d.test MX 10 f.example\nd.test MX 20 a.example\n"
			      "f.example * !SERVFAIL\n",
			"a.example[192.0.2.1]"},
		{"one host gone, another is there",
			HOSTS "d.test MX 10 gone.example\nd.test MX 20 a.example\n",
			"a.example[192.0.2.1]"},
	};

	(void)state;
	check_all(cases, ARRAY_LEN(cases), "d.test", false);
}

static void test_bad_hosts(void **state)
{
	static const struct one_zone cases[] = {
		{"textual address", HOSTS "d.test MX 10 192.0.2.1\n", "DEFERRED 4.4.4"},
		{"leading hyphen", "d.test MX 10 -x.example\n-x.example A 192.0.2.1\n",
			"DEFERRED 4.4.4"},
		{"control octets", "d.test MX 10 a?b.example\na?b.example A 192.0.2.1\n",
			"DEFERRED 4.4.4"},
		{"bad ones among good ones",
			HOSTS "d.test MX 1 192.0.2.1\nd.test MX 2 -x.example\n"
			      "d.test MX 3 localhost\nd.test MX 10 a.example\n",
			"a.example[192.0.2.1]"},
		{"multicast", "d.test MX 10 m.example\nm.example A 224.0.0.1\n",
			"DEFERRED 4.4.4"},
		{"metadata service", "d.test A 169.254.169.254\n", "FAILED 5.4.4"},
		{"link-local beside a good one",
			"d.test MX 10 m.example\nm.example AAAA fe80::1\n"
			"m.example A 192.0.2.1\n",
			"m.example[192.0.2.1]"},
	};

	(void)state;
	check_all(cases, ARRAY_LEN(cases), "d.test", false);
}

static void test_loops(void **state)
{
	static const struct one_zone cases[] = {
		{"best MX has our name", "d.test MX 10 me.example\n", "FAILED 5.4.6"},
		{"our name in other case", "d.test MX 10 ME.Example\n", "FAILED 5.4.6"},
		{"best MX has our address",
			"d.test MX 10 x.example\nx.example A 198.51.100.1\n",
			"FAILED 5.4.6"},
		{"best MX is loopback", "d.test MX 10 x.example\nx.example A 127.0.0.1\n",
			"FAILED 5.4.6"},
		{"best MX is loopback by IPv6",
			"d.test MX 10 x.example\nx.example AAAA ::1\n", "FAILED 5.4.6"},
		{"best MX is no address at all",
			"d.test MX 10 x.example\nx.example A 0.0.0.0\n", "FAILED 5.4.6"},
		{"one of many addresses is ours",
			"d.test MX 10 x.example\nx.example A 192.0.2.1\n"
			"x.example A 198.51.100.1\n",
			"FAILED 5.4.6"},
		{"implicit MX is our address", "d.test A 198.51.100.1\n", "FAILED 5.4.6"},
		{"equal preference goes with us",
			HOSTS "d.test MX 10 a.example\nd.test MX 10 me.example\n"
			      "d.test MX 20 b.example\n",
			"FAILED 5.4.6"},
		{"equal preference goes with us, by address",
			HOSTS "d.test MX 10 a.example\nd.test MX 10 x.example\n"
			      "x.example A 198.51.100.1\nd.test MX 20 b.example\n",
			"FAILED 5.4.6"},
		{"nearer ones stay",
			HOSTS "d.test MX 5 a.example\nd.test MX 10 me.example\n"
			      "d.test MX 10 b.example\nd.test MX 20 c.example\n",
			"a.example[192.0.2.1]"},
		{"all nearer ones stay",
			HOSTS "d.test MX 5 a.example\nd.test MX 6 b.example\n"
			      "d.test MX 10 me.example\nd.test MX 20 c.example\n",
			"a.example[192.0.2.1] b.example[192.0.2.2]"},
		{"nearer ones stay, by address",
			HOSTS "d.test MX 5 a.example\nd.test MX 10 b.example\n"
			      "d.test MX 10 x.example\nx.example A 198.51.100.1\n"
			      "d.test MX 20 c.example\n",
			"a.example[192.0.2.1]"},
		{"nearer one fails: no loop, later",
			"d.test MX 5 f.example\nf.example * !SERVFAIL\n"
			"d.test MX 10 me.example\n",
			"DEFERRED 4.4.3"},
		{"nearer one is gone: no loop, later",
			"d.test MX 5 gone.example\nd.test MX 10 me.example\n",
			"DEFERRED 4.4.4"},
	};

	(void)state;
	check_all(cases, ARRAY_LEN(cases), "d.test", false);
}

static void test_own_domain(void **state)
{
	static const struct one_zone own[] = {
		{"implicit MX is us", "me.example A 192.0.2.1\n", "FAILED 5.4.6"},
		{"another takes our mail", HOSTS "me.example MX 10 a.example\n",
			"a.example[192.0.2.1]"},
	};
	static const struct one_zone localhost[] = {
		{"never looked up", "localhost A 192.0.2.1\n", "FAILED 5.4.6"},
	};

	(void)state;
	check_all(own, ARRAY_LEN(own), OWN_NAME, false);
	check_all(localhost, ARRAY_LEN(localhost), "localhost", false);
	check_all(localhost, ARRAY_LEN(localhost), "localhost", true);
}

static void test_tests_may_use_local(void **state)
{
	static const struct one_zone cases[] = {
		{"loopback", "d.test MX 10 x.example\nx.example A 127.0.0.1\n",
			"x.example[127.0.0.1]"},
		{"our address", "d.test A 198.51.100.1\n", "d.test[198.51.100.1]"},
		{"our name is still a loop",
			"d.test MX 10 me.example\n"
			"me.example A 127.0.0.1\n",
			"FAILED 5.4.6"},
		{"multicast is still no host", "d.test A 224.0.0.1\n", "FAILED 5.4.4"},
	};

	(void)state;
	check_all(cases, ARRAY_LEN(cases), "d.test", true);
}

static void test_literals(void **state)
{
	static const struct {
		const char *name;
		bool may_use_local;
		const char *expect;
	} cases[] = {
		{"192.0.2.1", false, "[192.0.2.1]"},
		{"2001:db8::1", false, "[2001:db8::1]"},
		{"127.0.0.1", false, "FAILED 5.4.6"},
		{"::1", false, "FAILED 5.4.6"},
		{"::ffff:127.0.0.1", false, "FAILED 5.4.6"},
		{OWN_ADDRESS, false, "FAILED 5.4.6"},
		{"127.0.0.1", true, "[127.0.0.1]"},
		{"224.0.0.1", true, "FAILED 5.4.4"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct route route = route_to(ROUTE_LITERAL, cases[i].name);
		struct buf text = BUF_INIT(4096);
		struct outcome why;

		(void)resolve("", &route, cases[i].may_use_local, &text, &why);
		assert_string_equal(buf_str(&text), cases[i].expect);
		buf_release(&text);
	}
}

static void test_texts(void **state)
{
	static const struct {
		const char *zone;
		enum outcome_scope scope;
		const char *text;
	} cases[] = {
		{"", OUTCOME_RECIPIENT, "d.test: no such domain (NXDOMAIN)"},
		{"d.test MX 0 .\n", OUTCOME_RECIPIENT,
			"d.test: it accepts no mail (null MX)"},
		{"d.test * !no name server answered in time\n", OUTCOME_HOST,
			"d.test: DNS lookup failed: no name server answered in time"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct route route = route_to(ROUTE_MX, "d.test");
		struct buf text = BUF_INIT(4096);
		struct outcome why;

		assert_int_equal(resolve(cases[i].zone, &route, false, &text, &why), -1);
		assert_int_equal(why.scope, cases[i].scope);
		assert_string_equal(why.text, cases[i].text);
		buf_release(&text);
	}
}

/* `hosts` MX records; the last digits of an address are its host's number */
static void add_hosts(struct buf *zone, unsigned hosts, bool is_one_level)
{
	for (unsigned i = 1; i <= hosts; i++)
		buf_addf(zone, "d.test MX %u m%u.example\nm%u.example A 192.0.2.%u\n",
			is_one_level ? 10 : i, i, i, i);
}

static void test_many_hosts_cost_few_lookups(void **state)
{
	struct mx_options options = {.random_below = no_shuffle};
	struct route route = route_to(ROUTE_MX, "d.test");
	struct buf zone = BUF_INIT(65536);
	struct resolver *r;
	struct mx_list list;
	struct outcome why;

	(void)state;
	add_hosts(&zone, 100, false);
	r = zone_resolver_new(buf_str(&zone));
	assert_int_equal(mx_resolve(r, &route, &options, &list, &why), 0);
	assert_int_equal(list.count, MX_TARGETS_MAX);
	assert_string_equal(list.targets[9].host, "m10.example");
	assert_int_equal(zone_resolver_lookups(r, NULL), 1 + 2 * MX_TARGETS_MAX);
	assert_int_equal(zone_resolver_lookups(r, "d.test"), 1);
	resolver_free(r);

	buf_reset(&zone);
	add_hosts(&zone, 100, true);
	r = zone_resolver_new(buf_str(&zone));
	assert_int_equal(mx_resolve(r, &route, &options, &list, &why), 0);
	assert_int_equal(list.count, MX_TARGETS_MAX);
	assert_int_equal(zone_resolver_lookups(r, NULL), 1 + 2 * MX_HOSTS_MAX);
	resolver_free(r);
	buf_release(&zone);
}

static void test_dead_dns_costs_few_lookups(void **state)
{
	struct mx_options options = {.random_below = no_shuffle};
	struct route route = route_to(ROUTE_MX, "d.test");
	struct buf zone = BUF_INIT(65536);
	struct resolver *r;
	struct mx_list list;
	struct outcome why;

	(void)state;
	for (unsigned i = 0; i < 50; i++)
		buf_addf(&zone, "d.test MX %u f%u.example\nf%u.example * !timeout\n", i,
			i, i);
	r = zone_resolver_new(buf_str(&zone));
	assert_int_equal(mx_resolve(r, &route, &options, &list, &why), -1);
	assert_int_equal(why.kind, OUTCOME_DEFERRED);
	assert_int_equal(zone_resolver_lookups(r, NULL), 1 + MX_FAILURES_MAX);
	resolver_free(r);
	buf_release(&zone);
}

/* each of five equal hosts has to be first in about a fifth of the runs, and each last */
static void test_equal_preference_is_shuffled(void **state)
{
	enum { HOST_COUNT = 5 };
	uint64_t seed = 1;
	struct mx_options options = {.random_below = deterministic, .random_arg = &seed};
	struct route route = route_to(ROUTE_MX, "d.test");
	struct buf zone = BUF_INIT(65536);
	unsigned first[HOST_COUNT] = {0}, last[HOST_COUNT] = {0};
	struct resolver *r;

	(void)state;
	add_hosts(&zone, HOST_COUNT, true);
	buf_add_str(&zone, "d.test MX 99 backup.example\nbackup.example A 192.0.2.99\n");
	r = zone_resolver_new(buf_str(&zone));
	for (int run = 0; run < RUNS; run++) {
		struct mx_list list;
		struct outcome why;

		assert_int_equal(mx_resolve(r, &route, &options, &list, &why), 0);
		assert_int_equal(list.count, HOST_COUNT + 1);
		first[list.targets[0].host[1] - '1']++;
		last[list.targets[HOST_COUNT - 1].host[1] - '1']++;
		assert_string_equal(list.targets[HOST_COUNT].host, "backup.example");
	}
	for (int i = 0; i < HOST_COUNT; i++) {
		/* 200 expected, standard deviation 12.6 */
		assert_in_range(first[i], 150, 250);
		assert_in_range(last[i], 150, 250);
	}
	resolver_free(r);
	buf_release(&zone);
}

static void test_real_randomness_is_the_default(void **state)
{
	struct mx_options options = {0};
	struct route route = route_to(ROUTE_MX, "d.test");
	struct resolver *r = zone_resolver_new(HOSTS "d.test MX 1 a.example\n"
						     "d.test MX 1 b.example\n");
	struct mx_list list;
	struct outcome why;

	(void)state;
	assert_int_equal(mx_resolve(r, &route, &options, &list, &why), 0);
	assert_int_equal(list.count, 2);
	resolver_free(r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finding_hosts),
		cmocka_unit_test(test_cname),
		cmocka_unit_test(test_cname_chain),
		cmocka_unit_test(test_nothing_found),
		cmocka_unit_test(test_bad_hosts),
		cmocka_unit_test(test_loops),
		cmocka_unit_test(test_own_domain),
		cmocka_unit_test(test_tests_may_use_local),
		cmocka_unit_test(test_literals),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_many_hosts_cost_few_lookups),
		cmocka_unit_test(test_dead_dns_costs_few_lookups),
		cmocka_unit_test(test_equal_preference_is_shuffled),
		cmocka_unit_test(test_real_randomness_is_the_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
