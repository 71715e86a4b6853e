#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/bug.h"
#include "mail/compose.h"

#define LIST_MAX 4
#define OUT_MAX  (1024 * 1024)

static void fill(struct strv *v, const char *const *items)
{
	for (size_t i = 0; i < LIST_MAX && items[i]; i++)
		strv_add(v, span_of(items[i]));
}

/* What a command line gives, and the fields that it makes; NULL: refused. */
struct row {
	const char *why;
	const char *to[LIST_MAX];
	const char *cc[LIST_MAX];
	const char *fields[LIST_MAX];
	const char *from;
	const char *subject;
	const char *header;
	enum fault_kind kind;
};

static int compose(const struct row *row, struct buf *out, struct fault *f)
{
	struct strv to = {0}, cc = {0}, fields = {0};
	struct compose_options o = {
		.to = &to,
		.cc = &cc,
		.fields = &fields,
		.from = row->from,
		.subject = row->subject,
		.domain = "client.test",
	};
	int rc;

	fill(&to, row->to);
	fill(&cc, row->cc);
	fill(&fields, row->fields);
	rc = compose_header(&o, out, f);
	strv_release(&to);
	strv_release(&cc);
	strv_release(&fields);
	return rc;
}

static const struct row headers[] = {
	{"one recipient", .to = {"a@x.test"}, .header = "To: a@x.test\r\n"},
	{"a bare name gets the domain", .to = {"root"},
		.header = "To: root@client.test\r\n"},
	{"several arguments are one field", .to = {"a@x.test", "b@y.test, c@z.test"},
		.header = "To: a@x.test, b@y.test, c@z.test\r\n"},
	{"a name is kept", .to = {"Ann Lee <a@x.test>"},
		.header = "To: Ann Lee <a@x.test>\r\n"},
	{"a quoted name", .to = {"\"Lee, Ann\" <a@x.test>, b@y.test"},
		.header = "To: \"Lee, Ann\" <a@x.test>, b@y.test\r\n"},
	{"dots in a name", .to = {"Mr. J. Doe <j@x.test>"},
		.header = "To: \"Mr. J. Doe\" <j@x.test>\r\n"},
	{"a name outside ASCII", .to = {"J\xc3\xbcrgen <j@x.test>"},
		.header = "To: =?UTF-8?Q?J=C3=BCrgen?= <j@x.test>\r\n"},
	{"a comment goes", .to = {"a@x.test (Ann)"}, .header = "To: a@x.test\r\n"},
	{"a group is its members", .to = {"Team: Ann <a@x.test>, b@y.test;, c@z.test"},
		.header = "To: Ann <a@x.test>, b@y.test, c@z.test\r\n"},
	{"an empty group is nobody", .to = {"x:;, a@x.test"},
		.header = "To: a@x.test\r\n"},
	{"a route is cut off", .to = {"Ann <@r.test:a@x.test>"},
		.header = "To: Ann <a@x.test>\r\n"},
	{"an encoded-word stays one", .to = {"=?UTF-8?Q?J?= <a@x.test>"},
		.header = "To: =?UTF-8?Q?J?= <a@x.test>\r\n"},
	{"Cc", .to = {"a@x.test"}, .cc = {"b@y.test", "Cy <c@z.test>"},
		.header = "To: a@x.test\r\nCc: b@y.test, Cy <c@z.test>\r\n"},
	{"nobody to be seen", .header = "To: undisclosed-recipients:;\r\n"},
	{"From with a name", .to = {"a@x.test"}, .from = "\"B. A. Up\" <backup@x.test>",
		.header = "From: \"B. A. Up\" <backup@x.test>\r\nTo: a@x.test\r\n"},
	{"a bare From", .to = {"a@x.test"}, .from = "backup",
		.header = "From: backup@client.test\r\nTo: a@x.test\r\n"},
	{"a subject", .to = {"a@x.test"}, .subject = "disk full",
		.header = "To: a@x.test\r\nSubject: disk full\r\n"},
	{"an empty subject is none", .to = {"a@x.test"}, .subject = " ",
		.header = "To: a@x.test\r\n"},
	{"a subject outside ASCII", .to = {"a@x.test"},
		.subject = "Gr\xc3\xbc\xc3\x9f"
			   "e",
		.header = "To: a@x.test\r\nSubject: =?UTF-8?Q?Gr=C3=BC=C3=9Fe?=\r\n"},
	{"a subject that is not UTF-8", .to = {"a@x.test"}, .subject = "Gr\xfc",
		.header = "To: a@x.test\r\nSubject: =?unknown-8bit?Q?Gr=FC?=\r\n"},
	{"a subject cannot add a field", .to = {"a@x.test"},
		.subject = "x\r\nBcc: evil@x.test\ty",
		.header = "To: a@x.test\r\nSubject: x  Bcc: evil@x.test y\r\n"},
	{"a subject is not decoded", .to = {"a@x.test"}, .subject = "=?UTF-8?Q?x?=",
		.header = "To: a@x.test\r\n"
			  "Subject: =?UTF-8?Q?=3D=3FUTF-8=3FQ=3Fx=3F=3D?=\r\n"},
	{"a field", .to = {"a@x.test"}, .fields = {"Reply-To: b@y.test", "X-A:b"},
		.header = "To: a@x.test\r\nReply-To: b@y.test\r\nX-A: b\r\n"},
	{"a field outside ASCII", .to = {"a@x.test"}, .fields = {"X-A: \xc3\xbc"},
		.header = "To: a@x.test\r\nX-A: =?UTF-8?Q?=C3=BC?=\r\n"},

	{"an address that is none", .to = {"a@"}, .kind = FAULT_DATA},
	{"a line break in a recipient", .to = {"a@x.test\r\nBcc: b@y.test"},
		.kind = FAULT_DATA},
	{"a From that is none", .to = {"a@x.test"}, .from = "a b c", .kind = FAULT_DATA},
	{"a field without a colon", .to = {"a@x.test"}, .fields = {"X-A"},
		.kind = FAULT_DATA},
	{"a field without a name", .to = {"a@x.test"}, .fields = {": b"},
		.kind = FAULT_DATA},
	{"two fields in one", .to = {"a@x.test"}, .fields = {"X-A: b\nBcc: evil@x.test"},
		.kind = FAULT_DATA},
	{"a field that has an option", .to = {"a@x.test"}, .fields = {"bcc: b@y.test"},
		.kind = FAULT_USAGE},
	{"a field that is made here", .to = {"a@x.test"},
		.fields = {"content-type : text/html"}, .kind = FAULT_USAGE},
};

