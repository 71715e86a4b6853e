/* ~/.forward as a file: deliver/forward_file.h. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/file.h"
#include "base/log.h"
#include "deliver/forward_file.h"
#include "mail/forward_answer.h"

#define GOOD "joe@example.org\n"

struct home {
	char dir[64];
	char file[80];
	struct user user;
};

static int set_up(void **state)
{
	struct home *h = calloc(1, sizeof(*h));
	struct fault f;

	assert_non_null(h);
	assert_int_equal(log_open("none", &f), 0);
	(void)snprintf(h->dir, sizeof(h->dir), "/tmp/nullmta-forward.XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	(void)snprintf(h->file, sizeof(h->file), "%s/.forward", h->dir);
	h->user = (struct user){.uid = getuid(), .name = "joe", .home = h->dir};
	*state = h;
	return 0;
}

static int tear_down(void **state)
{
	struct home *h = *state;

	(void)unlink(h->file);
	(void)rmdir(h->file);
	assert_int_equal(rmdir(h->dir), 0);
	free(h);
	return 0;
}

static void put(const char *path, const char *text, mode_t mode)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static enum forward_kind read_kind(const struct home *h)
{
	struct forward fw;
	enum forward_kind kind;

	forward_file_read(&fw, &h->user);
	kind = fw.kind;
	forward_release(&fw);
	return kind;
}

static void a_file_of_the_user_counts(void **state)
{
	struct home *h = *state;
	struct forward fw;

	put(h->file, GOOD, 0644);
	forward_file_read(&fw, &h->user);
	assert_int_equal(fw.kind, FORWARD_FOUND);
	assert_string_equal(fw.targets[0].text, "joe@example.org");
	forward_release(&fw);
	assert_int_equal(chmod(h->file, 0600), 0);
	assert_int_equal(read_kind(h), FORWARD_FOUND);
}

static void a_link_of_the_user_is_followed(void **state)
{
	struct home *h = *state;
	char target[80];

	(void)snprintf(target, sizeof(target), "%s/target", h->dir);
	put(target, GOOD, 0600);
	assert_int_equal(symlink("target", h->file), 0);
	assert_int_equal(read_kind(h), FORWARD_FOUND);
	assert_int_equal(unlink(target), 0);
	assert_int_equal(read_kind(h), FORWARD_MAILBOX);
}

static void who_has_no_file_has_a_mailbox(void **state)
{
	struct home *h = *state;
	char long_home[5000];

	assert_int_equal(read_kind(h), FORWARD_MAILBOX);
	h->user.home = "/nonexistent";
	assert_int_equal(read_kind(h), FORWARD_MAILBOX);
	h->user.home = "/dev/null";
	assert_int_equal(read_kind(h), FORWARD_MAILBOX);
	h->user.home = NULL;
	assert_int_equal(read_kind(h), FORWARD_MAILBOX);
	memset(long_home, '/', sizeof(long_home));
	long_home[sizeof(long_home) - 1] = '\0';
	h->user.home = long_home;
	assert_int_equal(read_kind(h), FORWARD_MAILBOX);
}

static void what_others_can_write_counts_as_none(void **state)
{
	struct home *h = *state;

	put(h->file, GOOD, 0664);
	assert_int_equal(read_kind(h), FORWARD_MAILBOX);
	put(h->file, GOOD, 0646);
	assert_int_equal(read_kind(h), FORWARD_MAILBOX);
	put(h->file, GOOD, 0644);
	assert_int_equal(read_kind(h), FORWARD_FOUND);
}

static void the_file_of_somebody_else_counts_as_none(void **state)
{
	struct home *h = *state;

	put(h->file, GOOD, 0644);
	if (getuid() == 0) {
		h->user.uid = 65533; /* root's own files count for everybody */
		assert_int_equal(read_kind(h), FORWARD_FOUND);
		assert_int_equal(chown(h->file, 65532, (gid_t)-1), 0);
	} else {
		h->user.uid = getuid() + 1;
	}
	assert_int_equal(read_kind(h), FORWARD_MAILBOX);
}

static void what_is_no_file_holds_up_nobody(void **state)
{
	struct home *h = *state;

	assert_int_equal(mkfifo(h->file, 0600), 0);
	assert_int_equal(read_kind(h), FORWARD_MAILBOX);
	assert_int_equal(unlink(h->file), 0);
	assert_int_equal(mkdir(h->file, 0700), 0);
	assert_int_equal(read_kind(h), FORWARD_MAILBOX);
	assert_int_equal(rmdir(h->file), 0);
	assert_int_equal(symlink("/dev/zero", h->file), 0);
	assert_int_equal(read_kind(h), FORWARD_MAILBOX);
	assert_int_equal(unlink(h->file), 0);
	assert_int_equal(symlink(".forward", h->file), 0);
	assert_int_equal(read_kind(h), FORWARD_MAILBOX);
}

static void a_file_that_is_too_large_counts_as_none(void **state)
{
	struct home *h = *state;

	put(h->file, GOOD "#", 0644);
	assert_int_equal(truncate(h->file, (off_t)FORWARD_OCTETS_MAX), 0);
	assert_int_equal(read_kind(h), FORWARD_FOUND);
	assert_int_equal(truncate(h->file, (off_t)FORWARD_OCTETS_MAX + 1), 0);
	assert_int_equal(read_kind(h), FORWARD_MAILBOX);
}

static void a_file_that_is_closed_to_the_user_counts_as_none(void **state)
{
	struct home *h = *state;

	put(h->file, GOOD, 0);
	assert_int_equal(read_kind(h), getuid() ? FORWARD_MAILBOX : FORWARD_FOUND);
}

static void the_answer_goes_over_a_socket(void **state)
{
	struct home *h = *state;
	struct buf text = BUF_INIT(FORWARD_ANSWER_MAX);
	struct fault f;
	int pair[2];

	put(h->file, "|secret, " GOOD, 0644);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	forward_file_serve(&h->user, pair[1]);
	assert_int_equal(close(pair[1]), 0);
	assert_int_equal(file_read_rest(pair[0], &text, "answer", &f), 0);
	assert_string_equal(buf_str(&text), "found\naddress joe@example.org\nend\n");
	assert_int_equal(close(pair[0]), 0);
	buf_release(&text);
	/* nobody hears it */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(close(pair[0]), 0);
	forward_file_serve(&h->user, pair[1]);
	assert_int_equal(close(pair[1]), 0);
}

#define IN_A_HOME(test_) cmocka_unit_test_setup_teardown(test_, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_A_HOME(a_file_of_the_user_counts),
		IN_A_HOME(a_link_of_the_user_is_followed),
		IN_A_HOME(who_has_no_file_has_a_mailbox),
		IN_A_HOME(what_others_can_write_counts_as_none),
		IN_A_HOME(the_file_of_somebody_else_counts_as_none),
		IN_A_HOME(what_is_no_file_holds_up_nobody),
		IN_A_HOME(a_file_that_is_too_large_counts_as_none),
		IN_A_HOME(a_file_that_is_closed_to_the_user_counts_as_none),
		IN_A_HOME(the_answer_goes_over_a_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
