#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/bug.h"
#include "mail/mime_codec.h"

#define OUT_MAX (64 * 1024)

#define X10 "xxxxxxxxxx"
#define X70 X10 X10 X10 X10 X10 X10 X10

static void run(enum mime_coding coding, struct span in, size_t step, bool is_delimited,
	struct buf *out)
{
	struct mime_coder c;

	mime_coder_begin(&c, coding);
	for (; in.len; in = span_from(in, step))
		mime_coder_add(&c, span_head(in, step), out);
	mime_coder_finish(&c, is_delimited, out);
}

struct codec_case {
	const char *why;
	enum mime_coding coding;
	struct span in;
	struct span out;
	bool is_delimited;
};

static void expect(const struct codec_case *k)
{
	struct buf out = BUF_INIT(OUT_MAX);

	for (size_t step = 1; step <= k->in.len + 1; step++) {
		buf_reset(&out);
		run(k->coding, k->in, step, k->is_delimited, &out);
		if (!span_eq(buf_span(&out), k->out))
			fail_msg("%s, by %zu octets: '%s'", k->why, step, buf_str(&out));
	}
	buf_release(&out);
}

static void quoted_printable_is_as_it_should_be(void **state)
{
	static const struct codec_case cases[] = {
		{"nothing", MIME_CODING_QP, SPAN_LIT(""), SPAN_LIT(""), false},
		{"text stays", MIME_CODING_QP, SPAN_LIT("a b\tc\r\n\r\n-- x\r\n"),
			SPAN_LIT("a b\tc\r\n\r\n-- x\r\n"), true},
		{"what is not text", MIME_CODING_QP, SPAN_LIT("=\xc3\xbc\x7f\x01\0\r\n"),
			SPAN_LIT("=3D=C3=BC=7F=01=00\r\n"), false},
		{"a blank at the end of a line", MIME_CODING_QP,
			SPAN_LIT("a \r\nb\t\r\n  \r\nc  d\r\n"),
			SPAN_LIT("a=20\r\nb=09\r\n =20\r\nc  d\r\n"), false},
		{"a blank at the end of all", MIME_CODING_QP, SPAN_LIT("a "),
			SPAN_LIT("a=20"), false},
		{"bare CR and LF", MIME_CODING_QP, SPAN_LIT("a\rb\nc\r\r\nd \r"),
			SPAN_LIT("a=0Db=0Ac=0D\r\nd =0D"), false},
		{"75 octets fit", MIME_CODING_QP, SPAN_LIT(X70 "12345\r\n"),
			SPAN_LIT(X70 "12345\r\n"), false},
		{"77 do not", MIME_CODING_QP, SPAN_LIT(X70 "1234567\r\n"),
			SPAN_LIT(X70 "12345=\r\n67\r\n"), false},
		{"an escape is not torn", MIME_CODING_QP, SPAN_LIT(X70 "123\xfc\r\n"),
			SPAN_LIT(X70 "123=\r\n=FC\r\n"), false},
		{"a soft break makes no delimiter", MIME_CODING_QP,
			SPAN_LIT(X70 "12345--b\r\n"), SPAN_LIT(X70 "12345=\r\n=2D-b\r\n"),
			false},
		{"nor a line of an mbox", MIME_CODING_QP, SPAN_LIT(X70 "12345From \r\n"),
			SPAN_LIT(X70 "12345=\r\n=46rom=20\r\n"), false},
		{"mended: what is escaped stays", MIME_CODING_QP_MENDED,
			SPAN_LIT("=C3=bc=\r\n= x \r\n\xfc\0\r\n"),
			SPAN_LIT("=C3=bc=\r\n= x \r\n=FC=00\r\n"), false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		expect(&cases[i]);
}

static void mended_lines_are_broken_where_they_have_to_be(void **state)
{
	struct buf in = BUF_INIT(OUT_MAX), out = BUF_INIT(OUT_MAX),
		   want = BUF_INIT(OUT_MAX);

	(void)state;
	for (size_t i = 0; i < 331; i++)
		buf_add_str(&in, "=C3");
	buf_add_str(&in, "abc=C3=BC\r\n");
	for (size_t i = 0; i < 331; i++)
		buf_add_str(&want, "=C3");
	/* 993 octets; "abc" makes 996, the next three would be one too many */
	buf_add_str(&want, "abc=\r\n=C3=BC\r\n");
	for (size_t step = 1; step < 1100; step += 13) {
		buf_reset(&out);
		run(MIME_CODING_QP_MENDED, buf_span(&in), step, false, &out);
		assert_string_equal(buf_str(&out), buf_str(&want));
	}
	buf_release(&in);
	buf_release(&out);
	buf_release(&want);
}

static void base64_is_as_it_should_be(void **state)
{
	static const struct codec_case cases[] = {
		{"nothing", MIME_CODING_BASE64, SPAN_LIT(""), SPAN_LIT(""), false},
		{"a line end is content", MIME_CODING_BASE64, SPAN_LIT("abc\r\n"),
			SPAN_LIT("YWJjDQo=\r\n"), false},
		{"or the delimiter's", MIME_CODING_BASE64, SPAN_LIT("abc\r\n"),
			SPAN_LIT("YWJj\r\n"), true},
		{"the last one only", MIME_CODING_BASE64, SPAN_LIT("abc\r\n\r\n"),
			SPAN_LIT("YWJjDQo=\r\n"), true},
		{"a CR alone is content", MIME_CODING_BASE64, SPAN_LIT("ab\r"),
			SPAN_LIT("YWIN\r\n"), true},
		{"lines of 76", MIME_CODING_BASE64,
			SPAN_LIT("0123456789012345678901234567890123456789012345678901234"
				 "56789"),
			SPAN_LIT("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OT"
				 "AxMjM0NTY3ODkwMTIzNDU2\r\nNzg5\r\n"),
			true},
		{"mended: only the alphabet", MIME_CODING_BASE64_MENDED,
			SPAN_LIT("YWJj\r\n \xff"
				 "DQo\0=\r\n"),
			SPAN_LIT("YWJjDQo=\r\n"), true},
		{"mended: 76 is a line", MIME_CODING_BASE64_MENDED,
			SPAN_LIT(X70 "123456\r\n!!"), SPAN_LIT(X70 "123456\r\n"), false},
		{"mended: 77 are two", MIME_CODING_BASE64_MENDED, SPAN_LIT(X70 "1234567"),
			SPAN_LIT(X70 "123456\r\n7\r\n"), false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		expect(&cases[i]);
}

static void nothing_is_done_where_nothing_is_to_be_done(void **state)
{
	static const struct codec_case k = {"raw", MIME_CODING_NONE,
		SPAN_LIT("a \r\n\0=\xff\r\n"), SPAN_LIT("a \r\n\0=\xff\r\n"), true};

	(void)state;
	expect(&k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quoted_printable_is_as_it_should_be),
		cmocka_unit_test(mended_lines_are_broken_where_they_have_to_be),
		cmocka_unit_test(base64_is_as_it_should_be),
		cmocka_unit_test(nothing_is_done_where_nothing_is_to_be_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
