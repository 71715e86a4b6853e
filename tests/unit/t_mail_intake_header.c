/* sources: tests/support/intake_case.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "mail/intake.h"
#include "intake_case.h"

/* Append the wire form; the recipients are counted, and appended with a blank each. */
static int complete(const struct intake_options *options, struct span input,
	struct buf *wire, struct buf *recipients, struct fault *f)
{
	struct intake *in = intake_new(options);
	const struct strv *found = intake_recipients(in);
	int rc = intake_feed(in, input, wire, f);

	if (rc >= 0)
		rc = intake_finish(in, wire, f);
	intake_case_hide_random(wire);
	for (size_t i = 0; i < found->count; i++)
		buf_addf(recipients, "%s ", found->items[i]);
	intake_free(in);
	return rc;
}

struct example {
	const char *why;
	const char *input;
	const char *wire;
};

static void expect_all(
	const struct intake_options *options, const struct example *cases, size_t n)
{
	struct buf wire = BUF_INIT(1 << 22), recipients = BUF_INIT(1 << 20);
	struct fault f;

	for (size_t i = 0; i < n; i++) {
		buf_reset(&wire);
		if (complete(options, span_of(cases[i].input), &wire, &recipients, &f) <
			0)
			fail_msg("%s: %s", cases[i].why, f.text);
		if (strcmp(buf_str(&wire), cases[i].wire) != 0)
			fail_msg("%s: got\n%s", cases[i].why, buf_str(&wire));
	}
	buf_release(&wire);
	buf_release(&recipients);
}

static void expect_refusal(
	const struct intake_options *options, struct span input, const char *says)
{
	struct buf wire = BUF_INIT(1 << 22), recipients = BUF_INIT(1 << 20);
	struct fault f = {0};

	if (complete(options, input, &wire, &recipients, &f) == 0)
		fail_msg("accepted, but: %s", says);
	assert_int_equal(f.kind, FAULT_DATA);
	if (!strstr(f.text, says))
		fail_msg("'%s' instead of '%s'", f.text, says);
	buf_release(&wire);
	buf_release(&recipients);
}

static void missing_fields_are_added(void **state)
{
	static const struct example cases[] = {
		{"85: none", "Subject: x\n\n", "Subject: x\r\n" DATE ID FROM "\r\n"},
		{"85: no Date", "From: a@x\nMessage-ID: <m>\n\n",
			"From: a@x\r\nMessage-ID: <m>\r\n" DATE "\r\n"},
		{"85: no Message-ID", "From: a@x\nDate: d\n\n",
			"From: a@x\r\nDate: d\r\n" ID "\r\n"},
		{"85: no From", "message-id: <m>\nDATE: d\n\n",
			"message-id: <m>\r\nDATE: d\r\n" FROM "\r\n"},
		{"86: garbage stays", "Date: garbage\nFrom: ? ?\nMessage-ID: x y\n\n",
			"Date: garbage\r\nFrom: ? ?\r\nMessage-ID: x y\r\n\r\n"},
		{"16: blank ones", "From:\nDate: \nMessage-ID: \n \nX: y\n\n",
			"X: y\r\n" DATE ID FROM "\r\n"},
		{"a blank From and one more", "From:\n" TRIO "\n", TRIO_OUT "\r\n"},
		{"84: two authors", "From: a@x,\n b@y\nDate: d\nMessage-ID: <m>\n\n",
			"From: a@x,\r\n b@y\r\nDate: d\r\nMessage-ID: <m>\r\n"
			"Sender: joe@here.test\r\n\r\n"},
		{"84: and a Sender",
			"Sender: c@z\nFrom: a@x, b@y\nDate: d\nMessage-ID: <m>\n\n",
			"Sender: c@z\r\nFrom: a@x, b@y\r\nDate: d\r\nMessage-ID: "
			"<m>\r\n\r\n"},
		{"84: and a blank Sender",
			"Sender: \nFrom: g: a@x, b;\nDate: d\nMessage-ID: <m>\n\n",
			"From: g: a@x, b@here.test;\r\nDate: d\r\nMessage-ID: <m>\r\n"
			"Sender: joe@here.test\r\n\r\n"},
		{"a comma in a name",
			"From: \"a, b\" <a@x>\nDate: d\nMessage-ID: <m>\n\n",
			"From: \"a, b\" <a@x>\r\nDate: d\r\nMessage-ID: <m>\r\n\r\n"},
	};
	struct intake_options o = intake_case_options();

	(void)state;
	expect_all(&o, cases, ARRAY_LEN(cases));
}

