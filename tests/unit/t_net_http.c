#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "net/http.h"

#define OK    "HTTP/1.1 200 OK\r\n"
#define PLAIN OK "Content-Type: text/plain\r\n"

struct one_response {
	const char *why;
	const char *text;
	const char *expect; /* the body, or "!why there is none" */
};

static void describe(const struct http_response *r, struct buf *out)
{
	if (r->result == HTTP_DONE)
		buf_add_span(out, buf_span(&r->body));
	else if (r->result == HTTP_FAILED)
		buf_addf(out, "!%s", r->why);
	else
		buf_add_str(out, "!more");
}

/* `step` octets at a time; then the connection ends in good order. */
static void check(const struct one_response *c, size_t step)
{
	struct buf text = BUF_INIT(4096);
	struct span rest = span_of(c->text);
	struct http_response r;

	http_response_init(&r);
	while (rest.len) {
		(void)http_response_feed(&r, span_head(rest, step));
		rest = span_from(rest, step);
	}
	(void)http_response_end(&r, false);
	describe(&r, &text);
	if (!span_is(buf_span(&text), c->expect))
		fail_msg("%s, by %zu: %s", c->why, step, buf_str(&text));
	buf_release(&text);
	http_response_release(&r);
}

static void check_all(const struct one_response *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		check(&cases[i], 1);
		check(&cases[i], 7);
		check(&cases[i], 4096);
	}
}

static void test_lengths(void **state)
{
	static const struct one_response cases[] = {
		{"a length", PLAIN "Content-Length: 3\r\n\r\nabc", "abc"},
		{"more than the length", PLAIN "Content-Length: 3\r\n\r\nabcdef", "abc"},
		{"nothing", PLAIN "Content-Length: 0\r\n\r\n", ""},
		{"less than the length", PLAIN "Content-Length: 4\r\n\r\nabc",
			"!the connection ended too early"},
		{"LF alone", "HTTP/1.0 200\nContent-Length: 1\n\na", "a"},
		{"no reason", "HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\na", "a"},
		{"until the end", PLAIN "\r\nabc", "abc"},
		{"names in any case", OK "cOnTeNt-LeNgTh:1\r\n\r\nabc", "a"},
		{"no number", PLAIN "Content-Length: x\r\n\r\n",
			"!the length is no number"},
		{"negative", PLAIN "Content-Length: -1\r\n\r\n",
			"!the length is no number"},
		{"a list", PLAIN "Content-Length: 3, 3\r\n\r\n",
			"!the length is no number"},
		{"beyond 64 bits", PLAIN "Content-Length: 18446744073709551617\r\n\r\n",
			"!the length is no number"},
		{"64 KiB and 1", PLAIN "Content-Length: 65537\r\n\r\n",
			"!the body is too large"},
		{"twice", PLAIN "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
			"!the length is said twice"},
		{"with chunks",
			PLAIN "Content-Length: 3\r\nTransfer-Encoding: "
			      "chunked\r\n\r\n",
			"!the length is said twice"},
		{"chunks with it",
			PLAIN "Transfer-Encoding: chunked\r\nContent-Length: "
			      "3\r\n\r\n",
			"!the length is said twice"},
	};

	(void)state;
	check_all(cases, ARRAY_LEN(cases));
}

#define CHUNKED PLAIN "Transfer-Encoding: chunked\r\n\r\n"

static void test_chunks(void **state)
{
	static const struct one_response cases[] = {
		{"two", CHUNKED "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", "abcde"},
		{"none", CHUNKED "0\r\n\r\n", ""},
		{"extensions and trailers",
			CHUNKED "1 ;x=\"y\"\r\na\r\n00;z\r\nX: y\r\n\r\n", "a"},
		{"capitals and zeros", CHUNKED "000A\r\n0123456789\r\n0\r\n\r\n",
			"0123456789"},
		{"LF alone", CHUNKED "1\na\n0\n\n", "a"},
		{"cut in a chunk", CHUNKED "3\r\nab", "!the connection ended too early"},
		{"no last chunk", CHUNKED "1\r\na\r\n",
			"!the connection ended too early"},
		{"no end of trailers", CHUNKED "0\r\n",
			"!the connection ended too early"},
		{"longer than it says", CHUNKED "1\r\nab\r\n",
			"!a chunk is longer than it says"},
		{"no size", CHUNKED "\r\n", "!a chunk's size is no number"},
		{"no number", CHUNKED "x\r\n", "!a chunk's size is no number"},
		{"with a sign", CHUNKED "+1\r\na\r\n", "!a chunk's size is no number"},
		{"as C writes it", CHUNKED "0x1\r\na\r\n",
			"!a chunk's size is no number"},
		{"2^64", CHUNKED "10000000000000000\r\n", "!a chunk's size is no number"},
		{"2^60 - 1", CHUNKED "fffffffffffffff\r\n", "!the body is too large"},
		{"64 KiB and 1", CHUNKED "10001\r\n", "!the body is too large"},
		{"64 KiB, after 1", CHUNKED "1\r\na\r\n10000\r\n",
			"!the body is too large"},
		{"another coding", PLAIN "Transfer-Encoding: gzip, chunked\r\n\r\n",
			"!a transfer coding that nobody asked for"},
	};

	(void)state;
	check_all(cases, ARRAY_LEN(cases));
}

