#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

/* sources: tests/support/zone_resolver.c */
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "policy/dane.h"
#include "zone_resolver.h"

#define D32 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define D64 D32 D32
#define D31 "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

/* "usable mx.example 3.1.1 names=a,b", "none", "unusable", "failed: why" */
static void describe(const struct dane *d, struct buf *out)
{
	switch (d->result) {
	case DANE_NONE:
		buf_add_str(out, "none");
		return;
	case DANE_UNUSABLE:
		buf_addf(out, "unusable");
		return;
	case DANE_FAILED:
		buf_addf(out, "failed: %s", d->why);
		return;
	case DANE_USABLE:
		buf_addf(out, "usable %s", d->base);
		break;
	}
	for (size_t i = 0; i < d->count; i++)
		buf_addf(out, " %u.%u.%u", d->records[i].usage, d->records[i].selector,
			d->records[i].matching);
	for (size_t i = 0; i < d->names.count; i++)
		buf_addf(out, " %s", d->names.items[i]);
}

static struct route route_to(enum route_kind kind, const char *name)
{
	struct route route = {.kind = kind, .port = 25};

	(void)text_copy(route.name, sizeof(route.name), span_of(name));
	return route;
}

/* From a zone to what is known of the first host of d.test; `why` names the case. */
static void check(const char *why, struct resolver *r, const struct route *route,
	const char *expect)
{
	static const struct mx_options options = {.may_use_local = true};
	struct buf text = BUF_INIT(4096);
	struct outcome outcome;
	struct mx_list hosts;
	struct dane d;

	if (mx_resolve(r, route, &options, &hosts, &outcome) < 0)
		fail_msg("%s: %s", why, outcome.text);
	dane_resolve(r, route->kind == ROUTE_MX ? route->name : NULL, &hosts,
		&hosts.targets[0], &d);
	describe(&d, &text);
	if (!span_is(buf_span(&text), expect))
		fail_msg("%s: %s", why, buf_str(&text));
	dane_release(&d);
	buf_release(&text);
}

#define MX "d.test MX 10 mx.test\n"
/* the usual host, signed or not */
#define HOST   "mx.test A 192.0.2.1\n"
#define SIGNED "mx.test SECURE\n"
#define TLSA   "_25._tcp.mx.test TLSA "
/* the name of the records is signed */
#define SIGNED_TLSA "_25._tcp.mx.test SECURE\n"

struct one_zone {
	const char *why;
	const char *zone;
	const char *expect;
};

static void check_all(const struct one_zone *cases, size_t count)
{
	struct route route = route_to(ROUTE_MX, "d.test");

	for (size_t i = 0; i < count; i++) {
		struct resolver *r = zone_resolver_new(cases[i].zone);

		check(cases[i].why, r, &route, cases[i].expect);
		resolver_free(r);
	}
}

static void test_where_records_count(void **state)
{
	static const struct one_zone cases[] = {
		{"all signed", MX HOST SIGNED SIGNED_TLSA TLSA "3 1 1 " D32 "\n",
			"usable mx.test 3.1.1"},
		{"the names of a signed MX are as good",
			MX HOST SIGNED SIGNED_TLSA TLSA "2 0 1 " D32 "\n"
							"d.test SECURE\n",
			"usable mx.test 2.0.1 d.test"},
		{"and so is where its alias leads",
			HOST SIGNED SIGNED_TLSA TLSA
			"2 0 1 " D32 "\n"
			"d.test CNAME e.test\nd.test SECURE\n"
			"e.test MX 1 mx.test\ne.test SECURE\n",
			"usable mx.test 2.0.1 d.test e.test"},
		{"no names where a part of the alias is not signed",
			HOST SIGNED SIGNED_TLSA TLSA "2 0 1 " D32 "\n"
						     "d.test CNAME e.test\n"
						     "e.test MX 1 mx.test\n"
						     "e.test SECURE\n",
			"usable mx.test 2.0.1"},
		{"unsigned address: nobody asks for TLSA, which fails",
			MX HOST TLSA "!servfail\n", "none"},
		{"TLSA not signed", MX HOST SIGNED TLSA "3 1 1 " D32 "\n", "none"},
		{"no TLSA", MX HOST SIGNED, "none"},
		{"no TLSA, said at its name", MX HOST SIGNED SIGNED_TLSA, "none"},
		{"TLSA fails: row 154", MX HOST SIGNED TLSA "!servfail\n",
			"failed: TLSA lookup for _25._tcp.mx.test failed: servfail"},
		{"the host is the domain itself",
			"d.test A 192.0.2.1\nd.test SECURE\n_25._tcp.d.test SECURE\n"
			"_25._tcp.d.test TLSA 3 1 1 " D32 "\n",
			"usable d.test 3.1.1"},
		{"IPv6",
			MX "mx.test AAAA 2001:db8::1\n" SIGNED SIGNED_TLSA TLSA
			   "3 0 1 " D32 "\n",
			"usable mx.test 3.0.1"},
	};

	(void)state;
	check_all(cases, ARRAY_LEN(cases));
}

