#include "smtp/server_session.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "mail/quote.h"

struct verb {
	const char *word;
	size_t line_max;
	bool has_arguments; /* without them: a word behind it is an error */
	void (*run)(struct smtp_server *s, struct span arguments);
};

/* What the client calls itself. False, and a reply, where it does not say. */
static bool take_hello(struct smtp_server *s, struct span arguments)
{
	struct buf hello = BUF_INIT(SMTP_SERVER_HELLO_MAX);
	struct span word;

	if (!span_word(&arguments, &word)) {
		smtp_server_sayf(s, 501, "5.5.4", "syntax: EHLO name");
		return false;
	}
	quote_host(&hello, span_head(word, SMTP_SERVER_HELLO_MAX));
	(void)text_copy(s->hello, sizeof(s->hello), buf_span(&hello));
	buf_release(&hello);
	smtp_server_reset(s); /* RFC 5321 4.1.4 */
	return true;
}

static void run_ehlo(struct smtp_server *s, struct span arguments)
{
	struct buf *out;

	if (!take_hello(s, arguments))
		return;
	s->is_esmtp = true;
	out = smtp_outbox_open(&s->outbox);
	buf_addf(out, "250-%s\r\n", s->options.hostname);
	buf_add_str(out, "250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n");
	buf_add_str(out, s->options.is_final ? "" : "250-DSN\r\n");
	buf_add_str(out, "250-CHUNKING\r\n250-ENHANCEDSTATUSCODES\r\n");
	buf_addf(out, "250 SIZE %" PRIu64 "\r\n", s->options.octets_max);
}

static void run_helo(struct smtp_server *s, struct span arguments)
{
	if (!take_hello(s, arguments))
		return;
	s->is_esmtp = false;
	smtp_server_sayf(s, 250, "", "%s", s->options.hostname);
}

/* A MAIL within a transaction begins another one: some clients never say RSET. */
static void run_mail(struct smtp_server *s, struct span arguments)
{
	struct smtp_mail_command mail;
	struct smtp_answer answer;

	smtp_server_reset(s);
	if (smtp_mail_command_parse(&mail, arguments, s->options.domain, &answer) < 0) {
		smtp_server_say(s, &answer);
		return;
	}
	if (mail.size > s->options.octets_max) {
		smtp_server_sayf(s, 552, "5.3.4",
			"a message has at most %" PRIu64 " octets",
			s->options.octets_max);
		return;
	}
	s->mail = mail;
	s->has_mail = true;
	smtp_server_sayf(s, 250, "2.1.0", "sender ok");
}

static void add_recipient(struct smtp_server *s, const struct smtp_rcpt_command *rcpt)
{
	if (s->recipient_count == s->recipient_cap) {
		s->recipient_cap = s->recipient_cap ? 2 * s->recipient_cap : 4;
		s->recipients = mem_regrow(
			s->recipients, s->recipient_cap, sizeof(*s->recipients));
	}
	s->recipients[s->recipient_count++] = (struct recipient){
		.address = mem_string(rcpt->address),
		.notify = rcpt->notify,
		.orcpt = *rcpt->orcpt ? mem_string(rcpt->orcpt) : NULL,
	};
}

static void run_rcpt(struct smtp_server *s, struct span arguments)
{
	struct smtp_rcpt_command rcpt;
	struct smtp_answer answer;

	if (!s->has_mail || s->has_chunks) {
		smtp_server_sayf(s, 503, "5.5.1",
			s->has_chunks ? "recipients come before BDAT"
				      : "MAIL comes first");
	} else if (s->recipient_count == s->options.recipients_max) {
		/* RFC 5321 4.5.3.1.10: the client sends the rest in another message */
		smtp_server_sayf(s, 452, "4.5.3", "a message has at most %zu recipients",
			s->options.recipients_max);
	} else if (smtp_rcpt_command_parse(&rcpt, arguments, s->options.domain, &answer) <
		   0) {
		smtp_server_say(s, &answer);
	} else {
		add_recipient(s, &rcpt);
		smtp_server_sayf(s, 250, "2.1.5", "recipient ok");
	}
}

static void run_data(struct smtp_server *s, struct span arguments)
{
	(void)arguments;
	smtp_server_begin_data(s);
}

/*
 * RFC 3030 2. Behind a BDAT that cannot be read come octets that nobody knows the number
 * of: taken for commands, they would let content speak for the client. So it is the end.
 */
