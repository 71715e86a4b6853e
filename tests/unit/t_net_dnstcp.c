/*
 * One question by TCP to a child that reads it and answers with canned octets.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "net/dnsmsg.h"
#include "net/dnstcp.h"

#define PATIENCE_MS 10000 /* for what happens at once on loopback */

/* of the query too, as far as this module looks: an ID and a header's length */
#define PACKET "\x12\x34\x81\x80\0\1\0\0\0\0\0\0"

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

/* In a child: take the whole query, give `answer`, close. */
static pid_t answer_once(int listener, struct span answer)
{
	char query[2 + sizeof(PACKET) - 1];
	pid_t pid = fork();
	int fd;

	assert_true(pid >= 0);
	if (pid)
		return pid;
	fd = accept(listener, NULL, NULL);
	if (recv(fd, query, sizeof(query), MSG_WAITALL) == (ssize_t)sizeof(query))
		(void)send(fd, answer.data, answer.len, MSG_NOSIGNAL);
	_exit(0);
}

static void test_answers(void **state)
{
	static const struct {
		const char *why;
		struct span octets;
		const char *error; /* NULL: the answer is PACKET */
	} cases[] = {
		{"good", SPAN_LIT("\0\x0c" PACKET), NULL},
		{"good, more behind it", SPAN_LIT("\0\x0c" PACKET "more"), NULL},
		{"another ID", SPAN_LIT("\0\x0c\x12\x35\x81\x80\0\1\0\0\0\0\0\0"),
			"by TCP: the answer is not to us"},
		{"shorter than a header", SPAN_LIT("\0\2\x12\x34"),
			"by TCP: the answer is not to us"},
		{"of no length", SPAN_LIT("\0\0"), "by TCP: the answer is not to us"},
		{"cut", SPAN_LIT("\xff\xff" PACKET), "by TCP: connection closed"},
		{"cut in the length", SPAN_LIT("\0"), "by TCP: connection closed"},
		{"nothing", SPAN_LIT(""), "by TCP: connection closed"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf answer = BUF_INIT(DNS_PACKET_MAX);
		struct netaddr at;
		struct fault f = {.text = ""};
		int listener = listen_somewhere(&at);
		pid_t child = answer_once(listener, cases[i].octets);
		int rc = dnstcp_ask(&at, SPAN_LIT(PACKET), clock_mono_ms() + PATIENCE_MS,
			&answer, &f);

		if ((rc == 0) != (cases[i].error == NULL))
			fail_msg("%s: %d %s", cases[i].why, rc, f.text);
		if (rc < 0)
			assert_string_equal(f.text, cases[i].error);
		else
			assert_true(span_eq(buf_span(&answer), SPAN_LIT(PACKET)));
		assert_int_equal(waitpid(child, NULL, 0), child);
		file_close(listener);
		buf_release(&answer);
	}
}

static void test_silence_has_a_deadline(void **state)
{
	struct buf answer = BUF_INIT(DNS_PACKET_MAX);
	struct netaddr at;
	struct fault f;
	int listener = listen_somewhere(&at); /* its kernel connects, nobody accepts */

	(void)state;
	assert_int_equal(
		dnstcp_ask(&at, SPAN_LIT(PACKET), clock_mono_ms() + 20, &answer, &f), -1);
	assert_string_equal(f.text, "timed out by TCP");
	assert_int_equal(answer.len, 0);
	file_close(listener);
	buf_release(&answer);
}

static void test_refused(void **state)
{
	struct buf answer = BUF_INIT(DNS_PACKET_MAX);
	struct netaddr at;
	struct fault f;

	(void)state;
	file_close(listen_somewhere(&at));
	assert_int_equal(dnstcp_ask(&at, SPAN_LIT(PACKET), clock_mono_ms() + PATIENCE_MS,
				 &answer, &f),
		-1);
	assert_string_equal(f.text, "by TCP: Connection refused");
	buf_release(&answer);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_silence_has_a_deadline),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
