/* sources: tests/support/scratch.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cmd/refusals.h"
#include "tests/support/scratch.h"

/* Whether the memory in `directory` is the file there; else it is one without a name. */
static bool is_there(struct scratch *s, const char *directory)
{
	char name[SCRATCH_PATH_MAX];
	struct stat st, there;
	int fd = refusals_open(scratch_path(s, directory));
	bool is_same;

	assert_true(fd >= 0);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(write(fd, "x", 1), 1);
	(void)snprintf(name, sizeof(name), "%s/logins", directory);
	is_same = stat(scratch_path(s, name), &there) == 0 && there.st_ino == st.st_ino &&
		  there.st_dev == st.st_dev;
	assert_int_equal(st.st_nlink, is_same);
	if (is_same)
		assert_int_equal(st.st_mode & 07777, 0600);
	file_close(fd);
	return is_same;
}

static void it_is_made_where_it_is_missing(void **state)
{
	struct scratch s;
	struct stat st;
	mode_t old;

	(void)state;
	scratch_init(&s);
	old = umask(077);
	assert_true(is_there(&s, "run"));
	(void)umask(old);
	/* the sockets in it are for all users */
	assert_int_equal(stat(scratch_path(&s, "run"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0755);
	assert_true(is_there(&s, "run"));
	scratch_release(&s);
}

static void without_a_place_it_is_in_memory(void **state)
{
	struct scratch s;

	(void)state;
	scratch_init(&s);
	assert_false(is_there(&s, "there/is/none"));
	scratch_write(&s, "file", span_of("x"), 0600);
	assert_false(is_there(&s, "file"));
	scratch_release(&s);
}

static void what_others_can_change_or_read_is_not_used(void **state)
{
	struct scratch s;
	char target[SCRATCH_PATH_MAX];

	(void)state;
	scratch_init(&s);
	scratch_mkdir(&s, "open");
	assert_int_equal(chmod(scratch_path(&s, "open"), 0777), 0);
	assert_false(is_there(&s, "open"));
	scratch_mkdir(&s, "read");
	scratch_write(&s, "read/logins", span_of(""), 0644);
	assert_false(is_there(&s, "read"));
	scratch_mkdir(&s, "link");
	scratch_write(&s, "target", span_of(""), 0600);
	(void)snprintf(target, sizeof(target), "%s", scratch_path(&s, "target"));
	assert_int_equal(symlink(target, scratch_path(&s, "link/logins")), 0);
	assert_false(is_there(&s, "link"));
	scratch_mkdir(&s, "hard");
	assert_int_equal(link(target, scratch_path(&s, "hard/logins")), 0);
	assert_false(is_there(&s, "hard"));
	scratch_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_made_where_it_is_missing),
		cmocka_unit_test(without_a_place_it_is_in_memory),
		cmocka_unit_test(what_others_can_change_or_read_is_not_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
