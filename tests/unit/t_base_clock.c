#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#include "base/bug.h"
#include "base/clock.h"

static int use_zone(void **state)
{
	(void)state;
	/* no zone file, and half an hour: what goes wrong goes wrong here */
	return setenv("TZ", "NST3:30NDT,M3.2.0,M11.1.0", 1);
}

static void dates_are_those_of_the_zone(void **state)
{
	char text[CLOCK_TEXT_MAX];

	(void)state;
	clock_format_rfc5322(1795419407, text, sizeof(text));
	assert_string_equal(text, "Mon, 23 Nov 2026 04:06:47 -0330");
	clock_format_rfc5322(1783000000, text, sizeof(text));
	assert_string_equal(text, "Thu, 2 Jul 2026 11:16:40 -0230");
	clock_format_short(1795419407, text, sizeof(text));
	assert_string_equal(text, "Mon Nov 23 04:06:47");
	clock_format_ctime(1783000000, text, sizeof(text));
	assert_string_equal(text, "Thu Jul  2 11:16:40 2026");
}

static void utc_is_reckoned_right(void **state)
{
	static const struct {
		int64_t time_s;
		const char *text;
	} cases[] = {
		{0, "1970-01-01T00:00:00Z"},
		{951782399, "2000-02-28T23:59:59Z"},
		{951782400, "2000-02-29T00:00:00Z"},
		{951868800, "2000-03-01T00:00:00Z"},
		{4107542399, "2100-02-28T23:59:59Z"},
		{4107542400, "2100-03-01T00:00:00Z"},
		{1795419407, "2026-11-23T07:36:47Z"},
		{253402300799, "9999-12-31T23:59:59Z"},
		{253402300800, "1970-01-01T00:00:00Z"},
		{-1, "1970-01-01T00:00:00Z"},
		{INT64_MIN, "1970-01-01T00:00:00Z"},
		{INT64_MAX, "1970-01-01T00:00:00Z"},
	};
	char text[CLOCK_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		clock_format_iso(cases[i].time_s, text, sizeof(text));
		assert_string_equal(text, cases[i].text);
	}
}

/* against the C library, over all years that have four digits */
static void utc_agrees_with_gmtime(void **state)
{
	char ours[CLOCK_TEXT_MAX], theirs[CLOCK_TEXT_MAX];

	(void)state;
	for (int64_t t = 0; t < 253402300799; t += (int64_t)86399 * 371 + 12345) {
		time_t time = (time_t)t;
		struct tm tm;

		assert_non_null(gmtime_r(&time, &tm));
		assert_true(strftime(theirs, sizeof(theirs), "%Y-%m-%dT%H:%M:%SZ", &tm));
		clock_format_iso(t, ours, sizeof(ours));
		assert_string_equal(ours, theirs);
	}
}

static void clocks_go_forward(void **state)
{
	int64_t ms = clock_mono_ms();

	(void)state;
	assert_true(clock_mono_ms() >= ms);
	assert_true(clock_now_s() > 1700000000);
	assert_in_range(clock_now_us() / 1000000 - clock_now_s() + 1, 0, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(dates_are_those_of_the_zone, use_zone),
		cmocka_unit_test(utc_is_reckoned_right),
		cmocka_unit_test(utc_agrees_with_gmtime),
		cmocka_unit_test(clocks_go_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
