/* sources: tests/support/server_case.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/bug.h"
#include "base/text.h"
#include "server_case.h"

#define HELLO "EHLO me\r\n"
#define MAIL  "MAIL FROM:<a@x>\r\n"
#define RCPT  "RCPT TO:<b@y>\r\n"
#define BEGUN "begin Eme <a@x> <b@y>\n"

/* the codes of replies, "250-" of lines that are not the last left out, and their status */
static void codes_of(struct span replies, bool has_status, struct buf *out)
{
	struct span line, word;

	while (replies.len && span_cut(&replies, '\n', &line)) {
		struct span text = span_from(line, 4);

		if (!span_ends(line, "\r") || line.len < 4 || line.len > 511)
			fail_msg("a bad line: %.*s", SPAN_ARGS(line));
		if (line.data[3] == '-')
			continue;
		buf_addf(out, "%s%.3s", out->len ? " " : "", line.data);
		if (has_status && span_word(&text, &word) && word.len > 4 &&
			text_is_digit(word.data[0]))
			buf_addf(out, "/%.*s", SPAN_ARGS(word));
	}
}

static void play(const struct server_case *c, struct span input, const char *codes,
	const char *events, const char *why)
{
	bool has_status = strchr(codes, '/') != NULL;
	struct buf replies = BUF_INIT(1 << 20), got = BUF_INIT(1 << 20),
		   happened = BUF_INIT(1 << 20);

	server_case_play(c, input, &replies, &happened);
	codes_of(buf_span(&replies), has_status, &got);
	if (strcmp(buf_str(&got), codes) != 0)
		fail_msg("%s: %s\n%s instead of %s", why, buf_str(&replies),
			buf_str(&got), codes);
	if (strcmp(buf_str(&happened), events) != 0)
		fail_msg("%s: events %s instead of %s", why, buf_str(&happened), events);
	buf_release(&replies);
	buf_release(&got);
	buf_release(&happened);
}

struct dialogue {
	const char *why;
	struct span input;
	const char *codes; /* with statuses where one is named */
	const char *events;
};

#define SAY(text) SPAN_LIT(text)

static void play_all(const struct dialogue *dialogues, size_t count)
{
	static const size_t pieces[] = {0, 1, 2, 7};

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < ARRAY_LEN(pieces); j++) {
			struct server_case c = {.piece = pieces[j]};

			play(&c, dialogues[i].input, dialogues[i].codes,
				dialogues[i].events, dialogues[i].why);
		}
}

