/* sources: tests/support/fake_homes.c */
/* What is asked of homes, once: deliver/forwards.h. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bug.h"
#include "fake_homes.h"

static void answers_are_believed_or_put_off(void **state)
{
	static const struct {
		const char *homes;
		enum forward_kind want;
		bool is_left;
		const char *why;
	} cases[] = {
		{"joe", FORWARD_MAILBOX, false, "no file"},
		{"joe a@x.test", FORWARD_FOUND, false, "an address"},
		{"joe /dev/null", FORWARD_DISCARD, false, "a bin"},
		{"joe !left", FORWARD_MAILBOX, true, "not for us"},
		{"joe !denied", FORWARD_LATER, true, "not for us, as was found out"},
		{"joe !later", FORWARD_LATER, false, "not readable"},
		{"joe !trouble", FORWARD_LATER, false, "no process"},
		{"joe !gone", FORWARD_LATER, false, "killed"},
		{"joe !silent", FORWARD_LATER, false, "hangs"},
		{"joe !half", FORWARD_LATER, false, "killed in between"},
		{"joe !babble", FORWARD_LATER, false, "no address"},
		{"joe !flood", FORWARD_LATER, false, "no end"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct forwards_answer *a;
		struct fake_homes h;

		fake_homes_init(&h, cases[i].homes, NULL);
		a = forwards_ask(&h.forwards, "joe");
		if (a->is_left != cases[i].is_left || a->forward.kind != cases[i].want)
			fail_msg("%s", cases[i].why);
		if (a->forward.kind == FORWARD_LATER)
			assert_non_null(a->why);
		fake_homes_release(&h);
	}
}

static void everybody_is_asked_once(void **state)
{
	const struct forwards_answer *joe;
	struct fake_homes h;

	(void)state;
	fake_homes_init(&h, "joe a@x.test\nann !trouble\nbob !silent", NULL);
	joe = forwards_ask(&h.forwards, "joe");
	for (int i = 0; i < 3; i++) {
		(void)forwards_ask(&h.forwards, "ann");
		(void)forwards_ask(&h.forwards, "bob");
		assert_ptr_equal(forwards_ask(&h.forwards, "joe"), joe);
	}
	assert_int_equal(h.asked, 3);
	assert_string_equal(joe->user, "joe");
	assert_string_equal(joe->forward.targets[0].text, "a@x.test");
	fake_homes_release(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_believed_or_put_off),
		cmocka_unit_test(everybody_is_asked_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
