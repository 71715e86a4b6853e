#include "mail/encoder.h"

#include "base/codec.h"

/* octets that fill a line of base64 */
#define GROUP (ENCODER_LINE_MAX / 4 * 3)

const char *encoding_name(enum encoding encoding)
{
	static const char *const names[] = {
		[ENCODING_7BIT] = "7bit",
		[ENCODING_QUOTED_PRINTABLE] = "quoted-printable",
		[ENCODING_BASE64] = "base64",
	};

	return names[encoding];
}

static void base64_line(struct encoder *e, struct span octets, struct buf *out)
{
	if (e->column)
		buf_add_str(out, "\r\n");
	base64_encode(out, octets);
	e->column = ENCODER_LINE_MAX;
}

static void base64_add(struct encoder *e, struct span content, struct buf *out)
{
	while (e->held_count + content.len >= GROUP) {
		size_t n = GROUP - e->held_count;
		struct span line = span_head(content, GROUP);

		if (e->held_count) {
			for (size_t i = 0; i < n; i++)
				e->held[e->held_count + i] = content.data[i];
			line = (struct span){e->held, GROUP};
		}
		base64_line(e, line, out);
		e->held_count = 0;
		content = span_from(content, n);
	}
	for (size_t i = 0; i < content.len; i++)
		e->held[e->held_count++] = content.data[i];
}

/* Append what one octet became; a line is broken before it gets too long. */
static void qp_put(struct encoder *e, struct span text, struct buf *out)
{
	/* one column stays free for the '=' of a soft line break */
	if (e->column + text.len > ENCODER_LINE_MAX - 1) {
		buf_add_str(out, "=\r\n");
		e->column = 0;
	}
	buf_add_span(out, text);
	e->column += text.len;
}

static void qp_put_escaped(struct encoder *e, char c, struct buf *out)
{
	static const char digits[] = "0123456789ABCDEF";
	const char text[] = {
		'=', digits[(unsigned char)c >> 4], digits[(unsigned char)c & 15]};

	qp_put(e, (struct span){text, sizeof(text)}, out);
}

static void qp_end_line(struct encoder *e, struct buf *out)
{
	buf_add_str(out, "\r\n");
	e->column = 0;
}

/* A blank or a CR that was held, now that it is known whether its line ends behind it. */
static void qp_release(struct encoder *e, bool is_line_end, struct buf *out)
{
	char c = e->held[0];

	if (e->held_count == 0)
		return;
	e->held_count = 0;
	if (c == '\r') {
		if (!is_line_end)
			qp_put_escaped(e, c, out);
	} else if (is_line_end) {
		qp_put_escaped(e, c, out); /* RFC 2045 6.7 rule 3 */
	} else {
		qp_put(e, (struct span){&c, 1}, out);
	}
}

/*
 * A CR may hold a blank back in turn ("x \r\n"): the blank is then escaped, which is right
 * whatever follows the CR.
 */
static void qp_add_octet(struct encoder *e, char c, struct buf *out)
{
	bool is_blank = c == ' ' || c == '\t';

	qp_release(e, c == '\n' || (c == '\r' && e->held[0] != '\r'), out);
	if (c == '\n')
		qp_end_line(e, out);
	else if (is_blank || c == '\r')
		e->held[e->held_count++] = c;
	else if (c > ' ' && c < 0x7f && c != '=')
		qp_put(e, (struct span){&c, 1}, out);
	else
		qp_put_escaped(e, c, out);
}

void encoder_add(struct encoder *e, struct span content, struct buf *out)
{
	switch (e->encoding) {
	case ENCODING_7BIT:
		buf_add_span(out, content);
		break;
	case ENCODING_QUOTED_PRINTABLE:
		for (size_t i = 0; i < content.len; i++)
			qp_add_octet(e, content.data[i], out);
		break;
	case ENCODING_BASE64:
		base64_add(e, content, out);
		break;
	}
}

void encoder_finish(struct encoder *e, struct buf *out)
{
	if (e->held_count && e->encoding == ENCODING_BASE64)
		base64_line(e, (struct span){e->held, e->held_count}, out);
	else if (e->held_count)
		qp_put_escaped(e, e->held[0], out);
	e->held_count = 0;
}