static void messages_are_taken(void **state)
{
	static const struct dialogue dialogues[] = {
		{"nobody says anything", SAY(""), "220", ""},
		{"Symfony",
			SAY("HELO [127.0.0.1]\r\nMAIL FROM:<a@x>\r\nRCPT "
			    "TO:<b@y>\r\nDATA\r\n"
			    "Subject: s\r\n\r\n..dot\r\n.\r\nNOOP\r\nQUIT\r\n"),
			"220 250 250/2.1.0 250/2.1.5 354 250/2.0.0 250/2.0.0 221/2.0.0",
			"begin [127.0.0.1] <a@x> <b@y>\nstored Subject: "
			"s\r\n\r\n.dot\r\n\n"},
		{"two messages",
			SAY(HELLO MAIL RCPT "DATA\r\n1\r\n.\r\n" MAIL RCPT
					    "DATA\r\n2\r\n.\r\nQUIT\r\n"),
			"220 250 250 250 354 250 250 250 354 250 221",
			BEGUN "stored 1\r\n\n" BEGUN "stored 2\r\n\n"},
		{"no hello, no quit", SAY(MAIL RCPT "DATA\r\n.\r\n"),
			"220 250 250 354 250", "begin  <a@x> <b@y>\nstored \n"},
		{"all parameters",
			SAY(HELLO "MAIL FROM:<> SIZE=200 BODY=8BITMIME SMTPUTF8 RET=HDRS "
				  "ENVID=QQ+2B\r\n"
				  "RCPT TO:<b@y> NOTIFY=SUCCESS,DELAY "
				  "ORCPT=rfc822;B@y\r\nDATA\r\nx\r\n.\r\n"),
			"220 250 250 250 354 250",
			"begin E8me <> hdrs QQ+2B <b@y>10(rfc822;B@y)\nstored x\r\n\n"},
		{"case, blanks, no brackets",
			SAY("ehlo me\r\nmail from: <a@x>\r\nRcpt  To : b@y "
			    "notify=never\r\ndata\r\n.\r\n"),
			"220 250 250 250 354 250", "begin Eme <a@x> <b@y>1\nstored \n"},
		{"quoted, routed, bare, literal",
			SAY(HELLO "MAIL FROM:<\"a> b\"@x> SIZE=1\r\nRCPT TO:<@r:b@y>\r\n"
				  "RCPT TO:<postmaster>\r\nRCPT "
				  "TO:<c@[192.0.2.1]>\r\nDATA\r\n.\r\n"),
			"220 250 250 250 250 250 354 250",
			"begin Eme <\"a> b\"@x> <b@y> <postmaster@d.test> "
			"<c@[192.0.2.1]>\nstored \n"},
		{"chunks",
			SAY(HELLO MAIL RCPT
				"BDAT 3\r\na\r\nBDAT 6 LAST\r\n.\r\n..\rQUIT\r\n"),
			"220 250 250 250 250 550 221", BEGUN "abandoned\n"},
		{"chunks that end lines",
			SAY(HELLO MAIL RCPT
				"BDAT 2\r\na\rBDAT 8 LAST\r\n\n.\r\n..\r\nQUIT\r\n"),
			"220 250 250 250 250 250 221", BEGUN "stored a\r\n.\r\n..\r\n\n"},
		{"an empty last chunk",
			SAY(HELLO MAIL RCPT "BDAT 3\r\na\r\nBDAT 0 last\r\n"),
			"220 250 250 250 250 250", BEGUN "stored a\r\n\n"},
		{"nothing but the last chunk",
			SAY(HELLO MAIL RCPT "BDAT 0 LAST\r\nRSET\r\n"),
			"220 250 250 250 250 250", BEGUN "stored \n"},
		{"a new MAIL, and RSET, begin anew",
			SAY(HELLO MAIL RCPT "MAIL FROM:<c@x>\r\n" RCPT
					    "RSET\r\nDATA\r\n"),
			"220 250 250 250 250 250 250 503", ""},
		{"EHLO begins anew", SAY(HELLO MAIL RCPT "EHLO you\r\nDATA\r\n"),
			"220 250 250 250 250 503", ""},
		{"RSET between chunks", SAY(HELLO MAIL RCPT "BDAT 3\r\na\r\nRSET\r\n"),
			"220 250 250 250 250 250", BEGUN "abandoned\n"},
		{"EOF within DATA", SAY(HELLO MAIL RCPT "DATA\r\nhalf a mess"),
			"220 250 250 250 354", BEGUN "abandoned\n"},
		{"EOF before the last LF", SAY(HELLO MAIL RCPT "DATA\r\nx\r\n.\r"),
			"220 250 250 250 354", BEGUN "abandoned\n"},
		{"EOF within a chunk", SAY(HELLO MAIL RCPT "BDAT 9 LAST\r\n12345678"),
			"220 250 250 250", BEGUN "abandoned\n"},
		{"EOF behind a chunk", SAY(HELLO MAIL RCPT "BDAT 1\r\nx"),
			"220 250 250 250 250", BEGUN "abandoned\n"},
		{"EOF within a command", SAY(HELLO MAIL "RCPT TO:<b@y>"), "220 250 250",
			""},
		{"behind QUIT nothing counts", SAY("QUIT\r\n" HELLO MAIL RCPT), "220 221",
			""},
	};

	(void)state;
	play_all(dialogues, ARRAY_LEN(dialogues));
}

