#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "smtp/reply.h"

/* Feed `input` in pieces of `piece` octets until a reply is whole or garbage. */
static enum smtp_reply_progress feed(struct smtp_reply_parser *p, struct span input,
	size_t piece, struct smtp_reply *ret, size_t *ret_taken)
{
	enum smtp_reply_progress progress = SMTP_REPLY_PARTIAL;
	size_t taken = 0;

	while (taken < input.len && progress == SMTP_REPLY_PARTIAL) {
		struct span part = span_head(span_from(input, taken), piece);
		size_t before = part.len;

		progress = smtp_reply_feed(p, &part, ret);
		taken += before - part.len;
	}
	*ret_taken = taken;
	return progress;
}

static const struct {
	const char *why;
	const char *input;
	enum smtp_reply_progress progress;
	int code;
	const char *status;
	const char *text;
} cases[] = {
	{"the usual", "250 2.1.0 ok\r\n", SMTP_REPLY_COMPLETE, 250, "2.1.0", "2.1.0 ok"},
	{"no text", "250\r\n", SMTP_REPLY_COMPLETE, 250, "2.0.0", ""},
	{"no text, LF", "250\n", SMTP_REPLY_COMPLETE, 250, "2.0.0", ""},
	{"empty text", "250 \r\n", SMTP_REPLY_COMPLETE, 250, "2.0.0", ""},
	{"LF", "550 no\n", SMTP_REPLY_COMPLETE, 550, "5.0.0", "no"},
	{"lines", "550-5.1.1 a\r\n550-5.1.1 b\r\n550 5.1.1 c\r\n", SMTP_REPLY_COMPLETE,
		550, "5.1.1", "5.1.1 a b c"},
	{"another status is text", "550-5.1.1 a\r\n550 4.2.2 b\r\n", SMTP_REPLY_COMPLETE,
		550, "5.1.1", "5.1.1 a 4.2.2 b"},
	{"empty lines", "550-\r\n550-a\r\n550-\r\n550\r\n", SMTP_REPLY_COMPLETE, 550,
		"5.0.0", "a"},
	{"3yz has no status", "354 3.0.0 go\r\n", SMTP_REPLY_COMPLETE, 354, "0.0.0",
		"3.0.0 go"},
	{"status alone", "250 2.1.0\r\n", SMTP_REPLY_COMPLETE, 250, "2.1.0", "2.1.0"},
	{"class mismatch", "550 4.7.1 x\r\n", SMTP_REPLY_COMPLETE, 550, "5.0.0",
		"4.7.1 x"},
	{"detail too long", "550 5.1.1234 x\r\n", SMTP_REPLY_COMPLETE, 550, "5.0.0",
		"5.1.1234 x"},
	{"an address is no status", "554 [192.0.2.25] is bad\r\n", SMTP_REPLY_COMPLETE,
		554, "5.0.0", "[192.0.2.25] is bad"},
	{"a status further on is none", "554 see 5.7.1\r\n", SMTP_REPLY_COMPLETE, 554,
		"5.0.0", "see 5.7.1"},
	{"unknown code", "299 well\r\n", SMTP_REPLY_GARBAGE, 0, NULL, NULL},
	{"second digit", "260 well\r\n", SMTP_REPLY_GARBAGE, 0, NULL, NULL},
	{"known class", "259 well\r\n", SMTP_REPLY_COMPLETE, 259, "2.0.0", "well"},
	{"control octets", "250 a\x1b[2Jb\tc\r\n", SMTP_REPLY_COMPLETE, 250, "2.0.0",
		"a\\x1B[2Jb\\x09c"},
	{"lone CR", "250 a\rb\r\n", SMTP_REPLY_COMPLETE, 250, "2.0.0", "a\\x0Db"},
	{"two CRs", "250 a\r\r\n", SMTP_REPLY_COMPLETE, 250, "2.0.0", "a"},
	{"unfinished", "250 a", SMTP_REPLY_PARTIAL, 0, NULL, NULL},
	{"more to come", "250-a\r\n", SMTP_REPLY_PARTIAL, 0, NULL, NULL},
	{"nothing", "", SMTP_REPLY_PARTIAL, 0, NULL, NULL},
	{"empty line", "\r\n", SMTP_REPLY_GARBAGE, 0, NULL, NULL},
	{"one LF", "\n", SMTP_REPLY_GARBAGE, 0, NULL, NULL},
	{"two digits", "25\r\n", SMTP_REPLY_GARBAGE, 0, NULL, NULL},
	{"four digits", "2500 x\r\n", SMTP_REPLY_GARBAGE, 0, NULL, NULL},
	{"sign", "-50 x\r\n", SMTP_REPLY_GARBAGE, 0, NULL, NULL},
	{"space first", " 250 x\r\n", SMTP_REPLY_GARBAGE, 0, NULL, NULL},
	{"tab behind the code", "250\tx\r\n", SMTP_REPLY_GARBAGE, 0, NULL, NULL},
	{"nine hundred", "999 x\r\n", SMTP_REPLY_GARBAGE, 0, NULL, NULL},
	{"one hundred", "100 x\r\n", SMTP_REPLY_GARBAGE, 0, NULL, NULL},
	{"codes differ", "250-a\r\n550 b\r\n", SMTP_REPLY_GARBAGE, 0, NULL, NULL},
	{"bare line amid", "250-a\r\nb\r\n250 c\r\n", SMTP_REPLY_GARBAGE, 0, NULL, NULL},
	{"other protocol, no line end", "HTTP", SMTP_REPLY_GARBAGE, 0, NULL, NULL},
	{"TLS alert", "\x15\x03\x01", SMTP_REPLY_GARBAGE, 0, NULL, NULL},
};

