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

/*
 * The loop that every octet passes, so the state of the line is in local variables while it
 * runs and `to` has room for what may come.
 */
struct qp_writer {
	char *to;
	size_t column;
	size_t columns;
	bool is_mended;
	bool is_continued;
};

/* What may be made of so many octets: three of each, and soft breaks. */
#define QP_ROOM(n) (4 * (n) + 4)

/*
 * A line that a soft break begins must not look like a delimiter of the multipart that this
 * part stands in, nor like what an mbox takes for a message.
 */
static inline bool is_harmful(const struct qp_writer *w, char first)
{
	return w->column == 0 && w->is_continued && (first == '-' || first == 'F');
}

static inline void soft_break(struct qp_writer *w)
{
	memcpy(w->to, "=\r\n", 3);
	w->to += 3;
	w->column = 0;
	w->is_continued = true;
}

static inline void put_octet(struct qp_writer *w, char octet, bool is_text)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned char value = (unsigned char)octet;
	/* of what is encoded already the two digits have to stay on this line, too */
	bool is_escape = w->is_mended && octet == '=';

	if (w->column + (is_text ? 1 : 3) > w->columns)
		soft_break(w);
	if (is_escape || (is_text && !is_harmful(w, octet))) {
		*w->to++ = octet;
		w->column++;
		return;
	}
	w->to[0] = '=';
	w->to[1] = digits[value >> 4];
	w->to[2] = digits[value & 15];
	w->to += 3;
	w->column += 3;
}

/* The octets that `text` begins with and that pass as they are, in the middle of a line. */
static inline size_t put_plain(struct qp_writer *w, struct span text)
{
	size_t room = w->columns - w->column, n = 0;

	if (w->column == 0)
		return 0;
	for (; n < text.len && n < room && is_literal[(unsigned char)text.data[n]]; n++)
		w->to[n] = text.data[n];
	w->to += n;
	w->column += n;
	return n;
}

/* Octets of one line; behind them perhaps a last one that is escaped although it is text. */
static void put_text_and(
	struct mime_coder *c, struct span text, struct span escaped, struct buf *out)
{
	size_t room = QP_ROOM(text.len + escaped.len);
	struct qp_writer w = {
		.to = out->is_overfull ? NULL : buf_reserve(out, room),
		.column = c->column,
		.columns = columns(c),
		.is_mended = is_mended(c),
		.is_continued = c->is_continued,
	};
	const char *begin = w.to;

	if (!begin)
		return;
	for (size_t i = 0; i < text.len;) {
		put_octet(&w, text.data[i], is_literal[(unsigned char)text.data[i]]);
		i++;
		i += put_plain(&w, (struct span){text.data + i, text.len - i});
	}
	if (escaped.len)
		put_octet(&w, escaped.data[0], false);
	buf_commit(out, (size_t)(w.to - begin));
	c->column = w.column;
	c->is_continued = w.is_continued;
}

static void put_text(struct mime_coder *c, struct span text, struct buf *out)
{
	put_text_and(c, text, SPAN_NONE, out);
}

/* The same where a line end follows: a blank there would be lost (rule 3). */
static void put_end_of_text(struct mime_coder *c, struct span text, struct buf *out)
{
	size_t n = text.len;

	if (n && is_blank(text.data[n - 1]) && !is_mended(c))
		n--;
	put_text_and(c, span_head(text, n), span_from(text, n), out);
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
