#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/bug.h"
#include "mail/mime_header.h"

#define OUT_MAX (1024 * 1024)

/* bücher.test is known, nothing else */
static bool to_ascii(struct span domain, struct buf *out)
{
	if (!span_is(domain, "b\xc3\xbc"
			     "cher.test"))
		return false;
	buf_add_str(out, "xn--bcher-kva.test");
	return true;
}

static const struct mime_target seven_bits = {.domain_to_ascii = to_ascii};

/* The first field of `text`, made fit. */
static bool add_fit(struct buf *out, struct span text, const struct mime_target *target)
{
	struct header_field field;

	assert_true(header_next(&text, &field));
	return mime_header_add_fit(out, &field, target);
}

struct field_case {
	const char *why;
	struct span in;
	struct span out;
	bool needs_utf8;
};

static void expect(const struct field_case *cases, size_t count)
{
	struct buf out = BUF_INIT(OUT_MAX);

	for (size_t i = 0; i < count; i++) {
		bool is_fine;

		buf_reset(&out);
		is_fine = add_fit(&out, cases[i].in, &seven_bits);
		if (!span_eq(buf_span(&out), cases[i].out))
			fail_msg("%s: '%s'", cases[i].why, buf_str(&out));
		if (is_fine == cases[i].needs_utf8)
			fail_msg("%s: needs UTF-8", cases[i].why);
	}
	buf_release(&out);
}

static void text_becomes_encoded_words(void **state)
{
	static const struct field_case cases[] = {
		{"one word of several", SPAN_LIT("Subject: Re: gr\xc3\xbcn und gut\r\n"),
			SPAN_LIT("Subject: Re: =?UTF-8?Q?gr=C3=BCn?= und gut\r\n"),
			false},
		{"blanks between encoded words are in them",
			SPAN_LIT("Subject: \xc3\xa4  \xc3\xb6\r\n"),
			SPAN_LIT("Subject: =?UTF-8?Q?=C3=A4__=C3=B6?=\r\n"), false},
		{"blanks between others stay", SPAN_LIT("Subject: a  b\t c \xc3\xa4\r\n"),
			SPAN_LIT("Subject: a  b\t c =?UTF-8?Q?=C3=A4?=\r\n"), false},
		{"beside a word that is encoded already",
			SPAN_LIT("Subject: =?utf-8?Q?a?= \xc3\xa4 =?utf-8?Q?b?=\r\n"),
			SPAN_LIT("Subject: =?utf-8?Q?a?= =?UTF-8?Q?_=C3=A4_?= "
				 "=?utf-8?Q?b?=\r\n"),
			false},
		{"not UTF-8", SPAN_LIT("X-Foo: caf\xe9\r\n"),
			SPAN_LIT("X-Foo: =?unknown-8bit?Q?caf=E9?=\r\n"), false},
		{"a NUL", SPAN_LIT("Subject: a\0b c\r\n"),
			SPAN_LIT("Subject: =?UTF-8?Q?a=00b?= c\r\n"), false},
		{"folds are made anew", SPAN_LIT("Subject: a\r\n b\r\n\t\xc3\xa4\r\n"),
			SPAN_LIT("Subject: a b\t=?UTF-8?Q?=C3=A4?=\r\n"), false},
	};

	(void)state;
	expect(cases, ARRAY_LEN(cases));
}