static void check_reply(
	const struct smtp_reply *reply, int code, const char *status, const char *text)
{
	char out[OUTCOME_STATUS_TEXT_MAX], cleaned[OUTCOME_TEXT_MAX];

	assert_int_equal(reply->code, code);
	outcome_status_format(reply->status, out);
	assert_string_equal(out, status);
	smtp_reply_text(reply, cleaned, sizeof(cleaned));
	assert_string_equal(cleaned, text);
}

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		print_message("# %s\n", cases[i].why);
		for (size_t piece = 1; piece < 40; piece++) {
			struct smtp_reply_parser p;
			struct smtp_reply reply;
			size_t taken;

			smtp_reply_parser_init(&p);
			assert_int_equal(
				feed(&p, span_of(cases[i].input), piece, &reply, &taken),
				cases[i].progress);
			if (cases[i].progress == SMTP_REPLY_COMPLETE)
				check_reply(&reply, cases[i].code, cases[i].status,
					cases[i].text);
			smtp_reply_parser_release(&p);
		}
	}
}

static void test_replies_follow_one_another(void **state)
{
	struct span data = SPAN_LIT("250-a\r\n250 b\r\n354 go\r\n250 part");
	struct smtp_reply_parser p;
	struct smtp_reply reply;

	(void)state;
	smtp_reply_parser_init(&p);
	assert_false(smtp_reply_parser_is_amid(&p));
	assert_int_equal(smtp_reply_feed(&p, &data, &reply), SMTP_REPLY_COMPLETE);
	check_reply(&reply, 250, "2.0.0", "a b");
	assert_false(smtp_reply_parser_is_amid(&p));
	assert_int_equal(smtp_reply_feed(&p, &data, &reply), SMTP_REPLY_COMPLETE);
	check_reply(&reply, 354, "0.0.0", "go");
	assert_int_equal(smtp_reply_feed(&p, &data, &reply), SMTP_REPLY_PARTIAL);
	assert_int_equal(data.len, 0);
	assert_true(smtp_reply_parser_is_amid(&p));
	assert_true(span_is(smtp_reply_parser_line(&p), "250 part"));
	smtp_reply_parser_release(&p);
}

/* `lines` lines of `length` octets with their ends. */
static enum smtp_reply_progress feed_lines(size_t lines, size_t length, size_t piece)
{
	struct buf input = BUF_INIT(1024 * 1024);
	struct smtp_reply_parser p;
	struct smtp_reply reply;
	enum smtp_reply_progress progress;
	size_t taken;

	for (size_t i = 0; i < lines; i++) {
		buf_add_str(&input, i + 1 < lines ? "250-" : "250 ");
		for (size_t n = 6; n < length; n++)
			buf_add_char(&input, 'x');
		buf_add_str(&input, "\r\n");
	}
	smtp_reply_parser_init(&p);
	progress = feed(&p, buf_span(&input), piece, &reply, &taken);
	smtp_reply_parser_release(&p);
	buf_release(&input);
	return progress;
}

static void test_maxima(void **state)
{
	static const struct {
		const char *why;
		size_t lines, length;
		enum smtp_reply_progress progress;
	} maxima[] = {
		{"longest line", 1, SMTP_REPLY_LINE_MAX, SMTP_REPLY_COMPLETE},
		{"one octet more", 1, SMTP_REPLY_LINE_MAX + 1, SMTP_REPLY_ENDLESS},
		{"much more", 1, 500000, SMTP_REPLY_ENDLESS},
		{"most lines", SMTP_REPLY_LINES_MAX, 6, SMTP_REPLY_COMPLETE},
		{"one line more", SMTP_REPLY_LINES_MAX + 1, 6, SMTP_REPLY_ENDLESS},
		{"most octets", 64, 1024, SMTP_REPLY_COMPLETE},
		{"a line more", 65, 1024, SMTP_REPLY_ENDLESS},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(maxima); i++) {
		print_message("# %s\n", maxima[i].why);
		for (size_t piece = 1; piece <= 100000; piece *= 10)
			assert_int_equal(
				feed_lines(maxima[i].lines, maxima[i].length, piece),
				maxima[i].progress);
	}
}

static void test_text_is_cut_to_fit(void **state)
{
	struct smtp_reply reply = {.code = 250, .text = SPAN_LIT("abc\ndef\nghi")};
	static const char *const expected[] = {
		"", "a", "ab", "abc", "abc ", "abc d", "abc de", "abc def"};
	char out[9];

	(void)state;
	for (size_t size = 1; size < sizeof(out); size++) {
		smtp_reply_text(&reply, out, size);
		assert_string_equal(out, expected[size - 1]);
	}
}

static void test_outcome(void **state)
{
	struct smtp_reply reply = {
		.code = 552, .status = {5, 2, 2}, .text = SPAN_LIT("5.2.2 full")};
	struct outcome o;

	(void)state;
	o = smtp_reply_outcome(&reply, OUTCOME_FAILED, OUTCOME_RECIPIENT);
	assert_int_equal(o.kind, OUTCOME_FAILED);
	assert_int_equal(o.scope, OUTCOME_RECIPIENT);
	assert_int_equal(o.code, 552);
	assert_int_equal(o.status.class, 5);
	assert_int_equal(o.status.subject, 2);
	assert_string_equal(o.text, "5.2.2 full");
	o = smtp_reply_outcome(&reply, OUTCOME_DEFERRED, OUTCOME_MESSAGE);
	assert_int_equal(o.status.class, 4);
	assert_int_equal(o.status.detail, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_replies_follow_one_another),
		cmocka_unit_test(test_maxima),
		cmocka_unit_test(test_text_is_cut_to_fit),
		cmocka_unit_test(test_outcome),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
