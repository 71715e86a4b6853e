#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/buf.h"
#include "policy/route.h"

static const struct route_options direct = {.mx_port = 25};

static void test_keys(void **state)
{
	static const struct {
		const char *recipient;
		const char *relay_host;
		const char *key;
	} cases[] = {
		{"a@example.org", NULL, "mx:example.org:25"},
		{"a@example.org", "", "mx:example.org:25"},
		{"a@Example.ORG", NULL, "mx:example.org:25"},
		{"\"a@b\"@example.org", NULL, "mx:example.org:25"},
		{"a@mailhub", NULL, "mx:mailhub:25"},
		{"a@[192.0.2.1]", NULL, "literal:[192.0.2.1]:25"},
		{"a@[IPv6:2001:DB8:0:0::1]", NULL, "literal:[2001:db8::1]:25"},
		{"a@example.org", "smtp.example.com", "relay:[smtp.example.com]:587"},
		{"a@example.org", "SMTP.Example.com.", "relay:[smtp.example.com]:587"},
		{"a@example.org", "mailhub", "relay:[mailhub]:587"},
		{"a@example.org", "192.0.2.1", "relay:[192.0.2.1]:587"},
		{"a@example.org", "[192.0.2.1]", "relay:[192.0.2.1]:587"},
		{"a@example.org", "2001:db8:0::1", "relay:[2001:db8::1]:587"},
		{"a@example.org", "[2001:db8::1]", "relay:[2001:db8::1]:587"},
		{"a@[192.0.2.1]", "smtp.example.com", "relay:[smtp.example.com]:587"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct route_options options = {.relay_host = cases[i].relay_host,
			.relay_port = 587,
			.mx_port = 25};
		struct route route;
		struct outcome why;
		char key[ROUTE_KEY_SIZE];

		if (route_resolve(&options, span_of(cases[i].recipient), &route, &why) <
			0)
			fail_msg("%s: %s", cases[i].recipient, why.text);
		route_key(&route, key);
		assert_string_equal(key, cases[i].key);
	}
}

static void test_unreachable_for_good(void **state)
{
	static const char *const cases[] = {
		"a@192.0.2.1",         /* an address without brackets */
		"a@[x]",               /* RFC 5321 4.1.3 knows no such literal */
		"a@[2001:db8::1]",     /* without its tag */
		"a@[192.0.2.1",        /* not closed */
		"a@[IPv6:fe80::1%lo]", /* a zone means something here only */
		"a@-x.example",
		"a@x..example",
#ifdef HAVE_IDN2
		"a@xn--.test",
#endif
		"a@b\xfc.test",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct route route = {.port = 7};
		struct outcome why;
		char status[OUTCOME_STATUS_TEXT_MAX];

		assert_int_equal(
			route_resolve(&direct, span_of(cases[i]), &route, &why), -1);
		assert_int_equal(why.kind, OUTCOME_FAILED);
		assert_int_equal(why.scope, OUTCOME_RECIPIENT);
		outcome_status_format(why.status, status);
		assert_string_equal(status, "5.1.2");
		assert_true(why.text[0] != '\0');
		assert_int_equal(route.port, 7);
	}
}

static void test_bad_relay_host_never_fails_mail(void **state)
{
	static const char *const cases[] = {"smtp example", "-x", "smtp..example", "[x"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct route_options options = {
			.relay_host = cases[i], .relay_port = 25, .mx_port = 25};
		struct route route;
		struct outcome why;

		assert_int_equal(
			route_resolve(&options, SPAN_LIT("a@example.org"), &route, &why),
			-1);
		assert_int_equal(why.kind, OUTCOME_DEFERRED);
		assert_int_equal(why.scope, OUTCOME_ROUTE);
	}
}

static struct route route_of(const char *recipient, uint16_t port)
{
	struct route_options options = {.mx_port = port};
	struct route route;
	struct outcome why;

	if (route_resolve(&options, span_of(recipient), &route, &why) < 0)
		fail_msg("%s: %s", recipient, why.text);
	return route;
}

static void test_compare(void **state)
{
	struct route a = route_of("x@a.example", 25);
	struct route same = route_of("y@A.Example", 25);
	struct route b = route_of("x@b.example", 25);
	struct route other_port = route_of("x@a.example", 26);
	struct route literal = route_of("x@[192.0.2.1]", 25);

	(void)state;
	assert_int_equal(route_compare(&a, &same), 0);
	assert_true(route_compare(&a, &b) < 0);
	assert_true(route_compare(&b, &a) > 0);
	assert_true(route_compare(&a, &other_port) != 0);
	assert_true(route_compare(&a, &literal) * route_compare(&literal, &a) < 0);
}

static void test_longest_name_fits_its_key(void **state)
{
	static const char label[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	struct route_options options = {.relay_port = 65535, .mx_port = 65535};
	struct buf recipient = BUF_INIT(400);
	struct route route;
	struct outcome why;
	char key[ROUTE_KEY_SIZE];

	(void)state;
	buf_addf(&recipient, "x@%s.%s.%s.%.61s", label, label, label, label);
	options.relay_host = buf_str(&recipient) + 2;
	assert_int_equal(route_resolve(&options, buf_span(&recipient), &route, &why), 0);
	route_key(&route, key);
	assert_true(span_ends(span_of(key), "a]:65535"));
	buf_release(&recipient);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_unreachable_for_good),
		cmocka_unit_test(test_bad_relay_host_never_fails_mail),
		cmocka_unit_test(test_compare),
		cmocka_unit_test(test_longest_name_fits_its_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
