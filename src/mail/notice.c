#include "mail/notice.h"

#include "base/clock.h"
#include "base/text.h"
#include "mail/paragraph.h"
#include "mail/quote.h"

#define LINE_MAX_OCTETS (8 * 1024)
#define NAME_MAX_OCTETS 320
#define ANY_DETAIL      999

static const char ours[] = "What is wrong is on this machine: the words above say where. "
			   "`nullmta config check` "
			   "may know more.";

/* What to look at, by the subject 7 of RFC 3463 and its registry: security and policy. */
static const struct {
	unsigned short detail_first;
	unsigned short detail_last;
	const char *text;
} hints[] = {
	{4, 4,
		"Check host and port. Servers that want a login usually listen on port "
		"465 "
		"(TLS from the start) or 587 (STARTTLS), and offer nothing on port 25."},
	{5, 5,
		"Check that the host is named as its certificate names it, and the clock "
		"of "
		"this machine. A certificate of your own authority needs tls_ca, one "
		"that "
		"nobody has signed tls_fingerprint."},
	{8, 9,
		"Check the user, and the password wherever the section takes it from. "
		"Many "
		"providers do not take the password of the account but want one for this "
		"purpose alone, or a token. So that the account is not locked, the same "
		"login is not tried again for an hour; one that you change is tried at "
		"once."},
	{10, 11,
		"A password is sent only to a server that TLS has verified. Leave tls as "
		"it "
		"is by default (verify)."},
	{0, ANY_DETAIL,
		"Check host, port, user and password; the words of the server may name a "
		"page that says more."},
};

static const char *hint_of(const struct outcome *why)
{
	unsigned short detail = why->status.subject == 7 ? why->status.detail : 0;
	size_t i = 0;

	if (why->status.subject == 3) /* RFC 3463 3.4: mail system */
		return ours;
	while (detail < hints[i].detail_first || detail > hints[i].detail_last)
		i++;
	return hints[i].text;
}

static void add_name(struct buf *out, const char *name)
{
	quote_line(out, span_head(span_of(name), NAME_MAX_OCTETS));
}

static void add_date(struct buf *out, int64_t time_s)
{
	char date[CLOCK_TEXT_MAX];

	clock_format_rfc5322(time_s, date, sizeof(date));
	buf_add_str(out, date);
}

/* The field with an address in it. */
static void add_mailbox(struct buf *out, const char *field, const char *address)
{
	buf_addf(out, "%s: <", field);
	quote_line(out, span_head(span_of(address), NAME_MAX_OCTETS));
	buf_add_str(out, ">\r\n");
}

static void add_header(const struct notice *n, struct buf *out)
{
	add_mailbox(out, "From", n->from);
	add_mailbox(out, "To", n->to);
	buf_add_str(out, "Subject: Mail waits: trouble with ");
	quote_ascii(out, span_head(span_of(n->section), NAME_MAX_OCTETS));
	buf_add_str(out, " on ");
	quote_host(out, span_of(n->hostname));
	buf_add_str(out, "\r\nDate: ");
	add_date(out, n->now_s);
	buf_add_str(out, "\r\nMessage-ID: <notice.");
	quote_host(out, span_of(n->unique));
	buf_add_char(out, '@');
	quote_host(out, span_of(n->hostname));
	/* RFC 3834 5 */
	buf_add_str(out, ">\r\nAuto-Submitted: auto-generated\r\n"
			 "MIME-Version: 1.0\r\n"
			 "Content-Type: text/plain; charset=utf-8\r\n"
			 "Content-Transfer-Encoding: 8bit\r\n\r\n");
}

static void add_what(const struct notice *n, struct buf *out)
{
	struct buf line = BUF_INIT(LINE_MAX_OCTETS);

	buf_add_str(&line, "This is nullmta, the mailer of ");
	quote_host(&line, span_of(n->hostname));
	buf_add_str(&line, ". Mail that goes by ");
	add_name(&line, n->section);
	buf_add_str(&line,
		" of its configuration cannot leave. It is kept; nothing is lost.");
	paragraph_add(out, "", buf_span(&line));
	buf_add_str(out, "\r\n");
	buf_reset(&line);
	if (n->why->remote[0]) {
		add_name(&line, n->why->remote);
		buf_add_str(&line, n->why->code ? " said:" : ":");
		paragraph_add(out, "    ", buf_span(&line));
		buf_reset(&line);
	}
	if (n->why->code)
		buf_addf(&line, "%d ", n->why->code);
	quote_line(&line, span_of(n->why->text));
	paragraph_add(out, n->why->remote[0] ? "        " : "    ", buf_span(&line));
	buf_release(&line);
}

static void add_advice(const struct notice *n, struct buf *out)
{
	struct buf line = BUF_INIT(LINE_MAX_OCTETS);

	buf_add_str(out, "\r\n");
	paragraph_add(out, "", span_of(hint_of(n->why)));
	if (n->advice && *n->advice) {
		buf_add_str(&line, "Of this provider is known: ");
		add_name(&line, n->advice);
		buf_add_char(&line, '.');
		paragraph_add(out, "", buf_span(&line));
	}
	buf_release(&line);
}

static void add_end(const struct notice *n, struct buf *out)
{
	struct buf line = BUF_INIT(LINE_MAX_OCTETS);

	buf_add_str(out, "\r\n");
	buf_addf(&line,
		"It is tried again by itself; `nullmta flush --now` tries at once, and "
		"`mailq` "
		"shows what waits. Nothing is returned as undeliverable before it has "
		"waited "
		"for %lld hours. You are told of this once: the next time will be after "
		"it has "
		"worked in between.",
		(long long)(n->lifetime_s / 3600));
	paragraph_add(out, "", buf_span(&line));
	buf_release(&line);
}

void notice_compose(const struct notice *n, struct buf *out)
{
	add_header(n, out);
	add_what(n, out);
	add_advice(n, out);
	add_end(n, out);
}