static void addresses_keep_their_form(void **state)
{
	static const struct field_case cases[] = {
		{"a phrase", SPAN_LIT("From: Hans M\xc3\xbcller <a@x.test>\r\n"),
			SPAN_LIT("From: Hans =?UTF-8?Q?M=C3=BCller?= <a@x.test>\r\n"),
			false},
		{"a quoted one",
			SPAN_LIT("To: \"M\xc3\xbcller, \\\"H\\\"\"<a@x.test>\r\n"),
			SPAN_LIT("To: =?UTF-8?Q?M=C3=BCller=2C_=22H=22?= <a@x.test>\r\n"),
			false},
		{"a comment in a comment",
			SPAN_LIT("Cc: a@x.test (K\xc3\xa4se (\xc3\xa4) x)\r\n"),
			SPAN_LIT("Cc: a@x.test (=?UTF-8?Q?K=C3=A4se?= "
				 "(=?UTF-8?Q?=C3=A4?=) x)\r\n"),
			false},
		{"a group", SPAN_LIT("To: Fr\xc3\xbch: a@x.test,b@x.test;, c@x.test\r\n"),
			SPAN_LIT("To: =?UTF-8?Q?Fr=C3=BCh?= : a@x.test,b@x.test;, "
				 "c@x.test\r\n"),
			false},
		{"a domain",
			SPAN_LIT("To: a@b\xc3\xbc"
				 "cher.test, <b@b\xc3\xbc"
				 "cher.test>\r\n"),
			SPAN_LIT("To: a@xn--bcher-kva.test, <b@xn--bcher-kva.test>\r\n"),
			false},
		{"a local part in quotes, its domain",
			SPAN_LIT("To: \"a b\"@b\xc3\xbc"
				 "cher.test\r\n"),
			SPAN_LIT("To: \"a b\"@xn--bcher-kva.test\r\n"), false},
		{"a local part", SPAN_LIT("To: \xc3\xbc@x.test\r\n"),
			SPAN_LIT("To: =?UTF-8?Q?=C3=BC=40x=2Etest?=\r\n"), true},
		{"one in quotes", SPAN_LIT("To: <\"\xc3\xbc\"@x.test>\r\n"),
			SPAN_LIT("To: < =?UTF-8?Q?=22=C3=BC=22?= @x.test>\r\n"), true},
		{"one that is not even UTF-8", SPAN_LIT("To: <\xfc@x.test>\r\n"),
			SPAN_LIT("To: < =?unknown-8bit?Q?=FC=40x=2Etest?= >\r\n"), false},
		{"no address at all",
			SPAN_LIT("To: alle K\xc3\xb6"
				 "che\r\n"),
			SPAN_LIT("To: alle =?UTF-8?Q?K=C3=B6che?=\r\n"), false},
		{"a quote that is never closed",
			SPAN_LIT("To: \"\xc3\xbc <a@x.test>\r\n"),
			SPAN_LIT("To: \" =?UTF-8?Q?=C3=BC?= <a@x.test>\r\n"), false},
	};

	(void)state;
	expect(cases, ARRAY_LEN(cases));
}