static void only_crlf_dot_crlf_ends(void **state)
{
	static const struct dialogue dialogues[] = {
		{"124: LF.LF",
			SAY(HELLO MAIL RCPT "DATA\r\nx\n.\n" MAIL RCPT
					    "DATA\r\ny\r\n.\r\nQUIT\r\n"),
			"220 250 250/2.1.0 250/2.1.5 354 550/5.5.2 221/2.0.0",
			BEGUN "abandoned\n"},
		{"124: LF.CRLF",
			SAY(HELLO MAIL RCPT "DATA\r\nx\n.\r\ny\r\n.\r\nQUIT\r\n"),
			"220 250 250 250 354 550 221", BEGUN "abandoned\n"},
		{"CRLF.LF", SAY(HELLO MAIL RCPT "DATA\r\nx\r\n.\ny\r\n.\r\nQUIT\r\n"),
			"220 250 250 250 354 550 221", BEGUN "abandoned\n"},
		{"124: CR.CR", SAY(HELLO MAIL RCPT "DATA\r\nx\r.\ry\r\n.\r\nQUIT\r\n"),
			"220 250 250 250 354 550 221", BEGUN "abandoned\n"},
		{"CRLF.CR", SAY(HELLO MAIL RCPT "DATA\r\nx\r\n.\ry\r\n.\r\nQUIT\r\n"),
			"220 250 250 250 354 550 221", BEGUN "abandoned\n"},
		{"CRCRLF", SAY(HELLO MAIL RCPT "DATA\r\nx\r\r\n.\r\nQUIT\r\n"),
			"220 250 250 250 354 550 221", BEGUN "abandoned\n"},
		{"CR NUL LF",
			{HELLO MAIL RCPT "DATA\r\nx\r\0\n.\r\n.\r\nQUIT\r\n",
				sizeof(HELLO MAIL RCPT
					"DATA\r\nx\r\0\n.\r\n.\r\nQUIT\r\n") -
					1},
			"220 250 250 250 354 550 221", BEGUN "abandoned\n"},
		{"a first line that is bad",
			SAY(HELLO MAIL RCPT "DATA\r\n\n.\r\n.\r\nQUIT\r\n"),
			"220 250 250 250 354 550 221", BEGUN "abandoned\n"},
		{"dots that end nothing",
			SAY(HELLO MAIL RCPT
				"DATA\r\n..\r\n...x\r\n. \r\n.x\r\n..\r\n.\r\n"),
			"220 250 250 250 354 250",
			BEGUN "stored .\r\n..x\r\n \r\nx\r\n.\r\n\n"},
		{"a NUL is an octet",
			{HELLO MAIL RCPT "DATA\r\na\0b\r\n.\r\n",
				sizeof(HELLO MAIL RCPT "DATA\r\na\0b\r\n.\r\n") - 1},
			"220 250 250 250 354 250", BEGUN "stored a"},
		{"chunks too", SAY(HELLO MAIL RCPT "BDAT 4 LAST\r\nx\ny\nQUIT\r\n"),
			"220 250 250 250 550 221", BEGUN "abandoned\n"},
		{"a command in LF", SAY(HELLO "MAIL FROM:<a@x>\n" RCPT), "220 250 521",
			""},
		{"a CR within a command", SAY(HELLO "NOOP \rx\r\nQUIT\r\n"),
			"220 250 500 221", ""},
		{"LF throughout",
			SAY("EHLO me\nMAIL FROM:<a@x>\nRCPT "
			    "TO:<b@y>\nDATA\n..x\ny\r\n.\nQUIT\n"),
			"220 250 250 250 354 250 221", BEGUN "stored .x\ny\r\n\n"},
		{"LF, and content in CRLF",
			SAY("EHLO me\nMAIL FROM:<a@x>\nRCPT "
			    "TO:<b@y>\r\nDATA\nx\ry\r\n.\r\nQUIT\n"),
			"220 250 250 250 354 250 221", BEGUN "stored x\ry\r\n\n"},
		{"LF and chunks",
			SAY("EHLO me\nMAIL FROM:<a@x>\nRCPT TO:<b@y>\nBDAT 6 "
			    "LAST\nx\n.\r\n\nQUIT\n"),
			"220 250 250 250 250 221", BEGUN "stored x\n.\r\n\n\n"},
		{"LF and chunks that end within a line end",
			SAY("EHLO me\nMAIL FROM:<a@x>\nRCPT TO:<b@y>\nBDAT 2 "
			    "LAST\nx\rQUIT\n"),
			"220 250 250 250 550 221", BEGUN "abandoned\n"},
	};

	(void)state;
	play_all(dialogues, ARRAY_LEN(dialogues));
}

