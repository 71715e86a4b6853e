#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bug.h"
#include "base/clock.h"
#include "mail/date.h"

static void dates_are_told_from_others(void **state)
{
	static const struct {
		const char *why;
		struct span value;
		bool is_valid;
	} cases[] = {
		{"as we write it", SPAN_LIT(" Mon, 23 Nov 2026 07:36:47 +0100"), true},
		{"no day of the week", SPAN_LIT("23 Nov 2026 07:36:47 -0000"), true},
		{"no seconds", SPAN_LIT("3 Nov 2026 07:36 +0000"), true},
		{"letters of any case", SPAN_LIT("mON, 03 nOV 2026 07:36:47 gMT"), true},
		{"a leap second", SPAN_LIT("31 Dec 2016 23:59:60 +0000"), true},
		{"folded", SPAN_LIT(" Mon,\r\n 23 Nov\r\n\t2026 07:36:47 +0100"), true},
		{"comments", SPAN_LIT("Mon (x), 23 Nov 2026 07:36:47 +0100 (CET (y))"),
			true},
		{"blanks everywhere", SPAN_LIT("Mon , 23  Nov 2026 07 : 36 : 47 +0100 "),
			true},
		{"a year of two digits", SPAN_LIT("23 Nov 97 07:36:47 EST"), true},
		{"and of three", SPAN_LIT("23 Nov 126 07:36:47 Z"), true},
		{"a zone of a letter", SPAN_LIT("23 Nov 2026 07:36:47 a"), true},
		{"a zone far away", SPAN_LIT("23 Nov 2026 07:36:47 +9959"), true},

		{"nothing", SPAN_NONE, false},
		{"blanks", SPAN_LIT("  "), false},
		{"garbage", SPAN_LIT("garbage"), false},
		{"date(1)", SPAN_LIT("Mon Nov 23 07:36:47 UTC 2026"), false},
		{"ISO 8601", SPAN_LIT("2026-11-23T07:36:47Z"), false},
		{"no comma", SPAN_LIT("Mon 23 Nov 2026 07:36:47 +0100"), false},
		{"another language", SPAN_LIT("Mo, 23 Nov 2026 07:36:47 +0100"), false},
		{"or month", SPAN_LIT("23 Dez 2026 07:36:47 +0100"), false},
		{"a whole name", SPAN_LIT("23 November 2026 07:36:47 +0100"), false},
		{"no day", SPAN_LIT("0 Nov 2026 07:36:47 +0100"), false},
		{"nor 00", SPAN_LIT("00 Nov 2026 07:36:47 +0100"), false},
		{"day 32", SPAN_LIT("32 Nov 2026 07:36:47 +0100"), false},
		{"a day of three digits", SPAN_LIT("023 Nov 2026 07:36:47 +0100"), false},
		{"before mail", SPAN_LIT("23 Nov 1899 07:36:47 +0100"), false},
		{"five digits", SPAN_LIT("23 Nov 12026 07:36:47 +0100"), false},
		{"one digit", SPAN_LIT("23 Nov 6 07:36:47 +0100"), false},
		{"hour 24", SPAN_LIT("23 Nov 2026 24:00:00 +0100"), false},
		{"minute 60", SPAN_LIT("23 Nov 2026 07:60:00 +0100"), false},
		{"second 61", SPAN_LIT("23 Nov 2026 07:36:61 +0100"), false},
		{"an hour of one digit", SPAN_LIT("23 Nov 2026 7:36:47 +0100"), false},
		{"no time", SPAN_LIT("23 Nov 2026"), false},
		{"half a time", SPAN_LIT("23 Nov 2026 07:"), false},
		{"no zone", SPAN_LIT("23 Nov 2026 07:36:47"), false},
		{"a zone of sixty minutes", SPAN_LIT("23 Nov 2026 07:36:47 +0160"),
			false},
		{"three digits", SPAN_LIT("23 Nov 2026 07:36:47 +100"), false},
		{"no sign", SPAN_LIT("23 Nov 2026 07:36:47 0100"), false},
		{"a colon in it", SPAN_LIT("23 Nov 2026 07:36:47 +01:00"), false},
		{"J is no zone", SPAN_LIT("23 Nov 2026 07:36:47 J"), false},
		{"nor is CET", SPAN_LIT("23 Nov 2026 07:36:47 CET"), false},
		{"more behind it", SPAN_LIT("23 Nov 2026 07:36:47 +0100 x"), false},
		{"quotes", SPAN_LIT("23 \"Nov\" 2026 07:36:47 +0100"), false},
		{"an open comment", SPAN_LIT("23 Nov 2026 07:36:47 +0100 (x"), false},
		{"a NUL", SPAN_LIT("23 Nov 2026 07:36:47 +0100\0"), false},
		{"octets over 127", SPAN_LIT("23 Nov 2026 07:36:47 +\xc3\xbc"), false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (date_is_valid(cases[i].value) != cases[i].is_valid)
			fail_msg("%s", cases[i].why);
}

static void our_own_are_good(void **state)
{
	static const int64_t times[] = {
		0, 951782400, 1795419407, 4102444799, 253402300799};
	char date[CLOCK_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		clock_format_rfc5322(times[i], date, sizeof(date));
		if (!date_is_valid(span_of(date)))
			fail_msg("%s", date);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_are_told_from_others),
		cmocka_unit_test(our_own_are_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