static void parameters_are_extended(void **state)
{
	static const struct field_case cases[] = {
		{"a file name",
			SPAN_LIT("Content-Disposition: attachment; "
				 "filename=\"\xc3\xbc b.txt\"; size=3\r\n"),
			SPAN_LIT("Content-Disposition: attachment; "
				 "filename*=utf-8''%C3%BC%20b.txt; size=3\r\n"),
			false},
		{"without quotes", SPAN_LIT("Content-Type: x/y; name=\xc3\xbc b.txt\r\n"),
			SPAN_LIT("Content-Type: x/y; name*=utf-8''%C3%BC%20b.txt\r\n"),
			false},
		{"a charset nobody knows", SPAN_LIT("Content-Type: x/y;name=\xfc\r\n"),
			SPAN_LIT("Content-Type: x/y; name*=''%FC\r\n"), false},
		{"an extended one",
			SPAN_LIT("Content-Type: x/y; name*=utf-8''\xc3\xbc%20\r\n"),
			SPAN_LIT("Content-Type: x/y; name*=utf-8''%C3%BC%20\r\n"), false},
		{"a comment", SPAN_LIT("Content-Type: x/y (\xc3\xbc); a=b;\r\n"),
			SPAN_LIT("Content-Type: x/y (=?UTF-8?Q?=C3=BC?=); a=b\r\n"),
			false},
		{"a semicolon in quotes",
			SPAN_LIT("Content-Type: x/y; a=\";\"; n=\"\xc3\xbc;\\\"\"\r\n"),
			SPAN_LIT(
				"Content-Type: x/y; a=\";\"; n*=utf-8''%C3%BC%3B%22\r\n"),
			false},
		{"quotes that hide a semicolon, where no value is",
			SPAN_LIT("Content-Type: x/ \"\xbc ;b=\"c\r\n"),
			SPAN_LIT("Content-Type: x/ "
				 "=?unknown-8bit?Q?=22=BC_=3Bb=3D=22c?=\r\n"),
			false},
		{"and a comment that does", SPAN_LIT("Content-Type: x/y(\xbc ;b=c)\r\n"),
			SPAN_LIT("Content-Type: x/y(=?unknown-8bit?Q?=BC?= ;b=c)\r\n"),
			false},
		{"an open quote is closed by none that is new",
			SPAN_LIT("Content-Type: x/y \"; a=b@c (\x01)\r\n"),
			SPAN_LIT("Content-Type: x/y =?UTF-8?Q?=22?=; a=\"b@c\"\r\n"),
			false},
		{"a value in an open quote",
			SPAN_LIT("Content-Type: x/y; n=\xc3\xbc; boundary=\"b=1\r\n"),
			SPAN_LIT("Content-Type: x/y; n*=utf-8''%C3%BC; "
				 "boundary=\"b=1\"\r\n"),
			false},
		{"an open comment that would be closed",
			SPAN_LIT("Content-Type: x/y; a (\xbc; (b;boundary=c)\r\n"),
			SPAN_LIT("Content-Type: x/y; =?unknown-8bit?Q?a_=28=BC?=; "
				 "=?UTF-8?Q?=28b?=;\r\n boundary=c)\r\n"),
			false},
		{"what is no parameter stays none",
			SPAN_LIT("Content-Type: x/y;boundary \0;boundary=\"d d\r\n"),
			SPAN_LIT("Content-Type: x/y; =?UTF-8?Q?boundary_=00?=; "
				 "boundary=\"d d\"\r\n"),
			false},
		{"a boundary that no line has goes on to hide the next",
			SPAN_LIT("Content-Type: x/y; Boundary=\0; boundary=b\r\n"),
			SPAN_LIT("Content-Type: x/y; Boundary=\"=?UTF-8?Q?=00?=\"; "
				 "boundary=b\r\n"),
			false},
		{"the type stays what it is, whatever touches it",
			SPAN_LIT("Content-Type: x/y(;b=\"c\"\xfc\r\n"),
			SPAN_LIT("Content-Type: x/y =?UTF-8?Q?=28?=; b=\"c\"\r\n"),
			false},
		{"quotes, too", SPAN_LIT("Content-Type: x/y\"\xfc\"\r\n"),
			SPAN_LIT("Content-Type: x/y =?unknown-8bit?Q?=22=FC=22?=\r\n"),
			false},
		{"a long one",
			SPAN_LIT("Content-Type: x/y; "
				 "name=\"\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc"
				 "\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\xc3\xbc\"\r\n"),
			SPAN_LIT("Content-Type: x/y;\r\n "
				 "name*0*=utf-8''%C3%BC%C3%BC%C3%BC%C3%BC%C3%BC%C3%BC%C3%"
				 "BC"
				 "%C3%BC%C3;\r\n name*1*=%BC\r\n"),
			false},
	};

	(void)state;
	expect(cases, ARRAY_LEN(cases));
}

static void other_fields_stay_what_they_are(void **state)
{
	static const struct field_case cases[] = {
		{"a comment", SPAN_LIT("Date: Mon (\xfc, a) x\r\n"),
			SPAN_LIT("Date: Mon (=?unknown-8bit?Q?=FC=2C?= a) x\r\n"), false},
		{"an id", SPAN_LIT("Message-ID: <\xc3\xbc@x>\r\n"),
			SPAN_LIT("Message-ID: =?UTF-8?Q?=3C=C3=BC=40x=3E?=\r\n"), false},
	};

	(void)state;
	expect(cases, ARRAY_LEN(cases));
}

static void assert_lines_fit(struct span s)
{
	struct span line;

	assert_false(mime_header_is_broken(s));
	assert_false(span_has_8bit(s));
	/* no line of blanks alone (RFC 5322 3.2.2) */
	while (span_cut(&s, '\n', &line) && s.data)
		assert_true(span_trim(line).len > 0);
}

