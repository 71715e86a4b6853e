#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bug.h"
#include "base/buf.h"
#include "conf/scan.h"

#define ITEMS_MAX 6 /* with a NULL behind the last */

struct scan_case {
	const char *why;
	struct span text;
	/* as render() has them; of what is wrong only the start */
	const char *items[ITEMS_MAX];
};

static const struct scan_case cases[] = {
	{"an empty file", SPAN_LIT(""), {NULL}},
	{"comments and empty lines mean nothing", SPAN_LIT("# a = b\n\n  ; [c]\n\t\r\n"),
		{NULL}},
	{"a section and a key", SPAN_LIT("[a]\nb = c\n"), {"1 [a]", "2 a b <c>"}},
	{"no newline at the end", SPAN_LIT("[a]\nb=c"), {"1 [a]", "2 a b <c>"}},
	{"CRLF", SPAN_LIT("[a]\r\nb = c\r\n"), {"1 [a]", "2 a b <c>"}},
	{"spaces and tabs around everything", SPAN_LIT(" [ a ] \n\tb\t=\tc d \n"),
		{"1 [a]", "2 a b <c d>"}},
	{"a section with a name", SPAN_LIT("[route example.org]\n"),
		{"1 [route example.org]"}},
	{"an empty value", SPAN_LIT("[a]\nb =\n"), {"1 [a]", "2 a b <>"}},
	{"double quotes keep ; # and spaces", SPAN_LIT("[a]\nb = \" x;#y \"\n"),
		{"1 [a]", "2 a b < x;#y >"}},
	{"single quotes keep double ones", SPAN_LIT("[a]\nb='x\"y'\n"),
		{"1 [a]", "2 a b <x\"y>"}},
	{"empty quotes", SPAN_LIT("[a]\nb = \"\"\n"), {"1 [a]", "2 a b <>"}},
	{"an = in the value", SPAN_LIT("[a]\nb = c=d\n"), {"1 [a]", "2 a b <c=d>"}},
	{"row 133: cut at ; or #", SPAN_LIT("[a]\npassword = ab#cd;e\n"),
		{"1 [a]", "2 wrong password: the value would be cut"}},
	{"a comment behind a value", SPAN_LIT("[a]\nb = 25 ; the port\n"),
		{"1 [a]", "2 wrong b: the value would be cut"}},
	{"row 134: no =", SPAN_LIT("[a]\npassword \"x\"\nb = c\n"),
		{"1 [a]", "2 wrong: no =", "3 a b <c>"}},
	{"no key", SPAN_LIT("[a]\n= c\n"), {"1 [a]", "2 wrong: no key"}},
	{"a key of two words", SPAN_LIT("[a]\nb c = d\n"), {"1 [a]", "2 wrong: no key"}},
	{"keys that are users and addresses",
		SPAN_LIT("[a]\n@b.lan = @c\nj.o+x'y* = d\nJ\xc3\xb6 = e\nf-_! = g\n"),
		{"1 [a]", "2 a @b.lan <@c>", "3 a j.o+x'y* <d>", "4 a J\xc3\xb6 <e>",
			"5 a f-_! <g>"}},
	{"a key ends at the first =", SPAN_LIT("[a]\nb=c@d = e\n"),
		{"1 [a]", "2 a b <c@d = e>"}},
	{"a key in quotes, which iniparser keeps", SPAN_LIT("[a]\n\"b\" = c\n'd' = e\n"),
		{"1 [a]", "2 wrong: a key stands without quotes",
			"3 wrong: a key stands without quotes"}},
	{"a # in a key", SPAN_LIT("[a]\nb#c = d\n"), {"1 [a]", "2 wrong: no key"}},
	{"a key of other octets", SPAN_LIT("[a]\n\xfc = b\n"),
		{"1 [a]", "2 wrong: no key"}},
	{"a key with a colon, iniparser's own mark", SPAN_LIT("[a]\nb:c = d\n"),
		{"1 [a]", "2 wrong: no key"}},
	{"row 135: NUL", SPAN_LIT("[a]\nb = c\0d\n"),
		{"1 [a]", "2 wrong: a control character"}},
	{"a NUL in a comment cuts it too", SPAN_LIT("# a\0b\n"),
		{"1 wrong: a control character"}},
	{"an escape", SPAN_LIT("[a]\nb = \x1b[31m\n"),
		{"1 [a]", "2 wrong: a control character"}},
	{"a CR within", SPAN_LIT("[a]\nb = c\rd\n"),
		{"1 [a]", "2 wrong: a control character"}},
	{"row 135: a byte order mark", SPAN_LIT("\xef\xbb\xbf[a]\nb = c\n"),
		{"1 wrong: the file begins with a byte", "1 [a]", "2 a b <c>"}},
	{"row 136: a backslash joins lines", SPAN_LIT("[a]\nb = c\\\nd = e\n"),
		{"1 [a]", "2 wrong: a backslash", "3 a d <e>"}},
	{"also with a space behind it", SPAN_LIT("[a]\nb = c\\ \n"),
		{"1 [a]", "2 wrong: a backslash"}},
	{"also in a comment", SPAN_LIT("# c:\\temp\\\n"), {"1 wrong: a backslash"}},
	{"row 136: junk behind a quote", SPAN_LIT("[a]\nb = \"x\" junk\n"),
		{"1 [a]", "2 wrong b: text behind the closing quote"}},
	{"row 136: an open quote", SPAN_LIT("[a]\nb = \"x\n"),
		{"1 [a]", "2 wrong b: the quote that closes"}},
	{"a lone quote", SPAN_LIT("[a]\nb = '\n"),
		{"1 [a]", "2 wrong b: the quote that closes"}},
	{"a key outside a section", SPAN_LIT("b = c\n[a]\n"),
		{"1 wrong b: a key in front of any section", "2 [a]"}},
	{"an open section takes its keys along", SPAN_LIT("[x]\n[a\nb = c\n[d]\n"),
		{"1 [x]", "2 wrong: the ] that closes", "3 orphan", "4 [d]"}},
	{"a comment behind a section", SPAN_LIT("[a] ; b\nc = d\n"),
		{"1 wrong: text behind the ]", "2 orphan"}},
	{"an empty section name keeps the old one in iniparser", SPAN_LIT("[]\nb = c\n"),
		{"1 wrong: not a section's name", "2 orphan"}},
	{"a colon in a section", SPAN_LIT("[a:b]\n"), {"1 wrong: not a section's name"}},
	{"a section spoilt by a backslash", SPAN_LIT("[a]\\\nb = c\n"),
		{"1 wrong: a backslash", "2 orphan"}},
};

