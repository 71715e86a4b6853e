#include "mail/report.h"

#include <string.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/text.h"
#include "mail/header.h"
#include "mail/quote.h"
#include "mail/report_parts.h"

#define SUBJECT_MAX    150
#define MESSAGE_ID_MAX 900 /* what fits a line (RFC 5322 2.1.1) */
#define ENCODED_MAX    38  /* octets; base64 makes them fit a word (RFC 2047 2) */
#define VALUE_MAX      (256 * 1024)
#define TEXT_MAX       (512 * 1024)

static const char *const subject_words[] = {
	[REPORT_FAILED] = "Undelivered:",
	[REPORT_DELAYED] = "Delayed:",
	[REPORT_RELAYED] = "Relayed:",
};

void report_add_date(struct buf *out, int64_t time_s)
{
	char date[CLOCK_TEXT_MAX];

	clock_format_rfc5322(time_s, date, sizeof(date));
	buf_add_str(out, date);
}

/* What may stand in a Message-ID and a boundary without quotes. */
static void add_unique(struct buf *out, const char *unique)
{
	for (const char *p = unique; *p; p++)
		if (text_is_alpha(*p) || text_is_digit(*p) || *p == '.')
			buf_add_char(out, *p);
}

/* The first field of this name as one clean line; nothing when there is none. */
static void find_field(struct span content, const char *name, struct buf *ret)
{
	struct buf raw = BUF_INIT(VALUE_MAX);
	struct header_field field;

	while (header_next(&content, &field)) {
		if (!header_is(&field, name))
			continue;
		header_unfold(&raw, field.value);
		quote_line(ret, span_trim(buf_span(&raw)));
		break;
	}
	buf_release(&raw);
}

static struct span header_section(struct span content)
{
	struct span rest = content;
	struct header_field field;

	while (header_next(&rest, &field))
		;
	return span_head(content, content.len - rest.len);
}

static bool is_message_id(struct span s)
{
	return s.len > 2 && s.len <= MESSAGE_ID_MAX && s.data[0] == '<' &&
	       span_ends(s, ">") && !span_has_8bit(s) && span_find(s, ' ') < 0;
}

/* Cut at a space, so that no encoded-word is halved, or else between characters. */
static struct span shorten(struct span text)
{
	size_t n = SUBJECT_MAX;

	if (text.len <= SUBJECT_MAX)
		return text;
	while (n > 0 && text.data[n] != ' ')
		n--;
	if (n == 0)
		for (n = SUBJECT_MAX; ((unsigned char)text.data[n] & 0xc0) == 0x80;)
			n--;
	return span_head(text, n);
}

/* Raw UTF-8 as encoded-words of whole characters (RFC 2047 5), or our header is 8-bit. */
static void add_encoded(struct buf *out, struct span text)
{
	while (text.len) {
		size_t n = 0;
		uint32_t code_point;

		while (n < text.len && n < ENCODED_MAX)
			n += text_utf8(span_from(text, n), &code_point);
		buf_add_str(out, " =?UTF-8?B?");
		base64_encode(out, span_head(text, n));
		buf_add_str(out, "?=");
		text = span_from(text, n);
	}
}

static void add_subject(const struct report *r, struct buf *out)
{
	struct buf found = BUF_INIT(VALUE_MAX * 4);
	struct buf value = BUF_INIT(VALUE_MAX);
	struct span subject;

	find_field(r->content, "subject", &found);
	if (found.len == 0) {
		buf_add_str(&found, "mail to ");
		quote_line(&found, span_of(r->recipients[0].recipient->address));
	}
	subject = shorten(buf_span(&found));
	buf_add_str(&value, subject_words[r->kind]);
	if (span_has_8bit(subject)) {
		add_encoded(&value, subject);
	} else {
		buf_add_char(&value, ' ');
		buf_add_span(&value, subject);
	}
	header_add(out, "Subject", buf_span(&value));
	buf_release(&value);
	buf_release(&found);
}