static void odd_fields_are_told(void **state)
{
	static const struct {
		const char *input, *said;
	} cases[] = {
		{TRIO "Subject: x\nTo: a@x\nTo: b@x\n\n",
			"Date is no date (RFC 5322 3.3): d"},
		{"Date: Mon, 23 Nov 2026\n 07:36:47 +0100\n\nDate: d\n", ""},
		{"Subject: x\n\n", ""},
		{"Date:\nResent-Date: d\n\n", ""},
		{"Date:  a\n\tb \n\n", "Date is no date (RFC 5322 3.3): a\r\n\tb"},
		{"subject: x\nSubject: y\nSUBJECT: z\n\n",
			"a second Subject field is left out"},
		{"Date: d\nDate: e\nReply-To: a@x\nReply-To: b@x\n\n",
			"Date is no date (RFC 5322 3.3): d; a second Date field is left "
			"out; a second Reply-To field is left out"},
	};
	struct intake_options o = intake_case_options();
	struct buf wire = BUF_INIT(1 << 16);
	struct fault f;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct intake *in = intake_new(&o);

		assert_int_equal(intake_feed(in, span_of(cases[i].input), &wire, &f), 0);
		assert_int_equal(intake_finish(in, &wire, &f), 0);
		assert_string_equal(intake_oddities(in), cases[i].said);
		intake_free(in);
	}
	buf_release(&wire);
}

/* All that can be said fits. */
static void oddities_are_bounded(void **state)
{
	struct intake_options o = intake_case_options();
	struct buf input = BUF_INIT(1 << 20), wire = BUF_INIT(1 << 22);
	struct intake *in = intake_new(&o);
	struct fault f;

	(void)state;
	for (unsigned i = 0; i < 100; i++) {
		buf_add_str(&input, "Date: ");
		for (unsigned n = 0; n < 1000; n++)
			buf_add_char(&input, '\a');
		buf_add_str(&input,
			"\nMessage-ID: m\nSender: a\nReply-To: b\nSubject: s\n"
			"In-Reply-To: r\nReferences: e\n");
	}
	assert_int_equal(intake_feed(in, buf_span(&input), &wire, &f), 0);
	assert_int_equal(intake_finish(in, &wire, &f), 0);
	assert_non_null(
		strstr(intake_oddities(in), "a second References field is left out"));
	intake_free(in);
	buf_release(&input);
	buf_release(&wire);
}

static void full_names_are_encoded(void **state)
{
	static const struct {
		const char *name, *from;
	} cases[] = {
		{"", "From: joe@here.test\r\n"},
		{"CronDaemon", "From: CronDaemon <joe@here.test>\r\n"},
		{"Joe Q. User", "From: \"Joe Q. User\" <joe@here.test>\r\n"},
		{"J\xc3\xbcrgen", "From: =?UTF-8?Q?J=C3=BCrgen?= <joe@here.test>\r\n"},
	};
	struct intake_options o = intake_case_options();
	char expected[200];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct example e = {
			cases[i].name, "Date: d\nMessage-ID: <m>\n", expected};

		(void)snprintf(expected, sizeof(expected),
			"Date: d\r\nMessage-ID: <m>\r\n%s\r\n", cases[i].from);
		o.full_name = cases[i].name;
		expect_all(&o, &e, 1);
	}
	o.full_name = "A\nBcc: b@x";
	expect_refusal(&o, SPAN_LIT(""), "a line break"); /* 100, 118 */
	expect_refusal(&o, SPAN_LIT(TRIO "\n"), "a line break");
}

