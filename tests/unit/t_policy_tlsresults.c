#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "policy/tlsresults.h"

#define NOW 1795419407 /* 2026-11-23 */
#define DAY (NOW / 86400)

static void test_lines(void **state)
{
	static const struct {
		struct tlsresults_line line;
		const char *text;
	} cases[] = {
		{{DAY, TLSRESULTS_STS, TLSRESULTS_SUCCESS, "d.test", "mx.test", 12},
			"2026-11-23 sts d.test success mx.test 12\n"},
		{{DAY - 1, TLSRESULTS_TLSA, TLSRESULTS_DNSSEC_INVALID, "d.test",
			 "mx.test", 1},
			"2026-11-22 tlsa d.test dnssec-invalid mx.test 1\n"},
		{{DAY, TLSRESULTS_STS, TLSRESULTS_STS_FETCH_ERROR, "d.test", "", 1},
			"2026-11-23 sts d.test sts-policy-fetch-error - 1\n"},
		{{DAY, TLSRESULTS_NO_POLICY, TLSRESULTS_NO_STARTTLS, "a b", "1.2.3.4", 1},
			"2026-11-23 no-policy-found - starttls-not-supported - 1\n"},
		{{0, TLSRESULTS_STS, TLSRESULTS_EXPIRED, "d.test", "mx.test", 1},
			"1970-01-01 sts d.test certificate-expired mx.test 1\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf out = BUF_INIT(TLSRESULTS_LINE_MAX);

		tlsresults_format(&cases[i].line, &out);
		assert_string_equal(buf_str(&out), cases[i].text);
		buf_release(&out);
	}
}

static void test_the_longest_line(void **state)
{
	struct tlsresults_line line = {INT32_MAX / 86400, TLSRESULTS_NO_POLICY,
		TLSRESULTS_HOST_MISMATCH, NULL, NULL, UINT32_MAX};
	struct buf name = BUF_INIT(300);
	struct buf out = BUF_INIT(TLSRESULTS_LINE_MAX);

	(void)state;
	for (int i = 0; i < 126; i++)
		buf_add_str(&name, "a.");
	buf_add_char(&name, 'a');
	line.domain = line.host = buf_str(&name);
	tlsresults_format(&line, &out);
	assert_false(out.is_overfull);
	assert_non_null(strstr(buf_str(&out), buf_str(&name)));
	buf_release(&out);
	buf_release(&name);
}

static void test_merging(void **state)
{
	static const struct {
		const char *why;
		const char *text;
		const char *expect;
	} cases[] = {
		{"equal ones become one",
			"2026-11-23 sts d.test success mx.test 2\n"
			"2026-11-23 sts d.test success mx2.test 1\n"
			"2026-11-23 sts d.test success mx.test 3\n",
			"2026-11-23 sts d.test success mx.test 5\n"
			"2026-11-23 sts d.test success mx2.test 1\n"},
		{"every difference counts",
			"2026-11-23 tlsa d.test success mx.test 1\n"
			"2026-11-23 sts d.test success mx.test 1\n"
			"2026-11-22 sts d.test success mx.test 1\n"
			"2026-11-23 sts e.test success mx.test 1\n"
			"2026-11-23 sts d.test certificate-expired mx.test 1\n",
			"2026-11-22 sts d.test success mx.test 1\n"
			"2026-11-23 sts d.test certificate-expired mx.test 1\n"
			"2026-11-23 sts d.test success mx.test 1\n"
			"2026-11-23 sts e.test success mx.test 1\n"
			"2026-11-23 tlsa d.test success mx.test 1\n"},
		{"a week is kept, the future is not",
			"2026-11-24 sts d.test success mx.test 1\n"
			"2026-11-16 sts d.test success mx.test 1\n"
			"2026-11-15 sts d.test success mx.test 1\n",
			"2026-11-16 sts d.test success mx.test 1\n"},
		{"what is torn or none",
			"\n \nx\n"
			"2026-11-23 sts d.test success mx.test\n"
			"2026-11-2x sts d.test success mx.test 1\n"
			"2026-11-23 sts d.test success mx.test x\n"
			"2026-11-23 sts d.test success mx.test 1 1\n"
			"2026-11-23 sts d.test success mx.test 99999999999\n"
			"2026-11-23 xxx d.test success mx.test 1\n"
			"2026-11-23 sts d.test defeat mx.test 1\n"
			"2026-11-23 sts d..test success mx.test 1\n"
			"2026-11-23 sts d.test success - 4\n"
			"2026-11-23 sts d.test succ",
			"2026-11-23 sts d.test success - 4\n"},
		{"nothing", "", ""},
		{"no more than can be read",
			"2026-11-23 sts d.test success mx.test 4294967295\n"
			"2026-11-23 sts d.test success mx.test 1\n",
			"2026-11-23 sts d.test success mx.test 4294967295\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf out = BUF_INIT(TLSRESULTS_TEXT_MAX);
		struct buf again = BUF_INIT(TLSRESULTS_TEXT_MAX);

		tlsresults_merge(span_of(cases[i].text), NOW, &out);
		if (!span_is(buf_span(&out), cases[i].expect))
			fail_msg("%s: %s", cases[i].why, buf_str(&out));
		tlsresults_merge(buf_span(&out), NOW, &again);
		assert_string_equal(buf_str(&again), buf_str(&out));
		buf_release(&out);
		buf_release(&again);
	}
}

static void test_of_too_many_the_oldest_go(void **state)
{
	struct buf text = BUF_INIT(TLSRESULTS_TEXT_MAX);
	struct buf out = BUF_INIT(TLSRESULTS_TEXT_MAX);
	struct span rest, line;
	size_t lines = 0;

	(void)state;
	buf_add_str(&text, "2026-11-22 sts d.test success mx.test 1\n");
	for (int i = 0; i < TLSRESULTS_MAX; i++)
		buf_addf(&text, "2026-11-23 sts d%d.test success mx.test 1\n", i);
	tlsresults_merge(buf_span(&text), NOW, &out);
	rest = buf_span(&out);
	while (rest.len && span_cut(&rest, '\n', &line)) {
		assert_true(span_starts(line, "2026-11-23"));
		lines++;
	}
	assert_int_equal(lines, TLSRESULTS_MAX);
	buf_release(&text);
	buf_release(&out);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_the_longest_line),
		cmocka_unit_test(test_merging),
		cmocka_unit_test(test_of_too_many_the_oldest_go),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
