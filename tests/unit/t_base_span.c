#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/bug.h"
#include "base/span.h"

static void numbers_are_whole_and_in_range(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		int rc;
		uint64_t value;
		const char *why;
	} cases[] = {
		{"0", 9, 0, 0, "zero"},
		{"25", 65535, 0, 25, "a port"},
		{"65535", 65535, 0, 65535, "the largest"},
		{"65536", 65535, -1, 0, "one more"},
		{"007", 9, 0, 7, "zeros in front"},
		{"9", 8, -1, 0, "a digit over the maximum"},
		{"", 9, -1, 0, "nothing"},
		{"-1", 9, -1, 0, "a sign"},
		{"+1", 9, -1, 0, "the other sign"},
		{" 1", 9, -1, 0, "a space"},
		{"1x", 9, -1, 0, "something behind"},
		{"18446744073709551615", UINT64_MAX, 0, UINT64_MAX, "2^64 - 1"},
		{"18446744073709551616", UINT64_MAX, -1, 0, "2^64"},
		{"99999999999999999999999", UINT64_MAX, -1, 0, "far over"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint64_t value = 42;

		if (span_to_uint(span_of(cases[i].text), cases[i].max, &value) !=
			cases[i].rc)
			fail_msg("%s", cases[i].why);
		assert_int_equal(value, cases[i].rc ? 42 : cases[i].value);
	}
}

static void text_is_cut_at_separators(void **state)
{
	struct span rest = span_of("a::bc:");
	struct span part;

	(void)state;
	assert_true(span_cut(&rest, ':', &part) && span_is(part, "a"));
	assert_true(span_cut(&rest, ':', &part) && span_is(part, ""));
	assert_true(span_cut(&rest, ':', &part) && span_is(part, "bc"));
	/* the empty part behind the last separator, then the end */
	assert_true(span_cut(&rest, ':', &part) && span_is(part, ""));
	assert_false(span_cut(&rest, ':', &part));
}

static void words_stand_between_blanks(void **state)
{
	struct span rest = span_of("  one\ttwo  ");
	struct span word;

	(void)state;
	assert_true(span_word(&rest, &word) && span_is(word, "one"));
	assert_true(span_word(&rest, &word) && span_is(word, "two"));
	assert_false(span_word(&rest, &word));
}

static void cases_count_only_where_asked(void **state)
{
	(void)state;
	assert_true(span_iis(span_of("SiZe"), "size"));
	assert_false(span_is(span_of("SiZe"), "size"));
	assert_true(span_istarts(span_of("IPv6:::1"), "ipv6:"));
	assert_false(span_starts(span_of("IPv6:::1"), "ipv6:"));
	assert_false(span_starts(span_of("a"), "ab"));
	assert_true(span_ends(span_of("mx.example.org"), ".org"));
	assert_false(span_ends(span_of("g"), "org"));
	/* no other letters than ASCII have two cases here, whatever the locale */
	assert_false(span_ieq(span_of("\xc3\x84"), span_of("\xc3\xa4")));
}

static void parts_never_reach_beyond_the_end(void **state)
{
	struct span s = span_of("abc");

	(void)state;
	assert_int_equal(span_from(s, 9).len, 0);
	assert_int_equal(span_head(s, 9).len, 3);
	assert_int_equal(span_find(s, 'c'), 2);
	assert_int_equal(span_find(s, 'x'), -1);
	assert_int_equal(span_find(SPAN_NONE, 'x'), -1);
	assert_true(span_is(span_trim(span_of(" \t\r\nab \r\n")), "ab"));
	assert_int_equal(span_trim(span_of(" \t")).len, 0);
	assert_true(span_eq(SPAN_NONE, span_of("")));
	assert_true(span_cmp(span_of("a"), span_of("ab")) < 0);
	assert_true(span_cmp(span_of("b"), span_of("ab")) > 0);
	assert_int_equal(span_cmp(span_of("ab"), span_of("ab")), 0);
}

static void utf8_is_what_rfc_3629_says(void **state)
{
	static const struct {
		const char *text;
		bool is_good;
		const char *why;
	} cases[] = {
		{"plain", true, "ASCII"},
		{"\xc3\xa9", true, "two octets"},
		{"\xe2\x82\xac", true, "three"},
		{"\xf0\x9f\x93\xa7", true, "four"},
		{"\xf4\x8f\xbf\xbf", true, "the last code point"},
		{"\xf4\x90\x80\x80", false, "one behind the last"},
		{"\xc0\xaf", false, "overlong, two octets"},
		{"\xe0\x80\xaf", false, "overlong, three"},
		{"\xf0\x80\x80\xaf", false, "overlong, four"},
		{"\xed\xa0\x80", false, "a surrogate"},
		{"\xc3", false, "cut"},
		{"\x80", false, "a continuation alone"},
		{"\xff", false, "no such octet"},
		{"\xe2\x28\xa1", false, "no continuation"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (span_is_utf8(span_of(cases[i].text)) != cases[i].is_good)
			fail_msg("%s", cases[i].why);
	assert_true(span_has_8bit(span_of("a\x80")));
	assert_false(span_has_8bit(span_of("a\x7f")));
	assert_true(span_has_control(span_of("a\x7f")));
	assert_true(span_has_control(SPAN_LIT("a\0b")));
	assert_false(span_has_control(span_of("a b")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_whole_and_in_range),
		cmocka_unit_test(text_is_cut_at_separators),
		cmocka_unit_test(words_stand_between_blanks),
		cmocka_unit_test(cases_count_only_where_asked),
		cmocka_unit_test(parts_never_reach_beyond_the_end),
		cmocka_unit_test(utf8_is_what_rfc_3629_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