static void fields_stand_once(void **state)
{
	static const struct example cases[] = {
		{"To merged", TRIO "To: a@x\nX: 1\nTO:\tb@y,\n c@z \nto:d@w\n\n",
			TRIO_OUT "To: a@x,\r\n b@y,\r\n c@z,\r\n d@w\r\nX: 1\r\n\r\n"},
		{"Cc merged", TRIO "Cc: a@x,\nCc: \nCc: b@y\n\n",
			TRIO_OUT "Cc: a@x,\r\n b@y\r\n\r\n"},
		{"blank ones", TRIO "To: \nTo:\n a@x\n\n",
			TRIO_OUT "To:\r\n a@x\r\n\r\n"},
		{"blank alone", TRIO "To: \nTo:\n\n", TRIO_OUT "To: \r\n\r\n"},
		{"first stays",
			TRIO "Subject: 1\nSUBJECT: 2\n 3\nDate: 2\nMessage-ID: "
			     "<2>\nReply-To: a@x\n"
			     "Reply-To: b@x\nIn-Reply-To: <1>\nIn-Reply-To: "
			     "<2>\nReferences: 1\n"
			     "References: 2\nSender: a@x\nSender: b@x\n\n",
			TRIO_OUT
			"Subject: 1\r\nReply-To: a@x\r\nIn-Reply-To: <1>\r\nReferences: "
			"1\r\nSender: a@x\r\n\r\n"},
		{"others stay", TRIO "X: 1\nX: 2\nReceived: 1\nReceived: 2\n\n",
			TRIO_OUT "X: 1\r\nX: 2\r\nReceived: 1\r\nReceived: 2\r\n\r\n"},
		{"83: a blank before the colon",
			"From : a@x\nDate\t: d\nMessage-ID  :<m>\nX :y\n\n",
			"From: a@x\r\nDate: d\r\nMessage-ID:<m>\r\nX:y\r\n\r\n"},
		{"83: folded From", "From:\n a@x\nDate: d\nMessage-ID: <m>\n\n",
			"From:\r\n a@x\r\nDate: d\r\nMessage-ID: <m>\r\n\r\n"},
		{"order and octets", "X-B:  1 \nX-A:\t\xff\n  \t2\n" TRIO "\n",
			"X-B:  1 \r\nX-A:\t\xff\r\n  \t2\r\n" TRIO_OUT "\r\n"},
	};
	struct intake_options o = intake_case_options();

	(void)state;
	expect_all(&o, cases, ARRAY_LEN(cases));
	expect_refusal(&o, SPAN_LIT(TRIO "From: b@y\n\n"), "two From fields");
	expect_refusal(&o, SPAN_LIT(TRIO "fROM : b@y\n\n"), "two From fields");
}

static void bare_names_are_qualified(void **state)
{
	static const struct example cases[] = {
		{"each address field",
			"From: root (Cron Daemon)\nSender: a\nReply-To: <b>\nTo: c, j@x\n"
			"Cc: D <d>\nDate: d\nMessage-ID: <m>\n\n",
			"From: root@here.test (Cron Daemon)\r\nSender: a@here.test\r\n"
			"Reply-To: <b@here.test>\r\nTo: c@here.test, j@x\r\n"
			"Cc: D <d@here.test>\r\nDate: d\r\nMessage-ID: <m>\r\n\r\n"},
		{"resent",
			"Resent-From: a\nResent-Sender: b\nResent-To: c\nResent-Cc: d\n"
			"Resent-Date: d\nResent-Message-ID: <r>\n" TRIO "\n",
			"Resent-From: a@here.test\r\nResent-Sender: b@here.test\r\n"
			"Resent-To: c@here.test\r\nResent-Cc: d@here.test\r\n"
			"Resent-Date: d\r\nResent-Message-ID: <r>\r\n" TRIO_OUT "\r\n"},
		{"merged", TRIO "To: a,\nTo: b\nTo: (c) d\n\n",
			TRIO_OUT "To: a@here.test,\r\n b@here.test,\r\n (c) "
				 "d@here.test\r\n\r\n"},
		{"others and the body stay", TRIO "X-To: a\nErrors-To: b\n\nTo: c\n",
			TRIO_OUT "X-To: a\r\nErrors-To: b\r\n\r\nTo: c\r\n"},
	};
	struct intake_options o = intake_case_options();
	struct buf many = BUF_INIT(1 << 20);

	(void)state;
	expect_all(&o, cases, ARRAY_LEN(cases));
	buf_add_str(&many, TRIO "To: a");
	for (int i = 0; i < 100000; i++)
		buf_add_str(&many, ",a");
	expect_refusal(&o, buf_span(&many), "too many names without a domain");
	buf_release(&many);
}

static void hidden_fields_are_removed(void **state)
{
	static const struct example cases[] = {
		{"87", TRIO "Bcc: a@x\nReturn-Path: <a@x>\nContent-Length: 5\nX: y\n\n",
			TRIO_OUT "X: y\r\n\r\n"},
		{"folded", TRIO "BCC: a@x,\n b@y,\n\tc@z\nX: y\n\n",
			TRIO_OUT "X: y\r\n\r\n"},
		{"several", TRIO "Bcc: a@x\nBcc: b@y\nbcc : c@z\nBcc:\n\n",
			TRIO_OUT "\r\n"},
		{"unparsable without -t", TRIO "Bcc: (\n\n", TRIO_OUT "\r\n"},
		{"CRLF",
			"From: a@x\r\nDate: d\r\nMessage-ID: <m>\r\nBcc: a@x\r\n\r\nBcc: "
			"b\r\n",
			TRIO_OUT "\r\nBcc: b\r\n"},
		{"the body's stay", TRIO "\nBcc: a@x\n", TRIO_OUT "\r\nBcc: a@x\r\n"},
	};
	struct intake_options o = intake_case_options();

	(void)state;
	expect_all(&o, cases, ARRAY_LEN(cases));
	o.takes_recipients = true;
	expect_all(&o, cases, 3);
}

