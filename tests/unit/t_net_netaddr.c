#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "mail/outcome.h"
#include "net/netaddr.h"

static struct netaddr address(const char *text)
{
	struct netaddr a;

	if (netaddr_parse(span_of(text), 25, &a) < 0)
		fail_msg("%s", text);
	return a;
}

static void test_parse(void **state)
{
	static const struct {
		struct span in;
		const char *out; /* NULL: refused */
	} cases[] = {
		{SPAN_LIT("192.0.2.1"), "192.0.2.1"},
		{SPAN_LIT("2001:db8::1"), "2001:db8::1"},
		{SPAN_LIT("2001:DB8:0:0:0:0:0:1"), "2001:db8::1"},
		{SPAN_LIT("::"), "::"},
		{SPAN_LIT("::ffff:192.0.2.1"), "::ffff:192.0.2.1"},
		{SPAN_LIT(""), NULL},
		{{NULL, 0}, NULL},
		{SPAN_LIT("192.0.2"), NULL},
		{SPAN_LIT("192.0.2.256"), NULL},
		{SPAN_LIT("192.0.2.01"), NULL},
		{SPAN_LIT("0x7f.0.0.1"), NULL},
		{SPAN_LIT("2130706433"), NULL},
		{SPAN_LIT(" 192.0.2.1"), NULL},
		{SPAN_LIT("192.0.2.1 "), NULL},
		{SPAN_LIT("192.0.2.1\0x"), NULL},
		{SPAN_LIT("fe80::1%lo"), NULL},
		{SPAN_LIT("[::1]"), NULL},
		{SPAN_LIT("1:2:3:4:5:6:7:8:9"), NULL},
		{SPAN_LIT("1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa"), NULL},
		{SPAN_LIT("example.org"), NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct netaddr a;
		char text[NETADDR_TEXT_MAX];
		int rc = netaddr_parse(cases[i].in, 2525, &a);

		assert_int_equal(rc, cases[i].out ? 0 : -1);
		if (rc < 0)
			continue;
		netaddr_format(&a, text);
		assert_string_equal(text, cases[i].out);
		assert_int_equal(netaddr_port(&a), 2525);
	}
}

static void test_parse_literal(void **state)
{
	static const struct {
		const char *in;
		const char *out; /* as a literal; NULL: refused */
	} cases[] = {
		{"192.0.2.1", "[192.0.2.1]"},
		{"IPv6:2001:db8::1", "[IPv6:2001:db8::1]"},
		{"ipv6:2001:db8::1", "[IPv6:2001:db8::1]"},
		{"IPv6:::1", "[IPv6:::1]"},
		{"2001:db8::1", NULL}, /* the tag is not optional: RFC 5321 4.1.3 */
		{"IPv6:192.0.2.1", NULL},
		{"IPv6:", NULL},
		{"IPv4:192.0.2.1", NULL},
		{"x", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct netaddr a;
		char text[NETADDR_TEXT_MAX];
		int rc = netaddr_parse_literal(span_of(cases[i].in), 25, &a);

		assert_int_equal(rc, cases[i].out ? 0 : -1);
		if (rc < 0)
			continue;
		netaddr_format_literal(&a, text);
		assert_string_equal(text, cases[i].out);
	}
}

static void test_parse_with_port(void **state)
{
	static const struct {
		const char *in;
		const char *out; /* NULL: refused */
	} cases[] = {
		{"192.0.2.1", "[192.0.2.1]:53"},
		{"192.0.2.1:5353", "[192.0.2.1]:5353"},
		{"2001:db8::1", "[2001:db8::1]:53"},
		{"[2001:db8::1]", "[2001:db8::1]:53"},
		{"[2001:db8::1]:5353", "[2001:db8::1]:5353"},
		{"2001:db8::1:5353",
			"[2001:db8::1:5353]:53"}, /* no brackets: all of it is the address */
		{"192.0.2.1:", NULL},
		{"192.0.2.1:0", NULL},
		{"192.0.2.1:65536", NULL},
		{"192.0.2.1:+5", NULL},
		{"192.0.2.1:5x", NULL},
		{"[192.0.2.1]:53", NULL},
		{"[2001:db8::1", NULL},
		{"[2001:db8::1]5353", NULL},
		{"[]:53", NULL},
		{":53", NULL},
		{"ns.example.org:53", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct netaddr a;
		char text[OUTCOME_REMOTE_MAX];
		int rc = netaddr_parse_with_port(span_of(cases[i].in), 53, &a);

		if (rc != (cases[i].out ? 0 : -1))
			fail_msg("%s: %d", cases[i].in, rc);
		if (rc < 0)
			continue;
		netaddr_format_remote(&a, "", text, sizeof(text));
		assert_string_equal(text, cases[i].out);
	}
}

static void test_parse_leaves_result_alone(void **state)
{
	struct netaddr a = address("192.0.2.1");
	struct netaddr before = a;

	(void)state;
	assert_int_equal(netaddr_parse(SPAN_LIT("x"), 1, &a), -1);
	assert_int_equal(netaddr_parse_literal(SPAN_LIT("x"), 1, &a), -1);
	assert_int_equal(netaddr_parse_with_port(SPAN_LIT("x:1"), 1, &a), -1);
	assert_memory_equal(&a, &before, sizeof(a));
}

static void test_format_remote(void **state)
{
	struct netaddr v4 = address("192.0.2.1");
	struct netaddr v6 = address("2001:db8::1");
	char text[OUTCOME_REMOTE_MAX];

	(void)state;
	netaddr_format_remote(&v4, "mx.example.org", text, sizeof(text));
	assert_string_equal(text, "mx.example.org[192.0.2.1]:25");
	netaddr_set_port(&v6, 587);
	netaddr_format_remote(&v6, "mx.example.org", text, sizeof(text));
	assert_string_equal(text, "mx.example.org[2001:db8::1]:587");
	assert_int_equal(netaddr_len(&v4), sizeof(struct sockaddr_in));
	assert_int_equal(netaddr_len(&v6), sizeof(struct sockaddr_in6));
}

static void test_paths(void **state)
{
	struct netaddr path, other, none = {0}, v4 = address("192.0.2.1");
	char name[109], text[OUTCOME_REMOTE_MAX];

	(void)state;
	assert_int_equal(netaddr_unix(SPAN_LIT("/run/lmtp"), &path), 0);
	assert_int_equal(netaddr_unix(SPAN_LIT("/run/other"), &other), 0);
	netaddr_set_port(&path, 25);
	assert_int_equal(netaddr_port(&path), 0);
	assert_int_equal(netaddr_len(&path), sizeof(struct sockaddr_un));
	netaddr_format(&path, text);
	assert_string_equal(text, "/run/lmtp");
	netaddr_format_remote(&path, "host", text, sizeof(text));
	assert_string_equal(text, "/run/lmtp");
	assert_true(netaddr_is_same(&path, &path));
	assert_false(netaddr_is_same(&path, &other));
	assert_false(netaddr_is_same(&path, &v4));
	assert_true(netaddr_is_loopback(&path));
	assert_false(netaddr_is_unusable(&path));
	memset(name, 'a', sizeof(name));
	assert_int_equal(netaddr_unix((struct span){name, 108}, &path), -1);
	assert_int_equal(netaddr_unix((struct span){name, 107}, &path), 0);
	assert_int_equal(netaddr_unix(SPAN_LIT("a\0b"), &path), -1);
	assert_int_equal(netaddr_unix(SPAN_NONE, &path), -1);
	netaddr_format(&none, text);
	assert_string_equal(text, "");
	assert_int_equal(netaddr_port(&none), 0);
	assert_false(netaddr_is_loopback(&none));
	assert_false(netaddr_is_same(&none, &v4));
}

static void test_kinds(void **state)
{
	static const struct {
		const char *text;
		bool is_loopback;
		bool is_unusable;
	} cases[] = {
		{"192.0.2.1", false, false},
		{"10.0.0.1", false, false},
		{"127.0.0.1", true, false},
		{"127.255.255.254", true, false},
		{"126.255.255.255", false, false},
		{"0.0.0.0", true, false}, /* Linux connects to itself */
		{"0.1.2.3", true, false},
		{"169.254.169.254", false, true},
		{"169.253.0.1", false, false},
		{"224.0.0.1", false, true},
		{"239.255.255.255", false, true},
		{"223.255.255.255", false, false},
		{"255.255.255.255", false, true},
		{"2001:db8::1", false, false},
		{"fd00::1", false, false},
		{"::1", true, false},
		{"::", true, false},
		{"::2", false, false},
		{"fe80::1", false, true},
		{"febf::1", false, true},
		{"ff02::1", false, true},
		{"::ffff:127.0.0.1", true, false},
		{"::ffff:0.0.0.0", true, false},
		{"::ffff:169.254.1.1", false, true},
		{"::ffff:192.0.2.1", false, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct netaddr a = address(cases[i].text);

		if (netaddr_is_loopback(&a) != cases[i].is_loopback ||
			netaddr_is_unusable(&a) != cases[i].is_unusable)
			fail_msg("%s", cases[i].text);
	}
}

static void test_is_same(void **state)
{
	struct netaddr a = address("192.0.2.1");
	struct netaddr b = address("192.0.2.1");
	struct netaddr mapped = address("::ffff:192.0.2.1");
	struct netaddr other = address("192.0.2.2");
	struct netaddr v6 = address("2001:db8::1");
	struct netaddr other_v6 = address("2001:db8::2");

	(void)state;
	netaddr_set_port(&b, 587);
	assert_true(netaddr_is_same(&a, &b));
	assert_true(netaddr_is_same(&a, &mapped));
	assert_true(netaddr_is_same(&v6, &v6));
	assert_false(netaddr_is_same(&a, &other));
	assert_false(netaddr_is_same(&a, &v6));
	assert_false(netaddr_is_same(&v6, &other_v6));
}

static void test_own_addresses(void **state)
{
	struct netaddr_list list = {0};
	struct netaddr loopback = address("127.0.0.1");
	struct netaddr other = address("192.0.2.1");
	struct fault f;

	(void)state;
	assert_int_equal(netaddr_list_add_own(&list, &f), 0);
	for (size_t i = 0; i < list.count; i++)
		assert_true(netaddr_list_has(&list, &list.items[i]));
	netaddr_list_release(&list);
	assert_false(netaddr_list_has(&list, &loopback));
	netaddr_list_add(&list, &loopback);
	assert_true(netaddr_list_has(&list, &loopback));
	assert_false(netaddr_list_has(&list, &other));
	netaddr_list_release(&list);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse),
		cmocka_unit_test(test_parse_literal),
		cmocka_unit_test(test_parse_with_port),
		cmocka_unit_test(test_parse_leaves_result_alone),
		cmocka_unit_test(test_format_remote),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_is_same),
		cmocka_unit_test(test_own_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
