/* sources: tests/support/spool_dir.c tests/support/scratch.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/flush_program.h"
#include "tests/support/scratch.h"
#include "tests/support/spool_dir.h"

#define ID       "6C3MK9G1NNHHL4"
#define COPY_MAX (64 * 1024 * 1024)

/*
 * An installation of a kind: this program in bin/, a script in the place of nullmta-flush in
 * libexec/. The program finds the other one beside itself.
 */
struct scene {
	struct scratch root;
	struct spool_dir dir;
};

static int make_scene(void **state)
{
	struct scene *s = mem_alloc(sizeof(*s));
	struct buf program = BUF_INIT(COPY_MAX);
	struct fault f;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	scratch_init(&s->root);
	spool_dir_make(&s->dir);
	scratch_mkdir(&s->root, "bin");
	scratch_mkdir(&s->root, "libexec");
	assert_int_equal(file_read_rest(fd, &program, "this program", &f), 0);
	file_close(fd);
	scratch_write(&s->root, "bin/test", buf_span(&program), 0700);
	buf_release(&program);
	*state = s;
	return 0;
}

static int remove_scene(void **state)
{
	struct scene *s = *state;

	spool_dir_remove(&s->dir);
	scratch_release(&s->root);
	free(s);
	return 0;
}

static void install(struct scene *s, const char *script)
{
	struct buf text = BUF_INIT(4096);

	buf_addf(&text, "#!/bin/sh\n%s\n", script);
	scratch_write(&s->root, "libexec/nullmta-flush", buf_span(&text), 0700);
	buf_release(&text);
}

/* Run the copy of this program with a word for main; its exit code. */
static int run_copy(struct scene *s, const char *word)
{
	const char *path = scratch_path(&s->root, "bin/test");
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)execl(path, path, word, s->dir.path, (char *)NULL);
		_exit(99);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* What the script has written, once it has ended: it holds the wait lock that long. */
static struct buf said(struct scene *s)
{
	struct buf text = BUF_INIT(65536);
	int fd = openat(s->dir.spool.fd, "wait", O_RDWR | O_CLOEXEC);
	struct fault f;

	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	file_close(fd);
	if (file_read(AT_FDCWD, scratch_path(&s->root, "said"), &text, &f) < 0)
		buf_reset(&text);
	return text;
}

static void what_became_of_a_message_is_told(void **state)
{
	static const struct {
		const char *script;
		int code;
		const char *why;
	} cases[] = {
		{"exit 0", EX_OK, "delivered"},
		{"exit 67", EX_NOUSER, "refused: no such user"},
		{"exit 69", EX_UNAVAILABLE, "refused"},
		{"exit 75", EX_TEMPFAIL, "deferred"},
		{"exit 78", EX_TEMPFAIL, "a broken configuration: it is queued"},
		{"exit 64", EX_TEMPFAIL, "another version: it is queued"},
		{"exit 65", EX_OK, "it is not there: another run took care of it"},
		{"kill -9 $$", EX_TEMPFAIL, "killed: it is queued"},
	};
	struct scene *s = *state;
	int code;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		install(s, cases[i].script);
		code = run_copy(s, "message");
		if (code != cases[i].code)
			fail_msg("%s: %d", cases[i].why, code);
	}
	assert_int_equal(unlink(scratch_path(&s->root, "libexec/nullmta-flush")), 0);
	assert_int_equal(run_copy(s, "message"), EX_TEMPFAIL);
}

static void a_message_is_named_to_the_program(void **state)
{
	struct scene *s = *state;
	struct buf script = BUF_INIT(1024), text;
	char wanted[256];

	buf_addf(&script, "echo \"$@\" >%s", scratch_path(&s->root, "said"));
	install(s, buf_str(&script));
	assert_int_equal(run_copy(s, "message"), EX_OK);
	(void)snprintf(wanted, sizeof(wanted), "flush --spool %s --message " ID "\n",
		s->dir.path);
	spool_dir_put(&s->dir.spool, "wait", SPAN_NONE);
	text = said(s);
	assert_string_equal(buf_str(&text), wanted);
	buf_release(&text);
	buf_release(&script);
}

