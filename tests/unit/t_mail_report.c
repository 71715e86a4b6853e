#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "mail/advice.h"
#include "mail/report.h"

#define HEADER                                                      \
	"From: Joe <joe@example.org>\r\nSubject: backup failed\r\n" \
	"Message-ID: <1@example.org>\r\n\r\n"

static const struct recipient nobody = {.address = (char *)"nobody@example.org"};

static struct report_recipient refused(const struct recipient *recipient)
{
	return (struct report_recipient){
		.recipient = recipient,
		.status = {5, 1, 1},
		.code = 550,
		.remote = "mx.example.org[192.0.2.1]:25",
		.text = "5.1.1 <nobody@example.org>: no such user",
		.time_s = 1795419407,
	};
}

static struct report report_about(const struct report_recipient *recipients, size_t n)
{
	return (struct report){
		.kind = REPORT_FAILED,
		.hostname = "host.example.org",
		.from = "mailer-daemon@example.org",
		.to = "joe@example.org",
		.unique = "1A2B.77",
		.now_s = 1795419408,
		.queue_id = "1A2B3C",
		.arrival_s = 1795419400,
		.retry_until_s = 1795851400,
		.content = SPAN_LIT(HEADER "dear nobody\r\n"),
		.is_full = true,
		.recipients = recipients,
		.recipient_count = n,
	};
}

static struct buf compose(const struct report *r)
{
	struct buf out = BUF_INIT(REPORT_MAX);

	report_compose(r, &out);
	assert_false(out.is_overfull);
	return out;
}

static size_t count(const struct buf *b, const char *text)
{
	size_t n = 0;

	for (const char *p = buf_str(b); (p = strstr(p, text)) != NULL; p++)
		n++;
	return n;
}

static void assert_has(const struct buf *b, const char *text, const char *why)
{
	if (count(b, text) != 1) {
		print_error("%s: %zu times, not once: %s\n%s", why, count(b, text), text,
			buf_str(b));
		fail();
	}
}

static void assert_lacks(const struct buf *b, const char *text, const char *why)
{
	if (count(b, text) != 0) {
		print_error("%s: there is: %s\n%s", why, text, buf_str(b));
		fail();
	}
}

static void assert_wire_form(struct span s)
{
	size_t column = 0;

	for (size_t i = 0; i < s.len; i++) {
		bool is_crlf =
			s.data[i] == '\r' && i + 1 < s.len && s.data[i + 1] == '\n';

		if (is_crlf) {
			i++;
			column = 0;
			continue;
		}
		assert_true(s.data[i] != '\r' && s.data[i] != '\n');
		assert_true(++column <= 998);
	}
	assert_int_equal(column, 0);
}

/* What stands between the head of the second part and the third. */
static struct span status_part(const struct buf *b)
{
	const char *head = "Content-Type: message/delivery-status\r\n"
			   "Content-Transfer-Encoding: 7bit\r\n\r\n";
	const char *from = strstr(buf_str(b), head);
	const char *to;

	assert_non_null(from);
	from += strlen(head);
	to = strstr(from, "\r\n--=_");
	assert_non_null(to);
	return (struct span){from, (size_t)(to - from)};
}

/* Each line of the status part is a field that RFC 3464 has, or goes on with one. */
static void assert_status_fields(struct span status)
{
	static const char *const names[] = {"Reporting-MTA: ", "Original-Envelope-Id: ",
		"Arrival-Date: ", "X-Nullmta-Queue-Id: ", "Original-Recipient: ",
		"Final-Recipient: ", "Action: ", "Status: ", "Remote-MTA: ",
		"Diagnostic-Code: ", "Last-Attempt-Date: ", "Will-Retry-Until: "};
	struct span line;

	assert_false(span_has_8bit(status));
	while (span_cut(&status, '\n', &line)) {
		bool is_known = span_trim(line).len == 0 || span_starts(line, " ");

		for (size_t i = 0; i < ARRAY_LEN(names) && !is_known; i++)
			is_known = span_starts(line, names[i]);
		if (!is_known)
			print_error("no field: %.*s\n", SPAN_ARGS(line));
		assert_true(is_known);
	}
}

