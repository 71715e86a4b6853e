#include "mail/mime_codec.h"

#include <string.h>

#include "base/codec.h"
#include "mail/mime.h"

/* octets held back are joined with so many that follow them */
#define JOINT_MAX 64

/* RFC 2045 6.7: rule 2, and blanks but for those at the end of a line (rule 3) */
static const bool is_literal[256] = {
	['\t'] = true,
	[' ' ... '<'] = true,
	['>' ... '~'] = true,
};

static const bool is_base64[256] = {
	['A' ... 'Z'] = true,
	['a' ... 'z'] = true,
	['0' ... '9'] = true,
	['+'] = true,
	['/'] = true,
	['='] = true,
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_mended(const struct mime_coder *c)
{
	return c->coding == MIME_CODING_QP_MENDED;
}

/* columns that may be used: the last one is for the '=' of a soft break */
static size_t columns(const struct mime_coder *c)
{
	return (is_mended(c) ? MIME_LINE_MAX : MIME_QP_LINE) - 1;
}

static void end_line(struct mime_coder *c, const char *end, struct buf *out)
{
	buf_add_str(out, end);
	c->column = 0;
	c->is_continued = end[0] == '=';
}

/* Room for `n` columns more that belong together. */
static void make_room(struct mime_coder *c, size_t n, struct buf *out)
{
	if (c->column + n > columns(c))
		end_line(c, "=\r\n", out);
}

static void put_escaped(struct mime_coder *c, char octet, struct buf *out)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char value = (unsigned char)octet;
	const char escaped[3] = {'=', digits[value >> 4], digits[value & 15]};

	make_room(c, sizeof(escaped), out);
	buf_add(out, escaped, sizeof(escaped));
	c->column += sizeof(escaped);
}

/*
 * A line that a soft break begins must not look like a delimiter of the multipart that this
 * part stands in, nor like what an mbox takes for a message.
 */
static bool is_harmful(const struct mime_coder *c, char first)
{
	return c->column == 0 && c->is_continued && (first == '-' || first == 'F');
}

static void put_literals(struct mime_coder *c, struct span run, struct buf *out)
{
	while (run.len) {
		struct span part;

		make_room(c, 1, out);
		if (is_harmful(c, run.data[0])) {
			put_escaped(c, run.data[0], out);
			run = span_from(run, 1);
			continue;
		}
		part = span_head(run, columns(c) - c->column);
		buf_add_span(out, part);
		c->column += part.len;
		run = span_from(run, part.len);
	}
}

static size_t literal_length(struct span text)
{
	size_t n = 0;

	while (n < text.len && is_literal[(unsigned char)text.data[n]])
		n++;
	return n;
}

/* Octets of one line. */
static void put_text(struct mime_coder *c, struct span text, struct buf *out)
{
	while (text.len) {
		size_t n = literal_length(text);

		put_literals(c, span_head(text, n), out);
		text = span_from(text, n);
		if (!text.len)
			return;
		if (is_mended(c) && text.data[0] == '=') {
			/* the two digits behind it have to stay on this line */
			make_room(c, 3, out);
			buf_add_char(out, '=');
			c->column++;
		} else {
			put_escaped(c, text.data[0], out);
		}
		text = span_from(text, 1);
	}
}

/* The same where a line end follows: a blank there would be lost (rule 3). */
static void put_end_of_text(struct mime_coder *c, struct span text, struct buf *out)
{
	size_t n = text.len;

	if (!n || !is_blank(text.data[n - 1]) || is_mended(c)) {
		put_text(c, text, out);
		return;
	}
	put_text(c, span_head(text, n - 1), out);
	put_escaped(c, text.data[n - 1], out);
}

/* How many octets at the end of `s` cannot be judged before the next one is known. */
static size_t undecided_length(struct span s)
{
	size_t n = s.len && s.data[s.len - 1] == '\r';

	return n + (s.len > n && is_blank(s.data[s.len - 1 - n]));
}

/* Encode; the number of octets at the end that are left. */
static size_t take_qp(struct mime_coder *c, struct span s, struct buf *out)
{
	ptrdiff_t lf;
	size_t left;

	while ((lf = span_find(s, '\n')) >= 0) {
		size_t n = (size_t)lf;

		if (n && s.data[n - 1] == '\r') {
			put_end_of_text(c, span_head(s, n - 1), out);
			end_line(c, "\r\n", out);
		} else {
			put_text(c, span_head(s, n + 1), out);
		}
		s = span_from(s, n + 1);
	}
	left = undecided_length(s);
	put_text(c, span_head(s, s.len - left), out);
	return left;
}