static void wrong_commands_are_answered(void **state)
{
	static const struct dialogue dialogues[] = {
		{"125: no MAIL", SAY(HELLO RCPT "DATA\r\n"),
			"220 250 503/5.5.1 503/5.5.1", ""},
		{"125: no RCPT", SAY(HELLO MAIL "DATA\r\n"), "220 250 250 554", ""},
		{"125: DATA behind a BDAT that failed",
			SAY(HELLO MAIL RCPT "BDAT 3\r\nx\nyDATA\r\n"),
			"220 250 250 250 550 503", BEGUN "abandoned\n"},
		{"DATA behind BDAT",
			SAY(HELLO MAIL RCPT
				"BDAT 1\r\nxDATA\r\nRCPT TO:<c@y>\r\nBDAT 0 LAST\r\n"),
			"220 250 250 250 250 503 503 250", BEGUN "stored x\n"},
		{"a chunk for nobody is read all the same",
			SAY(HELLO "BDAT 6\r\nQUIT\r\nNOOP\r\n"), "220 250 503 250", ""},
		{"behind a message by DATA too",
			SAY(HELLO MAIL RCPT
				"DATA\r\n.\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n"),
			"220 250 250 250 354 250 503 250", BEGUN "stored \n"},
		{"no valid recipient",
			SAY(HELLO MAIL "RCPT TO:<>\r\nBDAT 6 LAST\r\nQUIT\r\nDATA\r\n"),
			"220 250 250 501 554 503", ""},
		{"126: a chunk over 64 bits",
			SAY(HELLO MAIL RCPT "BDAT 99999999999999999999\r\nNOOP\r\n"),
			"220 250 250 250 552", ""},
		{"126: less than nothing", SAY(HELLO MAIL RCPT "BDAT -1\r\nNOOP\r\n"),
			"220 250 250 250 501", ""},
		{"a chunk of words", SAY(HELLO MAIL RCPT "BDAT 1 FIRST\r\nNOOP\r\n"),
			"220 250 250 250 501", ""},
		{"a chunk of nothing", SAY(HELLO MAIL RCPT "BDAT\r\nNOOP\r\n"),
			"220 250 250 250 501", ""},
		{"too many words", SAY(HELLO MAIL RCPT "BDAT 1 LAST x\r\nNOOP\r\n"),
			"220 250 250 250 501", ""},
		{"128: recipients", SAY(HELLO MAIL RCPT RCPT RCPT RCPT "DATA\r\n.\r\n"),
			"220 250 250/2.1.0 250/2.1.5 250/2.1.5 250/2.1.5 452/4.5.3 354 "
			"250/2.0.0",
			"begin Eme <a@x> <b@y> <b@y> <b@y>\nstored \n"},
		{"declared too large", SAY(HELLO "MAIL FROM:<a@x> SIZE=201\r\nDATA\r\n"),
			"220 250 552/5.3.4 503/5.5.1", ""},
		{"declared absurd",
			SAY(HELLO "MAIL FROM:<a@x> SIZE=99999999999999999999\r\n"),
			"220 250 552", ""},
		{"bad addresses",
			SAY(HELLO "MAIL FROM:<a@@x>\r\nMAIL FROM:<a@x\r\n" MAIL
				  "RCPT TO:<a b@y>\r\nRCPT TO:<b@y>,<c@y>\r\nRCPT "
				  "TO:<a@y,b@y>\r\n"),
			"220 250 501/5.1.7 501/5.1.7 250/2.1.0 501/5.1.3 501/5.5.4 "
			"501/5.1.3",
			""},
		{"bad syntax",
			SAY(HELLO "MAIL\r\nMAIL FROM:\r\nMAIL TO:<a@x>\r\n" MAIL
				  "RCPT\r\nRCPT TO\r\nRCPT FROM:<a@x>\r\nEHLO\r\nHELO  "
				  "\r\n"),
			"220 250 501 501 501 250 501 501 501 501 501", ""},
		{"unknown parameters",
			SAY(HELLO
				"MAIL FROM:<a@x> X=1\r\nMAIL FROM:<a@x> AUTH=<>\r\n" MAIL
				"RCPT TO:<b@y> SIZE=1\r\n"),
			"220 250 555/5.5.4 555/5.5.4 250/2.1.0 555/5.5.4", ""},
		{"bad parameters",
			SAY(HELLO "MAIL FROM:<a@x> SIZE=x\r\nMAIL FROM:<a@x> "
				  "SIZE=\r\nMAIL FROM:<a@x> BODY=BINARYMIME\r\n"
				  "MAIL FROM:<a@x> SMTPUTF8=1\r\nMAIL FROM:<a@x> "
				  "RET=ALL\r\nMAIL FROM:<a@x> ENVID=a+00\r\n"
				  "MAIL FROM:<a@x> SIZE=1 size=2\r\n"),
			"220 250 501 501 501 501 501 501 501", ""},
		{"bad parameters of RCPT",
			SAY(HELLO MAIL
				"RCPT TO:<b@y> NOTIFY=\r\nRCPT TO:<b@y> "
				"NOTIFY=NEVER,DELAY\r\n"
				"RCPT TO:<b@y> ORCPT=b@y\r\nRCPT TO:<b@y> "
				"ORCPT=rfc822;b+0Ay\r\nRCPT TO:<b@y>NOTIFY=NEVER\r\n"),
			"220 250 250 501 501 501 501 501", ""},
		{"nothing of the kind",
			SAY("XYZZY\r\n\r\n \r\nDATA now\r\nQUIT now\r\nEXPN x\r\nAUTH "
			    "PLAIN\r\nSTARTTLS\r\n"),
			"220 500/5.5.1 500/5.5.1 500/5.5.1 501/5.5.4 501/5.5.4 502/5.5.1 "
			"502/5.5.1 502/5.5.1",
			""},
		{"small talk",
			SAY("HELP\r\nHELP MAIL\r\nVRFY root\r\nNOOP x y\r\nRSET\r\n"),
			"220 214/2.0.0 214/2.0.0 252/2.0.0 250/2.0.0 250/2.0.0", ""},
		{"122: a browser", SAY("GET / HTTP/1.1\r\nHost: x\r\n\r\n" MAIL),
			"220 554", ""},
		{"122: one that posts", SAY("POST / HTTP/1.1\nHost: x\n\n" MAIL),
			"220 554", ""},
		{"122: TLS", SAY("\x16\x03\x01 no line end"), "220 554", ""},
	};

	(void)state;
	play_all(dialogues, ARRAY_LEN(dialogues));
}

