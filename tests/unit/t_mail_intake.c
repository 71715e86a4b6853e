/* sources: tests/support/intake_case.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "mail/intake.h"
#include "intake_case.h"

#define ALL DATE ID FROM "\r\n" /* what a message without a header begins with */

struct result {
	struct buf wire;
	struct content_facts facts;
	char *recipients; /* each with a blank behind it */
	struct fault fault;
	int rc; /* 1: ended by a dot */
};

static void collect_recipients(struct result *r, const struct strv *found)
{
	struct buf all = BUF_INIT(1 << 20);

	for (size_t i = 0; i < found->count; i++)
		buf_addf(&all, "%s ", found->items[i]);
	r->recipients = mem_string(buf_str(&all));
	buf_release(&all);
}

/* How many octets the next feed gets: all, or a number drawn from *seed. */
static size_t next_part(uint32_t *seed, size_t left)
{
	size_t n;

	if (!seed)
		return left;
	*seed = *seed * 1664525 + 1013904223;
	n = 1 + (*seed >> 16) % (*seed & 0x8000 ? 3 : 40);
	return n < left ? n : left;
}

static struct result run(
	const struct intake_options *options, struct span input, uint32_t *seed)
{
	struct result r = {.wire = BUF_INIT(1 << 24)};
	struct intake *in = intake_new(options);

	while (r.rc == 0 && input.len) {
		struct span part = span_head(input, next_part(seed, input.len));
		size_t before = r.wire.len;

		r.rc = intake_feed(in, part, &r.wire, &r.fault);
		if (before)
			assert_true(r.wire.len - before <= 2 * part.len + 2);
		input = span_from(input, part.len);
	}
	if (r.rc >= 0 && intake_finish(in, &r.wire, &r.fault) < 0)
		r.rc = -1;
	if (r.rc >= 0)
		intake_case_hide_random(&r.wire);
	r.facts = *intake_facts(in);
	collect_recipients(&r, intake_recipients(in));
	intake_free(in);
	return r;
}

static void release(struct result *r)
{
	buf_release(&r->wire);
	free(r->recipients);
}

/* One message in, `wire` out (NULL: refused, with `says` in the message). */
static void expect(const struct intake_options *options, const char *why,
	struct span input, struct span wire, const char *says)
{
	struct result r = run(options, input, NULL);

	if (r.rc < 0 && !says)
		fail_msg("%s: %s", why, r.fault.text);
	if (says && (r.rc >= 0 || !strstr(r.fault.text, says)))
		fail_msg("%s: %s", why, r.rc < 0 ? r.fault.text : "accepted");
	if (!says && !span_eq(buf_span(&r.wire), wire))
		fail_msg("%s: got\n%s", why, buf_str(&r.wire));
	release(&r);
}

struct example {
	const char *why;
	struct span input;
	struct span wire;
};

static void expect_all(
	const struct intake_options *options, const struct example *cases, size_t n)
{
	for (size_t i = 0; i < n; i++)
		expect(options, cases[i].why, cases[i].input, cases[i].wire, NULL);
}

