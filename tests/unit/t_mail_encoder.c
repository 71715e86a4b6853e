#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/bug.h"
#include "mail/encoder.h"

#define OUT_MAX (1024 * 1024)

/* All of `content` in pieces of `step` octets; the result is borrowed from `out`. */
static const char *encode(
	enum encoding encoding, struct span content, size_t step, struct buf *out)
{
	struct encoder e = ENCODER_INIT(encoding);

	buf_reset(out);
	while (content.len) {
		size_t before = out->len;

		encoder_add(&e, span_head(content, step), out);
		assert_true(out->len - before <= ENCODER_OUTPUT_MAX(step));
		content = span_from(content, step);
	}
	encoder_finish(&e, out);
	return buf_str(out);
}

struct row {
	const char *why;
	struct span content;
	const char *encoded;
};

static void expect(enum encoding encoding, const struct row *rows, size_t count)
{
	struct buf out = BUF_INIT(OUT_MAX);

	for (size_t i = 0; i < count; i++)
		for (size_t step = 1; step <= 200; step += step < 5 ? 1 : 65)
			if (strcmp(encode(encoding, rows[i].content, step, &out),
				    rows[i].encoded) != 0)
				fail_msg("%s (step %zu): %s", rows[i].why, step,
					buf_str(&out));
	buf_release(&out);
}

static const struct row printable[] = {
	{"nothing", SPAN_LIT(""), ""},
	{"plain", SPAN_LIT("a b\n"), "a b\r\n"},
	{"CRLF is a line end too", SPAN_LIT("a\r\nb\r\n"), "a\r\nb\r\n"},
	{"no line end stays none", SPAN_LIT("a"), "a"},
	{"'=' is escaped", SPAN_LIT("a=b"), "a=3Db"},
	{"octets over 127", SPAN_LIT("gr\xc3\xbc\xc3\x9f"), "gr=C3=BC=C3=9F"},
	{"NUL and controls", SPAN_LIT("a\0b\x7f\x1b"), "a=00b=7F=1B"},
	{"a tab stays", SPAN_LIT("a\tb"), "a\tb"},
	{"a blank at the end of a line", SPAN_LIT("a \nb\t\r\n"), "a=20\r\nb=09\r\n"},
	{"a blank at the end of all", SPAN_LIT("a "), "a=20"},
	{"blanks in a row", SPAN_LIT("a  \n"), "a =20\r\n"},
	{"a CR by itself", SPAN_LIT("a\rb"), "a=0Db"},
	{"CRs in a row", SPAN_LIT("a\r\r\nb"), "a=0D\r\nb"},
	{"a CR at the end", SPAN_LIT("a\r"), "a=0D"},
	{"a blank before a bare CR", SPAN_LIT("a \rb"), "a=20=0Db"},
	{"75 octets fit a line",
		SPAN_LIT("012345678901234567890123456789012345678901234567890123456789"
			 "012345678901234\n"),
		"012345678901234567890123456789012345678901234567890123456789"
		"012345678901234\r\n"},
	{"76 do not, for who breaks a line needs one",
		SPAN_LIT("012345678901234567890123456789012345678901234567890123456789"
			 "0123456789012345\n"),
		"012345678901234567890123456789012345678901234567890123456789"
		"012345678901234=\r\n5\r\n"},
	{"an escape is never broken",
		SPAN_LIT("012345678901234567890123456789012345678901234567890123456789"
			 "01234567890123=\n"),
		"012345678901234567890123456789012345678901234567890123456789"
		"01234567890123=\r\n=3D\r\n"},
};

static void test_quoted_printable(void **state)
{
	(void)state;
	expect(ENCODING_QUOTED_PRINTABLE, printable, ARRAY_LEN(printable));
}

static const struct row base64[] = {
	{"nothing", SPAN_LIT(""), ""},
	{"one octet", SPAN_LIT("a"), "YQ=="},
	{"two", SPAN_LIT("ab"), "YWI="},
	{"three", SPAN_LIT("abc"), "YWJj"},
	{"a NUL", SPAN_LIT("\0\0\0"), "AAAA"},
	{"57 octets fill a line",
		SPAN_LIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
		"YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh"
		"YWFh"},
	{"58 begin another",
		SPAN_LIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"),
		"YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh"
		"YWFh"
		"\r\nYg=="},
};

static void test_base64(void **state)
{
	(void)state;
	expect(ENCODING_BASE64, base64, ARRAY_LEN(base64));
}

static void test_7bit(void **state)
{
	static const struct row rows[] = {
		{"as it is", SPAN_LIT("a \nb\r\n = "), "a \nb\r\n = "}};

	(void)state;
	expect(ENCODING_7BIT, rows, ARRAY_LEN(rows));
}

static void test_no_line_is_longer_than_76(void **state)
{
	struct buf out = BUF_INIT(OUT_MAX);
	unsigned char octets[4096];
	struct span rest, line;

	(void)state;
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (unsigned char)(i * 2654435761U >> 13 | 0x80);
	for (int e = ENCODING_QUOTED_PRINTABLE; e <= ENCODING_BASE64; e++) {
		(void)encode((enum encoding)e,
			(struct span){(const char *)octets, sizeof(octets)}, 100, &out);
		rest = buf_span(&out);
		while (span_cut(&rest, '\n', &line))
			assert_true(span_trim(line).len <= ENCODER_LINE_MAX);
	}
	buf_release(&out);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(encoding_name(ENCODING_7BIT), "7bit");
	assert_string_equal(encoding_name(ENCODING_QUOTED_PRINTABLE), "quoted-printable");
	assert_string_equal(encoding_name(ENCODING_BASE64), "base64");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quoted_printable),
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_7bit),
		cmocka_unit_test(test_no_line_is_longer_than_76),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