static void test_headers(void **state)
{
	struct buf out = BUF_INIT(2 * COMPOSE_HEADER_MAX);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		const struct row *row = &headers[i];
		struct fault f = {0};
		struct buf want = BUF_INIT(4096);
		int rc;

		buf_reset(&out);
		rc = compose(row, &out, &f);
		if (rc == 0 && !row->header)
			fail_msg("%s is not refused: %s", row->why, buf_str(&out));
		if (rc < 0 && (row->header || f.kind != row->kind))
			fail_msg("%s: %s", row->why, f.text);
		if (row->header) {
			buf_addf(&want, "%sMIME-Version: 1.0\r\n", row->header);
			if (!span_eq(buf_span(&out), buf_span(&want)))
				fail_msg("%s: %s", row->why, buf_str(&out));
		}
		buf_release(&want);
	}
	buf_release(&out);
}

static void assert_lines_fit(struct span text)
{
	struct span line;

	while (span_cut(&text, '\n', &line))
		assert_true(line.len <= 998 + 1);
}

static void test_long_values_are_folded(void **state)
{
	struct buf out = BUF_INIT(2 * COMPOSE_HEADER_MAX);
	struct buf word = BUF_INIT(200 * 1024);
	struct row row = {.to = {"a@x.test"}};
	struct fault f;

	(void)state;
	for (int i = 0; i < 100 * 1024; i++)
		buf_add_char(&word, 'x');
	row.subject = buf_str(&word);
	assert_int_equal(compose(&row, &out, &f), 0);
	assert_lines_fit(buf_span(&out));
	for (int i = 0; i < 100 * 1024; i += 2)
		word.data[i] = ' ';
	buf_reset(&out);
	assert_int_equal(compose(&row, &out, &f), 0);
	assert_lines_fit(buf_span(&out));
	buf_release(&word);
	buf_release(&out);
}

