#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "policy/hosts.h"

#define NOW       ((int64_t)1795419407)
#define NO_JITTER 100 /* the random number that moves nothing */
#define KEY       "mx:example.org:25"
#define HEADER    "nullmta-hosts 1\n"
#define GOOD_LINE KEY " 2 1795419407 1795419707 host 4.4.1 421 mx[192.0.2.1]:25 go away\n"

static struct outcome refused(void)
{
	struct outcome o = outcome_make(OUTCOME_DEFERRED, OUTCOME_HOST, "4.4.1",
		"connect to %s: Connection refused", "mx.example.org");

	(void)snprintf(o.remote, sizeof(o.remote), "mx.example.org[192.0.2.1]:25");
	return o;
}

static void test_waits_grow(void **state)
{
	static const int64_t waits_s[] = {60, 300, 900, 1800, 1800, 1800};
	struct outcome o = refused();
	struct hosts h;
	int64_t now = NOW;

	(void)state;
	hosts_init(&h);
	assert_false(hosts_is_down(&h, KEY, now));
	for (size_t i = 0; i < ARRAY_LEN(waits_s); i++) {
		hosts_note_failure(&h, KEY, &o, now, NO_JITTER);
		assert_int_equal(hosts_find(&h, KEY)->failures, i + 1);
		assert_int_equal(hosts_find(&h, KEY)->last_try_s, now);
		assert_true(hosts_is_down(&h, KEY, now + waits_s[i] - 1));
		assert_false(hosts_is_down(&h, KEY, now + waits_s[i]));
		now += waits_s[i];
	}
	hosts_note_success(&h, KEY);
	assert_null(hosts_find(&h, KEY));
	hosts_note_success(&h, KEY);
	hosts_note_failure(&h, KEY, &o, now, NO_JITTER);
	assert_int_equal(hosts_find(&h, KEY)->failures, 1);
	hosts_release(&h);
}

static void test_jitter_is_at_most_a_tenth(void **state)
{
	static const uint32_t randoms[] = {0, 1, 99, 100, 101, 200, 201, UINT32_MAX};
	struct outcome o = refused();
	bool was_lower = false, was_higher = false;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(randoms); i++) {
		struct hosts h;
		int64_t wait_s;

		hosts_init(&h);
		hosts_note_failure(&h, KEY, &o, NOW, randoms[i]);
		wait_s = hosts_find(&h, KEY)->next_try_s - NOW;
		assert_in_range(wait_s, 54, 66);
		was_lower = was_lower || wait_s == 54;
		was_higher = was_higher || wait_s == 66;
		hosts_release(&h);
	}
	assert_true(was_lower && was_higher);
}

static void test_four_workers_count_once(void **state)
{
	struct outcome o = refused();
	struct outcome later = outcome_make(
		OUTCOME_DEFERRED, OUTCOME_ROUTE, "4.7.0", "%s", "login refused");
	struct hosts h;

	(void)state;
	hosts_init(&h);
	hosts_note_failure(&h, KEY, &o, NOW, NO_JITTER);
	hosts_note_failure(&h, KEY, &later, NOW + 1, NO_JITTER);
	assert_int_equal(hosts_find(&h, KEY)->failures, 1);
	assert_int_equal(hosts_find(&h, KEY)->next_try_s, NOW + 60);
	assert_int_equal(hosts_find(&h, KEY)->scope, OUTCOME_ROUTE);
	assert_string_equal(hosts_find(&h, KEY)->text, "login refused");
	assert_string_equal(hosts_find(&h, KEY)->remote, "");
	hosts_release(&h);
}

static void test_clock_jumps(void **state)
{
	struct outcome o = refused();
	struct hosts h;

	(void)state;
	hosts_init(&h);
	for (int i = 0; i < 5; i++)
		hosts_note_failure(&h, KEY, &o, NOW + i * 3600, NO_JITTER);
	/* down until NOW + 4h30m */
	assert_true(hosts_is_down(&h, KEY, NOW + 4 * 3600));
	assert_true(hosts_is_down(&h, KEY, NOW + 4 * 3600 - 600));
	assert_false(hosts_is_down(&h, KEY, NOW + 4 * 3600 - 601));
	assert_false(hosts_is_down(&h, KEY, 0));
	assert_false(hosts_is_down(&h, KEY, NOW + (int64_t)10 * 365 * 86400));
	hosts_release(&h);
}