#define ALIAS "mx.test CNAME real.test\nreal.test A 192.0.2.1\n"
#define REAL  "_25._tcp.real.test TLSA 3 1 1 " D32 "\n_25._tcp.real.test SECURE\n"

static void test_aliases(void **state)
{
	static const struct one_zone cases[] = {
		{"all signed: where the alias leads",
			MX ALIAS SIGNED "real.test SECURE\n" REAL SIGNED_TLSA TLSA
					"3 0 2 " D64 "\n",
			"usable real.test 3.1.1"},
		{"nothing there: the name itself",
			MX ALIAS SIGNED "real.test SECURE\n" SIGNED_TLSA TLSA "3 0 2 " D64
					"\n",
			"usable mx.test 3.0.2"},
		{"fails there: no other name is asked",
			MX ALIAS SIGNED "real.test SECURE\n"
					"_25._tcp.real.test TLSA "
					"!bogus\n" SIGNED_TLSA TLSA "3 0 2 " D64 "\n",
			"failed: TLSA lookup for _25._tcp.real.test failed: bogus"},
		{"the alias is signed, its end is not",
			MX ALIAS SIGNED REAL SIGNED_TLSA TLSA "3 0 2 " D64 "\n",
			"usable mx.test 3.0.2"},
		{"the end is signed, the alias is not",
			MX ALIAS "real.test SECURE\n" REAL SIGNED_TLSA TLSA "3 0 2 " D64
				 "\n",
			"none"},
		{"an alias between is no candidate",
			MX "mx.test CNAME between.test\nbetween.test CNAME real.test\n"
			   "real.test A 192.0.2.1\nreal.test SECURE\nbetween.test "
			   "SECURE\n" SIGNED "_25._tcp.between.test SECURE\n"
			   "_25._tcp.between.test TLSA 3 1 1 " D32 "\n",
			"none"},
		{"an alias of the records, signed, changes no name",
			MX HOST SIGNED SIGNED_TLSA "_25._tcp.mx.test CNAME tlsa.test\n"
						   "tlsa.test TLSA 3 1 1 " D32
						   "\ntlsa.test SECURE\n",
			"usable mx.test 3.1.1"},
		{"an alias of the records that leads out of what is signed",
			MX HOST SIGNED SIGNED_TLSA "_25._tcp.mx.test CNAME tlsa.test\n"
						   "tlsa.test TLSA 3 1 1 " D32 "\n",
			"none"},
		{"an alias of the records that the server does not follow",
			MX HOST SIGNED SIGNED_TLSA "_25._tcp.mx.test CNAME! tlsa.test\n"
						   "tlsa.test TLSA 3 1 1 " D32 "\n"
						   "tlsa.test SECURE\n",
			"usable mx.test 3.1.1"},
	};

	(void)state;
	check_all(cases, ARRAY_LEN(cases));
}

static void test_an_alias_that_cannot_be_asked_for(void **state)
{
	struct mx_list hosts = {.count = 1};
	struct mx_target target = {.host = "mx.test", .canonical = "real.test"};
	struct resolver *r = zone_resolver_new("mx.test CNAME !servfail\n");
	struct dane d;

	(void)state;
	dane_resolve(r, "d.test", &hosts, &target, &d);
	assert_int_equal(d.result, DANE_FAILED);
	assert_string_equal(d.why, "CNAME lookup for mx.test failed: servfail");
	dane_release(&d);
	resolver_free(r);
}

#define ALL MX HOST SIGNED SIGNED_TLSA