static void add_times(struct buf *out, const char *text, size_t count)
{
	while (count--)
		buf_add_str(out, text);
}

static void limits_hold(void **state)
{
	struct server_case whole = {0}, pieces = {.piece = 1000};
	struct buf input = BUF_INIT(1 << 24), codes = BUF_INIT(1 << 16);

	(void)state;
	add_times(&input, "NOOP ", 1);
	add_times(&input, "x", 505);
	buf_add_str(&input, "\r\nNOOP ");
	add_times(&input, "x", 506);
	buf_add_str(&input, "\r\n");
	play(&whole, buf_span(&input), "220 250 500", "", "512 octets, and one more");

	buf_reset(&input);
	buf_add_str(&input, HELLO MAIL "RCPT TO:<b@y> ORCPT=rfc822;");
	add_times(&input, "x", 493);
	buf_add_str(&input, "\r\nRCPT TO:<b@y> ORCPT=rfc822;");
	add_times(&input, "x", 494);
	buf_add_str(&input, "\r\n");
	play(&whole, buf_span(&input), "220 250 250 250 501", "", "more for parameters");

	buf_reset(&input);
	add_times(&input, "x", 10000000);
	play(&whole, buf_span(&input), "220 500", "", "127: 10 MB of a line");
	play(&pieces, buf_span(&input), "220 500", "", "127: the same in pieces");

	buf_reset(&input);
	buf_add_str(&codes, "220");
	add_times(&input, "X\r\n", 1000);
	add_times(&codes, " 500", SMTP_SERVER_ERRORS_MAX);
	buf_add_str(&codes, " 421");
	play(&whole, buf_span(&input), buf_str(&codes), "", "1000 errors");

	buf_reset(&input);
	buf_reset(&codes);
	buf_add_str(&codes, "220 250");
	buf_add_str(&input, HELLO);
	for (int i = 0; i < 2; i++) {
		add_times(&input, "X\r\n", 19);
		add_times(&codes, " 500", 19);
		buf_add_str(&input, MAIL RCPT "DATA\r\n.\r\n");
		buf_add_str(&codes, " 250 250 354 250");
	}
	play(&whole, buf_span(&input), buf_str(&codes),
		BEGUN "stored \n" BEGUN "stored \n", "a message makes up for errors");

	buf_reset(&input);
	buf_add_str(&input, HELLO MAIL RCPT "DATA\r\n");
	add_times(&input, "1234567\r\n", SERVER_CASE_OCTETS_MAX / 9 + 1);
	buf_add_str(&input, ".\r\nQUIT\r\n");
	play(&pieces, buf_span(&input),
		"220 250 250/2.1.0 250/2.1.5 354 552/5.3.4 221/2.0.0",
		BEGUN "abandoned\n", "a message that is too large");

	buf_reset(&input);
	buf_add_str(&input, HELLO MAIL RCPT "DATA\r\n");
	add_times(&input, "..345678\r\n", 20);
	buf_add_str(&input, "12345678901234567x\r\n.\r\nQUIT\r\n");
	buf_reset(&codes);
	buf_add_str(&codes, BEGUN "stored ");
	add_times(&codes, ".345678\r\n", 20);
	buf_add_str(&codes, "12345678901234567x\r\n\n");
	play(&whole, buf_span(&input), "220 250 250 250 354 250 221", buf_str(&codes),
		"one of just the size, without stuffed dots");

	buf_reset(&input);
	buf_reset(&codes);
	buf_add_str(&input, HELLO MAIL RCPT);
	buf_add_str(&codes, "220 250 250 250");
	add_times(&input, "BDAT 1\r\nx", 1000);
	add_times(&codes, " 250", SERVER_CASE_OCTETS_MAX);
	buf_add_str(&codes, " 552");
	add_times(&codes, " 503", SMTP_SERVER_ERRORS_MAX - 1);
	buf_add_str(&codes, " 421");
	play(&whole, buf_span(&input), buf_str(&codes), BEGUN "abandoned\n",
		"126: BDAT 1, again and again");
	buf_release(&input);
	buf_release(&codes);
}

