#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "mail/outcome.h"

static void status_codes_have_three_small_numbers(void **state)
{
	static const struct {
		const char *text;
		bool is_good;
	} cases[] = {
		{"2.0.0", true},
		{"4.4.7", true},
		{"5.999.999", true},
		{"3.0.0", false},
		{"1.0.0", false},
		{"5.1", false},
		{"5.1.1.1", false},
		{"5.1.1000", false},
		{"5.1.", false},
		{"5..1", false},
		{"5.1.1 ", false},
		{"5.-1.1", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct outcome_status status = {9, 9, 9};
		char text[OUTCOME_STATUS_TEXT_MAX];
		int rc = outcome_status_parse(span_of(cases[i].text), &status);

		assert_int_equal(rc, cases[i].is_good ? 0 : -1);
		outcome_status_format(status, text);
		assert_string_equal(text, cases[i].is_good ? cases[i].text : "9.9.9");
	}
}

static void our_own_words_are_clean(void **state)
{
	struct outcome o = outcome_make(
		OUTCOME_DEFERRED, OUTCOME_HOST, "4.4.1", "cannot %s", "a\r\nb");

	(void)state;
	assert_int_equal(o.kind, OUTCOME_DEFERRED);
	assert_int_equal(o.scope, OUTCOME_HOST);
	assert_int_equal(o.code, 0);
	assert_false(o.may_be_delivered);
	assert_string_equal(o.remote, "");
	assert_string_equal(o.text, "cannot a\\x0D\\x0Ab");
	assert_string_equal(outcome_kind_name(OUTCOME_PENDING), "pending");
	assert_string_equal(outcome_kind_name(o.kind), "deferred");
}

/* what comes out shows each octet one way: cleaned once, wherever the text came through */
static void the_words_of_a_fault_stay(void **state)
{
	struct outcome o;
	struct fault f;

	(void)state;
	fault_set(&f, FAULT_SYSTEM, 0, "%s: unreadable", "a\\b\x01");
	fault_prefix(&f, "aliases");
	o = outcome_of_fault(OUTCOME_DEFERRED, OUTCOME_ROUTE, "4.3.5", &f);
	assert_int_equal(o.kind, OUTCOME_DEFERRED);
	assert_int_equal(o.scope, OUTCOME_ROUTE);
	assert_int_equal(o.status.subject, 3);
	assert_string_equal(o.text, "aliases: a\\\\b\\x01: unreadable");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(status_codes_have_three_small_numbers),
		cmocka_unit_test(our_own_words_are_clean),
		cmocka_unit_test(the_words_of_a_fault_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