static void add_times(struct buf *b, const char *text, size_t times)
{
	while (times--)
		buf_add_str(b, text);
}

static void add_without_blanks(struct buf *out, struct span s)
{
	for (; s.len; s = span_from(s, 1))
		if (!strchr(" \t\r\n", s.data[0]))
			buf_add_char(out, s.data[0]);
}

static void assert_same_but_blanks(const char *why, struct span a, struct span b)
{
	struct buf x = BUF_INIT(OUT_MAX), y = BUF_INIT(OUT_MAX);

	add_without_blanks(&x, a);
	add_without_blanks(&y, b);
	if (!span_eq(buf_span(&x), buf_span(&y)))
		fail_msg("%s: '%.40s'", why, b.data);
	buf_release(&x);
	buf_release(&y);
}

static void no_line_is_too_long(void **state)
{
	static const struct {
		const char *why;
		const char *begin;
		const char *repeated;
		size_t times;
	} cases[] = {
		{"addresses", "To: a@x.test", ", \"a, b\" <a@x.test>", 500},
		{"addresses without blanks", "To: a@x.test", ",abc@x.test", 500},
		{"ids", "References: <a@b>", " <1234567890@x.test>", 100},
		{"ids without blanks", "References: <a@b>", "<1234567890@x.test>", 100},
		{"a signature", "DKIM-Signature: a=b; b=", "QUJD", 400},
		{"words", "Subject: x", " word", 400},
		{"blanks alone", "Subject: a", " ", 2000},
		{"blanks and a word", "X-Foo: a b", "\t", 2000},
	};
	struct buf in = BUF_INIT(OUT_MAX), out = BUF_INIT(OUT_MAX);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		buf_reset(&in);
		buf_reset(&out);
		buf_add_str(&in, cases[i].begin);
		add_times(&in, cases[i].repeated, cases[i].times);
		buf_add_str(&in, " z\r\n");
		assert_true(mime_header_is_broken(buf_span(&in)));
		assert_true(add_fit(&out, buf_span(&in), &seven_bits));
		assert_lines_fit(buf_span(&out));
		assert_same_but_blanks(cases[i].why, buf_span(&in), buf_span(&out));
	}
	buf_release(&in);
	buf_release(&out);
}

static void a_word_that_is_too_long_is_encoded(void **state)
{
	struct buf in = BUF_INIT(OUT_MAX), out = BUF_INIT(OUT_MAX);

	(void)state;
	buf_add_str(&in, "Subject: a ");
	add_times(&in, "x", 3000);
	buf_add_str(&in, " b\r\n");
	assert_true(add_fit(&out, buf_span(&in), &seven_bits));
	assert_lines_fit(buf_span(&out));
	assert_true(span_starts(buf_span(&out), "Subject: a =?UTF-8?Q?xxx"));
	assert_true(span_ends(buf_span(&out), "xxx?= b\r\n"));
	buf_release(&in);
	buf_release(&out);
}

static void utf8_is_fine_for_smtputf8(void **state)
{
	static const struct mime_target target = {.has_8bit = true, .has_utf8 = true};
	struct buf out = BUF_INIT(OUT_MAX);

	(void)state;
	assert_false(mime_header_is_foreign(SPAN_LIT("To: \xc3\xbc@x"), &target));
	assert_true(mime_header_is_foreign(SPAN_LIT("To: \xfc@x"), &target));
	assert_true(add_fit(&out, SPAN_LIT("To: \xc3\xbc@x, (\xfc) y\r\n"), &target));
	assert_string_equal(
		buf_str(&out), "To: \xc3\xbc@x, (=?unknown-8bit?Q?=FC?=) y\r\n");
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_becomes_encoded_words),
		cmocka_unit_test(addresses_keep_their_form),
		cmocka_unit_test(parameters_are_extended),
		cmocka_unit_test(other_fields_stay_what_they_are),
		cmocka_unit_test(no_line_is_too_long),
		cmocka_unit_test(a_word_that_is_too_long_is_encoded),
		cmocka_unit_test(utf8_is_fine_for_smtputf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
