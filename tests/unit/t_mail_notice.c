#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/bug.h"
#include "mail/notice.h"

static struct notice usual(const struct outcome *why)
{
	return (struct notice){
		.hostname = "client.test",
		.from = "mailer-daemon@client.test",
		.to = "joe@client.test",
		.unique = "6C3MK9G1NNHHL4",
		.now_s = 1795419407,
		.section = "[relay]",
		.why = why,
		.lifetime_s = 432000,
	};
}

static struct outcome said(const char *status, int code, const char *text)
{
	struct outcome o =
		outcome_make(OUTCOME_DEFERRED, OUTCOME_ROUTE, status, "%s", text);

	o.code = code;
	(void)snprintf(o.remote, sizeof(o.remote), "mx.example.org[192.0.2.1]:587");
	return o;
}

static struct buf compose(const struct notice *n)
{
	struct buf out = BUF_INIT(NOTICE_MAX);

	notice_compose(n, &out);
	assert_false(out.is_overfull);
	return out;
}

static void expect(const struct buf *text, const char *words)
{
	if (!strstr(buf_str(text), words))
		fail_msg("%s is not in:\n%s", words, buf_str(text));
}

static void it_says_what_the_server_said_and_what_to_do(void **state)
{
	struct outcome why = said("4.7.8", 535, "Username and Password not accepted.");
	struct notice n = usual(&why);
	struct buf text;

	(void)state;
	n.advice = "the user is the full address, the password an app password";
	text = compose(&n);
	expect(&text, "From: <mailer-daemon@client.test>\r\nTo: <joe@client.test>\r\n");
	expect(&text, "Subject: Mail waits: trouble with [relay] on client.test\r\n");
	expect(&text, "Message-ID: <notice.6C3MK9G1NNHHL4@client.test>\r\n");
	expect(&text, "Auto-Submitted: auto-generated\r\n");
	expect(&text, "    mx.example.org[192.0.2.1]:587 said:\r\n"
		      "        535 Username and Password not accepted.\r\n");
	expect(&text, "Check the user, and the password");
	expect(&text, "Of this provider is known: the user is the full address,");
	expect(&text, "nothing is lost.");
	expect(&text, "waited for 120 hours");
	buf_release(&text);
}

static void the_advice_fits_the_trouble(void **state)
{
	static const struct {
		const char *status, *words;
	} cases[] = {
		{"4.7.8", "the password wherever the section takes it from"},
		{"4.7.9", "the password wherever the section takes it from"},
		{"4.7.4", "Check host and port."},
		{"4.7.5", "the clock of"},
		{"4.7.10", "sent only to a server that TLS has verified"},
		{"4.7.0", "Check host, port, user and password"},
		{"4.7.999", "Check host, port, user and password"},
		{"4.3.5", "What is wrong is on this machine"},
		{"4.5.0", "Check host, port, user and password"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct outcome why = said(cases[i].status, 0, "our words");
		struct notice n = usual(&why);
		struct buf text = compose(&n);

		expect(&text, cases[i].words);
		expect(&text,
			"    mx.example.org[192.0.2.1]:587:\r\n        our words\r\n");
		buf_release(&text);
	}
}

/* nobody's words make a line or a field that is not ours */
static void words_of_others_are_cleaned(void **state)
{
	static char long_text[4000];
	struct outcome why = said("4.7.8", 535, "x");
	struct notice n = usual(&why);
	struct buf text;

	(void)state;
	memset(long_text, 'x', sizeof(long_text) - 1);
	memcpy(why.text, "a\r\nBcc: b@c\x1b[2J \xff", 18);
	memcpy(why.remote, "r\r\nX: y", 8);
	n.to = "joe\r\nBcc: x@y";
	n.section = "[route a\r\nX: \xc3\xa4]";
	n.hostname = "h\r\nX: y";
	n.advice = long_text;
	text = compose(&n);
	assert_null(strstr(buf_str(&text), "\nBcc"));
	assert_null(strstr(buf_str(&text), "\nX:"));
	assert_null(strchr(buf_str(&text), '\x1b'));
	assert_true(span_is_utf8(buf_span(&text)));
	for (size_t i = 0, line = 0; i < text.len; i++) {
		line = text.data[i] == '\n' ? 0 : line + 1;
		assert_true(line <= 1000);
	}
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_says_what_the_server_said_and_what_to_do),
		cmocka_unit_test(the_advice_fits_the_trouble),
		cmocka_unit_test(words_of_others_are_cleaned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