/* Nothing of the caller's is kept open, or it would wait for the end of the delivery. */
static void a_kick_starts_a_program_that_holds_the_wait_lock(void **state)
{
	struct scene *s = *state;
	struct buf script = BUF_INIT(4096), text;

	buf_addf(&script,
		"exec 9>%s\n"
		"echo \"$1 $2 $4 $5\" >&9\n"
		"for fd in 0 1 2 3 4 5 6 7 8; do\n"
		"	[ -e /proc/$$/fd/$fd ] && echo \"$fd $(readlink "
		"/proc/$$/fd/$fd)\" >&9\n"
		"done\n"
		"grep -E '^Sig(Blk|Ign)' /proc/self/status >&9\n"
		"exit 0",
		scratch_path(&s->root, "said"));
	install(s, buf_str(&script));
	assert_int_equal(run_copy(s, "kick"), EX_OK);
	text = said(s);
	assert_non_null(strstr(buf_str(&text), "flush --spool --wait-fd 3\n"));
	assert_non_null(
		strstr(buf_str(&text), "0 /dev/null\n1 /dev/null\n2 /dev/null\n"));
	assert_non_null(strstr(buf_str(&text), "/wait\n"));
	for (const char *fd = "45678"; *fd; fd++) {
		char line[] = "\nX /";

		line[1] = *fd;
		/* the shell's own script is read through one of its own */
		if (strstr(buf_str(&text), line) &&
			!strstr(buf_str(&text), "nullmta-flush"))
			fail_msg("descriptor %c is left open: %s", *fd, buf_str(&text));
	}
	assert_non_null(strstr(buf_str(&text), "SigBlk:\t0000000000000000"));
	buf_release(&text);
	buf_release(&script);
}

static void who_waits_already_sees_the_message_too(void **state)
{
	struct scene *s = *state;
	struct buf script = BUF_INIT(1024), text;
	int fd = openat(s->dir.spool.fd, "wait", O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	buf_addf(&script, "echo kicked >>%s", scratch_path(&s->root, "said"));
	install(s, buf_str(&script));
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_int_equal(run_copy(s, "kick"), EX_OK);
	assert_int_equal(flock(fd, LOCK_UN), 0);
	text = said(s);
	assert_int_equal(text.len, 0);
	buf_release(&text);
	assert_int_equal(run_copy(s, "kick"), EX_OK);
	text = said(s);
	assert_string_equal(buf_str(&text), "kicked\n");
	buf_release(&text);
	file_close(fd);
	buf_release(&script);
}

static void a_kick_never_fails(void **state)
{
	struct scene *s = *state;

	/* no program, and a spool in which nothing can be made */
	assert_int_equal(run_copy(s, "kick"), EX_OK);
	assert_int_equal(unlinkat(s->dir.spool.fd, "wait", 0), 0);
	assert_int_equal(symlinkat("/nonexistent", s->dir.spool.fd, "wait"), 0);
	assert_int_equal(run_copy(s, "kick"), EX_OK);
}

static void without_the_program_the_fault_names_it(void **state)
{
	assert_int_equal(run_copy(*state, "exec"), EX_TEMPFAIL);
	install(*state, "exit 11");
	assert_int_equal(run_copy(*state, "exec"), 11);
}

/* The part of the copy: what the tests are about. */
static int act(const char *word, const char *spool_path)
{
	char *argv[] = {NULL, "flush", NULL};
	struct spool spool;
	struct fault f;

	if (log_open("none", &f) < 0 || spool_open(&spool, spool_path, false, &f) < 0)
		return 98;
	if (strcmp(word, "message") == 0)
		return flush_program_message(&spool, ID, false);
	if (strcmp(word, "kick") == 0) {
		flush_program_kick(&spool);
		return EX_OK;
	}
	flush_program_exec(argv, &f);
	return f.kind == FAULT_SYSTEM && strstr(f.text, "nullmta-flush") ? EX_TEMPFAIL
									 : 97;
}

int main(int argc, char **argv)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, make_scene, remove_scene)
	const struct CMUnitTest tests[] = {
		TEST(what_became_of_a_message_is_told),
		TEST(a_message_is_named_to_the_program),
		TEST(a_kick_starts_a_program_that_holds_the_wait_lock),
		TEST(who_waits_already_sees_the_message_too),
		TEST(a_kick_never_fails),
		TEST(without_the_program_the_fault_names_it),
	};

	if (argc == 3)
		return act(argv[1], argv[2]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