static void test_a_header_has_a_limit(void **state)
{
	struct buf out = BUF_INIT(2 * COMPOSE_HEADER_MAX);
	struct buf word = BUF_INIT(2 * COMPOSE_HEADER_MAX);
	struct row row = {.to = {"a@x.test"}};
	struct fault f;

	(void)state;
	while (word.len < COMPOSE_HEADER_MAX)
		buf_add_str(&word, "word ");
	buf_truncate(&word, COMPOSE_HEADER_MAX - 10);
	row.subject = buf_str(&word);
	assert_int_equal(compose(&row, &out, &f), -1);
	assert_int_equal(f.kind, FAULT_DATA);
	buf_release(&word);
	buf_release(&out);
}

static void test_encoding_of_text(void **state)
{
	static const struct {
		const char *why;
		struct span start;
		bool is_whole;
		enum mime_coding coding;
		const char *charset;
	} rows[] = {
		{"nothing", SPAN_LIT(""), true, MIME_CODING_NONE, "us-ascii"},
		{"ASCII", SPAN_LIT("a\r\nb\n"), true, MIME_CODING_NONE, "us-ascii"},
		{"UTF-8", SPAN_LIT("\xc3\xbc\n"), true, MIME_CODING_QP, "utf-8"},
		{"neither", SPAN_LIT("\xfc\n"), true, MIME_CODING_QP, "unknown-8bit"},
		{"a character cut off for good", SPAN_LIT("\xc3"), true, MIME_CODING_QP,
			"unknown-8bit"},
		{"a character that goes on", SPAN_LIT("ab\xe2\x82"), false,
			MIME_CODING_QP, "utf-8"},
		{"the first octet of four", SPAN_LIT("ab\xf0"), false, MIME_CODING_QP,
			"utf-8"},
		{"four octets", SPAN_LIT("ab\xf0\x9f\x98\x80"), false, MIME_CODING_QP,
			"utf-8"},
		{"three of four", SPAN_LIT("ab\xf0\x9f\x98"), false, MIME_CODING_QP,
			"utf-8"},
		{"continuations of nothing", SPAN_LIT("ab\x80\x80\x80\x80"), false,
			MIME_CODING_QP, "unknown-8bit"},
		{"an octet of no character", SPAN_LIT("\xfc ab"), false, MIME_CODING_QP,
			"unknown-8bit"},
		{"ASCII so far", SPAN_LIT("ab"), false, MIME_CODING_QP, "utf-8"},
		{"a NUL", SPAN_LIT("a\0b"), true, MIME_CODING_QP, "us-ascii"},
		{"a bare CR", SPAN_LIT("a\rb"), true, MIME_CODING_QP, "us-ascii"},
		{"a CR at the end", SPAN_LIT("a\r"), true, MIME_CODING_QP, "us-ascii"},
		{"the boundary", SPAN_LIT("x\n--=_B0UND--\n"), true, MIME_CODING_QP,
			"us-ascii"},
	};
	const struct compose_options o = {.boundary = "B0UND"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *charset;

		if (compose_choose(&o, rows[i].start, rows[i].is_whole, &charset) !=
				rows[i].coding ||
			strcmp(charset, rows[i].charset) != 0)
			fail_msg("%s: %s", rows[i].why, charset);
	}
}