static void lines_end_in_crlf(void **state)
{
	static const struct example cases[] = {
		{"71: nothing", SPAN_LIT(""), SPAN_LIT(ALL)},
		{"72: no last newline", SPAN_LIT(TRIO "\nbody"),
			SPAN_LIT(TRIO_OUT "\r\nbody\r\n")},
		{"72: in the header", SPAN_LIT(TRIO "Subject: x"),
			SPAN_LIT(TRIO_OUT "Subject: x\r\n\r\n")},
		{"header only", SPAN_LIT(TRIO), SPAN_LIT(TRIO_OUT "\r\n")},
		{"empty body", SPAN_LIT(TRIO "\n"), SPAN_LIT(TRIO_OUT "\r\n")},
		{"empty lines", SPAN_LIT(TRIO "\n\n\r\n\n"),
			SPAN_LIT(TRIO_OUT "\r\n\r\n\r\n\r\n")},
		{"78: mixed",
			SPAN_LIT(
				"From: a@x\r\nDate: d\nMessage-ID: <m>\r\n\r\na\r\nb\nc"),
			SPAN_LIT(TRIO_OUT "\r\na\r\nb\r\nc\r\n")},
		{"CRLF header, LF after it",
			SPAN_LIT("From: a@x\r\nDate: d\r\nMessage-ID: "
				 "<m>\r\n\nBcc: is body\n"),
			SPAN_LIT(TRIO_OUT "\r\nBcc: is body\r\n")},
		{"76: smuggling", SPAN_LIT(TRIO "\n\n.\r\nMAIL FROM:<x>\n"),
			SPAN_LIT(TRIO_OUT "\r\n\r\n.\r\nMAIL FROM:<x>\r\n")},
		{"77: lone CR", SPAN_LIT(TRIO "\n\r.\r"),
			SPAN_LIT(TRIO_OUT "\r\n . \r\n")},
		{"77: CRLF, dot, CR", SPAN_LIT(TRIO "\na\r\n.\rb\n"),
			SPAN_LIT(TRIO_OUT "\r\na\r\n. b\r\n")},
		{"77: mid-line", SPAN_LIT(TRIO "\na\rb\r\rc\r\r\n"),
			SPAN_LIT(TRIO_OUT "\r\na b  c \r\n")},
		{"77: in the header", SPAN_LIT(TRIO "Subject: a\rBcc: b@x\n\n"),
			SPAN_LIT(TRIO_OUT "Subject: a Bcc: b@x\r\n\r\n")},
		{"octets", SPAN_LIT(TRIO "Subject: \xff\n\n\0\xfe\n"),
			SPAN_LIT(TRIO_OUT "Subject: \xff\r\n\r\n\0\xfe\r\n")},
	};
	struct intake_options o = intake_case_options();

	(void)state;
	expect_all(&o, cases, ARRAY_LEN(cases));
}

static void the_body_begins_where_the_header_ends(void **state)
{
	static const struct example cases[] = {
		{"73: only body", SPAN_LIT("hello no header: yes\nB: c\n"),
			SPAN_LIT(ALL "hello no header: yes\r\nB: c\r\n")},
		{"73: cut short", SPAN_LIT("hello"), SPAN_LIT(ALL "hello\r\n")},
		{"an empty line first", SPAN_LIT("\nTo: x\n"), SPAN_LIT(ALL "To: x\r\n")},
		{"no empty line", SPAN_LIT(TRIO "hello\n\nBcc: x\n"),
			SPAN_LIT(TRIO_OUT "\r\nhello\r\n\r\nBcc: x\r\n")},
		{"97: a blank first", SPAN_LIT(" a: b\nBcc: c\n"),
			SPAN_LIT(ALL " a: b\r\nBcc: c\r\n")},
		{"97: a tab first", SPAN_LIT("\tx\n"), SPAN_LIT(ALL "\tx\r\n")},
		{"no name", SPAN_LIT(TRIO ": x\n"), SPAN_LIT(TRIO_OUT "\r\n: x\r\n")},
		{"a NUL in a name", SPAN_LIT(TRIO "X\0: x\n"),
			SPAN_LIT(TRIO_OUT "\r\nX\0: x\r\n")},
		{"UTF-8 in a name", SPAN_LIT(TRIO "\xc3\xbc: x\n"),
			SPAN_LIT(TRIO_OUT "\r\n\xc3\xbc: x\r\n")},
	};
	struct intake_options o = intake_case_options();

	(void)state;
	expect_all(&o, cases, ARRAY_LEN(cases));
}

