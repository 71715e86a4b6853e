#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "smtp/body.h"

#define OUT_MAX (16 * 1024 * 1024)

static void encode(struct span content, size_t piece, struct buf *out)
{
	struct smtp_body b = SMTP_BODY_INIT;

	buf_reset(out);
	while (content.len) {
		smtp_body_encode(&b, span_head(content, piece), out);
		content = span_from(content, piece);
	}
	smtp_body_finish(&b, out);
}

static const struct {
	const char *why;
	struct span content;
	const char *wire;
} cases[] = {
	{"nothing", SPAN_LIT(""), ".\r\n"},
	{"a line", SPAN_LIT("a\r\n"), "a\r\n.\r\n"},
	{"dots", SPAN_LIT(".\r\n..\r\na.\r\n.a\r\n"), "..\r\n...\r\na.\r\n..a\r\n.\r\n"},
	{"empty lines", SPAN_LIT("\r\n\r\n.\r\n\r\n"), "\r\n\r\n..\r\n\r\n.\r\n"},
	{"no line end", SPAN_LIT("a\r\nb"), "a\r\nb\r\n.\r\n"},
	{"a dot without line end", SPAN_LIT("."), "..\r\n.\r\n"},
	{"CR at the end", SPAN_LIT("a\r"), "a\r\n.\r\n"},
	{"only CR", SPAN_LIT("\r"), "\r\n.\r\n"},
	{"only LF", SPAN_LIT("\n"), "\r\n.\r\n"},
	{"bare LF", SPAN_LIT("a\nb\r\n"), "a\r\nb\r\n.\r\n"},
	{"LF LF", SPAN_LIT("a\n\nb\r\n"), "a\r\n\r\nb\r\n.\r\n"},
	{"bare CR", SPAN_LIT("a\rb\r\n"), "a b\r\n.\r\n"},
	{"CR CR LF", SPAN_LIT("a\r\r\nb\r\n"), "a \r\nb\r\n.\r\n"},
	{"CR CR CR", SPAN_LIT("\r\r\r"), "  \r\n.\r\n"},
	{"LF . CRLF", SPAN_LIT("a\n.\r\nb\r\n"), "a\r\n..\r\nb\r\n.\r\n"},
	{"LF . LF", SPAN_LIT("a\n.\nb\r\n"), "a\r\n..\r\nb\r\n.\r\n"},
	{"CRLF . LF", SPAN_LIT("a\r\n.\nb\r\n"), "a\r\n..\r\nb\r\n.\r\n"},
	{"CRLF . CR", SPAN_LIT("a\r\n.\rb\r\n"), "a\r\n.. b\r\n.\r\n"},
	{"CR . CR", SPAN_LIT("a\r.\rb\r\n"), "a . b\r\n.\r\n"},
	{"CR then dot", SPAN_LIT("\r.\r\n"), " .\r\n.\r\n"},
};

static void test_cases(void **state)
{
	struct buf out = BUF_INIT(OUT_MAX);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("# %s\n", cases[i].why);
		for (size_t piece = 1; piece < 30; piece++) {
			encode(cases[i].content, piece, &out);
			assert_string_equal(buf_str(&out), cases[i].wire);
		}
	}
	buf_release(&out);
}

/* ^([^\r\n]*\r\n)*$, the last line and only that one being a dot. */
static bool is_ended_by_one_dot(struct span s)
{
	struct span line;

	while (s.len) {
		ptrdiff_t end = span_find(s, '\n');

		if (end < 1 || s.data[end - 1] != '\r')
			return false;
		line = span_head(s, (size_t)end - 1);
		s = span_from(s, (size_t)end + 1);
		if (span_find(line, '\r') >= 0 || span_is(line, ".") != (s.len == 0))
			return false;
	}
	return true;
}

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1103515245U + 12345U;
	return *seed >> 16;
}

static void test_anything_ends_with_the_only_dot(void **state)
{
	static const char octets[] = ".\r\na";
	struct buf content = BUF_INIT(OUT_MAX), out = BUF_INIT(OUT_MAX);
	struct buf other = BUF_INIT(OUT_MAX);
	uint32_t seed = 5;

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		buf_reset(&content);
		for (uint32_t n = next_random(&seed) % 24; n > 0; n--)
			buf_add_char(&content, octets[next_random(&seed) % 4]);
		encode(buf_span(&content), SIZE_MAX, &out);
		assert_true(is_ended_by_one_dot(buf_span(&out)));
		assert_true(out.len <= 2 * content.len + 5);
		encode(buf_span(&content), 1 + next_random(&seed) % 5, &other);
		assert_true(span_eq(buf_span(&out), buf_span(&other)));
	}
	buf_release(&content);
	buf_release(&out);
	buf_release(&other);
}

static void test_unstuffing_gives_the_content_back(void **state)
{
	static const char *const lines[] = {".", "..", "", "a", ".b", "c.", "long line"};
	struct buf content = BUF_INIT(OUT_MAX), out = BUF_INIT(OUT_MAX);
	struct buf back = BUF_INIT(OUT_MAX);
	struct span rest, line;
	uint32_t seed = 9;

	(void)state;
	for (unsigned i = 0; i < 100000; i++) {
		buf_add_str(&content, lines[next_random(&seed) % ARRAY_LEN(lines)]);
		buf_add_str(&content, "\r\n");
	}
	encode(buf_span(&content), 65536, &out);
	rest = buf_span(&out);
	while (span_cut(&rest, '\n', &line) && !span_is(line, ".\r")) {
		buf_add_span(&back, span_from(line, span_starts(line, ".")));
		buf_add_char(&back, '\n');
	}
	assert_true(span_eq(buf_span(&back), buf_span(&content)));
	buf_release(&content);
	buf_release(&out);
	buf_release(&back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_anything_ends_with_the_only_dot),
		cmocka_unit_test(test_unstuffing_gives_the_content_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