static void a_refused_recipient_is_reported(void **state)
{
	struct report_recipient rr = refused(&nobody);
	struct report r = report_about(&rr, 1);
	struct buf b = compose(&r);

	static const struct {
		const char *why;
		const char *text;
	} cases[] = {
		{"who speaks", "From: \"Mail Delivery System on host.example.org\"\r\n"
			       " <mailer-daemon@example.org>\r\n"},
		{"whom to", "\r\nTo: <joe@example.org>\r\n"},
		{"what it is about", "\r\nSubject: Undelivered: backup failed\r\n"},
		{"its own name", "\r\nMessage-ID: <1A2B.77@host.example.org>\r\n"},
		{"the thread", "\r\nIn-Reply-To: <1@example.org>\r\n"},
		{"the thread", "\r\nReferences: <1@example.org>\r\n"},
		{"no loops (RFC 3834)", "\r\nAuto-Submitted: auto-replied\r\n"},
		{"its form", "\r\nContent-Type: multipart/report; "
			     "report-type=delivery-status;\r\n"
			     " boundary=\"=_1A2B.77.0\"\r\n"},
		{"nothing 8-bit", "boundary=\"=_1A2B.77.0\"\r\n"
				  "Content-Transfer-Encoding: 7bit\r\n"},
		{"which message", "(queue ID 1A2B3C) could not\r\nbe delivered to one "
				  "recipient:\r\n"},
		{"who did not get it", "\r\n<nobody@example.org>\r\n"},
		{"who said it", "    mx.example.org[192.0.2.1]:25 said:\r\n"},
		{"word for word",
			"        550 5.1.1 <nobody@example.org>: no such user\r\n"},
		{"what to do", "    There is no such mailbox."},
		{"the machine", "\r\nReporting-MTA: dns; host.example.org\r\n"},
		{"blank line before a recipient (RFC 3464 2.1)",
			"\r\n\r\nFinal-Recipient: rfc822; nobody@example.org\r\n"
			"Action: failed\r\nStatus: 5.1.1\r\n"
			"Remote-MTA: dns; mx.example.org\r\n"
			"Diagnostic-Code: smtp; 550 5.1.1 <nobody@example.org>: "},
		{"no ORCPT, no field", "Queue-Id: 1A2B3C\r\n\r\nFinal-Recipient"},
		{"the message", "Content-Type: message/rfc822\r\n"
				"Content-Transfer-Encoding: 7bit\r\n\r\n" HEADER
				"dear nobody\r\n\r\n--=_1A2B.77.0--\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_has(&b, cases[i].text, cases[i].why);
	assert_lacks(&b, "Will-Retry-Until", "it will not");
	assert_wire_form(buf_span(&b));
	assert_status_fields(status_part(&b));
	buf_release(&b);
}

static void a_delay_asks_for_nothing(void **state)
{
	struct report_recipient rr = refused(&nobody);
	struct report r = report_about(&rr, 1);
	struct buf b;

	(void)state;
	rr.code = 0;
	rr.status = (struct outcome_status){4, 4, 1};
	rr.text = "connection refused";
	r.kind = REPORT_DELAYED;
	r.is_full = false;
	b = compose(&r);
	assert_has(&b, "\r\nSubject: Delayed: backup failed\r\n", "subject");
	assert_has(&b, "has not\r\nbeen delivered yet to one recipient:\r\n", "headline");
	assert_has(&b, "You need not do anything", "calm");
	assert_has(&b, "\r\nAction: delayed\r\nStatus: 4.4.1\r\n", "action");
	assert_has(&b, "\r\nDiagnostic-Code: x-nullmta; connection refused\r\n",
		"not the server's words");
	assert_has(&b,
		"    mx.example.org[192.0.2.1]:25:\r\n        connection refused\r\n",
		"not said");
	assert_has(&b, "\r\nWill-Retry-Until: ", "how long");
	assert_has(&b, "Content-Type: text/rfc822-headers\r\n", "header only");
	assert_lacks(&b, "dear nobody", "header only");
	buf_release(&b);
}

static void relaying_is_told_as_success_so_far(void **state)
{
	struct report_recipient rr = refused(&nobody);
	struct report r = report_about(&rr, 1);
	struct buf b;

	(void)state;
	rr.code = 250;
	rr.status = (struct outcome_status){2, 6, 0};
	rr.text = "queued as 12345";
	r.kind = REPORT_RELAYED;
	r.is_full = false;
	b = compose(&r);
	assert_has(&b, "\r\nSubject: Relayed: backup failed\r\n", "subject");
	assert_has(&b, "\r\nAction: relayed\r\nStatus: 2.6.0\r\n", "action");
	assert_has(&b, "\r\nDiagnostic-Code: smtp; 250 queued as 12345\r\n", "reply");
	assert_has(&b, "You asked to be told of success.", "why");
	assert_has(&b, "Content-Type: text/rfc822-headers\r\n", "header only");
	assert_lacks(&b, "Will-Retry-Until", "nothing is tried");
	assert_status_fields(status_part(&b));
	buf_release(&b);
}

static void the_status_fits_the_action(void **state)
{
	static const struct {
		const char *why;
		enum report_kind kind;
		struct outcome_status status;
		const char *text;
	} cases[] = {
		{"refused", REPORT_FAILED, {5, 7, 1}, "Status: 5.7.1\r\n"},
		{"given up: RFC 3463 2 has class 4 for it", REPORT_FAILED, {4, 4, 7},
			"Status: 4.4.7\r\n"},
		{"a failure is no success", REPORT_FAILED, {2, 0, 0},
			"Status: 5.0.0\r\n"},
		{"no status at all", REPORT_FAILED, {0, 0, 0}, "Status: 5.0.0\r\n"},
		{"a delay is not for ever", REPORT_DELAYED, {5, 7, 8},
			"Status: 4.7.8\r\n"},
		{"passed on", REPORT_RELAYED, {2, 0, 0}, "Status: 2.0.0\r\n"},
		{"a success is no failure", REPORT_RELAYED, {5, 0, 0},
			"Status: 2.0.0\r\n"},
		{"never tried", REPORT_DELAYED, {0, 0, 0}, "Status: 4.0.0\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct report_recipient rr = refused(&nobody);
		struct report r = report_about(&rr, 1);
		struct buf b;

		rr.status = cases[i].status;
		r.kind = cases[i].kind;
		b = compose(&r);
		assert_has(&b, cases[i].text, cases[i].why);
		buf_release(&b);
	}
}

static void options_of_the_sender_come_back_decoded(void **state)
{
	static const struct {
		const char *why;
		const char *orcpt, *envid, *address;
		const char *has;
	} cases[] = {
		{"xtext of ORCPT (RFC 3461 6.3)", "rfc822;a+2Bb@example.org", NULL,
			"c@d.org",
			"\r\n\r\nOriginal-Recipient: rfc822; a+b@example.org\r\n"
			"Final-Recipient: rfc822; c@d.org\r\n"},
		{"xtext of ENVID", NULL, "QQ+3D314", "c@d.org",
			"\r\nOriginal-Envelope-Id: QQ=314\r\n"},
		{"malformed ORCPT is left out", "rfc822;a+", NULL, "c@d.org",
			"Queue-Id: 1A2B3C\r\n\r\nFinal-Recipient: rfc822; c@d.org\r\n"},
		{"ORCPT without a type is left out", "a@b", NULL, "c@d.org",
			"Queue-Id: 1A2B3C\r\n\r\nFinal-Recipient: rfc822; c@d.org\r\n"},
		{"malformed ENVID is left out", NULL, "+0", "c@d.org",
			"Reporting-MTA: dns; host.example.org\r\nArrival-Date: "},
		{"outside ASCII (RFC 6533 3)", NULL, NULL, "dömi+x@exämple.org",
			"Final-Recipient: utf-8; "
			"d\\x{F6}mi\\x{2B}x@ex\\x{E4}mple.org\r\n"},
		{"8-bit ORCPT", "rfc822;d+C3+B6mi@example.org", NULL, "c@d.org",
			"Original-Recipient: utf-8; d\\x{F6}mi@example.org\r\n"},
		{"utf-8 ORCPT in ASCII stays", "utf-8;d\\x{F6}mi@example.org", NULL,
			"c@d.org",
			"Original-Recipient: utf-8; d\\x{F6}mi@example.org\r\n"},
		{"spaces of a quoted local part", NULL, NULL, "\"a  b\"@example.org",
			"Final-Recipient: rfc822; \"a  b\"@example.org\r\n"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct recipient recipient = {.address = (char *)cases[i].address,
			.orcpt = (char *)cases[i].orcpt};
		struct report_recipient rr = refused(&recipient);
		struct report r = report_about(&rr, 1);
		struct buf b;

		r.envid = cases[i].envid;
		b = compose(&r);
		assert_has(&b, cases[i].has, cases[i].why);
		assert_status_fields(status_part(&b));
		buf_release(&b);
	}
}

static void the_remote_is_a_host(void **state)
{
	static const struct {
		const char *remote, *field;
	} cases[] = {
		{"mx.example.org[192.0.2.1]:25", "Remote-MTA: dns; mx.example.org\r\n"},
		{"[192.0.2.1]:25", "Remote-MTA: dns; [192.0.2.1]\r\n"},
		{"mx\r\nStatus: 2.0.0", "Remote-MTA: dns; mx--Status:-2.0.0\r\n"},
	};
	struct report_recipient rr = refused(&nobody);
	struct report r = report_about(&rr, 1);
	struct buf b;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		rr.remote = cases[i].remote;
		b = compose(&r);
		assert_has(&b, cases[i].field, cases[i].remote);
		buf_release(&b);
	}
	rr.remote = "";
	b = compose(&r);
	assert_lacks(&b, "Remote-MTA", "no server was asked");
	buf_release(&b);
	rr.remote = NULL;
	rr.text = NULL;
	b = compose(&r);
	assert_lacks(&b, "Remote-MTA", "NULL is none");
	buf_release(&b);
}

/* OpenSMTPD CVE-2020-8794: a server's words became lines of ours */
static void a_server_cannot_write_fields(void **state)
{
	static const char *const hostile[] = {
		"no\r\nAction: delivered\r\n\r\nFinal-Recipient: rfc822; x@y",
		"no\nStatus: 2.0.0",
		"no\rStatus: 2.0.0",
		"\x1b]0;owned\x07 \x9b \xc2\x9b \xe2\x80\xae cip.exe",
		"--=_1A2B.77.0--",
		"\\r\\nStatus: 2.0.0",
		"",
		"   ",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(hostile); i++) {
		struct recipient recipient = {
			.address = (char *)hostile[i], .orcpt = (char *)hostile[i]};
		struct report_recipient rr = refused(&recipient);
		struct report r = report_about(&rr, 1);
		struct buf b;

		rr.text = hostile[i];
		rr.remote = hostile[i];
		r.envid = r.queue_id = r.hostname = r.from = r.to = r.unique = hostile[i];
		b = compose(&r);
		assert_wire_form(buf_span(&b));
		assert_status_fields(status_part(&b));
		assert_has(&b, "\r\nAction: ", hostile[i]);
		assert_has(&b, "\r\nStatus: ", hostile[i]);
		assert_lacks(&b, "\x1b", "escape");
		assert_lacks(&b, "\x9b", "C1");
		buf_release(&b);
	}
}

static void words_stay_as_they_were(void **state)
{
	struct report_recipient rr = refused(&nobody);
	struct report r = report_about(&rr, 1);
	struct buf b;

	(void)state;
	rr.text = "нет \\x0D\\\\ ящика"; /* cleaned once, where it entered */
	b = compose(&r);
	assert_has(&b, "        550 нет \\x0D\\\\ ящика\r\n",
		"text: UTF-8, not cleaned twice");
	assert_has(&b,
		"Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: 8bit\r\n",
		"declared");
	assert_has(&b, "smtp; 550 \\xD0\\xBD", "status part: ASCII");
	assert_status_fields(status_part(&b));
	buf_release(&b);
}

static void long_words_fit_lines(void **state)
{
	struct report_recipient rr = refused(&nobody);
	struct report r = report_about(&rr, 1);
	char text[OUTCOME_TEXT_MAX];
	struct recipient recipient;
	char address[1501] = "a\xff";
	struct buf b;

	(void)state;
	memset(text, 0x01, sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (size_t i = 2; i + 3 < sizeof(address); i += 3)
		memcpy(address + i, "\xe4\xb8\x80", 4);
	recipient = (struct recipient){.address = address};
	rr.text = text;
	rr.recipient = &recipient;
	b = compose(&r);
	assert_wire_form(buf_span(&b));
	assert_status_fields(status_part(&b));
	buf_release(&b);
}

/* 16 characters of 3 octets */
#define LONG_WORD "€€€€€€€€€€€€€€€€"

static void the_subject_names_the_message(void **state)
{
	static const struct {
		const char *why;
		const char *header;
		const char *subject;
	} cases[] = {
		{"none", "From: a@b\r\n\r\n",
			"Subject: Undelivered: mail to nobody@example.org\r\n"},
		{"of the body", "From: a@b\r\n\r\nSubject: x\r\n",
			"Subject: Undelivered: mail to nobody@example.org\r\n"},
		{"folded", "Subject: a\r\n b\r\n\tc\r\nX: y\r\n\r\n",
			"Subject: Undelivered: a b\\x09c\r\n"},
		{"any case, obsolete blanks", "SUBJECT : x\r\n\r\n",
			"Subject: Undelivered: x\r\n"},
		{"a backslash is no escape", "Subject: C:\\tmp\r\n\r\n",
			"Subject: Undelivered: C:\\tmp\r\n"},
		{"encoded stays encoded", "Subject: =?utf-8?q?gr=C3=BCn?=\r\n\r\n",
			"Subject: Undelivered: =?utf-8?q?gr=C3=BCn?=\r\n"},
		{"raw UTF-8 is encoded", "Subject: gr\xc3\xbcn\r\n\r\n",
			"Subject: Undelivered: =?UTF-8?B?Z3LDvG4=?=\r\n"},
		{"not UTF-8", "Subject: gr\xfcn\r\n\r\n",
			"Subject: Undelivered: gr\\xFCn\r\n"},
		{"one long word",
			"Subject: a" LONG_WORD LONG_WORD LONG_WORD LONG_WORD "\r\n\r\n",
			"\r\n "
			"=?UTF-8?B?4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs4oKs?=\r\nDate: "},
		{"no more than a line or two",
			"Subject: 456789 123456789 123456789 123456789 123456789 "
			"123456789 123456789 123456789 123456789 123456789 123456789 "
			"123456789 123456789 123456789 1234567 =?utf-8?q?cut_me_not?="
			"\r\n\r\n",
			" 1234567\r\nDate: "},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct report_recipient rr = refused(&nobody);
		struct report r = report_about(&rr, 1);
		struct buf b;

		r.content = span_of(cases[i].header);
		r.is_full = false;
		b = compose(&r);
		assert_has(&b, cases[i].subject, cases[i].why);
		buf_release(&b);
	}
}

static void only_a_message_id_makes_a_thread(void **state)
{
	static const char *const bad[] = {"From: a@b\r\n\r\n", "Message-ID: x@y\r\n\r\n",
		"Message-ID: <>\r\n\r\n", "Message-ID: <a@b> <c@d>\r\n\r\n",
		"Message-ID: <\xc3\xbc@b>\r\n\r\n"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct report_recipient rr = refused(&nobody);
		struct report r = report_about(&rr, 1);
		struct buf b;

		r.content = span_of(bad[i]);
		b = compose(&r);
		assert_lacks(&b, "In-Reply-To", bad[i]);
		assert_lacks(&b, "References", bad[i]);
		buf_release(&b);
	}
}

static void the_boundary_is_never_in_the_message(void **state)
{
	struct report_recipient rr = refused(&nobody);
	struct report r = report_about(&rr, 1);
	struct buf b;

	(void)state;
	r.content = SPAN_LIT("From: a@b\r\n\r\n--=_1A2B.77.0--\r\n--=_1A2B.77.1\r\n");
	b = compose(&r);
	assert_has(&b, " boundary=\"=_1A2B.77.2\"\r\n", "the first free");
	buf_release(&b);
}

static void the_message_comes_back_as_it_was(void **state)
{
	static const struct {
		const char *why;
		struct span content;
		bool is_full;
		const char *has;
	} cases[] = {
		{"8-bit", SPAN_LIT("A: b\r\n\r\ngr\xc3\xbcn\r\n"), true,
			"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: "
			"8bit\r\n\r\nA: b\r\n\r\ngr\xc3\xbcn\r\n\r\n--"},
		{"header only", SPAN_LIT("A: b\r\n c\r\nD: e\r\n\r\nbody\r\n"), false,
			"Content-Type: text/rfc822-headers\r\nContent-Transfer-Encoding: "
			"7bit\r\n\r\nA: b\r\n c\r\nD: e\r\n\r\n--"},
		{"8-bit in the body only", SPAN_LIT("A: b\r\n\r\n\xff\r\n"), false,
			"Content-Transfer-Encoding: 7bit\r\n\r\nA: b\r\n\r\n--"},
		{"bare line ends become lines", SPAN_LIT("A: b\n\nc\rd"), true,
			"\r\n\r\nA: b\r\n\r\nc\r\nd\r\n\r\n--"},
		{"nothing", SPAN_NONE, true,
			"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: "
			"7bit\r\n\r\n\r\n--"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct report_recipient rr = refused(&nobody);
		struct report r = report_about(&rr, 1);
		struct buf b;

		r.content = cases[i].content;
		r.is_full = cases[i].is_full;
		b = compose(&r);
		assert_has(&b, cases[i].has, cases[i].why);
		assert_wire_form(buf_span(&b));
		buf_release(&b);
	}
}

static void one_reason_is_told_once(void **state)
{
	static const struct recipient others[] = {{.address = (char *)"a@example.org"},
		{.address = (char *)"b@example.org"},
		{.address = (char *)"c@example.org"}};
	struct report_recipient rr[3] = {0};
	struct report r = report_about(rr, 3);
	struct buf b;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rr); i++)
		rr[i] = refused(&others[i]);
	rr[2].status = (struct outcome_status){5, 2, 2};
	b = compose(&r);
	assert_has(&b, "be delivered to 3 recipients:", "how many");
	assert_has(&b, "\r\n<a@example.org>\r\n<b@example.org>\r\n    mx", "together");
	assert_has(&b, "\r\n\r\n<c@example.org>\r\n    mx", "apart");
	assert_int_equal(count(&b, "Final-Recipient"), 3);
	buf_release(&b);
}

static void what_may_have_arrived_is_said(void **state)
{
	struct report_recipient rr = refused(&nobody);
	struct report r = report_about(&rr, 1);
	struct buf b = compose(&r);

	(void)state;
	assert_lacks(&b, "It may have arrived", "refused is refused");
	buf_release(&b);
	rr.may_be_delivered = true;
	b = compose(&r);
	assert_has(&b, "    It may have arrived all the same", "RFC 1047");
	buf_release(&b);
}

static void ten_thousand_recipients_are_bounded(void **state)
{
	size_t n = 10000;
	struct report_recipient *rr = mem_array(n, sizeof(*rr));
	struct report r = report_about(rr, n);
	struct recipient recipient = {.address = (char *)"somebody@example.org"};
	char text[OUTCOME_TEXT_MAX];
	struct buf b;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (size_t i = 0; i < n; i++) {
		rr[i] = refused(&recipient);
		rr[i].text = text;
	}
	b = compose(&r);
	assert_has(&b, "\r\nand 9980 more: the second part", "the text stays short");
	assert_int_equal(count(&b, "\r\nFinal-Recipient: rfc822; somebody@example.org\r\n"
				   "Action: failed\r\nStatus: 5.1.1\r\n"),
		n);
	assert_true(b.len < 4 * 1024 * 1024);
	assert_wire_form(buf_span(&b));
	buf_release(&b);
	free(rr);
}

static void what_is_returned_follows_ret(void **state)
{
	static const struct {
		const char *why;
		enum report_kind kind;
		enum dsn_return ret;
		uint64_t octets;
		bool is_full;
	} cases[] = {
		{"small", REPORT_FAILED, DSN_RETURN_UNSET, REPORT_FULL_MAX, true},
		{"asked for", REPORT_FAILED, DSN_RETURN_FULL, 1, true},
		{"large", REPORT_FAILED, DSN_RETURN_FULL, REPORT_FULL_MAX + 1, false},
		{"header asked for", REPORT_FAILED, DSN_RETURN_HEADERS, 1, false},
		{"nothing failed", REPORT_DELAYED, DSN_RETURN_FULL, 1, false},
		{"nor here", REPORT_RELAYED, DSN_RETURN_FULL, 1, false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(
			report_returns_full(cases[i].kind, cases[i].ret, cases[i].octets),
			cases[i].is_full);
}

static void every_status_has_advice(void **state)
{
	static const struct {
		struct outcome_status status;
		const char *text;
	} cases[] = {
		{{5, 1, 1}, "no such mailbox"},
		{{5, 1, 2}, "does not exist or takes no mail"},
		{{5, 1, 10}, "null MX"},
		{{5, 1, 99}, "Check the spelling"},
		{{4, 2, 2}, "full"},
		{{5, 3, 4}, "too large"},
		{{4, 4, 1}, "port 25"},
		{{4, 4, 4}, "DNS"},
		{{5, 4, 6}, "loop"},
		{{4, 4, 7}, "ran out"},
		{{5, 7, 23}, "SPF"},
		{{5, 7, 1}, "own rules"},
		{{5, 0, 0}, "postmaster"},
		{{0, 0, 0}, "postmaster"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_non_null(strstr(advice_find(cases[i].status), cases[i].text));
	for (unsigned short subject = 0; subject < 10; subject++)
		for (unsigned short detail = 0; detail < 40; detail++) {
			struct outcome_status status = {5, subject, detail};
			struct span text = span_of(advice_find(status));

			assert_true(text.len && text.len <= ADVICE_MAX);
			assert_false(span_has_8bit(text) || span_has_control(text));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_refused_recipient_is_reported),
		cmocka_unit_test(a_delay_asks_for_nothing),
		cmocka_unit_test(relaying_is_told_as_success_so_far),
		cmocka_unit_test(the_status_fits_the_action),
		cmocka_unit_test(options_of_the_sender_come_back_decoded),
		cmocka_unit_test(the_remote_is_a_host),
		cmocka_unit_test(a_server_cannot_write_fields),
		cmocka_unit_test(words_stay_as_they_were),
		cmocka_unit_test(long_words_fit_lines),
		cmocka_unit_test(the_subject_names_the_message),
		cmocka_unit_test(only_a_message_id_makes_a_thread),
		cmocka_unit_test(the_boundary_is_never_in_the_message),
		cmocka_unit_test(the_message_comes_back_as_it_was),
		cmocka_unit_test(one_reason_is_told_once),
		cmocka_unit_test(what_may_have_arrived_is_said),
		cmocka_unit_test(ten_thousand_recipients_are_bounded),
		cmocka_unit_test(what_is_returned_follows_ret),
		cmocka_unit_test(every_status_has_advice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