static void mbox_lines_are_dropped(void **state)
{
	static const struct example cases[] = {
		{"96", SPAN_LIT("From joe Mon Nov 23 07:36:47 2026\n" TRIO "\nx\n"),
			SPAN_LIT(TRIO_OUT "\r\nx\r\n")},
		{"96: CRLF",
			SPAN_LIT("From joe Mon Nov 23 07:36:47 2026\r\n" TRIO "\nx\n"),
			SPAN_LIT(TRIO_OUT "\r\nx\r\n")},
		{"any before fields", SPAN_LIT("From joe\n>From ann\n" TRIO "\nx\n"),
			SPAN_LIT(TRIO_OUT "\r\nx\r\n")},
		{"no header", SPAN_LIT("From joe Mon Nov 23 07:36:47 2026\n\nx\n"),
			SPAN_LIT(ALL "x\r\n")},
		{"nothing else", SPAN_LIT("From joe Mon Nov 23 07:36:47 2026"),
			SPAN_LIT(ALL)},
		{"a letter", SPAN_LIT("From our friends\n\nhello\n"),
			SPAN_LIT(ALL "From our friends\r\n\r\nhello\r\n")},
		{"a letter with a time", SPAN_LIT("From 10:30 to 11:00:5"),
			SPAN_LIT(ALL "From 10:30 to 11:00:5\r\n")},
		{"a short letter", SPAN_LIT("From us"), SPAN_LIT(ALL "From us\r\n")},
		{"a letter of text", SPAN_LIT("From us\nto you"),
			SPAN_LIT(ALL "From us\r\nto you\r\n")},
		{"not first", SPAN_LIT(TRIO "From joe 07:36\n"),
			SPAN_LIT(TRIO_OUT "\r\nFrom joe 07:36\r\n")},
		{"in the body", SPAN_LIT(TRIO "\nFrom joe 07:36\n"),
			SPAN_LIT(TRIO_OUT "\r\nFrom joe 07:36\r\n")},
	};
	struct intake_options o = intake_case_options();

	(void)state;
	expect_all(&o, cases, ARRAY_LEN(cases));
}

static void dots_are_data_with_i(void **state)
{
	static const struct example cases[] = {
		{"74", SPAN_LIT(TRIO "\n.\n..\n.x\n"),
			SPAN_LIT(TRIO_OUT "\r\n.\r\n..\r\n.x\r\n")},
	};
	struct intake_options o = intake_case_options();

	(void)state;
	expect_all(&o, cases, ARRAY_LEN(cases));
}

static void dots_end_without_i(void **state)
{
	static const struct {
		struct example e;
		bool has_ended;
	} cases[] = {
		{{"75", SPAN_LIT(TRIO "\na\n.\nb\n"), SPAN_LIT(TRIO_OUT "\r\na\r\n")},
			true},
		{{"75: CRLF", SPAN_LIT(TRIO "\na\r\n.\r\nb\n"),
			 SPAN_LIT(TRIO_OUT "\r\na\r\n")},
			true},
		{{"75: in the header", SPAN_LIT(TRIO ".\nb: c\n"),
			 SPAN_LIT(TRIO_OUT "\r\n")},
			true},
		{{"75: at once", SPAN_LIT(".\n"), SPAN_LIT(ALL)}, true},
		{{"75: as the last line", SPAN_LIT(TRIO "\na\n."),
			 SPAN_LIT(TRIO_OUT "\r\na\r\n")},
			false},
		{{"two dots", SPAN_LIT(TRIO "\n..\n...\n..x\n"),
			 SPAN_LIT(TRIO_OUT "\r\n.\r\n..\r\n.x\r\n")},
			false},
		{{"two dots in the header", SPAN_LIT(TRIO "..x: y\n"),
			 SPAN_LIT(TRIO_OUT ".x: y\r\n\r\n")},
			false},
		{{"one dot and more", SPAN_LIT(TRIO "\n.x\na.\n. \n.\r.\n"),
			 SPAN_LIT(TRIO_OUT "\r\n.x\r\na.\r\n. \r\n. .\r\n")},
			false},
		{{"a CR is no line end", SPAN_LIT(TRIO "\na\r.\nb\r.\rc\n"),
			 SPAN_LIT(TRIO_OUT "\r\na .\r\nb . c\r\n")},
			false},
		{{"dot, CR, CRLF", SPAN_LIT(TRIO "\n.\r\r\n"),
			 SPAN_LIT(TRIO_OUT "\r\n. \r\n")},
			false},
		{{"dot, CR, end", SPAN_LIT(TRIO "\n.\r"),
			 SPAN_LIT(TRIO_OUT "\r\n. \r\n")},
			false},
	};
	struct intake_options o = intake_case_options();

	(void)state;
	o.dot_ends = true;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct result r = run(&o, cases[i].e.input, NULL);

		expect_all(&o, &cases[i].e, 1);
		if ((r.rc == 1) != cases[i].has_ended)
			fail_msg("%s: returned %d", cases[i].e.why, r.rc);
		release(&r);
	}
}