static void test_which_records_can_be_used(void **state)
{
	static const struct one_zone cases[] = {
		/* rows 155 and 156 */
		{"no octet", ALL "_25._tcp.mx.test TLSA\n", "unusable"},
		{"one octet", ALL TLSA "3\n", "unusable"},
		{"three octets", ALL TLSA "3 1 1\n", "unusable"},
		{"31 octets of SHA-256", ALL TLSA "3 1 1 " D31 "\n", "unusable"},
		{"32 octets of SHA-512", ALL TLSA "3 1 2 " D32 "\n", "unusable"},
		{"64 octets of SHA-256", ALL TLSA "3 1 1 " D64 "\n", "unusable"},
		{"unknown digest", ALL TLSA "3 1 9 " D32 "\n", "unusable"},
		{"unknown usage", ALL TLSA "9 1 1 " D32 "\n", "unusable"},
		{"unknown selector", ALL TLSA "3 2 1 " D32 "\n", "unusable"},
		{"usages of others", ALL TLSA "0 0 1 " D32 "\n" TLSA "1 1 1 " D32 "\n",
			"unusable"},
		{"one of several", ALL TLSA "1 0 1 " D32 "\n" TLSA "3 1 1 " D32 "\n",
			"usable mx.test 3.1.1"},
		{"whole certificate", ALL TLSA "3 0 0 3082\n", "usable mx.test 3.0.0"},
		/* RFC 7671 9 */
		{"the stronger digest", ALL TLSA "3 1 1 " D32 "\n" TLSA "3 1 2 " D64 "\n",
			"usable mx.test 3.1.2"},
		{"the stronger digest cannot be used",
			ALL TLSA "3 1 1 " D32 "\n" TLSA "3 1 2 " D32 "\n",
			"usable mx.test 3.1.1"},
		{"of something else",
			ALL TLSA "3 1 1 " D32 "\n" TLSA "3 0 2 " D64 "\n" TLSA
				 "2 1 2 " D64 "\n",
			"usable mx.test 3.1.1 3.0.2 2.1.2"},
		{"no digest is beside any",
			ALL TLSA "3 1 0 3082\n" TLSA "3 1 1 " D32 "\n" TLSA "3 1 2 " D64
				 "\n",
			"usable mx.test 3.1.0 3.1.2"},
	};

	(void)state;
	check_all(cases, ARRAY_LEN(cases));
}

static void test_a_configured_host(void **state)
{
	static const char zone[] = HOST SIGNED "_587._tcp.mx.test SECURE\n"
					       "_587._tcp.mx.test TLSA 2 1 1 " D32 "\n";
	struct resolver *r = zone_resolver_new(zone);
	static const struct route_hop hop = {.name = "mx.test", .port = 587};
	static const struct route_way way = {.kind = ROUTE_WAY_RELAY,
		.name = "",
		.hops = &hop,
		.hop_count = 1,
		.identity = ""};
	struct route relay = {.kind = ROUTE_RELAY, .way = &way};
	struct route literal = route_to(ROUTE_LITERAL, "192.0.2.1");

	(void)state;
	check("relay", r, &relay, "usable mx.test 2.1.1");
	check("address", r, &literal, "none");
	resolver_free(r);
}

/* row 160: a resolver that nobody trusts is not even asked */
static void test_a_resolver_without_trust(void **state)
{
	static const char zone[] = MX ALIAS SIGNED "real.test SECURE\n" REAL;
	struct resolver *r = zone_resolver_new(zone);
	struct route route = route_to(ROUTE_MX, "d.test");

	(void)state;
	r->is_trusted = false;
	check("no trust", r, &route, "none");
	assert_int_equal(zone_resolver_lookups(r, "_25._tcp.real.test"), 0);
	resolver_free(r);
}

static void test_a_name_too_long_for_records(void **state)
{
	struct mx_list hosts = {.count = 1};
	struct mx_target target = {.is_secure = true};
	struct buf name = BUF_INIT(300);
	struct resolver *r = zone_resolver_new("");
	struct dane d;

	(void)state;
	for (int i = 0; i < 124; i++)
		buf_add_str(&name, "a.");
	buf_add_str(&name, "test");
	(void)text_copy(target.host, sizeof(target.host), buf_span(&name));
	(void)text_copy(target.canonical, sizeof(target.canonical), buf_span(&name));
	dane_resolve(r, "d.test", &hosts, &target, &d);
	assert_int_equal(d.result, DANE_NONE);
	dane_release(&d);
	resolver_free(r);
	buf_release(&name);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_where_records_count),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_an_alias_that_cannot_be_asked_for),
		cmocka_unit_test(test_which_records_can_be_used),
		cmocka_unit_test(test_a_configured_host),
		cmocka_unit_test(test_a_resolver_without_trust),
		cmocka_unit_test(test_a_name_too_long_for_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
