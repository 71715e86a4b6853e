/* sources: tests/support/scratch.c */
/* ldflags: -Wl,--wrap=syscall */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
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
	scratch_release(*state);
	free(*state);
	return 0;
}

static void a_file_is_read_whole_or_not_at_all(void **state)
{
	struct scratch *s = *state;
	struct buf b = BUF_INIT(10);
	struct fault f;

	scratch_write(s, "ten", span_of("0123456789"), 0600);
	scratch_write(s, "eleven", span_of("01234567890"), 0600);
	scratch_write(s, "empty", span_of(""), 0600);
	assert_int_equal(file_read(AT_FDCWD, scratch_path(s, "ten"), &b, &f), 0);
	assert_string_equal(buf_str(&b), "0123456789");
	buf_reset(&b);
	assert_int_equal(file_read(AT_FDCWD, scratch_path(s, "eleven"), &b, &f), -1);
	assert_int_equal(f.kind, FAULT_DATA);
	buf_reset(&b);
	assert_int_equal(file_read(AT_FDCWD, scratch_path(s, "empty"), &b, &f), 0);
	assert_int_equal(b.len, 0);
	assert_string_equal(buf_str(&b), "");
	buf_release(&b);
}

static void what_is_no_file_is_refused_at_once(void **state)
{
	struct scratch *s = *state;
	struct buf b = BUF_INIT(100);
	struct fault f;

	assert_int_equal(mkfifo(scratch_path(s, "fifo"), 0600), 0);
	assert_int_equal(file_read(AT_FDCWD, scratch_path(s, "fifo"), &b, &f), -1);
	assert_non_null(strstr(f.text, "not a regular file"));
	assert_int_equal(file_read(AT_FDCWD, s->dir, &b, &f), -1);
	assert_int_equal(symlink("/etc/passwd", scratch_path(s, "link")), 0);
	assert_int_equal(file_read(AT_FDCWD, scratch_path(s, "link"), &b, &f), -1);
	assert_int_equal(f.err, ELOOP);
	assert_int_equal(file_read(AT_FDCWD, scratch_path(s, "none"), &b, &f), -1);
	assert_int_equal(f.err, ENOENT);
	buf_release(&b);
}

static void a_read_error_is_not_the_end(void **state)
{
	char octets[10];
	struct fault f;
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	(void)state;
	assert_int_equal(file_read_some(fd, octets, sizeof(octets), "it", &f), -1);
	assert_int_equal(f.kind, FAULT_INPUT);
	assert_int_equal(f.err, EISDIR);
	file_close(fd);
	file_close(-1);
}

static void a_full_disk_is_noticed(void **state)
{
	struct scratch *s = *state;
	const struct rlimit limit = {4, 4};
	int fd = open(scratch_path(s, "f"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	struct fault f;
	int status;
	pid_t pid = fork();

	if (pid == 0) { /* the limit stays with the child */
		(void)signal(SIGXFSZ, SIG_IGN);
		(void)setrlimit(RLIMIT_FSIZE, &limit);
		_exit(file_write_all(fd, span_of("0123456789"), "it", &f) == -1 &&
					f.err == EFBIG
				? 0
				: 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(file_pwrite_all(fd, span_of("abc"), 2, "it", &f), 0);
	assert_int_equal(file_sync(fd, "it", &f), 0);
	file_close(fd);
	/* a device that cannot be synced says so */
	fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	assert_int_equal(file_write_all(fd, span_of("x"), "it", &f), -1);
	assert_int_equal(f.err, ENOSPC);
	file_close(fd);
}

static void a_small_file_is_replaced_as_a_whole(void **state)
{
	struct scratch *s = *state;
	struct buf b = BUF_INIT(100);
	struct fault f;
	int dir = open(s->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(file_replace(dir, "f", span_of("one"), &f), 0);
	assert_int_equal(file_replace(dir, "f", span_of("two"), &f), 0);
	assert_int_equal(file_read(dir, "f", &b, &f), 0);
	assert_string_equal(buf_str(&b), "two");
	assert_int_equal(faccessat(dir, "f.tmp", F_OK, 0), -1);
	assert_int_equal(file_replace(dir, "none/f", span_of("x"), &f), -1);
	assert_int_equal(f.kind, FAULT_SYSTEM);
	file_close(dir);
	buf_release(&b);
}

static void one_descriptor_holds_the_lock(void **state)
{
	struct scratch *s = *state;
	int one = open(scratch_path(s, "lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int other = open(scratch_path(s, "lock"), O_RDWR | O_CLOEXEC);
	int copy = dup(one);
	struct fault f;

	assert_int_equal(file_try_lock(one, "it", &f), 1);
	assert_int_equal(file_try_lock(other, "it", &f), 0);
	file_close(one);
	assert_int_equal(file_try_lock(other, "it", &f), 0); /* a copy keeps it */
	file_unlock(copy);
	assert_int_equal(file_try_lock(other, "it", &f), 1);
	file_close(copy);
	file_close(other);
	assert_int_equal(file_try_lock(-1, "it", &f), -1);
	assert_int_equal(file_lock(-1, "it", &f), -1);
}

/* in a child, whose descriptors nobody needs */
static void closed_descriptors_are_opened(void **state)
{
	struct fault f;
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		(void)close(STDIN_FILENO);
		(void)close(STDERR_FILENO);
		_exit(file_open_standard(&f) == 0 && fcntl(STDIN_FILENO, F_GETFD) >= 0 &&
					fcntl(STDERR_FILENO, F_GETFD) >= 0
				? 0
				: 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(file_open_standard(&f), 0);
}

/* what a kernel that does not know close_range says */
static bool is_old_kernel;

long __real_syscall(long number, unsigned first, unsigned last, unsigned flags);
long __wrap_syscall(long number, unsigned first, unsigned last, unsigned flags);

long __wrap_syscall(long number, unsigned first, unsigned last, unsigned flags)
{
	if (!is_old_kernel)
		return __real_syscall(number, first, last, flags);
	errno = ENOSYS;
	return -1;
}

static void nothing_outlives_an_exec(void **state)
{
	(void)state;
	for (int old = 0; old < 2; old++) {
		int kept = open("/dev/null", O_RDONLY);
		int low = open("/dev/null", O_RDONLY);
		int high = fcntl(low, F_DUPFD, low + 20);

		is_old_kernel = old;
		file_close_on_exec(low);
		assert_int_equal(fcntl(kept, F_GETFD), 0);
		assert_int_equal(fcntl(low, F_GETFD), FD_CLOEXEC);
		assert_int_equal(fcntl(high, F_GETFD), FD_CLOEXEC);
		file_close(kept);
		file_close(low);
		file_close(high);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_file_is_read_whole_or_not_at_all, make_scratch, remove_scratch),
		cmocka_unit_test_setup_teardown(
			what_is_no_file_is_refused_at_once, make_scratch, remove_scratch),
		cmocka_unit_test(a_read_error_is_not_the_end),
		cmocka_unit_test_setup_teardown(
			a_full_disk_is_noticed, make_scratch, remove_scratch),
		cmocka_unit_test_setup_teardown(a_small_file_is_replaced_as_a_whole,
			make_scratch, remove_scratch),
		cmocka_unit_test_setup_teardown(
			one_descriptor_holds_the_lock, make_scratch, remove_scratch),
		cmocka_unit_test(closed_descriptors_are_opened),
		cmocka_unit_test(nothing_outlives_an_exec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