static void the_owner_may_refuse(void **state)
{
	static const struct {
		const char *why;
		struct server_case the_case;
		const char *code;
	} cases[] = {
		{"the disk is full", {.kind = FAULT_SYSTEM, .err = ENOSPC}, "452/4.3.1"},
		{"so is the quota", {.kind = FAULT_CREATE, .err = EDQUOT}, "452/4.3.1"},
		{"no processes", {.kind = FAULT_SYSTEM, .err = EAGAIN}, "451/4.3.0"},
		{"no spool", {.kind = FAULT_CREATE}, "451/4.3.0"},
		{"no right", {.kind = FAULT_ACCESS}, "451/4.3.0"},
		{"no read", {.kind = FAULT_INPUT}, "451/4.3.0"},
		{"bad configuration", {.kind = FAULT_CONFIG}, "451/4.3.5"},
		{"bad message", {.kind = FAULT_DATA, .why = "two From fields"},
			"554/5.6.0"},
		{"bad use", {.kind = FAULT_USAGE}, "554/5.5.1"},
		{"a status in the text", {.kind = FAULT_DATA, .why = "5.3.4 too large"},
			"552/5.3.4"},
		{"another one", {.kind = FAULT_DATA, .why = "4.7.1 later"}, "451/4.7.1"},
		{"no status for a refusal", {.kind = FAULT_DATA, .why = "2.0.0 fine"},
			"554/5.6.0"},
	};
	static const char data[] = HELLO MAIL RCPT "DATA\r\nx\r\n.\r\nQUIT\r\n";
	static const char early[] = HELLO MAIL RCPT "DATA\r\nQUIT\r\n";
	static const char chunks[] =
		HELLO MAIL RCPT "BDAT 2\r\nx\rBDAT 1 LAST\r\n\nQUIT\r\n";
	struct buf codes = BUF_INIT(1000);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct server_case c = cases[i].the_case;

		c.refuses = SERVER_CASE_AT_BEGIN;
		buf_reset(&codes);
		buf_addf(&codes, "220 250 250/2.1.0 250/2.1.5 %s 221/2.0.0",
			cases[i].code);
		play(&c, SPAN_LIT(early), buf_str(&codes), BEGUN, cases[i].why);
		buf_reset(&codes);
		buf_addf(&codes, "220 250 250/2.1.0 250/2.1.5 354 %s 221/2.0.0",
			cases[i].code);
		c.refuses = SERVER_CASE_AT_CONTENT;
		play(&c, SPAN_LIT(data), buf_str(&codes), BEGUN, cases[i].why);
		c.refuses = SERVER_CASE_AT_COMMIT;
		play(&c, SPAN_LIT(data), buf_str(&codes), BEGUN, cases[i].why);
		buf_reset(&codes);
		buf_addf(&codes, "220 250 250/2.1.0 250/2.1.5 250/2.0.0 %s 221/2.0.0",
			cases[i].code);
		play(&c, SPAN_LIT(chunks), buf_str(&codes), BEGUN, cases[i].why);
		buf_reset(&codes);
		buf_addf(&codes, "220 250 250/2.1.0 250/2.1.5 %s 503/5.5.1 221/2.0.0",
			cases[i].code);
		c.refuses = SERVER_CASE_AT_BEGIN;
		play(&c, SPAN_LIT(chunks), buf_str(&codes), BEGUN, cases[i].why);
	}
	buf_release(&codes);
}