static void add_threading(const struct report *r, struct buf *out)
{
	struct buf id = BUF_INIT(VALUE_MAX * 4);

	find_field(r->content, "message-id", &id);
	if (is_message_id(buf_span(&id))) {
		header_add(out, "In-Reply-To", buf_span(&id));
		header_add(out, "References", buf_span(&id));
	}
	buf_release(&id);
}

static void add_mailbox(struct buf *out, const char *address)
{
	buf_add_char(out, '<');
	quote_line(out, span_of(address));
	buf_add_str(out, ">\r\n");
}

static void add_header(const struct report *r, struct buf *out)
{
	struct span host = span_of(r->hostname);

	buf_add_str(out, "From: \"Mail Delivery System on ");
	quote_host(out, host);
	buf_add_str(out, "\"\r\n ");
	add_mailbox(out, r->from);
	buf_add_str(out, "To: ");
	add_mailbox(out, r->to);
	add_subject(r, out);
	buf_add_str(out, "Date: ");
	report_add_date(out, r->now_s);
	buf_add_str(out, "\r\nMessage-ID: <");
	add_unique(out, r->unique);
	buf_add_char(out, '@');
	quote_host(out, host);
	buf_add_str(out, ">\r\n");
	add_threading(r, out);
	buf_add_str(out, "Auto-Submitted: auto-replied\r\n"); /* RFC 3834 5 */
}

/* A boundary that does not occur in what is returned (RFC 2046 5.1.1). */
static void make_boundary(const struct report *r, struct span returned, struct buf *out)
{
	for (unsigned n = 0;; n++) {
		buf_reset(out);
		buf_add_str(out, "=_");
		add_unique(out, r->unique);
		buf_addf(out, ".%u", n);
		if (returned.len == 0 ||
			!memmem(returned.data, returned.len, out->data, out->len))
			return;
	}
}

static const char *encoding_of(bool has_8bit)
{
	return has_8bit ? "8bit" : "7bit";
}

static void begin_part(
	struct buf *out, const char *boundary, const char *type, const char *encoding)
{
	buf_addf(out,
		"\r\n--%s\r\nContent-Type: %s\r\nContent-Transfer-Encoding: "
		"%s\r\n\r\n",
		boundary, type, encoding);
}

bool report_returns_full(enum report_kind kind, enum dsn_return ret, uint64_t octets)
{
	return kind == REPORT_FAILED && ret != DSN_RETURN_HEADERS &&
	       octets <= REPORT_FULL_MAX;
}

void report_compose(const struct report *r, struct buf *out)
{
	struct span returned = r->is_full ? r->content : header_section(r->content);
	bool returns_8bit = span_has_8bit(returned);
	struct buf boundary = BUF_INIT(VALUE_MAX);
	struct buf text = BUF_INIT(TEXT_MAX);
	bool text_8bit;

	if (r->recipient_count == 0)
		BUG("a report about nobody");
	make_boundary(r, returned, &boundary);
	report_add_text(r, &text);
	text_8bit = span_has_8bit(buf_span(&text));
	add_header(r, out);
	buf_addf(out,
		"MIME-Version: 1.0\r\n"
		"Content-Type: multipart/report; report-type=delivery-status;\r\n"
		" boundary=\"%s\"\r\nContent-Transfer-Encoding: %s\r\n",
		buf_str(&boundary), encoding_of(text_8bit || returns_8bit));
	begin_part(out, buf_str(&boundary), "text/plain; charset=utf-8",
		encoding_of(text_8bit));
	buf_add_span(out, buf_span(&text));
	begin_part(out, buf_str(&boundary), "message/delivery-status", "7bit");
	report_add_status(r, out);
	begin_part(out, buf_str(&boundary),
		r->is_full ? "message/rfc822" : "text/rfc822-headers",
		encoding_of(returns_8bit));
	quote_message(out, returned);
	buf_addf(out, "\r\n--%s--\r\n", buf_str(&boundary));
	buf_release(&text);
	buf_release(&boundary);
}