static void test_expire(void **state)
{
	static const struct {
		const char *why;
		int64_t age_s;
		bool is_kept;
	} cases[] = {
		{"just now", 0, true},
		{"five days", HOSTS_AGE_MAX, true},
		{"more", HOSTS_AGE_MAX + 1, false},
		{"clock set back a little", -60, true},
		{"clock set back by a year", -(int64_t)365 * 86400, false},
	};
	struct outcome o = refused();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct hosts h;

		hosts_init(&h);
		hosts_note_failure(&h, "a", &o, NOW, NO_JITTER);
		hosts_note_failure(&h, KEY, &o, NOW - cases[i].age_s, NO_JITTER);
		hosts_note_failure(&h, "z", &o, NOW, NO_JITTER);
		hosts_expire(&h, NOW);
		if (cases[i].is_kept != (hosts_find(&h, KEY) != NULL))
			fail_msg("%s", cases[i].why);
		assert_non_null(hosts_find(&h, "a"));
		assert_non_null(hosts_find(&h, "z"));
		hosts_release(&h);
	}
}

static void test_outcome_comes_back(void **state)
{
	struct outcome o = refused(), back;
	struct buf text = BUF_INIT(HOSTS_TEXT_MAX);
	struct hosts h;

	(void)state;
	o.code = 421;
	hosts_init(&h);
	hosts_note_failure(&h, KEY, &o, NOW, NO_JITTER);
	hosts_format(&h, &text);
	hosts_release(&h);
	assert_string_equal(buf_str(&text),
		HEADER KEY " 1 1795419407 1795419467 host 4.4.1 421 "
			   "mx.example.org[192.0.2.1]:25 "
			   "connect to mx.example.org: Connection refused\n");
	hosts_parse(&h, buf_span(&text));
	assert_true(hosts_is_down(&h, KEY, NOW));
	back = hosts_outcome(hosts_find(&h, KEY));
	assert_int_equal(back.kind, OUTCOME_DEFERRED);
	assert_int_equal(back.scope, OUTCOME_HOST);
	assert_int_equal(back.code, 421);
	assert_int_equal(back.status.class, 4);
	assert_string_equal(back.remote, o.remote);
	assert_string_equal(back.text, o.text);
	hosts_release(&h);
	buf_release(&text);
}

static void test_lines(void **state)
{
	static const struct {
		const char *why;
		const char *line;
		bool is_good;
	} cases[] = {
		{"good", GOOD_LINE, true},
		{"no text", KEY " 1 1 2 host 4.4.1 0 - \n", true},
		{"escaped text", KEY " 1 1 2 host 4.4.1 0 - a\\x1Bb\\\\c\n", true},
		{"route", KEY " 1 1 2 route 5.7.8 535 - x\n", true},
		{"no newline at the end", KEY " 1 1 2 host 4.4.1 0 - x", true},
		{"empty", "\n", false},
		{"key alone", KEY "\n", false},
		{"cut in the middle", KEY " 1 1795419407", false},
		{"no key", " 1 1 2 host 4.4.1 0 - x\n", false},
		{"control in key", "a\tb 1 1 2 host 4.4.1 0 - x\n", false},
		{"8 bits in key", "b\xc3\xbc 1 1 2 host 4.4.1 0 - x\n", false},
		{"no failure", KEY " 0 1 2 host 4.4.1 0 - x\n", false},
		{"negative", KEY " 1 -1 2 host 4.4.1 0 - x\n", false},
		{"too many failures", KEY " 1000001 1 2 host 4.4.1 0 - x\n", false},
		{"time too large", KEY " 1 1 99999999999999999999 host 4.4.1 0 - x\n",
			false},
		{"two spaces", KEY "  1 1 2 host 4.4.1 0 - x\n", false},
		{"scope unknown", KEY " 1 1 2 message 4.4.1 0 - x\n", false},
		{"status short", KEY " 1 1 2 host 4.4 0 - x\n", false},
		{"status class 3", KEY " 1 1 2 host 3.4.1 0 - x\n", false},
		{"code too large", KEY " 1 1 2 host 4.4.1 600 - x\n", false},
		{"escape in remote", KEY " 1 1 2 host 4.4.1 0 a\033 x\n", false},
		{"escape in text", KEY " 1 1 2 host 4.4.1 0 - a\033b\n", false},
		{"bidi in text",
			KEY " 1 1 2 host 4.4.1 0 - a\xe2\x80\xae"
			    "b\n",
			false},
		{"not UTF-8", KEY " 1 1 2 host 4.4.1 0 - b\xfc\n", false},
		{"carriage return", KEY " 1 1 2 host 4.4.1 0 - x\r\n", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf text = BUF_INIT(HOSTS_TEXT_MAX);
		struct hosts h;

		/* a bad line never spoils its neighbours */
		buf_addf(&text, HEADER "a 1 1 2 host 4.4.1 0 - x\n%s", cases[i].line);
		if (span_ends(buf_span(&text), "\n"))
			buf_add_str(&text, "z 1 1 2 host 4.4.1 0 - x\n");
		hosts_init(&h);
		hosts_parse(&h, buf_span(&text));
		if (cases[i].is_good != (hosts_find(&h, KEY) != NULL))
			fail_msg("%s", cases[i].why);
		assert_non_null(hosts_find(&h, "a"));
		if (span_ends(buf_span(&text), "\n"))
			assert_non_null(hosts_find(&h, "z"));
		hosts_release(&h);
		buf_release(&text);
	}
}

static void test_long_fields_are_refused(void **state)
{
	char longest[OUTCOME_TEXT_MAX + 1];
	struct buf text = BUF_INIT(HOSTS_TEXT_MAX);
	struct hosts h;

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[OUTCOME_TEXT_MAX] = '\0';
	buf_addf(&text, HEADER "%.288s 1 1 2 host 4.4.1 0 - x\n", longest);
	buf_addf(&text, "a 1 1 2 host 4.4.1 0 %.320s x\n", longest);
	buf_addf(&text, "b 1 1 2 host 4.4.1 0 - %.512s\n", longest);
	buf_addf(&text, "%.287s 1 1 2 host 4.4.1 0 %.319s %.511s\n", longest, longest,
		longest);
	hosts_init(&h);
	hosts_parse(&h, buf_span(&text));
	assert_int_equal(h.count, 1);
	hosts_release(&h);
	buf_release(&text);
}

static void test_other_files_add_nothing(void **state)
{
	static const struct span cases[] = {SPAN_LIT(""),
		SPAN_LIT("nullmta-hosts 2\n" GOOD_LINE), SPAN_LIT(GOOD_LINE),
		SPAN_LIT("nullmta-hosts 1"), {NULL, 0}};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct hosts h;

		hosts_init(&h);
		hosts_parse(&h, cases[i]);
		assert_int_equal(h.count, 0);
		hosts_release(&h);
	}
}

