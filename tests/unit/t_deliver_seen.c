#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "deliver/seen.h"

static void an_id_is_new_once(void **state)
{
	struct seen s = {0};

	(void)state;
	assert_true(seen_add(&s, "6C3MK9G1NNHHL4"));
	assert_false(seen_add(&s, "6C3MK9G1NNHHL4"));
	assert_true(seen_add(&s, "6C3MK9G1NNHHL5"));
	assert_false(seen_add(&s, "6C3MK9G1NNHHL5"));
	assert_int_equal(s.count, 2);
	seen_release(&s);
	assert_true(seen_add(&s, "6C3MK9G1NNHHL4"));
	seen_release(&s);
	seen_release(&s);
}

static void a_hundred_thousand_are_remembered(void **state)
{
	enum { COUNT = 100000 };
	struct seen s = {0};
	char id[ENVELOPE_ID_LEN + 1];

	(void)state;
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < COUNT; i++) {
			(void)snprintf(id, sizeof(id), "6%013u", i);
			if (seen_add(&s, id) != (round == 0))
				fail_msg("%s in round %u", id, round);
		}
	assert_int_equal(s.count, COUNT);
	/* room is left, or a search for what is not there would never end */
	assert_true(s.size >= 2 * s.count);
	seen_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_id_is_new_once),
		cmocka_unit_test(a_hundred_thousand_are_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
