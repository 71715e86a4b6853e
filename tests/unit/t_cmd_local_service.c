#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "cmd/local_service.h"
#include "policy/route.h"

/* Nobody has it, so whatever is started ends before it becomes anybody. */
#define NOBODY "nobody-has-this-name"

/* children of the flush that are not there: the tests say when they end */
#define FIRST_CHILD ((pid_t)1 << 30)

static void init(struct local_service *s)
{
	const struct local_process start = {.parent = getpid()};
	struct fault f;

	assert_int_equal(local_service_init(s, &start, &f), 0);
}

/* A child's end of a channel that stays open here. */
static int join(struct local_service *s, pid_t pid)
{
	int channel = local_service_invite(s, getuid());
	int kept = fcntl(channel, F_DUPFD_CLOEXEC, 3);

	assert_true(channel >= 0 && kept >= 0);
	local_service_forked(s, channel, pid);
	return kept;
}

static bool is_asked(const struct local_service *s)
{
	struct pollfd fd = {.fd = local_service_fd(s), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

/* Ask for `user`; the own end of the socket. */
static int ask(int channel, const char *user)
{
	struct fault f;
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	if (local_service_ask(channel, LOCAL_DELIVER, user, pair[1], &f) < 0)
		fail_msg("%s", f.text);
	file_close(pair[1]);
	return pair[0];
}

/* Everything was closed at the other end. */
static void assert_ended(int fd)
{
	char octet;

	assert_int_equal(read(fd, &octet, 1), 0);
	file_close(fd);
}

/* Take leave of `count` processes. */
static void reap(struct local_service *s, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int status;
		pid_t pid = waitpid(-1, &status, 0);

		assert_true(pid > 0 && WIFEXITED(status));
		local_service_note_end(s, pid);
	}
}

static void a_request_starts_a_process(void **state)
{
	struct local_service s;
	int channel, fd;

	(void)state;
	init(&s);
	channel = join(&s, FIRST_CHILD);
	assert_false(is_asked(&s));
	fd = ask(channel, NOBODY);
	assert_true(is_asked(&s));
	local_service_serve(&s);
	assert_int_equal(s.running_count, 1);
	assert_ended(fd);
	reap(&s, 1);
	assert_int_equal(s.running_count, 0);
	assert_false(is_asked(&s));
	file_close(channel);
	local_service_release(&s);
}

/* What is more than a child may have waits, and another child's does not. */
static void nobody_takes_more_than_the_share(void **state)
{
	int fds[3 * LOCAL_SERVICE_PER_CHILD], channel, other, fd;
	struct local_service s;

	(void)state;
	init(&s);
	channel = join(&s, FIRST_CHILD);
	other = join(&s, FIRST_CHILD + 1);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		fds[i] = ask(channel, NOBODY);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		local_service_serve(&s);
	assert_int_equal(s.running_count, LOCAL_SERVICE_PER_CHILD);
	assert_false(is_asked(&s));
	fd = ask(other, NOBODY);
	assert_true(is_asked(&s));
	local_service_serve(&s);
	assert_int_equal(s.running_count, LOCAL_SERVICE_PER_CHILD + 1);
	assert_ended(fd);
	for (size_t left = ARRAY_LEN(fds); left; left -= LOCAL_SERVICE_PER_CHILD) {
		reap(&s, s.running_count);
		for (size_t i = 0; i < LOCAL_SERVICE_PER_CHILD; i++)
			local_service_serve(&s);
	}
	reap(&s, s.running_count);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		assert_ended(fds[i]);
	/* its child has ended, and with it what it might still say */
	local_service_note_end(&s, FIRST_CHILD);
	assert_int_equal(s.client_count, 1);
	assert_false(is_asked(&s));
	file_close(channel);
	file_close(other);
	local_service_release(&s);
}

static void there_is_room_for_so_many(void **state)
{
	int channels[LOCAL_SERVICE_MAX / LOCAL_SERVICE_PER_CHILD + 1];
	struct local_service s;

	(void)state;
	init(&s);
	for (size_t i = 0; i < ARRAY_LEN(channels); i++) {
		channels[i] = join(&s, FIRST_CHILD + (pid_t)i);
		for (size_t k = 0; k < LOCAL_SERVICE_PER_CHILD; k++)
			file_close(ask(channels[i], NOBODY));
	}
	for (size_t i = 0; i < LOCAL_SERVICE_MAX; i++)
		local_service_serve(&s);
	assert_int_equal(s.running_count, LOCAL_SERVICE_MAX);
	assert_int_equal(local_service_fd(&s), -1);
	reap(&s, LOCAL_SERVICE_MAX);
	while (is_asked(&s))
		local_service_serve(&s);
	assert_int_equal(s.running_count, LOCAL_SERVICE_PER_CHILD);
	reap(&s, s.running_count);
	for (size_t i = 0; i < ARRAY_LEN(channels); i++)
		file_close(channels[i]);
	local_service_release(&s);
}

struct bad_request {
	const char *why;
	struct span text;
	int fds[2]; /* places in the list of the test; -1: none */
};

enum { STREAM, FILE_OF_OWN, DATAGRAM, NETWORK };

static void send_request(int channel, const struct bad_request *r, const int *known)
{
	union {
		struct cmsghdr head;
		char octets[CMSG_SPACE(2 * sizeof(int))];
	} control = {.head = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS}};
	struct iovec part = {(void *)(uintptr_t)r->text.data, r->text.len};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	size_t count = 0;

	for (; count < ARRAY_LEN(r->fds) && r->fds[count] >= 0; count++)
		memcpy(CMSG_DATA(&control.head) + count * sizeof(int),
			&known[r->fds[count]], sizeof(int));
	if (count) {
		control.head.cmsg_len = CMSG_LEN(count * sizeof(int));
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(count * sizeof(int));
	}
	assert_true(sendmsg(channel, &message, MSG_NOSIGNAL) >= 0);
}

