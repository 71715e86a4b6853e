#include "receiver/session.h"

#include <err.h>
#include <stdarg.h>
#include <stdlib.h>

#include "base/bug.h"
#include "lib/loopback.h"
#include "receiver/path.h"

#define LINE_MAX_LEN 4096

/* RFC 5321 4.5.3.1.4: 512, and what DSN and the others add (RFC 3461 4, 5.2.1) */
#define COMMAND_MAX 2048

struct session {
	struct peer *p;
	const struct receiver *r;
	struct letter *letter;
	bool is_extended; /* said EHLO */
	bool has_hello;
	bool has_mail;
	bool is_8bit;     /* BODY=8BITMIME */
	bool is_refusing; /* the greeting was no 220: only QUIT is left (RFC 5321 3.1) */
	bool is_over;
};

static bool offers(const struct session *s, unsigned feature)
{
	return s->is_extended && (s->r->features & feature);
}

/* Note what the client did wrong. */
static void PRINTF_LIKE(2, 3) blame(struct session *s, const char *fmt, ...)
{
	struct buf line = BUF_INIT(LINE_MAX_LEN);
	va_list args;

	buf_addf(&line, "connection %u: ", s->p->number);
	va_start(args, fmt);
	buf_vaddf(&line, fmt, args);
	va_end(args);
	peer_log(s->p, '*', buf_span(&line));
	receiver_note(s->r, "violations", buf_span(&line));
	buf_release(&line);
}

/*
 * Say a reply of ours, "550 5.1.1 text", without the status code where it is not offered.
 * "close" closes; so does 421 (RFC 5321 3.8).
 */
static void reply(struct session *s, const char *text)
{
	struct span all = span_of(text);
	struct span rest = span_from(all, 4);
	struct span word = SPAN_NONE;

	if (span_is(all, "close")) {
		s->is_over = true;
		return;
	}
	if (span_starts(all, "421"))
		s->is_over = true;
	if (!(s->r->features & RECEIVER_STATUS_CODES) && span_word(&rest, &word) &&
		word.len >= 5 && word.data[1] == '.')
		peer_say(s->p, "%.3s %.*s", text, SPAN_ARGS(span_trim(rest)));
	else
		peer_say(s->p, "%s", text);
}

/* What the rules say here, or `usual`. */
static const char *decide(
	struct session *s, enum rules_stage stage, struct span subject, const char *usual)
{
	struct buf pair = BUF_INIT(LETTER_ENVELOPE_MAX);
	struct rules_case here = {.stage = stage, .subject = subject};
	const char *answer;

	buf_add_span(&pair, buf_span(&s->letter->sender));
	buf_add_char(&pair, '\n');
	buf_add_span(&pair, subject);
	here.pair = buf_span(&pair);
	answer = rules_reply(&s->r->rules, &s->r->shared->rules, &here);
	buf_release(&pair);
	return answer ? answer : usual;
}

/* The commands that end a group: RFC 2920 3.1. */
static void forbid_early_input(struct session *s, const char *after)
{
	if (peer_has_input(s->p))
		blame(s, "sent more before the reply to %s", after);
}

static struct span sender_address(const struct session *s)
{
	struct path path = {.address = SPAN_NONE};

	(void)path_parse(buf_span(&s->letter->sender), &path); /* was checked at MAIL */
	return path.address;
}

static void begin_again(struct session *s)
{
	letter_reset(s->letter);
	s->has_mail = false;
	s->is_8bit = false;
}

