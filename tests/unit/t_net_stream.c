#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "net/stream.h"

#define PATIENCE_MS 10000 /* for what happens at once on loopback */
#define MEGABYTE    (1024 * 1024)

static int64_t soon(void)
{
	return clock_mono_ms() + PATIENCE_MS;
}

/* A listening socket on a free port of 127.0.0.1; `*ret` is its address. */
static int listen_somewhere(struct netaddr *ret)
{
	socklen_t len = sizeof(*ret);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(netaddr_parse(SPAN_LIT("127.0.0.1"), 0, ret), 0);
	assert_int_equal(bind(fd, &ret->any, netaddr_len(ret)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, &ret->any, &len), 0);
	return fd;
}

/* A connected stream and its other end. */
struct pair {
	struct stream *stream;
	int peer;
};

static struct pair pair_new(void)
{
	struct pair p;
	struct netaddr at;
	struct fault f;
	int listener = listen_somewhere(&at);

	assert_int_equal(stream_new(&p.stream, &at, &f), 0);
	assert_int_equal(stream_connect_wait(p.stream, soon()), STREAM_OK);
	p.peer = accept(listener, NULL, NULL);
	assert_true(p.peer >= 0);
	file_close(listener);
	return p;
}

static void pair_free(struct pair *p)
{
	stream_free(p->stream);
	file_close(p->peer);
}

static void test_both_ways(void **state)
{
	struct pair p = pair_new();
	char text[16];
	size_t n = 0;

	(void)state;
	assert_int_equal(stream_read(p.stream, text, sizeof(text), &n), STREAM_AGAIN);
	assert_int_equal(stream_write(p.stream, SPAN_LIT("EHLO x\r\n"), &n), STREAM_OK);
	assert_int_equal(n, 8);
	assert_int_equal(read(p.peer, text, sizeof(text)), 8);
	assert_memory_equal(text, "EHLO x\r\n", 8);

	assert_int_equal(write(p.peer, "250 ok\r\n", 8), 8);
	assert_int_equal(stream_wait(p.stream, false, soon()), STREAM_OK);
	assert_int_equal(stream_read(p.stream, text, sizeof(text), &n), STREAM_OK);
	assert_int_equal(n, 8);
	assert_memory_equal(text, "250 ok\r\n", 8);
	pair_free(&p);
}

static void test_end_comes_after_the_last_octets(void **state)
{
	struct pair p = pair_new();
	char text[16];
	size_t n = 0;

	(void)state;
	assert_int_equal(write(p.peer, "221 bye", 7), 7);
	file_close(p.peer);
	p.peer = -1;
	assert_int_equal(stream_wait(p.stream, false, soon()), STREAM_OK);
	assert_int_equal(stream_read(p.stream, text, sizeof(text), &n), STREAM_OK);
	assert_int_equal(n, 7);
	assert_int_equal(stream_wait(p.stream, false, soon()), STREAM_OK);
	assert_int_equal(stream_read(p.stream, text, sizeof(text), &n), STREAM_CLOSED);
	assert_int_equal(n, 7);
	assert_string_equal(stream_error(p.stream), "");
	pair_free(&p);
}

static void test_reset_is_an_error_and_no_signal(void **state)
{
	static const struct linger abort_it = {.l_onoff = 1, .l_linger = 0};
	struct pair p = pair_new();
	char text[16];
	size_t n = 0;

	(void)state;
	assert_int_equal(
		setsockopt(p.peer, SOL_SOCKET, SO_LINGER, &abort_it, sizeof(abort_it)),
		0);
	file_close(p.peer);
	p.peer = -1;
	assert_int_equal(stream_wait(p.stream, false, soon()), STREAM_OK);
	assert_int_equal(stream_read(p.stream, text, sizeof(text), &n), STREAM_ERROR);
	assert_string_equal(stream_error(p.stream), "Connection reset by peer");
	/* SIGPIPE would end the test here */
	assert_int_equal(stream_write(p.stream, SPAN_LIT("x"), &n), STREAM_ERROR);
	assert_string_equal(stream_error(p.stream), "Broken pipe");
	pair_free(&p);
}

static void test_full_pipe_never_blocks(void **state)
{
	static char block[MEGABYTE];
	struct pair p = pair_new();
	struct span data = {block, sizeof(block)};
	enum stream_result result;
	size_t n = 0;

	(void)state;
	do {
		result = stream_write(p.stream, data, &n);
	} while (result == STREAM_OK);
	assert_int_equal(result, STREAM_AGAIN);
	/* nobody reads: the deadline alone ends this */
	assert_int_equal(stream_wait(p.stream, true, clock_mono_ms()), STREAM_AGAIN);
	while (recv(p.peer, block, sizeof(block), MSG_DONTWAIT) > 0)
		;
	assert_int_equal(stream_wait(p.stream, true, soon()), STREAM_OK);
	assert_int_equal(stream_write(p.stream, data, &n), STREAM_OK);
	pair_free(&p);
}