static void test_last_line_of_a_key_counts(void **state)
{
	struct hosts h;

	(void)state;
	hosts_init(&h);
	hosts_parse(&h, SPAN_LIT(HEADER GOOD_LINE KEY " 9 1 2 route 4.7.0 0 - late\n"));
	assert_int_equal(h.count, 1);
	assert_int_equal(hosts_find(&h, KEY)->failures, 9);
	assert_string_equal(hosts_find(&h, KEY)->text, "late");
	hosts_release(&h);
}

/* 7919 is prime to every count used: an order that is neither sorted nor reversed */
static void scattered_key(char ret[64], size_t i, size_t count)
{
	(void)snprintf(ret, 64, "mx:d%05zu.example:25", i * 7919 % count);
}

static void test_many(void **state)
{
	struct outcome o = refused();
	struct buf text = BUF_INIT(HOSTS_TEXT_MAX);
	struct hosts h, back;
	char key[64];

	(void)state;
	hosts_init(&h);
	hosts_init(&back);
	for (size_t i = 0; i < HOSTS_MAX; i++) {
		scattered_key(key, i, HOSTS_MAX);
		hosts_note_failure(&h, key, &o, NOW + (int64_t)i, NO_JITTER);
	}
	assert_int_equal(h.count, HOSTS_MAX);
	for (size_t i = 1; i < h.count; i++)
		assert_true(strcmp(h.items[i - 1].key, h.items[i].key) < 0);
	scattered_key(key, 0, HOSTS_MAX);
	assert_non_null(hosts_find(&h, key));
	hosts_note_failure(&h, "relay:[one.more]:25", &o, NOW + HOSTS_MAX, NO_JITTER);
	assert_int_equal(h.count, HOSTS_MAX);
	assert_null(hosts_find(&h, key)); /* the oldest made room */
	assert_non_null(hosts_find(&h, "relay:[one.more]:25"));

	hosts_format(&h, &text);
	hosts_parse(&back, buf_span(&text));
	assert_int_equal(back.count, HOSTS_MAX);
	hosts_release(&h);
	hosts_release(&back);
	buf_release(&text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waits_grow),
		cmocka_unit_test(test_jitter_is_at_most_a_tenth),
		cmocka_unit_test(test_four_workers_count_once),
		cmocka_unit_test(test_clock_jumps),
		cmocka_unit_test(test_expire),
		cmocka_unit_test(test_outcome_comes_back),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_long_fields_are_refused),
		cmocka_unit_test(test_other_files_add_nothing),
		cmocka_unit_test(test_last_line_of_a_key_counts),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