static void run_bdat(struct smtp_server *s, struct span arguments)
{
	struct span size, last = SPAN_NONE;
	bool is_number = span_word(&arguments, &size);
	bool is_last = span_word(&arguments, &last);
	uint64_t octets = 0;

	for (size_t i = 0; is_number && i < size.len; i++)
		is_number = text_is_digit(size.data[i]);
	if (!is_number || (is_last && !span_iis(last, "LAST")) ||
		span_trim(arguments).len) {
		smtp_server_sayf(s, 501, "5.5.4", "syntax: BDAT octets [LAST]");
		smtp_server_close(s);
	} else if (span_to_uint(size, UINT64_MAX, &octets) < 0) {
		smtp_server_sayf(s, 552, "5.3.4", "the chunk is too large");
		smtp_server_close(s);
	} else {
		smtp_server_begin_chunk(s, octets, is_last);
	}
}

static void run_rset(struct smtp_server *s, struct span arguments)
{
	(void)arguments;
	smtp_server_reset(s);
	smtp_server_sayf(s, 250, "2.0.0", "ok");
}

static void run_noop(struct smtp_server *s, struct span arguments)
{
	(void)arguments;
	smtp_server_sayf(s, 250, "2.0.0", "ok");
}

static void run_help(struct smtp_server *s, struct span arguments)
{
	(void)arguments;
	smtp_server_sayf(s, 214, "2.0.0",
		"what is accepted here goes to the queue that mailq shows; see "
		"nullmta(1)");
}

static void run_vrfy(struct smtp_server *s, struct span arguments)
{
	(void)arguments;
	smtp_server_sayf(s, 252, "2.0.0", "send some mail, it will be tried");
}

static void run_unavailable(struct smtp_server *s, struct span arguments)
{
	(void)arguments;
	smtp_server_sayf(s, 502, "5.5.1", "not available here");
}

static void run_quit(struct smtp_server *s, struct span arguments)
{
	(void)arguments;
	smtp_server_reset(s);
	smtp_server_sayf(s, 221, "2.0.0", "bye");
	smtp_server_close(s);
}

/* A browser made to speak to this socket must not get a word through to us. */
static void run_http(struct smtp_server *s, struct span arguments)
{
	(void)arguments;
	smtp_server_sayf(s, 554, "5.5.1", "this is SMTP");
	smtp_server_close(s);
}

static const struct verb verbs[] = {
	{"EHLO", SMTP_SERVER_COMMAND_MAX, true, run_ehlo},
	{"HELO", SMTP_SERVER_COMMAND_MAX, true, run_helo},
	{"MAIL", SMTP_SERVER_LINE_MAX, true, run_mail},
	{"RCPT", SMTP_SERVER_LINE_MAX, true, run_rcpt},
	{"DATA", SMTP_SERVER_COMMAND_MAX, false, run_data},
	{"BDAT", SMTP_SERVER_LINE_MAX, true, run_bdat},
	{"RSET", SMTP_SERVER_COMMAND_MAX, false, run_rset},
	{"NOOP", SMTP_SERVER_COMMAND_MAX, true, run_noop},
	{"QUIT", SMTP_SERVER_COMMAND_MAX, false, run_quit},
	{"HELP", SMTP_SERVER_COMMAND_MAX, true, run_help},
	{"VRFY", SMTP_SERVER_COMMAND_MAX, true, run_vrfy},
	{"EXPN", SMTP_SERVER_COMMAND_MAX, true, run_unavailable},
	{"AUTH", SMTP_SERVER_COMMAND_MAX, true, run_unavailable},
	{"STARTTLS", SMTP_SERVER_COMMAND_MAX, true, run_unavailable},
	{"GET", SMTP_SERVER_LINE_MAX, true, run_http},
	{"POST", SMTP_SERVER_LINE_MAX, true, run_http},
	{"PUT", SMTP_SERVER_LINE_MAX, true, run_http},
	{"HEAD", SMTP_SERVER_LINE_MAX, true, run_http},
	{"OPTIONS", SMTP_SERVER_LINE_MAX, true, run_http},
	{"CONNECT", SMTP_SERVER_LINE_MAX, true, run_http},
};

static const struct verb *find_verb(struct span word)
{
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++)
		if (span_iis(word, verbs[i].word))
			return &verbs[i];
	return NULL;
}

void smtp_server_execute(struct smtp_server *s, struct span line)
{
	struct span rest = line, word = SPAN_NONE;
	bool has_word = span_word(&rest, &word);
	const struct verb *verb = has_word ? find_verb(word) : NULL;

	rest = span_trim(rest);
	if (line.len + 2 > (verb ? verb->line_max : SMTP_SERVER_COMMAND_MAX))
		smtp_server_sayf(s, 500, "5.5.2", "the line is too long");
	else if (span_has_control(line))
		smtp_server_sayf(s, 500, "5.5.2", "a control character");
	else if (!verb)
		smtp_server_sayf(s, 500, "5.5.1", "unknown command");
	else if (!verb->has_arguments && rest.len)
		smtp_server_sayf(s, 501, "5.5.4", "%s has no arguments", verb->word);
	else
		verb->run(s, rest);
}
