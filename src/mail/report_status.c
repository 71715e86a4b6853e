#include "mail/report_parts.h"

#include <string.h>

#include "base/text.h"
#include "mail/header.h"
#include "mail/quote.h"

#define VALUE_MAX (16 * 1024)
#define WORD_MAX  900 /* a longer word is broken: a line has 998 (RFC 5322 2.1.1) */

static const char *const actions[] = {
	/* RFC 3464 2.3.3 */
	[REPORT_FAILED] = "failed",
	[REPORT_DELAYED] = "delayed",
	[REPORT_RELAYED] = "relayed",
};

/* Any text as a field of our own: ASCII, folded, words that fit a line. */
static void add_field(struct buf *out, const char *name, struct span value)
{
	struct buf ascii = BUF_INIT(VALUE_MAX);
	struct buf text = BUF_INIT(VALUE_MAX);
	size_t word = 0;

	quote_ascii(&ascii, value);
	for (size_t i = 0; i < ascii.len; i++) {
		word = ascii.data[i] == ' ' ? 0 : word + 1;
		if (word > WORD_MAX) {
			buf_add_char(&text, ' ');
			word = 1;
		}
		buf_add_char(&text, ascii.data[i]);
	}
	header_add(out, name, buf_span(&text));
	buf_release(&text);
	buf_release(&ascii);
}

static void add_date_field(struct buf *out, const char *name, int64_t time_s)
{
	if (time_s <= 0)
		return;
	buf_addf(out, "%s: ", name);
	report_add_date(out, time_s);
	buf_add_str(out, "\r\n");
}

/* utf-8-addr-xtext (RFC 6533 3): + = \ and what is not graphic ASCII as \x{HEX}. */
static void add_address_xtext(struct buf *out, struct span address)
{
	while (address.len) {
		uint32_t cp = 0;
		size_t n = text_utf8(address, &cp);

		if (n == 0) {
			cp = (unsigned char)address.data[0];
			n = 1;
		}
		if (cp > ' ' && cp < 0x7f && !strchr("+=\\", (int)cp))
			buf_add_char(out, (char)cp);
		else
			buf_addf(out, "\\x{%02X}", (unsigned)cp);
		address = span_from(address, n);
	}
}

/* An address that is no plain ASCII takes the type utf-8, or it would not be 7bit. */
static void add_address_field(
	struct buf *out, const char *name, struct span type, struct span address)
{
	struct buf value = BUF_INIT(VALUE_MAX);

	if (span_has_8bit(address) || span_has_control(address)) {
		buf_add_str(&value, "utf-8; ");
		add_address_xtext(&value, address);
	} else {
		buf_add_span(&value, type);
		buf_add_str(&value, "; ");
		buf_add_span(&value, address);
	}
	add_field(out, name, buf_span(&value));
	buf_release(&value);
}

/* ORCPT without its xtext (RFC 3461 6.3); left out when it is malformed. */
static void add_original_recipient(struct buf *out, const char *orcpt)
{
	struct buf address = BUF_INIT(DSN_ORCPT_MAX);
	struct span rest = span_of(orcpt), type;
	struct fault ignored;

	if (span_cut(&rest, ';', &type) && rest.len &&
		dsn_xtext_decode(&address, rest, &ignored) == 0)
		add_address_field(out, "Original-Recipient", type, buf_span(&address));
	buf_release(&address);
}

static void add_envelope_id(struct buf *out, const char *envid)
{
	struct buf id = BUF_INIT(DSN_ENVID_MAX);
	struct fault ignored;

	if (dsn_xtext_decode(&id, span_of(envid), &ignored) == 0 && id.len)
		add_field(out, "Original-Envelope-Id", buf_span(&id));
	buf_release(&id);
}

static void add_message_fields(const struct report *r, struct buf *out)
{
	buf_add_str(out, "Reporting-MTA: dns; ");
	quote_host(out, span_of(r->hostname));
	buf_add_str(out, "\r\n");
	add_envelope_id(out, r->envid);
	add_date_field(out, "Arrival-Date", r->arrival_s);
	add_field(out, "X-Nullmta-Queue-Id", span_of(r->queue_id));
}

static void add_status(
	enum report_kind kind, struct outcome_status status, struct buf *out)
{
	char text[OUTCOME_STATUS_TEXT_MAX];

	if (kind == REPORT_DELAYED)
		status.class = 4;
	else if (kind == REPORT_RELAYED)
		status.class = 2;
	else if (status.class != 4)
		status.class = 5;
	outcome_status_format(status, text);
	buf_addf(out, "Status: %s\r\n", text);
}

/* The name in "mx.example.org[192.0.2.1]:25", or the literal where there is no name. */
static void add_remote(struct buf *out, struct span remote)
{
	struct buf value = BUF_INIT(VALUE_MAX);
	ptrdiff_t bracket = span_find(remote, '[');
	ptrdiff_t end = span_find(remote, ']');

	if (remote.len == 0)
		return;
	if (bracket > 0)
		remote = span_head(remote, (size_t)bracket);
	else if (end > 0)
		remote = span_head(remote, (size_t)end + 1);
	buf_add_str(&value, "dns; ");
	quote_host(&value, remote);
	add_field(out, "Remote-MTA", buf_span(&value));
	buf_release(&value);
}

static void add_diagnostic(const struct report_recipient *rr, struct buf *out)
{
	struct buf value = BUF_INIT(VALUE_MAX);

	if (rr->code)
		buf_addf(&value, "smtp; %d ", rr->code);
	else
		buf_add_str(&value, "x-nullmta; ");
	buf_add_span(&value, span_head(span_of(rr->text), OUTCOME_TEXT_MAX));
	add_field(out, "Diagnostic-Code", buf_span(&value));
	buf_release(&value);
}

static void add_recipient_fields(const struct report *r,
	const struct report_recipient *rr, bool is_brief, struct buf *out)
{
	buf_add_str(out, "\r\n");
	if (!is_brief)
		add_original_recipient(out, rr->recipient->orcpt);
	add_address_field(out, "Final-Recipient", SPAN_LIT("rfc822"),
		span_of(rr->recipient->address));
	buf_addf(out, "Action: %s\r\n", actions[r->kind]);
	add_status(r->kind, rr->status, out);
	if (is_brief)
		return;
	add_remote(out, span_of(rr->remote));
	add_diagnostic(rr, out);
	add_date_field(out, "Last-Attempt-Date", rr->time_s);
	if (r->kind == REPORT_DELAYED)
		add_date_field(out, "Will-Retry-Until", r->retry_until_s);
}

void report_add_status(const struct report *r, struct buf *out)
{
	size_t start = out->len;

	add_message_fields(r, out);
	for (size_t i = 0; i < r->recipient_count; i++)
		add_recipient_fields(
			r, &r->recipients[i], out->len - start > REPORT_STATUS_MAX, out);
}
