#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bug.h"
#include "base/hostname.h"

#define LABEL_63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define NAME_191 LABEL_63 "." LABEL_63 "." LABEL_63
#define LABEL_61 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void test_is_valid(void **state)
{
	static const struct {
		const char *why;
		struct span name;
		bool is_valid;
	} cases[] = {
		{"plain", SPAN_LIT("mx.example.org"), true},
		{"upper case", SPAN_LIT("MX.Example.ORG"), true},
		{"one label", SPAN_LIT("mailhub"), true},
		{"underscore", SPAN_LIT("_dmarc.my_host.example"), true},
		{"hyphens inside", SPAN_LIT("r3---sn.example"), true},
		{"digits in front", SPAN_LIT("3com.example"), true},
		{"all digits but the last label", SPAN_LIT("1.2.3.example"), true},
		{"label of 63", SPAN_LIT(LABEL_63 ".org"), true},
		{"label of 64", SPAN_LIT(LABEL_63 "a.org"), false},
		{"name of 253", SPAN_LIT(NAME_191 "." LABEL_61), true},
		{"name of 254", SPAN_LIT(NAME_191 "." LABEL_61 "a"), false},
		{"empty", SPAN_LIT(""), false},
		{"no data", {NULL, 0}, false},
		{"root", SPAN_LIT("."), false},
		{"trailing dot", SPAN_LIT("example.org."), false},
		{"leading dot", SPAN_LIT(".example.org"), false},
		{"empty label", SPAN_LIT("example..org"), false},
		{"leading hyphen", SPAN_LIT("-x.example"), false},
		{"trailing hyphen", SPAN_LIT("x-.example"), false},
		{"IPv4 address", SPAN_LIT("192.0.2.1"), false},
		{"number", SPAN_LIT("12345"), false},
		{"IPv6 address", SPAN_LIT("2001:db8::1"), false},
		{"space", SPAN_LIT("a b.example"), false},
		{"escape", SPAN_LIT("a\033b.example"), false},
		{"NUL", SPAN_LIT("a\0b.example"), false},
		{"8 bits", SPAN_LIT("b\xc3\xbc.example"), false},
		{"backslash", SPAN_LIT("a\\046b.example"), false},
		{"what the DNS parser puts for odd octets", SPAN_LIT("a?b.example"),
			false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (hostname_is_valid(cases[i].name) != cases[i].is_valid)
			fail_msg("%s", cases[i].why);
	}
}

static void test_is_localhost(void **state)
{
	(void)state;
	assert_true(hostname_is_localhost(SPAN_LIT("localhost")));
	assert_true(hostname_is_localhost(SPAN_LIT("LocalHost")));
	assert_true(hostname_is_localhost(SPAN_LIT("mx.localhost")));
	assert_false(hostname_is_localhost(SPAN_LIT("notlocalhost")));
	assert_false(hostname_is_localhost(SPAN_LIT("localhost.example")));
	assert_false(hostname_is_localhost(SPAN_LIT("host")));
	assert_false(hostname_is_localhost(SPAN_LIT("")));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_is_valid),
		cmocka_unit_test(test_is_localhost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
