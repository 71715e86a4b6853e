#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bug.h"
#include "mail/header.h"

static void names_end_at_a_colon(void **state)
{
	static const struct {
		struct span line;
		size_t length;
	} cases[] = {
		{SPAN_LIT("To: x"), 2},
		{SPAN_LIT("To:"), 2},
		{SPAN_LIT("To \t: x"), 2},
		{SPAN_LIT("X-!#$%&'*+./<>@[]^_`{|}~9: x"), 25},
		{SPAN_LIT(": x"), 0},
		{SPAN_LIT("To"), 0},
		{SPAN_LIT("To x: y"), 0},
		{SPAN_LIT(" To: x"), 0},
		{SPAN_LIT("To\r\n: x"), 0},
		{SPAN_LIT("To\0: x"), 0},
		{SPAN_LIT("T\xc3\xb6: x"), 0},
		{SPAN_LIT("T\x7f: x"), 0},
		{SPAN_LIT(""), 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (header_name_length(cases[i].line) != cases[i].length)
			fail_msg("'%s'", cases[i].line.data);
}

static void fields_are_taken_with_their_folds(void **state)
{
	static const char text[] =
		"To: a@x,\r\n b@y\r\nSubject :\tfolded\n\there\nX:\r\n\r\nbody: x";
	struct span rest = SPAN_LIT(text);
	struct header_field field;

	(void)state;
	assert_true(header_next(&rest, &field));
	assert_true(header_is(&field, "TO"));
	assert_false(header_is(&field, "T"));
	assert_true(span_is(field.value, " a@x,\r\n b@y"));
	assert_true(span_is(field.whole, "To: a@x,\r\n b@y\r\n"));
	assert_true(header_next(&rest, &field));
	assert_true(span_is(field.name, "Subject"));
	assert_true(span_is(field.value, "\tfolded\n\there"));
	assert_false(header_is_blank(&field));
	assert_true(header_next(&rest, &field));
	assert_true(span_is(field.name, "X"));
	assert_int_equal(field.value.len, 0);
	assert_true(header_is_blank(&field));
	assert_false(header_next(&rest, &field));
	assert_true(span_is(rest, "\r\nbody: x"));
}

static void the_end_may_be_anywhere(void **state)
{
	static const char *const texts[] = {
		"a:", "a: \r", "a: \r\n", "a:\n b", "a:\n ", "a:b\n\n"};
	struct header_field field;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct span rest = span_of(texts[i]);

		assert_true(header_next(&rest, &field));
		assert_false(header_next(&rest, &field));
		assert_int_equal(rest.len, span_is(rest, "\n") ? 1 : 0);
	}
}

static void values_are_unfolded(void **state)
{
	struct buf out = BUF_INIT(100);

	(void)state;
	header_unfold(&out, SPAN_LIT(" a,\r\n b\n\tc"));
	assert_string_equal(buf_str(&out), " a, b\tc");
	buf_release(&out);
}

static void long_values_are_folded(void **state)
{
	static const char word[] = "123456789 123456789 123456789 123456789 123456789 ";
	struct buf out = BUF_INIT(1000);

	(void)state;
	header_add(&out, "X", span_of(word));
	assert_string_equal(buf_str(&out),
		"X: 123456789 123456789 123456789 123456789 123456789\r\n");
	buf_reset(&out);
	header_add(&out, "Subject",
		SPAN_LIT("123456789 123456789 123456789 123456789 123456789 123456789 "
			 "1234567 123456789  x"));
	assert_string_equal(buf_str(&out),
		"Subject: 123456789 123456789 123456789 123456789 123456789 123456789 "
		"1234567\r\n 123456789  x\r\n");
	buf_reset(&out);
	header_add(&out, "X", SPAN_LIT(""));
	assert_string_equal(buf_str(&out), "X: \r\n");
	buf_release(&out);
}

static void names_become_phrases(void **state)
{
	static const struct {
		const char *name, *phrase;
	} cases[] = {
		{"", ""},
		{"  ", ""},
		{"Joe User", "Joe User"},
		{" root ", "root"},
		{"Joe  User", "\"Joe  User\""},
		{"Joe Q. User", "\"Joe Q. User\""},
		{"O'Hara & Co", "O'Hara & Co"},
		{"a \"b\" \\c", "\"a \\\"b\\\" \\\\c\""},
		{"Cron (Daemon) <x@y>", "\"Cron (Daemon) <x@y>\""},
		{"J\xc3\xbcrgen M. \xc3\x96zil, Dr.",
			"=?UTF-8?Q?J=C3=BCrgen_M=2E_=C3=96zil=2C_Dr=2E?="},
		{"J\xfcrgen", "=?unknown-8bit?Q?J=FCrgen?="},
		{"\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c\xac\xe6\x97\xa5\xe6\x9c"
		 "\xac",
			"=?UTF-8?Q?=E6=97=A5=E6=9C=AC=E6=97=A5=E6=9C=AC=E6=97=A5?= "
			"=?UTF-8?Q?=E6=9C=AC?="},
	};
	struct buf out = BUF_INIT(4000);
	struct fault f;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		buf_reset(&out);
		assert_int_equal(header_add_phrase(&out, span_of(cases[i].name), &f), 0);
		assert_string_equal(buf_str(&out), cases[i].phrase);
	}
	buf_release(&out);
}

static void bad_names_are_refused(void **state)
{
	static const struct span names[] = {SPAN_LIT("A\nBcc: b@x"), SPAN_LIT("A\r"),
		SPAN_LIT("A\tB"), SPAN_LIT("A\0"), SPAN_LIT("A\x1b]0;")};
	struct buf out = BUF_INIT(4000), name = BUF_INIT(1 << 21);
	struct fault f;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		assert_int_equal(header_add_phrase(&out, names[i], &f), -1);
		assert_int_equal(f.kind, FAULT_DATA);
	}
	for (size_t i = 0; i < HEADER_PHRASE_MAX; i++)
		buf_add_char(&name, '\xfc');
	assert_int_equal(header_add_phrase(&out, buf_span(&name), &f), 0);
	buf_reset(&out);
	buf_add_char(&name, 'x');
	assert_int_equal(header_add_phrase(&out, buf_span(&name), &f), -1);
	assert_string_equal(f.text, "the full name has 257 octets; at most 256");
	assert_int_equal(out.len, 0);
	buf_release(&out);
	buf_release(&name);
}

static void encoded_lines_stay_short(void **state)
{
	struct buf phrase = BUF_INIT(4000), name = BUF_INIT(400), out = BUF_INIT(4000);
	struct span rest, line;
	struct fault f;

	(void)state;
	while (name.len < HEADER_PHRASE_MAX - 3)
		buf_add_str(&name, "x\xc3\xbc");
	assert_int_equal(header_add_phrase(&phrase, buf_span(&name), &f), 0);
	header_add(&out, "Resent-From", buf_span(&phrase));
	rest = buf_span(&out);
	while (span_cut(&rest, '\n', &line))
		assert_true(line.len <= HEADER_LINE_MAX + 1);
	buf_release(&phrase);
	buf_release(&name);
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_end_at_a_colon),
		cmocka_unit_test(fields_are_taken_with_their_folds),
		cmocka_unit_test(the_end_may_be_anywhere),
		cmocka_unit_test(values_are_unfolded),
		cmocka_unit_test(long_values_are_folded),
		cmocka_unit_test(names_become_phrases),
		cmocka_unit_test(bad_names_are_refused),
		cmocka_unit_test(encoded_lines_stay_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