static void put_base64_line(struct span octets, struct buf *out)
{
	base64_encode(out, octets);
	buf_add_str(out, "\r\n");
}

/* Fill the line begun, if any. */
static struct span fill_group(struct mime_coder *c, struct span s, struct buf *out)
{
	struct span part = span_head(s, sizeof(c->group) - c->group_len);

	if (part.len)
		memcpy(c->group + c->group_len, part.data, part.len);
	c->group_len += part.len;
	if (c->group_len == sizeof(c->group)) {
		put_base64_line((struct span){(char *)c->group, c->group_len}, out);
		c->group_len = 0;
	}
	return span_from(s, part.len);
}

static void put_base64(struct mime_coder *c, struct span s, struct buf *out)
{
	if (c->group_len)
		s = fill_group(c, s, out);
	while (s.len >= sizeof(c->group)) {
		put_base64_line(span_head(s, sizeof(c->group)), out);
		s = span_from(s, sizeof(c->group));
	}
	(void)fill_group(c, s, out);
}

/* As take_qp. A line end may turn out to be the delimiter's. */
static size_t take_base64(struct mime_coder *c, struct span s, struct buf *out)
{
	size_t left = 0;

	if (span_ends(s, "\r\n"))
		left = 2;
	else if (span_ends(s, "\r"))
		left = 1;
	put_base64(c, span_head(s, s.len - left), out);
	return left;
}

/* RFC 2045 6.8: what is not of the alphabet is to be ignored */
static void put_mended_base64(struct mime_coder *c, struct span s, struct buf *out)
{
	while (s.len) {
		struct span room = span_head(s, MIME_BASE64_LINE - c->column);
		size_t n = 0;

		while (n < room.len && is_base64[(unsigned char)room.data[n]])
			n++;
		buf_add(out, s.data, n);
		c->column += n;
		if (c->column == MIME_BASE64_LINE)
			end_line(c, "\r\n", out);
		/* where the room ended is an octet of the alphabet, or end_line made room */
		s = span_from(s, n < room.len ? n + 1 : n);
	}
}

void mime_coder_begin(struct mime_coder *c, enum mime_coding coding)
{
	*c = (struct mime_coder){.coding = coding};
}

static size_t take(struct mime_coder *c, struct span s, struct buf *out)
{
	return c->coding == MIME_CODING_BASE64 ? take_base64(c, s, out)
					       : take_qp(c, s, out);
}

static void hold(struct mime_coder *c, struct span s, size_t left)
{
	memcpy(c->held, s.data + s.len - left, left);
	c->held_len = left;
}

/* Join what is held with what follows; the part of `data` that is not taken by that. */
static struct span add_joint(struct mime_coder *c, struct span data, struct buf *out)
{
	char octets[sizeof(c->held) + JOINT_MAX];
	struct span part = span_head(data, JOINT_MAX);
	struct span joint = {octets, c->held_len + part.len};
	size_t left;

	memcpy(octets, c->held, c->held_len);
	memcpy(octets + c->held_len, part.data, part.len);
	left = take(c, joint, out);
	c->held_len = 0;
	if (left <= part.len)
		return span_from(data, part.len - left);
	hold(c, joint, left);
	return span_from(data, part.len);
}

void mime_coder_add(struct mime_coder *c, struct span data, struct buf *out)
{
	if (c->coding == MIME_CODING_NONE) {
		buf_add_span(out, data);
		return;
	}
	if (c->coding == MIME_CODING_BASE64_MENDED) {
		put_mended_base64(c, data, out);
		return;
	}
	if (c->held_len && data.len)
		data = add_joint(c, data, out);
	if (data.len)
		hold(c, data, take(c, data, out));
}

static void finish_base64(struct mime_coder *c, bool is_delimited, struct buf *out)
{
	if (!is_delimited || c->held_len < 2)
		put_base64(c, (struct span){c->held, c->held_len}, out);
	if (c->group_len)
		put_base64_line((struct span){(char *)c->group, c->group_len}, out);
}

void mime_coder_finish(struct mime_coder *c, bool is_delimited, struct buf *out)
{
	struct span held = {c->held, c->held_len};

	switch (c->coding) {
	case MIME_CODING_NONE:
		break;
	case MIME_CODING_QP:
	case MIME_CODING_QP_MENDED:
		if (span_ends(held, "\r"))
			put_text(c, held, out);
		else
			put_end_of_text(c, held, out);
		break;
	case MIME_CODING_BASE64:
		finish_base64(c, is_delimited, out);
		break;
	case MIME_CODING_BASE64_MENDED:
		if (c->column)
			buf_add_str(out, "\r\n");
		break;
	}
	c->held_len = c->group_len = c->column = 0;
}
