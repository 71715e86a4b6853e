/* sources: tests/support/scratch.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "cmd/kick.h"
#include "scratch.h"

struct listener {
	struct scratch scratch;
	int fd;
};

static int make_listener(void **state)
{
	static struct listener l;
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int on = 1;

	scratch_init(&l.scratch);
	(void)snprintf(
		at.sun_path, sizeof(at.sun_path), "%s", scratch_path(&l.scratch, "s"));
	l.fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_true(l.fd >= 0);
	assert_int_equal(setsockopt(l.fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), 0);
	assert_int_equal(bind(l.fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	*state = &l;
	return 0;
}

static int remove_listener(void **state)
{
	struct listener *l = *state;

	if (l->fd >= 0)
		(void)close(l->fd);
	scratch_release(&l->scratch);
	return 0;
}

static void the_kernel_says_who_kicks(void **state)
{
	struct listener *l = *state;
	struct kicks kicks;

	for (int i = 0; i < 3; i++)
		assert_true(kick_send(scratch_path(&l->scratch, "s")));
	kick_receive(l->fd, &kicks);
	assert_int_equal(kicks.count, 1);
	assert_int_equal(kicks.uids[0], geteuid());
	assert_false(kicks.has_lost);
	kicks_release(&kicks);
	kick_receive(l->fd, &kicks);
	assert_int_equal(kicks.count, 0);
	assert_false(kicks.has_lost);
	kicks_release(&kicks);
}

static void a_full_queue_is_noticed_at_both_ends(void **state)
{
	struct listener *l = *state;
	struct kicks kicks;

	/* far more than any queue has; none of them waits or fails */
	for (int i = 0; i < 5000; i++)
		assert_true(kick_send(scratch_path(&l->scratch, "s")));
	kick_receive(l->fd, &kicks);
	assert_true(kicks.has_lost);
	assert_int_equal(kicks.count, 1);
	kicks_release(&kicks);
}

static void without_a_listener_nobody_is_kicked(void **state)
{
	struct listener *l = *state;
	char name[300];

	assert_false(kick_send(scratch_path(&l->scratch, "there-is-none")));
	/* left behind by one that has ended */
	assert_int_equal(close(l->fd), 0);
	l->fd = -1;
	assert_false(kick_send(scratch_path(&l->scratch, "s")));
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	assert_false(kick_send(name));
}

static void a_sender_without_credentials_may_be_anybody(void **state)
{
	struct listener *l = *state;
	struct kicks kicks;
	int off = 0;

	assert_int_equal(
		setsockopt(l->fd, SOL_SOCKET, SO_PASSCRED, &off, sizeof(off)), 0);
	assert_true(kick_send(scratch_path(&l->scratch, "s")));
	kick_receive(l->fd, &kicks);
	assert_true(kicks.has_lost);
	assert_int_equal(kicks.count, 0);
	kicks_release(&kicks);
}

#define WITH_LISTENER(test) \
	cmocka_unit_test_setup_teardown(test, make_listener, remove_listener)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_LISTENER(the_kernel_says_who_kicks),
		WITH_LISTENER(a_full_queue_is_noticed_at_both_ends),
		WITH_LISTENER(without_a_listener_nobody_is_kicked),
		WITH_LISTENER(a_sender_without_credentials_may_be_anybody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
