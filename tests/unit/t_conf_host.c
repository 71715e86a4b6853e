#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/bug.h"
#include "base/hostname.h"
#include "conf/host.h"

#define LABEL_63 "abcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabcdefghijabc"
#define NAME_253                                                       \
	LABEL_63 "." LABEL_63 "." LABEL_63                             \
		 ".abcdefghijabcdefghijabcdefghijabcdefghijabcdefghij" \
		 "abcdefghija"

struct name_case {
	const char *why;
	const char *text;
	bool is_name;
	bool is_target;
};

static const struct name_case names[] = {
	{"a full name", "mail.example.org", true, true},
	{"a bare name", "box", true, true},
	{"upper case", "MAIL.Example.ORG", true, true},
	{"an A-label", "xn--bcher-kva.example", true, true},
	{"digits in front", "4a.example", true, true},
	{"inner hyphens", "a--b.c-d", true, true},
	{"63 octets in a label", LABEL_63 ".org", true, true},
	{"64 octets in a label", "x" LABEL_63 ".org", false, false},
	{"253 octets", NAME_253, true, true},
	{"254 octets", NAME_253 "a", false, false},
	{"an underscore", "my_box.example", false, true},
	{"nothing", "", false, false},
	{"a dot", ".", false, false},
	{"a final dot", "example.org.", false, false},
	{"a first dot", ".example.org", false, false},
	{"an empty label", "a..b", false, false},
	{"a hyphen in front", "-mail.example", false, false},
	{"a hyphen behind", "mail-.example", false, false},
	{"a space", "mail example", false, false},
	{"a CR", "mail\rexample", false, false},
	{"a U-label",
		"b\xc3\xbc"
		"cher.example",
		false, false},
	{"an IPv4 literal is no name", "192.0.2.1", false, true},
	{"half an IPv4 literal", "192.0.2", false, false},
	{"an IPv6 literal", "2001:db8::1", false, true},
	{"a scope", "fe80::1%eth0", false, false},
	{"brackets", "[2001:db8::1]", false, false},
	{"an option", "-oProxyCommand", false, false},
};

static void knows_names_and_targets(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct span s = span_of(names[i].text);

		if (hostname_is_strict(s) != names[i].is_name ||
			host_is_target(s) != names[i].is_target)
			fail_msg("%s", names[i].why);
	}
}

static void a_nul_ends_no_address(void **state)
{
	(void)state;
	assert_false(host_is_ipv4((struct span){"192.0.2.1\0x", 11}));
	assert_false(host_is_ipv6((struct span){"::1\0", 4}));
}

struct split_case {
	const char *why;
	const char *text;
	const char *host; /* NULL: refused */
	unsigned port;
};

static const struct split_case splits[] = {
	{"a name", "mail.example.org", "mail.example.org", 0},
	{"a port", "mail.example.org:25", "mail.example.org", 25},
	{"IPv4", "192.0.2.1", "192.0.2.1", 0},
	{"IPv4 with a port", "192.0.2.1:2525", "192.0.2.1", 2525},
	{"a bare IPv6 literal", "2001:db8::1", "2001:db8::1", 0},
	{"IPv6 in brackets", "[::1]", "::1", 0},
	{"IPv6 with a port", "[::1]:65535", "::1", 65535},
	{"port 0", "mail:0", NULL, 0},
	{"port 65536", "mail:65536", NULL, 0},
	{"no port behind the colon", "mail:", NULL, 0},
	{"a port that is none", "mail:smtp", NULL, 0},
	{"a sign", "mail:+25", NULL, 0},
	{"two ports", "mail:25:25", NULL, 0},
	{"no host", ":25", NULL, 0},
	{"an open bracket", "[::1", NULL, 0},
	{"nothing in brackets", "[]", NULL, 0},
	{"a name in brackets", "[mail]", NULL, 0},
	{"IPv4 in brackets", "[192.0.2.1]", NULL, 0},
	{"text behind the bracket", "[::1]25", NULL, 0},
	{"nothing", "", NULL, 0},
};

static void splits_host_and_port(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(splits); i++) {
		const struct split_case *c = &splits[i];
		struct span host = SPAN_LIT("untouched");
		unsigned port = 7;
		int rc = host_split(span_of(c->text), &host, &port);

		if (!c->host && (rc != -1 || !span_is(host, "untouched")))
			fail_msg("%s: not refused", c->why);
		if (c->host && (rc != 0 || !span_is(host, c->host) || port != c->port))
			fail_msg("%s: %.*s port %u", c->why, SPAN_ARGS(host), port);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(knows_names_and_targets),
		cmocka_unit_test(a_nul_ends_no_address),
		cmocka_unit_test(splits_host_and_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