static void say_extensions(struct session *s)
{
	static const struct {
		unsigned feature;
		const char *keyword;
	} table[] = {
		{RECEIVER_PIPELINING, "PIPELINING"},
		{RECEIVER_8BITMIME, "8BITMIME"},
		{RECEIVER_STATUS_CODES, "ENHANCEDSTATUSCODES"},
		{RECEIVER_DSN, "DSN"},
		{RECEIVER_SMTPUTF8, "SMTPUTF8"},
	};

	peer_say(s->p, "250-%s at your service", s->r->name);
	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (s->r->features & table[i].feature)
			peer_say(s->p, "250-%s", table[i].keyword);
	if (s->r->features & RECEIVER_SIZE)
		peer_say(s->p, "250-SIZE %llu", (unsigned long long)s->r->size_max);
	if (s->r->tls && !s->p->ssl)
		peer_say(s->p, "250-STARTTLS");
	if (s->p->ssl && (s->r->features & RECEIVER_REQUIRETLS))
		peer_say(s->p, "250-REQUIRETLS");
	peer_say(s->p, "250 HELP");
}

static void hello(struct session *s, struct span line, bool is_extended)
{
	enum rules_stage stage = is_extended ? RULES_EHLO : RULES_HELO;
	struct span name = span_trim(span_from(line, 4));
	const char *answer = decide(s, stage, name, "250");

	forbid_early_input(s, is_extended ? "EHLO" : "HELO");
	if (is_extended && !(s->r->features & RECEIVER_EHLO))
		answer = "502 5.5.1 what is EHLO?";
	if (name.len == 0) {
		blame(s, "hello without a name");
		answer = "501 5.5.4 who?";
	}
	if (answer[0] != '2') {
		reply(s, answer);
		return;
	}
	begin_again(s);
	s->is_extended = is_extended;
	s->has_hello = true;
	letter_set_hello(s->letter, line);
	if (is_extended)
		say_extensions(s);
	else
		peer_say(s->p, "250 %s at your service", s->r->name);
}

static void do_ehlo(struct session *s, struct span line)
{
	hello(s, line, true);
}

static void do_helo(struct session *s, struct span line)
{
	hello(s, line, false);
}

/* Whether each parameter belongs to an extension that was offered. */
static bool parameters_are_known(struct session *s, struct span parameters, bool is_mail)
{
	static const struct {
		const char *key;
		bool is_mail;
		unsigned feature;
	} table[] = {
		{"SIZE", true, RECEIVER_SIZE},
		{"BODY", true, RECEIVER_8BITMIME},
		{"RET", true, RECEIVER_DSN},
		{"ENVID", true, RECEIVER_DSN},
		{"SMTPUTF8", true, RECEIVER_SMTPUTF8},
		{"REQUIRETLS", true, RECEIVER_REQUIRETLS},
		{"NOTIFY", false, RECEIVER_DSN},
		{"ORCPT", false, RECEIVER_DSN},
	};
	struct span key = SPAN_NONE;
	struct span value = SPAN_NONE;

	while (path_parameter(&parameters, &key, &value)) {
		bool is_known = false;

		for (size_t i = 0; i < ARRAY_LEN(table); i++)
			if (table[i].is_mail == is_mail && span_iis(key, table[i].key) &&
				offers(s, table[i].feature))
				is_known = true;
		if (!is_known) {
			blame(s, "parameter %.*s was not offered", SPAN_ARGS(key));
			return false;
		}
	}
	return true;
}

static const char *check_mail(struct session *s, const struct path *path)
{
	struct span rest = path->parameters;
	struct span key = SPAN_NONE;
	struct span value = SPAN_NONE;
	bool is_utf8 = false;

	if (!parameters_are_known(s, path->parameters, true))
		return "555 5.5.4 parameter not recognised";
	while (path_parameter(&rest, &key, &value)) {
		uint64_t size = 0;

		if (span_iis(key, "SIZE") && span_to_uint(value, UINT64_MAX, &size) < 0)
			return "501 5.5.4 SIZE needs a number";
		if (s->r->size_max && size > s->r->size_max)
			return "552 5.3.4 too big";
		if (span_iis(key, "BODY"))
			s->is_8bit = span_iis(value, "8BITMIME");
		if (span_iis(key, "SMTPUTF8"))
			is_utf8 = true;
	}
	if (!is_utf8 && span_has_8bit(path->address)) {
		blame(s, "an 8-bit address without SMTPUTF8");
		return "553 5.6.7 SMTPUTF8 needed";
	}
	return decide(s, RULES_MAIL, path->address, "250 2.1.0 sender ok");
}

