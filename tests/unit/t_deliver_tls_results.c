/* sources: tests/support/spool_dir.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "deliver/tls_results.h"
#include "tests/support/spool_dir.h"

#define NOW     1795419407 /* 2026-11-23 */
#define WRITERS 8
#define LINES   2000

static const struct tlsresults_line line = {
	.policy = TLSRESULTS_STS,
	.type = TLSRESULTS_SUCCESS,
	.domain = "d.test",
	.host = "mx.test",
	.count = 1,
};

static int set_up(void **state)
{
	static struct spool_dir dir;
	struct fault f;

	spool_dir_make(&dir);
	assert_int_equal(log_open("none", &f), 0);
	*state = &dir;
	return 0;
}

static int tear_down(void **state)
{
	spool_dir_remove(*state);
	return 0;
}

static struct buf content(const struct spool_dir *dir)
{
	struct buf text = BUF_INIT(2 * TLSRESULTS_TEXT_MAX);
	struct fault f;

	assert_int_equal(file_read(dir->spool.fd, "state/tls-results", &text, &f), 0);
	return text;
}

static void lines_are_appended(void **state)
{
	struct spool_dir *dir = *state;
	struct buf text;

	tls_results_add(&dir->spool, &line, NOW);
	tls_results_add(&dir->spool, &line, NOW + 86400);
	text = content(dir);
	assert_string_equal(buf_str(&text), "2026-11-23 sts d.test success mx.test 1\n"
					    "2026-11-24 sts d.test success mx.test 1\n");
	buf_release(&text);
}

/* Many processes at once, while the file is merged now and then: none of them is lost. */
static void no_line_is_lost_among_workers(void **state)
{
	struct spool_dir *dir = *state;
	uint64_t sum = 0;
	struct span rest, row, number;
	struct buf text;

	for (int i = 0; i < WRITERS; i++) {
		if (fork() != 0)
			continue;
		for (int n = 0; n < LINES; n++)
			tls_results_add(&dir->spool, &line, NOW);
		_exit(0);
	}
	while (wait(NULL) > 0)
		;
	text = content(dir);
	assert_true(text.len <= TLS_RESULTS_FILE_MAX);
	rest = buf_span(&text);
	while (rest.len && span_cut(&rest, '\n', &row)) {
		uint64_t value;

		while (span_word(&row, &number))
			;
		assert_int_equal(span_to_uint(number, UINT32_MAX, &value), 0);
		sum += value;
	}
	assert_int_equal(sum, WRITERS * LINES);
	buf_release(&text);
}

/* A link or a directory in its place: the counters are lost, nothing else is. */
static void odd_files_do_no_harm(void **state)
{
	struct spool_dir *dir = *state;
	struct stat st;

	assert_int_equal(symlinkat("../new/x", dir->spool.fd, "state/tls-results"), 0);
	tls_results_add(&dir->spool, &line, NOW);
	assert_int_equal(fstatat(dir->spool.fd, "new/x", &st, 0), -1);
	assert_int_equal(unlinkat(dir->spool.fd, "state/tls-results", 0), 0);
	assert_int_equal(mkdirat(dir->spool.fd, "state/tls-results", 0700), 0);
	tls_results_add(&dir->spool, &line, NOW);
	assert_int_equal(unlinkat(dir->spool.fd, "state/tls-results", AT_REMOVEDIR), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(lines_are_appended, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			no_line_is_lost_among_workers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(odd_files_do_no_harm, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
