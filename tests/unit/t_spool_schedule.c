#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bug.h"
#include "spool/schedule.h"
#include "spool/spool.h"

#define NOW  1795419407
#define YEAR (365 * 86400)

static void lists_of_waits_are_parsed(void **state)
{
	static const struct {
		const char *text;
		size_t count; /* 0: refused */
		int64_t last_s;
	} cases[] = {
		{"1m", 1, 60},
		{"1m 5m 15m 30m 1h 2h 4h", 7, 14400},
		{"  1m\t2m  ", 2, 120},
		{"1s", 1, 1},
		{"90", 1, 90},
		{"1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", 32,
			1},
		{"1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", 0,
			0},
		{"", 0, 0},
		{" ", 0, 0},
		{"0", 0, 0},
		{"1m 0s", 0, 0},
		{"-1m", 0, 0},
		{"1m,5m", 0, 0},
		{"5x", 0, 0},
		{"99999999999999999999", 0, 0},
		{"11000d", 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct schedule s = {.count = 77};
		int rc = schedule_parse(span_of(cases[i].text), &s);

		if ((rc == 0) != (cases[i].count > 0))
			fail_msg("%s", cases[i].text);
		assert_int_equal(s.count, rc == 0 ? cases[i].count : 77);
		if (rc == 0)
			assert_int_equal(s.steps_s[s.count - 1], cases[i].last_s);
	}
}

static void the_default_is_what_the_page_says(void **state)
{
	struct schedule s;

	(void)state;
	assert_int_equal(schedule_parse(SPAN_LIT("1m 5m 15m 30m 1h 2h 4h"), &s), 0);
	assert_int_equal(s.count, schedule_default.count);
	for (size_t i = 0; i < s.count; i++)
		assert_int_equal(s.steps_s[i], schedule_default.steps_s[i]);
}

static void waits_grow_and_the_last_one_repeats(void **state)
{
	static const struct {
		unsigned attempts;
		int64_t wait_s;
	} cases[] = {
		{0, 60},
		{1, 60},
		{2, 300},
		{7, 14400},
		{8, 14400},
		{9999, 14400},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t tenth_s = cases[i].wait_s / 10;
		int64_t least = INT64_MAX, most = 0;

		for (uint32_t random = 0; random < 2 * 1440 + 1; random++) {
			int64_t wait_s = (int64_t)schedule_next(&schedule_default,
						 cases[i].attempts, NOW, random) -
					 NOW;

			least = wait_s < least ? wait_s : least;
			most = wait_s > most ? wait_s : most;
		}
		assert_int_equal(least, cases[i].wait_s - tenth_s);
		assert_int_equal(most, cases[i].wait_s + tenth_s);
	}
}

static void any_clock_gives_a_time_to_come(void **state)
{
	static const struct schedule second = {.steps_s = {1}, .count = 1};

	(void)state;
	assert_int_equal(schedule_next(&second, 1, NOW, UINT32_MAX), NOW + 1);
	assert_int_equal(schedule_next(&second, 1, 0, 0), 1);
	assert_int_equal(schedule_next(&second, 1, -YEAR, 0), 1);
	assert_int_equal(schedule_next(&second, 1, INT64_MIN, 0), 1);
	assert_int_equal(
		schedule_next(&second, 1, SPOOL_NEXT_MAX - 1, 0), SPOOL_NEXT_MAX);
	assert_int_equal(schedule_next(&second, 1, SPOOL_NEXT_MAX, 0), SPOOL_NEXT_MAX);
	assert_int_equal(schedule_next(&second, 1, INT64_MAX, 0), SPOOL_NEXT_MAX);
}

static void what_is_due_is_told(void **state)
{
	static const struct {
		uint32_t next_s;
		int64_t now_s;
		bool is_due;
		const char *why;
	} cases[] = {
		{NOW, NOW, true, "just reached"},
		{NOW - 1, NOW, true, "over"},
		{0, NOW, true, "never tried"},
		{NOW + 1, NOW, false, "in a second"},
		{NOW + 14400 + 1440, NOW, false, "the longest wait with its jitter"},
		{NOW + 14400 + 1441, NOW, true,
			"further than any wait: the clock was ahead"},
		{NOW, NOW - YEAR, true, "the clock went back a year"},
		{NOW, 0, true, "the clock stands at 1970"},
		{NOW, -5, true, "and before"},
		{NOW, INT64_MIN, true, "and far before"},
		{NOW, NOW + 10 * (int64_t)YEAR, true, "the clock is ten years ahead"},
		{SPOOL_NEXT_MAX, NOW, true, "the greatest time"},
		{SPOOL_NEXT_MAX, INT64_MAX, true, "both"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (schedule_is_due(&schedule_default, cases[i].next_s, cases[i].now_s) !=
			cases[i].is_due)
			fail_msg("%s", cases[i].why);
}

static void mail_expires_only_after_tries(void **state)
{
	static const struct {
		int64_t arrival_s, now_s;
		unsigned attempts;
		bool is_expired;
		const char *why;
	} cases[] = {
		{NOW, NOW + 86400, 3, false, "exactly its lifetime"},
		{NOW, NOW + 86401, 3, true, "a second more"},
		{NOW, NOW + 86401, 2, false, "two tries are not enough"},
		{NOW, NOW + 10 * (int64_t)YEAR, 0, false, "the clock jumped ahead"},
		{NOW, NOW - YEAR, 50, false, "the clock jumped back"},
		{0, NOW, 3, true, "it arrived in 1970"},
		{253402300799, NOW, 9, false, "a forged arrival to come"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (schedule_is_expired(cases[i].arrival_s, cases[i].now_s, 86400,
			    cases[i].attempts) != cases[i].is_expired)
			fail_msg("%s", cases[i].why);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_of_waits_are_parsed),
		cmocka_unit_test(the_default_is_what_the_page_says),
		cmocka_unit_test(waits_grow_and_the_last_one_repeats),
		cmocka_unit_test(any_clock_gives_a_time_to_come),
		cmocka_unit_test(what_is_due_is_told),
		cmocka_unit_test(mail_expires_only_after_tries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
