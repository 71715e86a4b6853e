/* sources: tests/support/https_child.c tests/support/certificate.c tests/support/lib/loopback.c */
/* sources: tests/support/zone_resolver.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "net/https.h"
#include "tests/support/https_child.h"
#include "tests/support/zone_resolver.h"

#define ZONE "mta-sts.d.test A 127.0.0.1\n"
#define PLAIN \
	"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbody"

struct one_fetch {
	const char *why;
	struct https_child_options server;
	const char *zone;
	enum https_result result;
	const char *text; /* the body, or a part of why there is none */
};

static bool stop(void)
{
	return true;
}

static void check(const struct one_fetch *c, struct https_request *q)
{
	struct tls_cache *cache = tls_cache_new();
	struct http_response response;
	char why[HTTPS_WHY_MAX] = "";
	enum https_result result;

	q->resolver = zone_resolver_new(c->zone);
	q->tls = cache;
	result = https_get(q, &response, why);
	if (result != c->result)
		fail_msg("%s: %d %s", c->why, (int)result, why);
	if (result == HTTPS_OK) {
		assert_string_equal(buf_str(&response.body), c->text);
		http_response_release(&response);
	} else if (!strstr(why, c->text) || !why[0]) {
		fail_msg("%s: %s", c->why, why);
	}
	resolver_free(q->resolver);
	tls_cache_free(cache);
}

static struct https_request request_of(const struct https_child *server)
{
	return (struct https_request){
		.host = "mta-sts.d.test",
		.path = "/.well-known/mta-sts.txt",
		.port = server->port,
		.ca_file = server->ca_file,
		.may_use_local = true,
		.timeout_s = HTTPS_TIMEOUT_S,
		.dial = stream_new,
	};
}

static void test_fetching(void **state)
{
	static const struct one_fetch cases[] = {
		{"good", {.answer = PLAIN}, ZONE, HTTPS_OK, "body"},
		{"until the end", {.answer = "HTTP/1.1 200 OK\r\n\r\nbody"}, ZONE,
			HTTPS_OK, "body"},
		{"until a cut: row 162",
			{.answer = "HTTP/1.1 200 OK\r\n\r\nbody", .is_cut = true}, ZONE,
			HTTPS_FAILED, "the connection ended too early"},
		{"a cut behind the length", {.answer = PLAIN, .is_cut = true}, ZONE,
			HTTPS_OK, "body"},
		{"elsewhere: row 162",
			{.answer = "HTTP/1.1 301 Moved\r\nLocation: "
				   "https://other.test/\r\n\r\n"},
			ZONE, HTTPS_FAILED, "mta-sts.d.test: HTTP status 301"},
		{"another name: row 165", {.answer = PLAIN, .name = "www.d.test"}, ZONE,
			HTTPS_NOT_TRUSTED, "mta-sts.d.test"},
		{"expired: row 165", {.answer = PLAIN, .is_expired = true}, ZONE,
			HTTPS_NOT_TRUSTED, "expired"},
		{"in clear", {.answer = PLAIN, .is_clear = true}, ZONE, HTTPS_FAILED,
			"TLS"},
		{"no address", {.answer = PLAIN}, "mta-sts.d.test NONE\n", HTTPS_FAILED,
			"no usable address"},
		{"DNS fails", {.answer = PLAIN}, "mta-sts.d.test A !servfail\n",
			HTTPS_FAILED, "servfail"},
		{"link-local", {.answer = PLAIN}, "mta-sts.d.test A 169.254.169.254\n",
			HTTPS_FAILED, "no usable address"},
		{"an alias", {.answer = PLAIN},
			"mta-sts.d.test CNAME host.test\nhost.test A 127.0.0.1\n",
			HTTPS_OK, "body"},
		{"the first address is deaf", {.answer = PLAIN},
			"mta-sts.d.test A 127.0.0.2\n" ZONE, HTTPS_OK, "body"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct https_child server;
		struct https_request request;

		https_child_start(&server, &cases[i].server);
		request = request_of(&server);
		check(&cases[i], &request);
		https_child_stop(&server);
	}
}

static void test_what_is_asked(void **state)
{
	static const struct one_fetch c = {
		"good", {.answer = PLAIN}, ZONE, HTTPS_OK, "body"};
	struct buf text = BUF_INIT(4096), want = BUF_INIT(4096);
	struct https_child server;
	struct https_request request;
	struct fault f;

	(void)state;
	https_child_start(&server, &c.server);
	request = request_of(&server);
	check(&c, &request);
	assert_int_equal(file_read(AT_FDCWD, server.request, &text, &f), 0);
	buf_addf(&want,
		"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.d.test:%u\r\n"
		"User-Agent: nullmta\r\nAccept: text/plain\r\n"
		"Connection: close\r\n\r\n",
		server.port);
	assert_string_equal(buf_str(&text), buf_str(&want));
	https_child_stop(&server);
	buf_release(&text);
	buf_release(&want);
}

static void test_this_machine_is_none_of_the_policy_hosts(void **state)
{
	static const struct one_fetch c = {
		"local", {.answer = PLAIN}, ZONE, HTTPS_FAILED, "no usable address"};
	struct https_child server;
	struct https_request request;

	(void)state;
	https_child_start(&server, &c.server);
	request = request_of(&server);
	request.may_use_local = false;
	check(&c, &request);
	assert_int_equal(https_child_connections(&server), 0);
	https_child_stop(&server);
}

/* row 162: what comes too late does not come */
static void test_there_is_a_deadline(void **state)
{
	static const struct one_fetch c = {"silent", {.answer = PLAIN, .is_silent = true},
		ZONE, HTTPS_FAILED, "timed out"};
	struct https_child server;
	struct https_request request;

	(void)state;
	https_child_start(&server, &c.server);
	request = request_of(&server);
	request.timeout_s = 1;
	check(&c, &request);
	https_child_stop(&server);
}

static void test_a_run_that_stops_does_not_wait(void **state)
{
	static const struct one_fetch c = {"stopped",
		{.answer = PLAIN, .is_silent = true}, ZONE, HTTPS_FAILED, "interrupted"};
	struct https_child server;
	struct https_request request;

	(void)state;
	https_child_start(&server, &c.server);
	request = request_of(&server);
	request.must_stop = stop;
	check(&c, &request);
	https_child_stop(&server);
}

static void test_a_ca_file_that_is_none(void **state)
{
	static const struct one_fetch c = {
		"no CA", {.answer = PLAIN}, ZONE, HTTPS_FAILED, "/nonexistent"};
	struct https_child server;
	struct https_request request;

	(void)state;
	https_child_start(&server, &c.server);
	request = request_of(&server);
	request.ca_file = "/nonexistent";
	check(&c, &request);
	https_child_stop(&server);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fetching),
		cmocka_unit_test(test_what_is_asked),
		cmocka_unit_test(test_this_machine_is_none_of_the_policy_hosts),
		cmocka_unit_test(test_there_is_a_deadline),
		cmocka_unit_test(test_a_run_that_stops_does_not_wait),
		cmocka_unit_test(test_a_ca_file_that_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