static void resent_fields_are_added(void **state)
{
	static const struct example cases[] = {
		{"none of them", "Resent-To: b@y\n" TRIO "\n",
			"Resent-" DATE "Resent-" FROM "Resent-" ID
			"Resent-To: b@y\r\n" TRIO_OUT "\r\n"},
		{"all of them",
			"Resent-To: b@y\nResent-Bcc: c@z\nResent-From: b@y\nResent-Date: "
			"d\n"
			"Resent-Message-ID: <r>\n" TRIO "\n",
			"Resent-To: b@y\r\nResent-From: b@y\r\nResent-Date: d\r\n"
			"Resent-Message-ID: <r>\r\n" TRIO_OUT "\r\n"},
		{"an earlier hop's", "Received: 1\nResent-To: b@y\n" TRIO "\n",
			"Received: 1\r\nResent-To: b@y\r\n" TRIO_OUT "\r\n"},
		{"an older block does not count",
			"Resent-From: b@y\nReceived: 1\nResent-Date: "
			"d\nResent-Message-ID: "
			"<r>\n" TRIO "\n",
			"Resent-" DATE "Resent-" ID
			"Resent-From: b@y\r\nReceived: 1\r\nResent-Date: d\r\n"
			"Resent-Message-ID: <r>\r\n" TRIO_OUT "\r\n"},
	};
	struct intake_options o = intake_case_options();

	(void)state;
	expect_all(&o, cases, ARRAY_LEN(cases));
}

static void recipients_are_taken(void **state)
{
	static const struct {
		const char *why, *header, *recipients;
	} cases[] = {
		{"87: To, Cc, Bcc", "To: a@x\nCc: Joe <b@y>\nBcc: c@z\nX-To: d@w\n",
			"a@x b@y c@z "},
		{"89", "To: group: a@x, b@y;, (c) \"d, e\" <f@z>,\n\tg\n",
			"a@x b@y f@z g@here.test "},
		{"several To fields, one twice", "To: a@x\nTo: b@y\nCc: a@X\n",
			"a@x b@y a@X "},
		{"a tab", "To:\ta@x,\tb@y\n", "a@x b@y "},
		{"none", "Subject: x\n", ""},
		{"empty", "To: undisclosed-recipients:;\nCc:\nBcc: a@x\n", "a@x "},
		{"of the body: none", "To: a@x\n\nTo: b@y\n", "a@x "},
		{"Resent instead", "To: a@x\nResent-Cc: b@y\nResent-Bcc: c@z\n",
			"b@y c@z "},
		{"the upper Resent block",
			"Resent-To: b@y\nResent-From: j@x\nX: y\nResent-Cc: "
			"c@z\nReceived: 1\n"
			"Resent-To: d@w\nTo: a@x\n",
			"b@y c@z "},
		{"no Received between the blocks",
			"Resent-From: j@x\nResent-To: b@y\nResent-From: j@x\nResent-To: "
			"d@w\n",
			"b@y "},
		{"the upper block has none",
			"Resent-From: j@x\nReceived: 1\nResent-To: d@w\nTo: a@x\n",
			"d@w "},
		{"no block has any", "Resent-From: j@x\nTo: a@x\n", "a@x "},
		{"an invalid UTF-8 name", "To: \xff <a@x>\n", "a@x "},
	};
	struct buf wire = BUF_INIT(1 << 22), recipients = BUF_INIT(1 << 20);
	struct intake_options o = intake_case_options();
	struct fault f;

	(void)state;
	o.takes_recipients = true;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		buf_reset(&recipients);
		buf_reset(&wire);
		if (complete(&o, span_of(cases[i].header), &wire, &recipients, &f) < 0)
			fail_msg("%s: %s", cases[i].why, f.text);
		if (strcmp(buf_str(&recipients), cases[i].recipients) != 0)
			fail_msg("%s: %s", cases[i].why, buf_str(&recipients));
	}
	o.takes_recipients = false;
	buf_reset(&recipients);
	buf_reset(&wire);
	assert_int_equal(
		complete(&o, SPAN_LIT("To: (\nBcc: a@x\n"), &wire, &recipients, &f), 0);
	assert_string_equal(buf_str(&recipients), "");
	buf_release(&wire);
	buf_release(&recipients);
}