/* row 162 */
static void test_heads(void **state)
{
	static const struct one_response cases[] = {
		{"moved", "HTTP/1.1 301 Moved\r\nLocation: file:///etc/passwd\r\n\r\n",
			"!HTTP status 301"},
		{"not there", "HTTP/1.1 404 Not Found\r\nContent-Length: 1\r\n\r\na",
			"!HTTP status 404"},
		{"a part", "HTTP/1.1 206 Partial\r\n\r\na", "!HTTP status 206"},
		{"an interim response first",
			"HTTP/1.1 103 Early Hints\r\nContent-Length: 9\r\n\r\n" PLAIN
			"Content-Length: 1\r\n\r\na",
			"a"},
		{"compressed", PLAIN "Content-Encoding: gzip\r\n\r\n",
			"!a content coding that nobody asked for"},
		{"not compressed",
			PLAIN "Content-Encoding: identity\r\nContent-Length: "
			      "1\r\n\r\na",
			"a"},
		{"nothing", "", "!the connection ended too early"},
		{"only a head", OK "Content-Length: 1\r\n",
			"!the connection ended too early"},
		{"HTTP/2", "HTTP/2 200\r\n\r\n", "!this is not HTTP"},
		{"HTTP/0.9", "<html>\r\n", "!this is not HTTP"},
		{"SMTP", "220 mx.test ESMTP\r\n", "!this is not HTTP"},
		{"an odd code", "HTTP/1.1 2000\r\n\r\n", "!this is not HTTP"},
		{"a code of two digits", "HTTP/1.1 20\r\n\r\n", "!this is not HTTP"},
		{"no field", OK "nonsense\r\n\r\n", "!a header field is malformed"},
		{"a blank before the colon", OK "Content-Length : 1\r\n\r\na",
			"!a header field is malformed"},
		{"no name", OK ": x\r\n\r\n", "!a header field is malformed"},
		{"a folded line", OK "X: y\r\n z: a\r\n\r\n",
			"!a header field is malformed"},
		{"a CR inside", OK "X: y\rz\r\n\r\n",
			"!a control character in the header"},
		{"an escape", OK "X: \033]0;\r\n\r\n",
			"!a control character in the header"},
	};

	(void)state;
	check_all(cases, ARRAY_LEN(cases));
}

/* Feed a head, then `piece` until somebody has had enough; why. */
static void flood(const char *head, const char *piece, const char *expect)
{
	struct http_response r;
	size_t fed = 0;

	http_response_init(&r);
	(void)http_response_feed(&r, span_of(head));
	while (http_response_feed(&r, span_of(piece)) == HTTP_MORE) {
		fed += strlen(piece);
		assert_true(fed < 32 * HTTP_BODY_MAX);
	}
	assert_int_equal(r.result, HTTP_FAILED);
	assert_string_equal(r.why, expect);
	assert_true(r.body.len <= HTTP_BODY_MAX);
	http_response_release(&r);
}

static void test_floods_end(void **state)
{
	(void)state;
	flood("", "x", "a line is too long");
	flood(OK, "X: y\r\n", "the header is too large");
	flood(OK "X: ", "x", "a line is too long");
	flood("", "HTTP/1.1 100 Continue\r\n\r\n", "the header is too large");
	flood(PLAIN "\r\n", "octets", "the body is too large");
	flood(CHUNKED, "1\r\na\r\n", "the body is too large");
	flood(CHUNKED "1;", "x", "a line is too long");
	flood(CHUNKED "0\r\n", "X: y\r\n", "the header is too large");
}

static void test_a_connection_that_is_cut(void **state)
{
	struct http_response r;

	(void)state;
	http_response_init(&r);
	assert_int_equal(http_response_feed(&r, span_of(PLAIN "\r\nabc")), HTTP_MORE);
	assert_int_equal(http_response_end(&r, true), HTTP_FAILED);
	assert_string_equal(r.why, "the connection ended too early");
	http_response_release(&r);
	/* with a length it does not matter how it ends */
	http_response_init(&r);
	assert_int_equal(
		http_response_feed(&r, span_of(PLAIN "Content-Length: 1\r\n\r\na")),
		HTTP_DONE);
	assert_int_equal(http_response_end(&r, true), HTTP_DONE);
	http_response_release(&r);
}

static void test_media_types(void **state)
{
	static const struct {
		const char *field;
		const char *type;
	} cases[] = {
		{"Content-Type: text/plain\r\n", "text/plain"},
		{"Content-Type:  Text/Plain ; charset=utf-8\r\n", "text/plain"},
		{"Content-Type: text/html;x\r\n", "text/html"},
		{"Content-Type:\r\n", ""},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct http_response r;

		http_response_init(&r);
		(void)http_response_feed(&r, span_of(OK));
		(void)http_response_feed(&r, span_of(cases[i].field));
		(void)http_response_feed(&r, span_of("Content-Length: 0\r\n\r\n"));
		assert_int_equal(r.result, HTTP_DONE);
		assert_string_equal(r.type, cases[i].type);
		http_response_release(&r);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_chunks),
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_floods_end),
		cmocka_unit_test(test_a_connection_that_is_cut),
		cmocka_unit_test(test_media_types),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
