/* sources: tests/support/scratch.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "deliver/local_agent.h"
#include "scratch.h"

#define TALK_MAX (1 << 20)

/* An agent in a process of its own, for the mbox `path`; its other end. */
static pid_t start_agent(const char *path, int *ret_fd)
{
	const struct local_agent agent = {
		.hostname = "box.test",
		.place = {.user = "joe", .path = path, .system_dir = "/nowhere"},
	};
	int pair[2];
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		file_close(pair[0]);
		local_agent_serve(&agent, pair[1]);
		_exit(0);
	}
	file_close(pair[1]);
	*ret_fd = pair[0];
	return pid;
}

static void wait_for(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void say(int fd, const char *text)
{
	struct fault f;

	assert_int_equal(file_write_all(fd, span_of(text), "the agent", &f), 0);
}

/* Everything that it says until it ends, once it has been greeted by `input`. */
static void talk(const char *path, const char *input, struct buf *replies)
{
	struct fault f;
	int fd;
	pid_t pid = start_agent(path, &fd);

	say(fd, input);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	assert_int_equal(file_read_rest(fd, replies, "the agent", &f), 0);
	file_close(fd);
	wait_for(pid);
}

static void read_mbox(const char *path, struct buf *ret)
{
	struct fault f;

	if (file_read(AT_FDCWD, path, ret, &f) < 0)
		buf_reset(ret);
}

static bool has(const struct buf *text, const char *part)
{
	return memmem(text->data, text->len, part, strlen(part)) != NULL;
}

static size_t count(const struct buf *text, const char *part)
{
	struct span rest = buf_span(text);
	const char *at;
	size_t n = 0;

	while (rest.len &&
		(at = memmem(rest.data, rest.len, part, strlen(part))) != NULL) {
		rest = span_from(rest, (size_t)(at - rest.data) + 1);
		n++;
	}
	return n;
}

#define ENVELOPE "MAIL FROM:<a@x.test> BODY=8BITMIME\r\nRCPT TO:<joe@box.test>\r\n"

static void messages_are_laid_down_as_they_came(void **state)
{
	struct scratch s;
	struct buf replies = BUF_INIT(TALK_MAX), mbox = BUF_INIT(TALK_MAX);

	(void)state;
	scratch_init(&s);
	talk(scratch_path(&s, "mbox"),
		"EHLO box.test\r\n" ENVELOPE "DATA\r\n"
		"Subject: \303\244\r\n\r\n..dot\r\nFrom me\r\n.\r\n"
		"MAIL FROM:<>\r\nRCPT TO:<joe@localhost>\r\nRCPT TO:<JOE@box>\r\n"
		"BDAT 14 LAST\r\nSubject: b\r\n\r\nQUIT\r\n",
		&replies);
	read_mbox(scratch_path(&s, "mbox"), &mbox);
	assert_true(
		has(&replies, "250-8BITMIME\r\n") && has(&replies, "250-SMTPUTF8\r\n"));
	/* the sender's side tells of success, for nobody behind us will */
	assert_false(has(&replies, "DSN"));
	assert_int_equal(
		count(&replies, "250 2.0.0 delivered to the mailbox of joe\r\n"), 2);
	assert_int_equal(count(&mbox, "\nReturn-Path: <"), 2);
	assert_true(has(&mbox, "From a@x.test "));
	assert_true(has(&mbox, "Return-Path: <a@x.test>\nDelivered-To: joe@box.test\n"
			       "Subject: \303\244\n\n.dot\n>From me\n"));
	assert_true(
		has(&mbox, "Return-Path: <>\nDelivered-To: joe@localhost\nSubject: b\n"));
	buf_release(&replies);
	buf_release(&mbox);
	scratch_release(&s);
}

static void what_is_not_complete_is_not_there(void **state)
{
	static const char *const cases[] = {
		"",
		"EHLO x\r\n" ENVELOPE,
		"EHLO x\r\n" ENVELOPE "DATA\r\nSubject: a\r\n\r\ntext\r\n",
		"EHLO x\r\n" ENVELOPE "BDAT 100 LAST\r\nSubject: a\r\n",
		"EHLO x\r\n" ENVELOPE "DATA\r\nSubject: a\r\n\r\ntext\nFrom b\r\n.\r\n",
	};
	struct scratch s;

	(void)state;
	scratch_init(&s);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf replies = BUF_INIT(TALK_MAX);
		struct stat st;

		talk(scratch_path(&s, "mbox"), cases[i], &replies);
		assert_false(has(&replies, "delivered"));
		assert_int_not_equal(stat(scratch_path(&s, "mbox"), &st), 0);
		buf_release(&replies);
	}
	scratch_release(&s);
}

/* Trouble is temporary, of a kind, and says nothing of what is in that home. */
static void trouble_is_told_in_general(void **state)
{
	struct buf replies = BUF_INIT(TALK_MAX);
	struct scratch s;

	(void)state;
	scratch_init(&s);
	scratch_mkdir(&s, "away");
	assert_int_equal(symlink("away", scratch_path(&s, "secret-name")), 0);
	talk(scratch_path(&s, "missing/secret-name"),
		"EHLO x\r\n" ENVELOPE "DATA\r\n\r\n.\r\n" ENVELOPE "DATA\r\n\r\n.\r\n",
		&replies);
	assert_int_equal(count(&replies, "451 4.2.1 the mailbox of joe"), 2);
	assert_false(has(&replies, "secret-name"));
	buf_release(&replies);
	scratch_release(&s);
}

/* SIGTERM ends it between two messages. */
static void a_signal_ends_it(void **state)
{
	struct buf replies = BUF_INIT(TALK_MAX);
	struct scratch s;
	struct fault f;
	char greeting[64];
	pid_t pid;
	int fd;

	(void)state;
	scratch_init(&s);
	pid = start_agent(scratch_path(&s, "mbox"), &fd);
	assert_true(read(fd, greeting, sizeof(greeting)) > 4);
	assert_memory_equal(greeting, "220 ", 4);
	assert_int_equal(kill(pid, SIGTERM), 0);
	assert_int_equal(file_read_rest(fd, &replies, "the agent", &f), 0);
	assert_true(has(&replies, "421 4.3.2"));
	file_close(fd);
	wait_for(pid);
	buf_release(&replies);
	scratch_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_laid_down_as_they_came),
		cmocka_unit_test(what_is_not_complete_is_not_there),
		cmocka_unit_test(trouble_is_told_in_general),
		cmocka_unit_test(a_signal_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
