#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cmd/child_text.h"

#define HOUR_MS ((int64_t)3600 * 1000)

static const struct child_patience enough = {HOUR_MS, HOUR_MS};

struct copied {
	int rc;
	char text[128]; /* what came to stdout */
	struct fault fault;
};

/* `text` comes from a child, which then ends or is silent. */
static struct copied copy(
	const char *text, bool is_ended, const struct child_patience *patience)
{
	struct copied result = {0};
	int child[2], out[2];
	int saved = dup(STDOUT_FILENO);
	ssize_t len;

	assert_int_equal(pipe2(child, O_CLOEXEC) | pipe2(out, O_CLOEXEC | O_NONBLOCK), 0);
	assert_int_equal(write(child[1], text, strlen(text)), strlen(text));
	if (is_ended)
		file_close(child[1]);
	(void)fflush(stdout);
	assert_int_equal(dup2(out[1], STDOUT_FILENO), STDOUT_FILENO);
	result.rc = child_text_copy(child[0], patience, &result.fault);
	(void)fflush(stdout);
	assert_int_equal(dup2(saved, STDOUT_FILENO), STDOUT_FILENO);
	len = read(out[0], result.text, sizeof(result.text) - 1);
	assert_true(len >= 0 || *text == '\0');
	file_close(saved);
	file_close(out[0]);
	file_close(out[1]);
	file_close(child[0]);
	if (!is_ended)
		file_close(child[1]);
	return result;
}

static void lines_are_copied_to_their_end(void **state)
{
	struct copied c = copy("one\ntwo\n", true, &enough);

	(void)state;
	assert_int_equal(c.rc, 0);
	assert_string_equal(c.text, "one\ntwo\n");
	c = copy("", true, &enough);
	assert_int_equal(c.rc, 0);
	assert_string_equal(c.text, "");
}

/* The child should have done it, but it has the rights of a user. */
static void nothing_moves_the_cursor_of_root(void **state)
{
	struct copied c = copy("a\x1b[2Jb\rc\td\x7f\xc3\xa9\n", true, &enough);

	(void)state;
	assert_int_equal(c.rc, 0);
	assert_string_equal(c.text, "a?[2Jb?c?d?\xc3\xa9\n");
}

static void silence_has_an_end_and_what_was_said_is_kept(void **state)
{
	struct copied c = copy("one\n", false, &(struct child_patience){1, HOUR_MS});

	(void)state;
	assert_int_equal(c.rc, -1);
	assert_string_equal(c.fault.text, "no answer for too long");
	assert_string_equal(c.text, "one\n");
}

static void so_has_the_whole(void **state)
{
	struct copied c = copy("one\n", false, &(struct child_patience){HOUR_MS, 1});

	(void)state;
	assert_int_equal(c.rc, -1);
	assert_string_equal(c.fault.text, "it takes too long");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_copied_to_their_end),
		cmocka_unit_test(nothing_moves_the_cursor_of_root),
		cmocka_unit_test(silence_has_an_end_and_what_was_said_is_kept),
		cmocka_unit_test(so_has_the_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
