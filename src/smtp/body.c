#include "smtp/body.h"

#include <string.h>

/* A line's octets without its end. Runs between bare CRs are copied whole. */
static void add_text(struct smtp_body *b, struct span text, struct buf *out)
{
	const char *cr;

	if (text.len == 0)
		return;
	if (!b->is_amid_line && text.data[0] == '.')
		buf_add_char(out, '.');
	b->is_amid_line = true;
	while ((cr = memchr(text.data, '\r', text.len)) != NULL) {
		buf_add(out, text.data, (size_t)(cr - text.data));
		buf_add_char(out, ' ');
		text = span_from(text, (size_t)(cr - text.data) + 1);
		if (text.len == 0)
			return;
	}
	buf_add_span(out, text);
}

/* The CR at the end of the block before has turned out to be a bare one. */
static void add_held_cr(struct smtp_body *b, struct buf *out)
{
	if (!b->has_cr)
		return;
	b->has_cr = false;
	b->is_amid_line = true;
	buf_add_char(out, ' ');
}

static void end_line(struct smtp_body *b, struct buf *out)
{
	buf_add(out, "\r\n", 2);
	b->is_amid_line = false;
	b->has_cr = false;
}

/*
 * The octets of `block` in front, in whole lines, that need no change: nothing but
 * CRLF line ends and no dot at the beginning of a line.
 */
static size_t unchanged_length(const struct smtp_body *b, struct span block)
{
	const char *at = block.data, *end = block.data + block.len, *lf;
	bool is_amid = b->is_amid_line;

	while (at < end && (is_amid || *at != '.')) {
		lf = memchr(at, '\n', (size_t)(end - at));
		if (!lf || lf == at || lf[-1] != '\r' ||
			memchr(at, '\r', (size_t)(lf - at)) != lf - 1)
			break;
		at = lf + 1;
		is_amid = false;
	}
	return (size_t)(at - block.data);
}

/* One line of `*rest` that is incomplete or needs a change. */
static void encode_line(struct smtp_body *b, struct span *rest, struct buf *out)
{
	ptrdiff_t lf = span_find(*rest, '\n');
	struct span text = lf < 0 ? *rest : span_head(*rest, (size_t)lf);
	bool has_cr = text.len && text.data[text.len - 1] == '\r';

	*rest = span_from(*rest, lf < 0 ? rest->len : (size_t)lf + 1);
	if (text.len)
		add_held_cr(b, out);
	add_text(b, span_head(text, text.len - has_cr), out);
	if (lf >= 0)
		end_line(b, out);
	else
		b->has_cr = b->has_cr || has_cr;
}

void smtp_body_encode(struct smtp_body *b, struct span block, struct buf *out)
{
	while (block.len) {
		size_t n = b->has_cr ? 0 : unchanged_length(b, block);

		if (n) {
			buf_add(out, block.data, n);
			b->is_amid_line = false;
			block = span_from(block, n);
		} else {
			encode_line(b, &block, out);
		}
	}
}

void smtp_body_finish(struct smtp_body *b, struct buf *out)
{
	/* a CR whose LF is missing: the end of the line all the same */
	if (b->is_amid_line || b->has_cr)
		end_line(b, out);
	buf_add(out, ".\r\n", 3);
}