static void render(struct buf *out, const struct scan_item *item)
{
	buf_addf(out, "%u ", item->line);
	if (item->kind == SCAN_SECTION)
		buf_addf(out, "[%.*s]", SPAN_ARGS(item->section));
	else if (item->kind == SCAN_ENTRY)
		buf_addf(out, "%.*s %.*s <%.*s>", SPAN_ARGS(item->section),
			SPAN_ARGS(item->key), SPAN_ARGS(item->value));
	else if (item->kind == SCAN_ORPHAN)
		buf_add_str(out, "orphan");
	else
		buf_addf(out, "wrong%s%.*s: %s", item->key.len ? " " : "",
			SPAN_ARGS(item->key), item->wrong);
}

static void check_case(const struct scan_case *c)
{
	struct buf got = BUF_INIT(4096);
	struct scan_item item;
	struct scan scan;
	size_t i = 0;

	scan_init(&scan, c->text);
	for (; scan_next(&scan, &item) != SCAN_END; i++) {
		const char *expected = c->items[i] ? c->items[i] : "nothing";

		buf_reset(&got);
		render(&got, &item);
		if (item.kind == SCAN_WRONG ? !span_starts(buf_span(&got), expected)
					    : !span_is(buf_span(&got), expected))
			fail_msg("%s: %s, not %s", c->why, buf_str(&got), expected);
	}
	if (c->items[i])
		fail_msg("%s: no %s", c->why, c->items[i]);
	assert_int_equal(scan_next(&scan, &item), SCAN_END);
	buf_release(&got);
}

static void reads_each_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_case(&cases[i]);
}

static enum scan_kind kind_of_line_of(size_t octets)
{
	struct buf text = BUF_INIT(2048);
	struct scan scan;
	struct scan_item item;
	enum scan_kind kind;

	buf_add_str(&text, "#");
	while (text.len < octets)
		buf_add_char(&text, 'x');
	buf_add_char(&text, '\n');
	scan_init(&scan, buf_span(&text));
	kind = scan_next(&scan, &item);
	buf_release(&text);
	return kind;
}

/* Row 135. */
static void limits_the_line(void **state)
{
	(void)state;
	assert_int_equal(kind_of_line_of(SCAN_LINE_MAX), SCAN_END);
	assert_int_equal(kind_of_line_of(SCAN_LINE_MAX + 1), SCAN_WRONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_each_line),
		cmocka_unit_test(limits_the_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