static void facts_describe_what_goes_out(void **state)
{
	struct intake_options o = intake_case_options();
	struct buf input = BUF_INIT(1 << 20);
	struct result r;

	(void)state;
	r = run(&o, SPAN_LIT(TRIO "\na\0b\rc\n"), NULL);
	assert_int_equal(r.facts.octets, sizeof(TRIO_OUT "\r\na.b.c\r\n") - 1);
	assert_int_equal(r.facts.longest_line, strlen("Message-ID: <m>"));
	assert_true(r.facts.has_nul);
	assert_false(r.facts.has_8bit);
	assert_false(r.facts.needs_utf8);
	assert_int_equal(r.facts.crc, 0);
	release(&r);

	/* 80: long lines are as they are */
	buf_add_str(&input, TRIO "Subject: \xc3\xbc\n\n");
	for (int i = 0; i < 100000; i++)
		buf_add_char(&input, 'x');
	r = run(&o, buf_span(&input), NULL);
	assert_int_equal(r.facts.longest_line, 100000);
	assert_int_equal(r.facts.octets, r.wire.len);
	assert_true(r.facts.has_8bit);
	assert_false(r.facts.has_nul);
	release(&r);
	buf_release(&input);
}

static void size_is_limited(void **state)
{
	struct intake_options o = intake_case_options();
	size_t exact = sizeof(TRIO_OUT "\r\n12345\r\n") - 1;
	struct result r;

	(void)state;
	o.octets_max = exact;
	r = run(&o, SPAN_LIT(TRIO "\n12345\n"), NULL);
	assert_int_equal(r.rc, 0);
	release(&r);
	o.octets_max = exact - 1; /* 101 */
	expect(&o, "one octet too many", SPAN_LIT(TRIO "\n12345\n"), SPAN_NONE, "5.3.4");
	expect(&o, "the last line end", SPAN_LIT(TRIO "\n12345"), SPAN_NONE, "5.3.4");
	o.octets_max = 10;
	expect(&o, "the header", SPAN_LIT(""), SPAN_NONE, "5.3.4");
}

/* Text full of what matters: line ends, dots, colons, blanks, and runs of letters. */
static void random_message(struct buf *out, uint32_t *seed)
{
	static const char *const parts[] = {"\n", "\n", "\r\n", "\r\n", "\r", ".", "\n.",
		"\n..", "\n.\r\n", ":", " ", "\t", "\n ", "From ",
		"\nFrom: ", "From: a@x, b@y\n", "To: a@x\n", "Bcc: b@y\n", "\nSubject: s",
		"Resent-To: c@z\n", "07:36:47", "a", "xyz", "\xc3\xbc", "<", ">", "\"",
		",", "\n\n"};

	buf_reset(out);
	for (int n = 40; n; n--) {
		*seed = *seed * 1664525 + 1013904223;
		buf_add_str(out, parts[(*seed >> 12) % ARRAY_LEN(parts)]);
		if (*seed >> 27 == 0)
			buf_add_char(out, '\0');
		if (*seed >> 25 == 1)
			for (int i = 0; i < 1500; i++)
				buf_add_char(out, i % 100 ? 'l' : ' ');
		if (*seed >> 25 == 2)
			for (int i = 0; i < 9000; i++)
				buf_add_char(out, 'L');
	}
}