static void test_refused(void **state)
{
	struct stream *s;
	struct netaddr at;
	struct fault f;

	(void)state;
	file_close(listen_somewhere(&at)); /* a port where nobody listens */
	assert_int_equal(stream_new(&s, &at, &f), 0);
	assert_int_equal(stream_connect_wait(s, soon()), STREAM_ERROR);
	assert_string_equal(stream_error(s), "Connection refused");
	assert_int_equal(stream_connect(s), STREAM_ERROR);
	assert_int_equal(stream_wait(s, true, soon()), STREAM_OK);
	stream_free(s);
}

/* A listener whose queue is full lets a connection hang: SYNs are dropped. */
static void test_connect_has_a_deadline(void **state)
{
	struct stream *streams[16];
	enum stream_result result = STREAM_OK;
	struct netaddr at, own;
	struct fault f;
	size_t count = 0;
	int listener = listen_somewhere(&at);

	(void)state;
	while (result == STREAM_OK && count < ARRAY_LEN(streams)) {
		assert_int_equal(stream_new(&streams[count], &at, &f), 0);
		result = stream_connect_wait(streams[count], clock_mono_ms() + 20);
		count++;
	}
	assert_int_equal(result, STREAM_AGAIN);
	assert_int_equal(stream_events(streams[count - 1], false), POLLOUT);
	assert_int_equal(stream_local_address(streams[count - 1], &own), -1);
	while (count)
		stream_free(streams[--count]);
	file_close(listener);
}

static void test_no_descriptors_is_our_fault(void **state)
{
	struct rlimit before, none;
	struct netaddr at;
	struct stream *s = NULL;
	struct fault f;

	(void)state;
	assert_int_equal(netaddr_parse(SPAN_LIT("127.0.0.1"), 1, &at), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	assert_int_equal(stream_new(&s, &at, &f), -1);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(f.kind, FAULT_SYSTEM);
	assert_null(s);
}

static void test_no_such_family_is_about_the_host(void **state)
{
	struct netaddr at;
	struct stream *s;
	struct fault f;

	(void)state;
	assert_int_equal(netaddr_parse(SPAN_LIT("127.0.0.1"), 1, &at), 0);
	at.any.sa_family = AF_UNIX; /* TCP over it is as impossible as over no IPv6 */
	assert_int_equal(stream_new(&s, &at, &f), 0);
	assert_int_equal(stream_connect_wait(s, soon()), STREAM_ERROR);
	assert_true(stream_error(s)[0] != '\0');
	stream_free(s);
}

static void test_local_address_and_events(void **state)
{
	struct pair p = pair_new();
	struct netaddr own;
	char text[NETADDR_TEXT_MAX];

	(void)state;
	assert_int_equal(stream_local_address(p.stream, &own), 0);
	netaddr_format_literal(&own, text);
	assert_string_equal(text, "[127.0.0.1]");
	assert_int_equal(stream_events(p.stream, false), POLLIN);
	assert_int_equal(stream_events(p.stream, true), POLLIN | POLLOUT);
	assert_true(fcntl(stream_fd(p.stream), F_GETFD) & FD_CLOEXEC);
	pair_free(&p);
}

static void test_adopted_socket(void **state)
{
	struct stream *s;
	struct netaddr own;
	char text[4];
	size_t n = 0;
	int fds[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	s = stream_adopt(fds[0]);
	assert_int_equal(stream_connect(s), STREAM_OK);
	assert_int_equal(stream_read(s, text, sizeof(text), &n), STREAM_AGAIN);
	assert_int_equal(stream_write(s, SPAN_LIT("abc"), &n), STREAM_OK);
	assert_int_equal(read(fds[1], text, sizeof(text)), 3);
	assert_int_equal(stream_local_address(s, &own), -1);
	file_close(fds[1]);
	stream_free(s);
	stream_free(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_both_ways),
		cmocka_unit_test(test_end_comes_after_the_last_octets),
		cmocka_unit_test(test_reset_is_an_error_and_no_signal),
		cmocka_unit_test(test_full_pipe_never_blocks),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_connect_has_a_deadline),
		cmocka_unit_test(test_no_descriptors_is_our_fault),
		cmocka_unit_test(test_no_such_family_is_about_the_host),
		cmocka_unit_test(test_local_address_and_events),
		cmocka_unit_test(test_adopted_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
