#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/bug.h"
#include "mail/dsn.h"

static void notify_is_parsed_and_formatted(void **state)
{
	static const struct {
		const char *text;
		const char *wire; /* NULL: refused */
	} cases[] = {
		{"never", "NEVER"},
		{"delay,Success,FAILURE", "SUCCESS,FAILURE,DELAY"},
		{"failure", "FAILURE"},
		{"failure,failure", "FAILURE"},
		{"never,never", "NEVER"},
		{"never,failure", NULL},
		{"FAILURE,NEVER", NULL},
		{"", NULL},
		{"success,", NULL},
		{",success", NULL},
		{"success failure", NULL},
		{"successes", NULL},
	};
	struct buf out = BUF_INIT(100);
	struct fault f;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		unsigned notify = 99;
		int rc = dsn_notify_parse(span_of(cases[i].text), &notify, &f);

		if ((rc == 0) != (cases[i].wire != NULL))
			fail_msg("'%s'", cases[i].text);
		if (rc < 0) {
			assert_int_equal(notify, 99);
			assert_int_equal(f.kind, FAULT_DATA);
			continue;
		}
		buf_reset(&out);
		dsn_notify_format(notify, &out);
		assert_string_equal(buf_str(&out), cases[i].wire);
	}
	buf_reset(&out);
	dsn_notify_format(0, &out);
	assert_string_equal(buf_str(&out), "");
	buf_release(&out);
}

static void return_is_full_or_hdrs(void **state)
{
	enum dsn_return ret = DSN_RETURN_UNSET;
	struct fault f;

	(void)state;
	assert_int_equal(dsn_return_parse(SPAN_LIT("X"), &ret, &f), -1);
	assert_string_equal(f.text, "'X': not full or hdrs");
	assert_int_equal(dsn_return_parse(SPAN_LIT(""), &ret, &f), -1);
	assert_int_equal(ret, DSN_RETURN_UNSET);
	assert_int_equal(dsn_return_parse(SPAN_LIT("Full"), &ret, &f), 0);
	assert_int_equal(ret, DSN_RETURN_FULL);
	assert_int_equal(dsn_return_parse(SPAN_LIT("hdrs"), &ret, &f), 0);
	assert_int_equal(ret, DSN_RETURN_HEADERS);
}

static void xtext_goes_both_ways(void **state)
{
	struct buf xtext = BUF_INIT(2000), back = BUF_INIT(2000);
	char octets[256 - ' ' - 1];
	struct fault f;
	size_t n = 0;

	(void)state;
	for (int c = ' '; c < 256; c++)
		if (c != 0x7f)
			octets[n++] = (char)c;
	dsn_xtext_encode(&xtext, (struct span){octets, n});
	assert_null(strchr(buf_str(&xtext), ' '));
	assert_null(strchr(buf_str(&xtext), '='));
	assert_int_equal(dsn_xtext_decode(&back, buf_span(&xtext), &f), 0);
	assert_true(span_eq(buf_span(&back), (struct span){octets, n}));

	buf_reset(&xtext);
	dsn_xtext_encode(&xtext, SPAN_LIT("a+b=c d\x7f\0\xc3"));
	assert_string_equal(buf_str(&xtext), "a+2Bb+3Dc+20d+7F+00+C3");
	buf_release(&xtext);
	buf_release(&back);
}

static void bad_xtext_is_refused(void **state)
{
	static const struct {
		struct span text;
		const char *why;
	} cases[] = {
		{SPAN_LIT("a+00b"), "121: a NUL"},
		{SPAN_LIT("a+0A"), "a line feed"},
		{SPAN_LIT("a+1F"), "a control octet"},
		{SPAN_LIT("a+7F"), "DEL"},
		{SPAN_LIT("a+"), "cut"},
		{SPAN_LIT("a+2"), "cut"},
		{SPAN_LIT("a+2b"), "lower case"},
		{SPAN_LIT("a+aB"), "lower case"},
		{SPAN_LIT("a+G0"), "no digit"},
		{SPAN_LIT("a++2B"), "no digit"},
		{SPAN_LIT("a b"), "a space"},
		{SPAN_LIT("a=b"), "an ="},
		{SPAN_LIT("a\0b"), "a raw NUL"},
		{SPAN_LIT("a\nb"), "a raw line feed"},
		{SPAN_LIT("\xc3\xbc"), "not ASCII"},
	};
	struct buf out = BUF_INIT(100);
	struct fault f;

	(void)state;
	buf_add_str(&out, "before");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (dsn_xtext_decode(&out, cases[i].text, &f) == 0)
			fail_msg("%s", cases[i].why);
		assert_string_equal(buf_str(&out), "before");
		assert_int_equal(f.kind, FAULT_DATA);
	}
	buf_release(&out);
}

static void options_are_one_word(void **state)
{
	static char longest[DSN_ENVID_MAX + 1], too_long[DSN_ENVID_MAX + 2];
	const struct {
		const char *text;
		bool is_envid, is_orcpt;
		const char *why;
	} cases[] = {
		{"QQ314159", true, false, "RFC 3461 10.1"},
		{"rfc822;Bob@Big-Bucks.COM", true, true, "RFC 3461 10.1"},
		{"utf-8;a+2Bb@x", true, true, "another type"},
		{"", false, false, "nothing"},
		{";a@x", true, false, "no type"},
		{"rfc822;", true, false, "no address"},
		{"rfc_822;a@x", true, false, "not a type"},
		{"a b", false, false, "two words"},
		{"rfc822;a b", false, false, "two words"},
		{"rfc822;a+0Ab", false, false, "a line feed"},
		{longest, true, false, "the longest"},
		{too_long, false, false, "one more"},
	};

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	memset(too_long, 'x', sizeof(too_long) - 1);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct span s = span_of(cases[i].text);

		if (dsn_envid_is_valid(s) != cases[i].is_envid ||
			dsn_orcpt_is_valid(s) != cases[i].is_orcpt)
			fail_msg("%s", cases[i].why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(notify_is_parsed_and_formatted),
		cmocka_unit_test(return_is_full_or_hdrs),
		cmocka_unit_test(xtext_goes_both_ways),
		cmocka_unit_test(bad_xtext_is_refused),
		cmocka_unit_test(options_are_one_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