static bool is_wire_form(struct span s)
{
	while (s.len) {
		ptrdiff_t lf = span_find(s, '\n');

		/* the one CR of a line is right before its LF */
		if (lf < 1 || span_find(s, '\r') != lf - 1)
			return false;
		s = span_from(s, (size_t)lf + 1);
	}
	return true;
}

static void assert_facts_of(const struct content_facts *facts, struct span wire)
{
	struct span rest = wire, line;
	size_t longest = 0;

	while (span_cut(&rest, '\n', &line))
		if (line.len > longest + 1)
			longest = line.len - 1;
	assert_int_equal(facts->octets, wire.len);
	assert_int_equal(facts->longest_line, longest);
	assert_int_equal(facts->has_8bit, span_has_8bit(wire));
	assert_int_equal(facts->has_nul, span_find(wire, '\0') >= 0);
}

static void splits_make_no_difference(void **state)
{
	struct buf input = BUF_INIT(1 << 20);
	uint32_t seed = 20261123;
	unsigned accepted = 0;

	(void)state;
	for (int round = 0; round < 4000; round++) {
		struct intake_options o = intake_case_options();
		struct result whole, split;

		o.dot_ends = round % 2;
		o.takes_recipients = round % 3 == 0;
		random_message(&input, &seed);
		whole = run(&o, buf_span(&input), NULL);
		split = run(&o, buf_span(&input), &seed);
		assert_int_equal(whole.rc < 0, split.rc < 0);
		if (whole.rc >= 0) {
			accepted++;
			assert_int_equal(whole.rc, split.rc);
			assert_true(is_wire_form(buf_span(&whole.wire)));
			assert_true(
				span_eq(buf_span(&whole.wire), buf_span(&split.wire)));
			assert_memory_equal(
				&whole.facts, &split.facts, sizeof(whole.facts));
			assert_facts_of(&whole.facts, buf_span(&whole.wire));
			assert_string_equal(whole.recipients, split.recipients);
		} else {
			assert_string_equal(whole.fault.text, split.fault.text);
		}
		release(&whole);
		release(&split);
	}
	assert_true(accepted > 1000 && accepted < 4000);
	buf_release(&input);
}

/* Lines around the sizes of blocks come out as they went in (RFC 5321 2.3.8 apart). */
static void block_borders_lose_nothing(void **state)
{
	static const size_t lengths[] = {
		998, 999, 4094, 4095, 4096, 4097, 65535, 65536, 65537};
	struct intake_options o = intake_case_options();
	struct buf input = BUF_INIT(1 << 20), want = BUF_INIT(1 << 20);

	(void)state;
	buf_add_str(&input, TRIO "\n");
	buf_add_str(&want, TRIO_OUT "\r\n");
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		for (size_t n = 0; n < lengths[i]; n++) {
			buf_add_char(&input, (char)('a' + n % 26));
			buf_add_char(&want, (char)('a' + n % 26));
		}
		buf_add_str(&input, "\n");
		buf_add_str(&want, "\r\n");
	}
	expect(&o, "long lines", buf_span(&input), buf_span(&want), NULL);
	buf_release(&input);
	buf_release(&want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_end_in_crlf),
		cmocka_unit_test(the_body_begins_where_the_header_ends),
		cmocka_unit_test(mbox_lines_are_dropped),
		cmocka_unit_test(dots_are_data_with_i),
		cmocka_unit_test(dots_end_without_i),
		cmocka_unit_test(facts_describe_what_goes_out),
		cmocka_unit_test(size_is_limited),
		cmocka_unit_test(splits_make_no_difference),
		cmocka_unit_test(block_borders_lose_nothing),
	};

	(void)setenv("TZ", "UTC", 1); /* for the added Date */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
