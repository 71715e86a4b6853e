#include "mail/report_parts.h"

#include "mail/advice.h"
#include "mail/paragraph.h"
#include "mail/quote.h"

#define TEXT_LINE_MAX (16 * 1024)

/* the verb of the first sentence */
static const char *const headlines[] = {
	[REPORT_FAILED] = "could not be delivered to",
	[REPORT_DELAYED] = "has not been delivered yet to",
	[REPORT_RELAYED] = "has been passed on for",
};

static bool is_same_text(const char *a, const char *b)
{
	return span_eq(span_of(a), span_of(b));
}

static bool is_same_reason(
	const struct report_recipient *a, const struct report_recipient *b)
{
	return a->may_be_delivered == b->may_be_delivered && a->code == b->code &&
	       a->status.subject == b->status.subject &&
	       a->status.detail == b->status.detail &&
	       is_same_text(a->remote, b->remote) && is_same_text(a->text, b->text);
}

static void add_recipient(struct buf *out, const struct report_recipient *rr)
{
	struct buf line = BUF_INIT(TEXT_LINE_MAX);

	buf_add_char(&line, '<');
	quote_line(&line, span_of(rr->recipient->address));
	buf_add_char(&line, '>');
	if (span_of(rr->named).len) {
		buf_add_str(&line, " (alias of <");
		quote_line(&line, span_of(rr->named));
		buf_add_str(&line, ">)");
	}
	paragraph_add(out, "", buf_span(&line));
	buf_release(&line);
}

/* What the server said word for word, or what we say. */
static void add_reason(const struct report_recipient *rr, struct buf *out)
{
	struct span remote = span_of(rr->remote);
	struct buf line = BUF_INIT(TEXT_LINE_MAX);

	if (remote.len) {
		quote_line(&line, span_head(remote, OUTCOME_REMOTE_MAX));
		buf_add_str(&line, rr->code ? " said:" : ":");
		paragraph_add(out, "    ", buf_span(&line));
		buf_reset(&line);
	}
	if (rr->code)
		buf_addf(&line, "%d ", rr->code);
	quote_line(&line, span_head(span_of(rr->text), OUTCOME_TEXT_MAX));
	paragraph_add(out, remote.len ? "        " : "    ", buf_span(&line));
	buf_release(&line);
}

static const char uncertain[] =
	"It may have arrived all the same: the connection broke between the end of the "
	"message and the server's answer.";

/* Neighbours that share a reason are named together. Returns the index behind them. */
static size_t add_group(const struct report *r, size_t first, size_t end, struct buf *out)
{
	const struct report_recipient *rr = &r->recipients[first];
	size_t i = first;

	buf_add_str(out, "\r\n");
	for (; i < end && is_same_reason(rr, &r->recipients[i]); i++)
		add_recipient(out, &r->recipients[i]);
	add_reason(rr, out);
	if (rr->may_be_delivered)
		paragraph_add(out, "    ", span_of(uncertain));
	if (r->kind == REPORT_FAILED)
		paragraph_add(out, "    ", span_of(advice_find(rr->status)));
	return i;
}

static void add_opening(const struct report *r, struct buf *out)
{
	struct buf text = BUF_INIT(TEXT_LINE_MAX);

	buf_add_str(&text, "This is nullmta, the mailer of ");
	quote_host(&text, span_of(r->hostname));
	buf_add_char(&text, '.');
	paragraph_add(out, "", buf_span(&text));
	buf_add_str(out, "\r\n");
	buf_reset(&text);
	buf_add_str(&text, "Your message of ");
	report_add_date(&text, r->arrival_s);
	buf_add_str(&text, " (queue ID ");
	quote_line(&text, span_of(r->queue_id));
	buf_addf(&text, ") %s ", headlines[r->kind]);
	if (r->recipient_count == 1)
		buf_add_str(&text, "one recipient:");
	else
		buf_addf(&text, "%zu recipients:", r->recipient_count);
	paragraph_add(out, "", buf_span(&text));
	buf_release(&text);
}

static void add_closing(const struct report *r, struct buf *out)
{
	struct buf text = BUF_INIT(TEXT_LINE_MAX);

	if (r->kind == REPORT_DELAYED) {
		buf_add_str(&text,
			"You need not do anything: it is tried again by itself, until ");
		report_add_date(&text, r->retry_until_s);
		buf_add_str(&text,
			". You will be told if that fails. `mailq` shows how it stands.");
	} else if (r->kind == REPORT_RELAYED) {
		buf_add_str(&text,
			"You asked to be told of success. The server named above takes "
			"care of it now and does not report that itself: you will hear "
			"only if it fails.");
	} else {
		buf_addf(&text, "It will not be tried again. %s is attached.",
			r->is_full ? "The message" : "The header of the message");
	}
	buf_add_str(out, "\r\n");
	paragraph_add(out, "", buf_span(&text));
	buf_release(&text);
}

void report_add_text(const struct report *r, struct buf *out)
{
	size_t shown = r->recipient_count < REPORT_SHOWN_MAX ? r->recipient_count
							     : REPORT_SHOWN_MAX;

	add_opening(r, out);
	for (size_t i = 0; i < shown;)
		i = add_group(r, i, shown, out);
	if (shown < r->recipient_count)
		buf_addf(out,
			"\r\nand %zu more: the second part of this report names them "
			"all.\r\n",
			r->recipient_count - shown);
	add_closing(r, out);
}