static void sessions_are_ended(void **state)
{
	struct server_case early = {.is_early = true}, stopped = {.is_stopped = true};

	(void)state;
	play(&early, SPAN_LIT(HELLO MAIL), "554/5.5.1", "", "123: before the greeting");
	play(&early, SPAN_LIT(""), "220", "", "an end before the greeting");
	play(&stopped, SPAN_LIT(HELLO), "220 250 421/4.3.2", "",
		"stopped between commands");
	play(&stopped, SPAN_LIT(HELLO MAIL RCPT "DATA\r\nx"),
		"220 250 250/2.1.0 250/2.1.5 354 421/4.3.2", BEGUN "abandoned\n",
		"stopped within a message");
	play(&stopped, SPAN_LIT("QUIT\r\n"), "220 221", "", "stopped when it is over");
}

static void what_is_said_is_readable(void **state)
{
	struct server_case c = {.refuses = SERVER_CASE_AT_COMMIT, .kind = FAULT_DATA};
	struct buf replies = BUF_INIT(1 << 16), events = BUF_INIT(1 << 16);
	static char text[FAULT_TEXT_MAX];
	struct span line, rest;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "b\xc3\xbc\r\n", 5);
	c.why = text;
	server_case_play(&c, SPAN_LIT("EHLO m\xc3\xbc<x>\r\n" MAIL RCPT "DATA\r\n.\r\n"),
		&replies, &events);
	rest = buf_span(&replies);
	assert_false(span_has_8bit(rest));
	assert_non_null(strstr(buf_str(&replies),
		"250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n"
		"250-DSN\r\n250-CHUNKING\r\n250-ENHANCEDSTATUSCODES\r\n"
		"250 SIZE 200\r\n"));
	assert_non_null(strstr(buf_str(&replies), "220 h.test ESMTP"));
	while (rest.len && span_cut(&rest, '\n', &line))
		assert_in_range(line.len, 4, 511);
	assert_string_equal(buf_str(&events), "begin Em---x- <a@x> <b@y>\n");
	buf_release(&replies);
	buf_release(&events);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_are_taken),
		cmocka_unit_test(only_crlf_dot_crlf_ends),
		cmocka_unit_test(wrong_commands_are_answered),
		cmocka_unit_test(limits_hold),
		cmocka_unit_test(the_owner_may_refuse),
		cmocka_unit_test(sessions_are_ended),
		cmocka_unit_test(what_is_said_is_readable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