static void do_mail(struct session *s, struct span line)
{
	struct span argument = span_from(line, 10);
	struct path path;
	const char *answer;

	if (!s->has_hello || s->has_mail) {
		blame(s, "MAIL %s",
			s->has_hello ? "inside a transaction" : "before EHLO");
		reply(s, "503 5.5.1 not now");
		return;
	}
	if (!span_istarts(line, "MAIL FROM:") || !path_parse(argument, &path)) {
		blame(s, "MAIL with a bad path");
		reply(s, "501 5.5.4 MAIL FROM:<address>");
		return;
	}
	answer = check_mail(s, &path);
	if (answer[0] == '2') {
		letter_set_sender(s->letter, argument);
		s->has_mail = true;
	}
	reply(s, answer);
}

static const char *check_recipient(struct session *s, const struct path *path)
{
	if (path->address.len == 0)
		return "501 5.1.3 nobody";
	if (!parameters_are_known(s, path->parameters, false))
		return "555 5.5.4 parameter not recognised";
	if (s->r->recipients_max && s->letter->recipient_count >= s->r->recipients_max)
		return "452 4.5.3 too many recipients";
	return decide(s, RULES_RCPT, path->address, "250 2.1.5 recipient ok");
}

static void do_rcpt(struct session *s, struct span line)
{
	struct span argument = span_from(line, 8);
	struct path path;
	const char *answer;

	if (!s->has_mail) {
		/* no blame: with PIPELINING the client cannot know that MAIL failed */
		reply(s, "503 5.5.1 MAIL first");
		return;
	}
	if (!span_istarts(line, "RCPT TO:") || !path_parse(argument, &path)) {
		blame(s, "RCPT with a bad path");
		reply(s, "501 5.5.4 RCPT TO:<address>");
		return;
	}
	answer = check_recipient(s, &path);
	if (answer[0] == '2')
		letter_add_recipient(s->letter, argument);
	reply(s, answer);
}

static const char *check_content(struct session *s)
{
	struct span content = buf_span(&s->letter->content);

	if (s->letter->has_bare_cr || s->letter->has_bare_lf) {
		blame(s, "bare %s in the content", s->letter->has_bare_cr ? "CR" : "LF");
		return "550 5.5.2 bare CR or LF";
	}
	if (offers(s, RECEIVER_8BITMIME) && !s->is_8bit && span_has_8bit(content))
		blame(s, "8-bit content without BODY=8BITMIME");
	if (s->r->size_max && content.len > s->r->size_max)
		return "552 5.3.4 too big";
	return decide(s, RULES_DOT, sender_address(s), "250 2.0.0 message accepted");
}

static void do_data(struct session *s, struct span line)
{
	const char *answer = decide(s, RULES_DATA, sender_address(s), "354 go ahead");

	(void)line; /* DATA has no argument */
	forbid_early_input(s, "DATA");
	if (s->letter->recipient_count == 0)
		answer = s->has_mail ? "554 5.5.1 no valid recipients"
				     : "503 5.5.1 MAIL first";
	reply(s, answer);
	if (answer[0] != '3')
		return;
	if (!letter_read_content(s->letter, s->p))
		return;
	answer = check_content(s);
	if (answer[0] == '2')
		letter_store(s->letter, s->p);
	begin_again(s);
	reply(s, answer);
}

static void do_rset(struct session *s, struct span line)
{
	(void)line; /* RSET has no argument */
	begin_again(s);
	reply(s, decide(s, RULES_RSET, SPAN_NONE, "250 2.0.0 ok"));
}