static void test_a_long_line_is_encoded(void **state)
{
	const struct compose_options o = {0};
	const char *charset;
	char line[1000];

	(void)state;
	memset(line, 'x', sizeof(line));
	line[998] = '\n';
	assert_int_equal(compose_choose(&o, (struct span){line, 999}, true, &charset),
		MIME_CODING_NONE);
	line[998] = 'x';
	line[999] = '\n';
	assert_int_equal(compose_choose(&o, (struct span){line, 1000}, true, &charset),
		MIME_CODING_QP);
}

static void test_a_text_alone(void **state)
{
	struct compose_part part;
	struct buf out = BUF_INIT(4096);
	const struct compose_options plain = {0};
	const struct compose_options html = {.is_html = true};

	(void)state;
	compose_text(&plain, MIME_CODING_NONE, "us-ascii", &part, &out);
	compose_end(&plain, &out);
	compose_text(&html, MIME_CODING_QP, "utf-8", &part, &out);
	assert_string_equal(buf_str(&out),
		"Content-Type: text/plain; charset=us-ascii\r\n"
		"Content-Transfer-Encoding: 7bit\r\n\r\n"
		"Content-Type: text/html; charset=utf-8\r\n"
		"Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	buf_release(&out);
}

static void test_parts(void **state)
{
	struct compose_part part;
	struct buf out = BUF_INIT(4096);
	const struct compose_options o = {.boundary = "B"};

	(void)state;
	compose_text(&o, MIME_CODING_NONE, "us-ascii", &part, &out);
	buf_add_str(&out, "text\r\n");
	compose_attachment(
		&o, SPAN_LIT("a \"b\\.txt"), "text/plain", SPAN_LIT("x"), &part, &out);
	compose_attachment(&o, SPAN_LIT("\xc3\xbc.txt"), "text/plain", SPAN_LIT("\xfc x"),
		&part, &out);
	compose_end(&o, &out);
	assert_string_equal(buf_str(&out),
		"Content-Type: multipart/mixed; boundary=\"=_B\"\r\n"
		"Content-Transfer-Encoding: 7bit\r\n"
		"\r\n--=_B\r\n"
		"Content-Type: text/plain; charset=us-ascii\r\n"
		"Content-Transfer-Encoding: 7bit\r\n\r\n"
		"text\r\n"
		"\r\n--=_B\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: base64\r\n"
		"Content-Disposition: attachment;\r\n"
		" filename=\"a \\\"b\\\\.txt\"\r\n\r\n"
		"\r\n--=_B\r\n"
		"Content-Type: text/plain\r\n"
		"Content-Transfer-Encoding: base64\r\n"
		"Content-Disposition: attachment;\r\n"
		" filename*=utf-8''%C3%BC.txt\r\n\r\n"
		"\r\n--=_B--\r\n");
	buf_release(&out);
}

static void test_long_and_odd_file_names(void **state)
{
	struct compose_part part;
	struct buf out = BUF_INIT(16384);
	const struct compose_options o = {.boundary = "B"};
	char name[255];

	(void)state;
	memset(name, 'n', sizeof(name));
	compose_attachment(&o, (struct span){name, sizeof(name)}, "image/png",
		SPAN_LIT(""), &part, &out);
	assert_non_null(strstr(buf_str(&out), "\r\n filename*0*=utf-8''nnn"));
	assert_non_null(strstr(buf_str(&out), "n;\r\n filename*1*=nnn"));
	buf_reset(&out);
	compose_attachment(
		&o, SPAN_LIT("a\r\nb\xff"), "image/png", SPAN_LIT(""), &part, &out);
	assert_non_null(strstr(buf_str(&out), " filename*=''a%0D%0Ab%FF\r\n"));
	buf_release(&out);
}

/* All of `content` in pieces of `step` octets; the result is borrowed from `out`. */
static const char *encode(
	enum mime_coding coding, struct span content, size_t step, struct buf *out)
{
	const struct compose_options o = {.boundary = "B"};
	struct compose_part part;

	if (coding == MIME_CODING_BASE64)
		compose_attachment(&o, SPAN_LIT("x"), "a/b", SPAN_NONE, &part, out);
	else
		compose_text(&o, coding, "utf-8", &part, out);
	buf_reset(out);
	while (content.len) {
		size_t before = out->len;

		compose_add(&part, span_head(content, step), out);
		assert_true(out->len - before <= COMPOSE_CONTENT_MAX(step));
		content = span_from(content, step);
	}
	compose_finish(&part, out);
	return buf_str(out);
}

struct content_row {
	const char *why;
	struct span content;
	const char *encoded;
};

static void expect_content(
	enum mime_coding coding, const struct content_row *rows, size_t count)
{
	struct buf out = BUF_INIT(OUT_MAX);

	for (size_t i = 0; i < count; i++)
		for (size_t step = 1; step <= 200; step += step < 5 ? 1 : 65)
			if (strcmp(encode(coding, rows[i].content, step, &out),
				    rows[i].encoded) != 0)
				fail_msg("%s (step %zu): %s", rows[i].why, step,
					buf_str(&out));
	buf_release(&out);
}

static const struct content_row printable[] = {
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
	{"a blank before a bare CR", SPAN_LIT("a \rb"), "a =0Db"},
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

static void test_content_in_quoted_printable(void **state)
{
	(void)state;
	expect_content(MIME_CODING_QP, printable, ARRAY_LEN(printable));
}

static const struct content_row base64[] = {
	{"nothing", SPAN_LIT(""), ""},
	{"one octet", SPAN_LIT("a"), "YQ==\r\n"},
	{"two", SPAN_LIT("ab"), "YWI=\r\n"},
	{"three", SPAN_LIT("abc"), "YWJj\r\n"},
	{"a NUL", SPAN_LIT("\0\0\0"), "AAAA\r\n"},
	{"57 octets fill a line",
		SPAN_LIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
		"YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh"
		"YWFh\r\n"},
	{"58 begin another",
		SPAN_LIT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"),
		"YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFh"
		"YWFh"
		"\r\nYg==\r\n"},
};

static void test_content_in_base64(void **state)
{
	(void)state;
	expect_content(MIME_CODING_BASE64, base64, ARRAY_LEN(base64));
}

static void test_content_as_it_is(void **state)
{
	static const struct content_row rows[] = {{"as it is but for line ends",
		SPAN_LIT("a \nb\r\n = "), "a \r\nb\r\n = "}};

	(void)state;
	expect_content(MIME_CODING_NONE, rows, ARRAY_LEN(rows));
}

static void test_no_line_is_longer_than_76(void **state)
{
	struct buf out = BUF_INIT(OUT_MAX);
	unsigned char octets[4096];
	struct span rest, line;

	(void)state;
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (unsigned char)(i * 2654435761U >> 13 | 0x80);
	for (int e = MIME_CODING_QP; e <= MIME_CODING_BASE64;
		e += MIME_CODING_BASE64 - MIME_CODING_QP) {
		(void)encode((enum mime_coding)e,
			(struct span){(const char *)octets, sizeof(octets)}, 100, &out);
		rest = buf_span(&out);
		while (span_cut(&rest, '\n', &line))
			assert_true(span_trim(line).len <= 76);
	}
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_long_values_are_folded),
		cmocka_unit_test(test_a_header_has_a_limit),
		cmocka_unit_test(test_encoding_of_text),
		cmocka_unit_test(test_a_long_line_is_encoded),
		cmocka_unit_test(test_a_text_alone),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_long_and_odd_file_names),
		cmocka_unit_test(test_content_as_it_is),
		cmocka_unit_test(test_content_in_quoted_printable),
		cmocka_unit_test(test_content_in_base64),
		cmocka_unit_test(test_no_line_is_longer_than_76),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
