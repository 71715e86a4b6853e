#include "smtp/content_reader.h"

#include <string.h>

static void spoil(struct smtp_content_reader *r)
{
	r->is_spoilt = true;
	r->place = SMTP_CONTENT_INSIDE;
}

static void put(struct smtp_content_reader *r, struct span s, struct buf *out)
{
	if (!r->is_spoilt)
		buf_add_span(out, s);
}

/* a dot at the start of a line: the end, or there only to be taken away */
static void decide_dot(struct smtp_content_reader *r, struct span *data)
{
	char c = data->data[0];

	if (c == '\n' && (r->allows_lf || r->place == SMTP_CONTENT_DOT_CR)) {
		r->has_ended = true;
		*data = span_from(*data, 1);
	} else if (c == '\r' && r->place == SMTP_CONTENT_DOT) {
		r->place = SMTP_CONTENT_DOT_CR;
		*data = span_from(*data, 1);
	} else {
		r->place = r->place == SMTP_CONTENT_DOT_CR ? SMTP_CONTENT_CR
							   : SMTP_CONTENT_INSIDE;
	}
}

static void decide_cr(struct smtp_content_reader *r, struct span *data, struct buf *out)
{
	if (data->data[0] == '\n') {
		put(r, SPAN_LIT("\r\n"), out);
		r->place = SMTP_CONTENT_LINE_START;
		*data = span_from(*data, 1);
		return;
	}
	r->place = SMTP_CONTENT_INSIDE;
	if (r->allows_lf)
		put(r, SPAN_LIT("\r"), out);
	else
		spoil(r);
}

/* Up to the end of the line or of the data; the line end is left where it is a question. */
static void take_line(struct smtp_content_reader *r, struct span *data, struct buf *out)
{
	ptrdiff_t lf = span_find(*data, '\n');
	struct span line = lf < 0 ? *data : span_head(*data, (size_t)lf);
	bool has_cr = span_ends(line, "\r");

	*data = span_from(*data, line.len);
	line.len -= has_cr;
	if (!r->allows_lf && span_find(line, '\r') >= 0)
		spoil(r);
	put(r, line, out);
	r->place = has_cr ? SMTP_CONTENT_CR : SMTP_CONTENT_INSIDE;
	if (lf < 0 || has_cr)
		return;
	*data = span_from(*data, 1);
	if (r->allows_lf) {
		put(r, SPAN_LIT("\n"), out);
		r->place = SMTP_CONTENT_LINE_START;
	} else {
		spoil(r);
	}
}

void smtp_content_reader_feed(
	struct smtp_content_reader *r, struct span *data, struct buf *out)
{
	while (data->len && !r->has_ended) {
		bool is_dot = r->has_dots && r->place == SMTP_CONTENT_LINE_START &&
			      data->data[0] == '.';

		if (is_dot) {
			r->place = SMTP_CONTENT_DOT;
			*data = span_from(*data, 1);
		} else if (r->place >= SMTP_CONTENT_DOT) {
			decide_dot(r, data);
		} else if (r->place == SMTP_CONTENT_CR) {
			decide_cr(r, data, out);
		} else {
			take_line(r, data, out);
		}
	}
}

void smtp_content_reader_finish(struct smtp_content_reader *r)
{
	if (r->place == SMTP_CONTENT_CR)
		spoil(r);
}