static void do_noop(struct session *s, struct span line)
{
	(void)line; /* whatever it says (RFC 5321 4.1.1.9) */
	reply(s, "250 2.0.0 ok");
}

/* RFC 3207 4.2: all that was said before is forgotten. */
static void do_starttls(struct session *s, struct span line)
{
	const char *answer = decide(s, RULES_STARTTLS, SPAN_NONE, "220 2.0.0 go ahead");

	(void)line; /* STARTTLS has no argument */
	forbid_early_input(s, "STARTTLS");
	if (!s->r->tls || s->p->ssl) {
		blame(s, "STARTTLS where it is not offered");
		answer = "503 5.5.1 not now";
	}
	reply(s, answer);
	if (answer[0] != '2')
		return;
	begin_again(s);
	s->has_hello = s->is_extended = false;
	s->is_over = !peer_start_tls(s->p);
}

static void do_quit(struct session *s, struct span line)
{
	(void)line; /* QUIT has no argument */
	forbid_early_input(s, "QUIT");
	reply(s, decide(s, RULES_QUIT, SPAN_NONE, "221 2.0.0 bye"));
	s->is_over = true;
}

static void serve_command(struct session *s, struct span line)
{
	static const struct {
		const char *verb;
		void (*run)(struct session *s, struct span line);
	} table[] = {
		{"EHLO", do_ehlo},
		{"HELO", do_helo},
		{"MAIL", do_mail},
		{"RCPT", do_rcpt},
		{"DATA", do_data},
		{"RSET", do_rset},
		{"NOOP", do_noop},
		{"QUIT", do_quit},
		{"STARTTLS", do_starttls},
	};
	struct span rest = line;
	struct span verb = SPAN_NONE;

	(void)span_word(&rest, &verb); /* an empty line is an unknown command */
	if (s->is_refusing && !span_iis(verb, "QUIT")) {
		reply(s, "503 5.5.1 go away");
		return;
	}
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		if (span_iis(verb, table[i].verb)) {
			table[i].run(s, line);
			return;
		}
	}
	blame(s, "unknown command %.*s", SPAN_ARGS(span_head(verb, 40)));
	reply(s, "500 5.5.2 what?");
}

static void serve_line(struct session *s, struct span line)
{
	if (!span_ends(line, "\r\n")) {
		blame(s, "a command that ends in a bare LF");
		reply(s, "500 5.5.2 bare LF");
		return;
	}
	line.len -= 2;
	peer_log(s->p, '<', line);
	if (span_find(line, '\r') >= 0 || line.len > COMMAND_MAX) {
		blame(s, "a command with a bare CR, or of %zu octets", line.len);
		reply(s, "500 5.5.2 not a command");
		return;
	}
	serve_command(s, line);
	/* a reply that has left (to STARTTLS) may have been answered already */
	if (!offers(s, RECEIVER_PIPELINING) && s->p->out.len && peer_has_input(s->p))
		blame(s, "pipelines, but PIPELINING was not offered");
}

static void greet(struct session *s)
{
	char local[LOOPBACK_TEXT_MAX];
	const char *answer;

	loopback_local_text(s->p->fd, local);
	answer = decide(s, RULES_GREETING, span_of(local), NULL);
	forbid_early_input(s, "the connection (RFC 5321 4.3.1)");
	if (!answer) {
		peer_say(s->p, "220 %s ESMTP", s->r->name);
		return;
	}
	s->is_refusing = answer[0] != '2';
	reply(s, answer);
}

void session_serve(struct peer *p, struct letter *letter, bool is_greeted)
{
	struct span line = SPAN_NONE;
	struct session s = {
		.p = p,
		.r = p->receiver,
		.letter = letter,
		.is_extended = is_greeted,
		.has_hello = is_greeted,
	};

	if (!is_greeted)
		greet(&s);
	while (!s.is_over && peer_read_line(p, &line))
		serve_line(&s, line);
	peer_close(p);
}
