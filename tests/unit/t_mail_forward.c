/* ~/.forward, and what is told of it: mail/forward.h, mail/forward_answer.h. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "mail/forward_answer.h"

#define NOTES_MAX 4096

static void note(void *ctx, unsigned line, const char *why)
{
	buf_addf(ctx, "%u: %s\n", line, why);
}

static void parse(struct forward *ret, struct span text, struct buf *notes)
{
	const struct forward_critic critic = {note, notes};

	forward_parse(ret, text, &critic);
}

static void a_file_is_read(void **state)
{
	static const struct {
		const char *text, *want, *why;
	} cases[] = {
		{"", "mailbox\nend\n", "empty"},
		{"\n  \n\t\n,,\n# joe@example.org\n", "mailbox\nend\n", "nothing in it"},
		{"joe@example.org", "found\naddress joe@example.org\nend\n",
			"no line end"},
		{"joe@example.org\r\n", "found\naddress joe@example.org\nend\n", "CRLF"},
		{"  a@x.test ,b@x.test,\nc@x.test\n",
			"found\naddress a@x.test\naddress b@x.test\naddress "
			"c@x.test\nend\n",
			"commas and lines"},
		{"alice", "found\nname alice\nend\n", "a user"},
		{"\\joe, alice", "found\nfinal-name joe\nname alice\nend\n",
			"the own mailbox"},
		{"\\joe@example.org", "found\nfinal-address joe@example.org\nend\n",
			"with a domain"},
		{"\"joe smith\"", "found\nname \"joe smith\"\nend\n", "quoted"},
		{"Joe Smith <joe@example.org> # work",
			"found\naddress joe@example.org\nend\n", "comments"},
		{"/dev/null", "discard\nend\n", "discarded"},
		{"/dev/null, a@x.test", "found\naddress a@x.test\nend\n",
			"a bin, and somebody"},
		{"/dev/null, |prog", "mailbox\nend\n", "a bin, and nobody knows what"},
		{"|/usr/bin/procmail", "mailbox\nend\n", "a program alone"},
		{"\"|exec /usr/bin/procmail -f-, || exit 75 #joe\"\n", "mailbox\nend\n",
			"as the manual of procmail has it"},
		{"\\joe, \"|/usr/bin/vacation joe\"", "found\nfinal-name joe\nend\n",
			"as that of vacation has it"},
		{"~/Mail/in", "found\nname ~/Mail/in\nend\n", "a name, by all grammars"},
		{"/home/joe/mbox", "mailbox\nend\n", "a file"},
		{":include:/home/joe/list, a@x.test", "found\naddress a@x.test\nend\n",
			"an include"},
		{"a@x.test\n<<<>\n", "found\naddress a@x.test\nend\n",
			"what is no address is left out"},
		{"joe: a@x.test", "mailbox\nend\n", "an alias"},
		{"a@x.test\nend\n", "found\naddress a@x.test\nname end\nend\n",
			"the words of the answer are names here"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf got = BUF_INIT(FORWARD_ANSWER_MAX),
			   notes = BUF_INIT(NOTES_MAX);
		struct forward fw;

		parse(&fw, span_of(cases[i].text), &notes);
		forward_answer_format(&got, &fw);
		if (strcmp(buf_str(&got), cases[i].want) != 0)
			fail_msg("%s: %s", cases[i].why, buf_str(&got));
		forward_release(&fw);
		buf_release(&got);
		buf_release(&notes);
	}
}

static void notes_say_where_and_never_what(void **state)
{
	static const char text[] = "a@x.test\n\n|secret, /secret\n:include:/secret\n"
				   "<secret\n:secret:\n";
	struct buf notes = BUF_INIT(NOTES_MAX);
	struct forward fw;

	(void)state;
	parse(&fw, SPAN_LIT(text), &notes);
	assert_string_equal(buf_str(&notes),
		"3: nullmta runs no programs for mail; give an address instead\n"
		"3: nullmta writes mail to no files; give an address instead\n"
		"4: nullmta includes no files here; give the addresses instead\n"
		"5: not an address\n"
		"6: nullmta knows :include:/path only; give an address, or /dev/null to "
		"discard mail\n");
	assert_null(strstr(buf_str(&notes), "secret"));
	forward_release(&fw);
	buf_release(&notes);
}

static void there_is_an_end_to_everything(void **state)
{
	struct buf text = BUF_INIT(FORWARD_OCTETS_MAX), notes = BUF_INIT(NOTES_MAX);
	struct forward fw;

	(void)state;
	for (int i = 0; i < FORWARD_ADDRESSES_MAX; i++)
		buf_addf(&text, "u%d@x.test\n", i);
	parse(&fw, buf_span(&text), &notes);
	assert_int_equal(fw.count, FORWARD_ADDRESSES_MAX);
	assert_int_equal(notes.len, 0);
	forward_release(&fw);
	buf_add_str(&text, "one-more\n");
	parse(&fw, buf_span(&text), &notes);
	assert_int_equal(fw.kind, FORWARD_MAILBOX);
	assert_int_equal(fw.count, 0);
	assert_non_null(strstr(buf_str(&notes), "101: more than 100 addresses"));
	forward_release(&fw);
	buf_reset(&text);
	buf_reset(&notes);
	for (int i = 0; i < 1000; i++)
		buf_add_str(&text, "|\n");
	parse(&fw, buf_span(&text), &notes);
	assert_null(strstr(buf_str(&notes), "\n21: "));
	forward_release(&fw);
	buf_release(&text);
	buf_release(&notes);
}

static void an_answer_is_believed_as_a_whole_or_not_at_all(void **state)
{
	static const struct {
		const char *text;
		bool is_good;
		const char *why;
	} cases[] = {
		{"mailbox\nend\n", true, "no file"},
		{"discard\nend\n", true, "a bin"},
		{"later\nend\n", true, "trouble"},
		{"found\naddress a@x.test\nname \"a b\"\nfinal-name c\nend\n", true,
			"addresses"},
		{"", false, "nothing"},
		{"end\n", false, "no kind"},
		{"mailbox\nend", false, "cut"},
		{"mailbox\n", false, "no end"},
		{"mailbox\nend\nend\n", false, "two ends"},
		{"mailbox\n\nend\n", false, "an empty line"},
		{"mailbox\r\nend\n", false, "CR"},
		{"MAILBOX\nend\n", false, "another word"},
		{"mailbox\naddress a@x.test\nend\n", false, "a target of nothing"},
		{"found\nend\n", false, "found nothing"},
		{"found\naddress a\nend\n", false, "not canonical"},
		{"found\naddress a@x.test.\nend\n", false, "not canonical at its end"},
		{"found\naddress  a@x.test\nend\n", false, "a blank too many"},
		{"found\naddress a@x.test b@x.test\nend\n", false, "two in a line"},
		{"found\naddress a@x.test\tb\nend\n", false, "a control octet"},
		{"found\naddress \nend\n", false, "nobody"},
		{"found\nname a b\nend\n", false, "a name with a blank"},
		{"found\nname a@b\nend\n", false, "a name with a domain"},
		{"found\nname \nend\n", false, "no name"},
		{"found\nfinal a\nend\n", false, "half a word"},
		{"found\nname a\nmailbox\nend\n", false, "two kinds"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf again = BUF_INIT(FORWARD_ANSWER_MAX);
		struct forward fw;
		struct fault f;
		int rc = forward_answer_parse(&fw, span_of(cases[i].text), &f);

		if ((rc == 0) != cases[i].is_good)
			fail_msg("%s", cases[i].why);
		if (rc < 0)
			continue;
		forward_answer_format(&again, &fw);
		assert_string_equal(buf_str(&again), cases[i].text);
		forward_release(&fw);
		buf_release(&again);
	}
}

static void too_long_an_answer_is_none(void **state)
{
	struct buf text = BUF_INIT(2 * FORWARD_ANSWER_MAX);
	struct forward fw;
	struct fault f;

	(void)state;
	buf_add_str(&text, "found\n");
	for (int i = 0; i < FORWARD_ADDRESSES_MAX + 1; i++)
		buf_addf(&text, "name u%d\n", i);
	buf_add_str(&text, "end\n");
	assert_int_equal(forward_answer_parse(&fw, buf_span(&text), &f), -1);
	assert_int_equal(f.kind, FAULT_DATA);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read),
		cmocka_unit_test(notes_say_where_and_never_what),
		cmocka_unit_test(there_is_an_end_to_everything),
		cmocka_unit_test(an_answer_is_believed_as_a_whole_or_not_at_all),
		cmocka_unit_test(too_long_an_answer_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
