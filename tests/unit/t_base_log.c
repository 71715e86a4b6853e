/* sources: tests/support/scratch.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "scratch.h"

static int make_scratch(void **state)
{
	struct scratch *s = mem_alloc(sizeof(*s));

	scratch_init(s);
	*state = s;
	return 0;
}

static int remove_scratch(void **state)
{
	struct fault f;

	(void)log_open("none", &f);
	log_set_level(LOG_LEVEL_INFO);
	scratch_release(*state);
	free(*state);
	return 0;
}

/* what stands behind date, name and pid */
static void assert_line(struct scratch *s, const char *want)
{
	struct buf b = BUF_INIT(10000);
	struct span text;
	struct fault f;
	const char *at;

	assert_int_equal(file_read(AT_FDCWD, scratch_path(s, "log"), &b, &f), 0);
	text = buf_span(&b);
	assert_true(span_ends(text, "\n"));
	/* one line, however many lines the values had */
	assert_int_equal(span_find(text, '\n'), (ptrdiff_t)text.len - 1);
	at = strstr(buf_str(&b), "]: ");
	assert_non_null(at);
	buf_truncate(&b, b.len - 1);
	assert_string_equal(at + 3, want);
	buf_release(&b);
}

static void a_line_is_pairs(void **state)
{
	struct scratch *s = *state;
	struct fault f;

	assert_int_equal(log_open(scratch_path(s, "log"), &f), 0);
	log_event(LOG_LEVEL_INFO, "sent", LOG_TEXT("id", "1A"), LOG_TEXT("none", NULL),
		LOG_TEXT("empty", ""), LOG_NUMBER("n", -5),
		LOG_TEXT("reply", "250 \"ok\" a=b\r\nevent=forged"));
	assert_line(s, "event=sent id=1A empty=\"\" n=-5 "
		       "reply=\"250 \\\"ok\\\" a=b\\x0D\\x0Aevent=forged\"");
}

static void levels_are_kept(void **state)
{
	struct scratch *s = *state;
	struct fault f;

	assert_int_equal(log_open(scratch_path(s, "log"), &f), 0);
	log_set_level(LOG_LEVEL_ERROR);
	log_event(LOG_LEVEL_WARNING, "no", LOG_NUMBER("n", 1));
	log_event(LOG_LEVEL_ERROR, "yes", LOG_NUMBER("n", 1));
	assert_line(s, "event=yes n=1");
}

static void a_log_that_cannot_be_opened_is_a_fault(void **state)
{
	struct scratch *s = *state;
	struct fault f;

	assert_int_equal(symlink("/dev/null", scratch_path(s, "link")), 0);
	assert_int_equal(log_open(scratch_path(s, "link"), &f), -1);
	assert_int_equal(f.kind, FAULT_CREATE);
	assert_int_equal(log_open(scratch_path(s, "none/log"), &f), -1);
	/* and the program goes on */
	log_event(LOG_LEVEL_DEBUG, "nowhere", LOG_NUMBER("n", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_line_is_pairs, make_scratch, remove_scratch),
		cmocka_unit_test_setup_teardown(
			levels_are_kept, make_scratch, remove_scratch),
		cmocka_unit_test_setup_teardown(a_log_that_cannot_be_opened_is_a_fault,
			make_scratch, remove_scratch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