/* Nothing is started, and the child is not heard any more. */
static void what_is_no_request_ends_the_channel(void **state)
{
	static char long_name[ROUTE_USER_MAX + 2] = "D";
	const struct bad_request cases[] = {
		{"nothing", SPAN_LIT(""), {STREAM, -1}},
		{"no name", SPAN_LIT("D"), {STREAM, -1}},
		{"no task", SPAN_LIT("Xjoe"), {STREAM, -1}},
		{"a path", SPAN_LIT("D../joe"), {STREAM, -1}},
		{"a NUL", {"Djoe\0root", 9}, {STREAM, -1}},
		{"a line end", SPAN_LIT("Djoe\n"), {STREAM, -1}},
		{"too long", {long_name, sizeof(long_name)}, {STREAM, -1}},
		{"no socket", SPAN_LIT("Djoe"), {-1, -1}},
		{"two sockets", SPAN_LIT("Djoe"), {STREAM, STREAM}},
		{"a file", SPAN_LIT("Djoe"), {FILE_OF_OWN, -1}},
		{"another kind of socket", SPAN_LIT("Djoe"), {DATAGRAM, -1}},
		{"a socket of the network", SPAN_LIT("Djoe"), {NETWORK, -1}},
	};
	int known[4], pair[2];

	(void)state;
	memset(long_name + 1, 'x', sizeof(long_name) - 1);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	known[STREAM] = pair[0];
	known[FILE_OF_OWN] = open("/dev/null", O_RDWR | O_CLOEXEC);
	known[DATAGRAM] = socket(AF_UNIX, SOCK_DGRAM, 0);
	known[NETWORK] = socket(AF_INET, SOCK_STREAM, 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct local_service s;
		int channel;

		init(&s);
		channel = join(&s, FIRST_CHILD);
		send_request(channel, &cases[i], known);
		local_service_serve(&s);
		if (s.running_count || s.clients[0]->fd >= 0)
			fail_msg("%s was taken", cases[i].why);
		assert_false(is_asked(&s));
		file_close(channel);
		local_service_release(&s);
	}
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		file_close(known[i]);
	file_close(pair[1]);
}

/* Nor is the word of one child for another's socket taken. */
static void a_socket_is_the_childs_own(void **state)
{
	struct local_service s;
	int channel, fd;

	(void)state;
	init(&s);
	channel = local_service_invite(&s, getuid() + 1);
	fd = ask(channel, NOBODY);
	local_service_serve(&s);
	assert_int_equal(s.running_count, 0);
	assert_ended(fd);
	file_close(channel);
	local_service_release(&s);
}

/* A child that has closed its end is not looked at again and again. */
static void a_channel_that_is_closed_is_forgotten(void **state)
{
	struct local_service s;

	(void)state;
	init(&s);
	file_close(join(&s, FIRST_CHILD));
	assert_true(is_asked(&s));
	local_service_serve(&s);
	assert_false(is_asked(&s));
	/* and a fork that failed leaves nothing */
	local_service_forked(&s, local_service_invite(&s, 54002), -1);
	assert_int_equal(s.client_count, 1);
	local_service_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_starts_a_process),
		cmocka_unit_test(nobody_takes_more_than_the_share),
		cmocka_unit_test(there_is_room_for_so_many),
		cmocka_unit_test(what_is_no_request_ends_the_channel),
		cmocka_unit_test(a_socket_is_the_childs_own),
		cmocka_unit_test(a_channel_that_is_closed_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
