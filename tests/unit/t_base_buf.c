#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/strv.h"

static void what_does_not_fit_is_not_there_at_all(void **state)
{
	struct buf b = BUF_INIT(5);

	(void)state;
	buf_add_str(&b, "abc");
	buf_add_str(&b, "def");
	assert_true(b.is_overfull);
	assert_string_equal(buf_str(&b), "abc");
	/* nor is what would fit behind it: half a line is worse than none */
	buf_add_char(&b, 'x');
	assert_string_equal(buf_str(&b), "abc");
	buf_reset(&b);
	assert_false(b.is_overfull);
	buf_addf(&b, "%d", 12345);
	assert_string_equal(buf_str(&b), "12345");
	buf_addf(&b, "%d", 6);
	assert_true(b.is_overfull);
	buf_release(&b);
}

static void it_is_always_a_string(void **state)
{
	struct buf b = BUF_INIT(1000);

	(void)state;
	assert_string_equal(buf_str(&b), "");
	assert_non_null(buf_reserve(&b, 10));
	assert_string_equal(buf_str(&b), "");
	memcpy(buf_reserve(&b, 3), "abc", 3);
	buf_commit(&b, 2);
	assert_string_equal(buf_str(&b), "ab");
	buf_add(&b, "cdef", 4);
	buf_consume(&b, 2);
	assert_string_equal(buf_str(&b), "cdef");
	buf_truncate(&b, 3);
	assert_string_equal(buf_str(&b), "cde");
	buf_truncate(&b, 30);
	assert_int_equal(b.len, 3);
	buf_consume(&b, 30);
	assert_string_equal(buf_str(&b), "");
	buf_release(&b);
	assert_string_equal(buf_str(&b), "");
}

static void it_grows_to_its_maximum_and_no_further(void **state)
{
	struct buf b = BUF_INIT(100000);

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_add_char(&b, 'x');
	assert_false(b.is_overfull);
	assert_int_equal(b.len, 100000);
	assert_null(buf_reserve(&b, 1));
	assert_true(b.is_overfull);
	assert_null(buf_reserve(&b, SIZE_MAX));
	buf_wipe(&b);
	assert_int_equal(b.len, 0);
	assert_int_equal(b.max, 100000);
}

static void lists_own_their_strings(void **state)
{
	struct strv v = {0};

	(void)state;
	for (int i = 0; i < 100; i++)
		strv_add(&v, span_of(i % 2 ? "odd" : "even"));
	assert_int_equal(v.count, 100);
	assert_true(strv_has(&v, span_of("odd")));
	assert_false(strv_has(&v, span_of("od")));
	strv_release(&v);
	assert_int_equal(v.count, 0);
}

static void copies_are_terminated(void **state)
{
	char *s = mem_copy("abc", 2);
	char *zeros = mem_array(3, 2);

	(void)state;
	assert_string_equal(s, "ab");
	assert_null(mem_string(NULL));
	for (int i = 0; i < 6; i++)
		assert_int_equal(zeros[i], 0);
	free(s);
	free(zeros);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_does_not_fit_is_not_there_at_all),
		cmocka_unit_test(it_is_always_a_string),
		cmocka_unit_test(it_grows_to_its_maximum_and_no_further),
		cmocka_unit_test(lists_own_their_strings),
		cmocka_unit_test(copies_are_terminated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