static void bad_recipients_are_refused(void **state)
{
	struct intake_options o = intake_case_options();
	struct buf many = BUF_INIT(1 << 20);

	(void)state;
	o.takes_recipients = true;
	expect_refusal(
		&o, SPAN_LIT("Cc: \"a@x\n"), "Cc: '\"a@x': a '\"' without"); /* 90 */
	expect_refusal(&o, SPAN_LIT("To: a@x (\n\n"), "To: 'a@x (': a '('");
	expect_refusal(&o, SPAN_LIT("Bcc: a@x, \xff@y\n"), "Bcc: '\\xFF@y'");
	expect_refusal(&o, SPAN_LIT("Resent-To: a b\n"), "Resent-To: 'a b'");

	buf_add_str(&many, "To: a@x"); /* 88 */
	for (int i = 1; i < 10000; i++)
		buf_addf(&many, ",\n a%d@x", i);
	expect_refusal(&o, buf_span(&many), "more than 9999 recipients");
	buf_release(&many);
}

static void headers_are_limited(void **state)
{
	struct intake_options o = intake_case_options();
	struct buf text = BUF_INIT(1 << 20);

	(void)state;
	expect_refusal(
		&o, SPAN_LIT("Subject: a\0b\n"), "field Subject has a NUL"); /* 79 */

	for (int i = 0; i <= INTAKE_FIELDS_MAX; i++) /* 82 */
		buf_addf(&text, "X-%d: y\n", i);
	expect_refusal(&o, buf_span(&text), "more than 1000 fields");

	buf_reset(&text);
	for (int i = 0; i <= INTAKE_RECEIVED_MAX; i++) /* 95 */
		buf_add_str(&text, "Received: from a by b; now\n");
	expect_refusal(&o, buf_span(&text), "5.4.6");
	expect_refusal(&o, buf_span(&text), "loop");

	buf_reset(&text);
	buf_add_str(&text, "X: "); /* 82 */
	while (text.len < 300 * 1024)
		buf_add_str(&text, "0123456789\n ");
	expect_refusal(&o, buf_span(&text), "more than 262144 octets");
	buf_release(&text);
}

static void limits_are_inclusive(void **state)
{
	struct buf text = BUF_INIT(1 << 20), wire = BUF_INIT(1 << 21);
	struct buf recipients = BUF_INIT(100);
	struct intake_options o = intake_case_options();
	struct fault f;

	(void)state;
	for (int i = 0; i < INTAKE_RECEIVED_MAX; i++)
		buf_add_str(&text, "Received: 1\n");
	for (int i = INTAKE_RECEIVED_MAX; i < INTAKE_FIELDS_MAX; i++)
		buf_add_str(&text, "X: y\n");
	assert_int_equal(complete(&o, buf_span(&text), &wire, &recipients, &f), 0);

	buf_reset(&wire);
	/* one line of a header that is exactly full, and a body line as long */
	buf_reset(&text);
	buf_add_str(&text, "X: ");
	while (text.len < INTAKE_HEADER_MAX - 2)
		buf_add_char(&text, 'y');
	buf_add_str(&text, "\n\n");
	assert_int_equal(complete(&o, buf_span(&text), &wire, &recipients, &f), 0);
	buf_truncate(&text, text.len - 2);
	buf_reset(&wire);
	buf_add_str(&text, "y\n\n");
	assert_int_equal(complete(&o, buf_span(&text), &wire, &recipients, &f), -1);
	text.data[1] = 'X';
	buf_reset(&wire);
	assert_int_equal(complete(&o, buf_span(&text), &wire, &recipients, &f), 0);
	assert_true(wire.len > INTAKE_HEADER_MAX);
	buf_release(&text);
	buf_release(&wire);
	buf_release(&recipients);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(missing_fields_are_added),
		cmocka_unit_test(odd_fields_are_told),
		cmocka_unit_test(oddities_are_bounded),
		cmocka_unit_test(full_names_are_encoded),
		cmocka_unit_test(fields_stand_once),
		cmocka_unit_test(bare_names_are_qualified),
		cmocka_unit_test(hidden_fields_are_removed),
		cmocka_unit_test(resent_fields_are_added),
		cmocka_unit_test(recipients_are_taken),
		cmocka_unit_test(bad_recipients_are_refused),
		cmocka_unit_test(headers_are_limited),
		cmocka_unit_test(limits_are_inclusive),
	};

	(void)setenv("TZ", "UTC", 1); /* for the added Date */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
