#include "mail/report_parts.h"

#include <string.h>

#include "mail/advice.h"
#include "mail/quote.h"

#define COLUMNS       76
#define WORD_MAX      900 /* a longer word is broken: a line has 998 (RFC 5322 2.1.1) */
#define TEXT_LINE_MAX (16 * 1024)

/* the verb of the first sentence */
static const char *const headlines[] = {
	[REPORT_FAILED] = "could not be delivered to",
	[REPORT_DELAYED] = "has not been delivered yet to",
	[REPORT_RELAYED] = "has been passed on for",
};

/* Take a piece off `*word` that fits a line and is whole characters. */
static struct span take_piece(struct span *word)
{
	struct span piece = span_head(*word, WORD_MAX);

	if (word->len > WORD_MAX)
		while (((unsigned char)word->data[piece.len] & 0xc0) == 0x80)
			piece.len--;
	*word = span_from(*word, piece.len);
	return piece;
}

/* `text` is clean: valid UTF-8 on one line. */
static void add_paragraph(struct buf *out, const char *indent, struct span text)
{
	size_t column = 0;
	struct span word;

	while (span_word(&text, &word)) {
		while (word.len) {
			struct span piece = take_piece(&word);

			if (column && column + 1 + piece.len > COLUMNS) {
				buf_add_str(out, "\r\n");
				column = 0;
			}
			buf_add_str(out, column ? " " : indent);
			column += (column ? 1 : strlen(indent)) + piece.len;
			buf_add_span(out, piece);
		}
	}
	buf_add_str(out, "\r\n");
}

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
	add_paragraph(out, "", buf_span(&line));
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
		add_paragraph(out, "    ", buf_span(&line));
		buf_reset(&line);
	}
	if (rr->code)
		buf_addf(&line, "%d ", rr->code);
	quote_line(&line, span_head(span_of(rr->text), OUTCOME_TEXT_MAX));
	add_paragraph(out, remote.len ? "        " : "    ", buf_span(&line));
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
		add_paragraph(out, "    ", span_of(uncertain));
	if (r->kind == REPORT_FAILED)
		add_paragraph(out, "    ", span_of(advice_find(rr->status)));
	return i;
}

static void add_opening(const struct report *r, struct buf *out)
{
	struct buf text = BUF_INIT(TEXT_LINE_MAX);

	buf_add_str(&text, "This is nullmta, the mailer of ");
	quote_host(&text, span_of(r->hostname));
	buf_add_char(&text, '.');
	add_paragraph(out, "", buf_span(&text));
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
	add_paragraph(out, "", buf_span(&text));
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
	add_paragraph(out, "", buf_span(&text));
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
