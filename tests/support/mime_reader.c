#include "mime_reader.h"

#include <string.h>

#include "base/codec.h"
#include "mail/header.h"
#include "mail/mime_type.h"

#define SECTION_MAX (8 * 1024 * 1024)

struct reader {
	struct buf *out;
	size_t parts;
};

static void read_entity(
	struct reader *r, struct span entity, size_t depth, bool is_in_digest);

static int base64_value(char c)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(alphabet, c) : NULL;

	return at ? (int)(at - alphabet) : -1;
}

static void decode_base64(struct span s, struct buf *out)
{
	unsigned group = 0, bits = 0;

	for (size_t i = 0; i < s.len && s.data[i] != '='; i++) {
		int value = base64_value(s.data[i]);

		if (value < 0)
			continue;
		group = (group << 6 | (unsigned)value) & 0xffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			buf_add_char(out, (char)(group >> bits & 0xff));
		}
	}
}

/* "=XX" at the beginning of `s` */
static bool is_escape(struct span s)
{
	return s.len > 2 && s.data[0] == '=' && hex_value(s.data[1]) >= 0 &&
	       hex_value(s.data[2]) >= 0;
}

static char unescape(struct span s)
{
	return (char)(hex_value(s.data[1]) << 4 | hex_value(s.data[2]));
}

static void decode_qp(struct span s, struct buf *out)
{
	while (s.len) {
		if (span_starts(s, "=\r\n")) {
			s = span_from(s, 3);
		} else if (is_escape(s)) {
			buf_add_char(out, unescape(s));
			s = span_from(s, 3);
		} else {
			buf_add_char(out, s.data[0]);
			s = span_from(s, 1);
		}
	}
}

/* "=?charset?Q?text?=" as a whole */
static bool decode_word(struct span word, struct buf *out)
{
	struct span rest = word, part[5];

	if (span_has_8bit(word) || span_has_control(word))
		return false;
	for (size_t i = 0; i < 5; i++)
		if (!span_cut(&rest, '?', &part[i]))
			return false;
	if (rest.data || !span_is(part[0], "=") || !span_iis(part[2], "q") ||
		!span_is(part[4], "=") || !part[1].len)
		return false;
	for (struct span s = part[3]; s.len; s = span_from(s, 1)) {
		if (is_escape(s)) {
			buf_add_char(out, unescape(s));
			s = span_from(s, 2);
		} else {
			buf_add_char(out, s.data[0] == '_' ? ' ' : s.data[0]);
		}
	}
	return true;
}

static size_t word_length(struct span s)
{
	size_t n = 0;

	while (n < s.len && !(s.data[n] && strchr(" \t()", s.data[n])))
		n++;
	return n ? n : 1;
}

static void read_value(struct reader *r, struct span value)
{
	struct buf line = BUF_INIT(SECTION_MAX), text = BUF_INIT(SECTION_MAX);
	struct span s;

	header_unfold(&line, value);
	for (s = buf_span(&line); s.len;) {
		struct span word = span_head(s, word_length(s));

		if (!decode_word(word, &text))
			buf_add_span(&text, word);
		s = span_from(s, word.len);
	}
	s = buf_span(&text);
	for (size_t i = 0; i < s.len; i++)
		if (!s.data[i] || !strchr(" \t\"\\", s.data[i]))
			buf_add_char(r->out, s.data[i]);
	buf_release(&line);
	buf_release(&text);
}

static bool is_of_mime(const struct header_field *field)
{
	return span_istarts(field->name, "Content-") || header_is(field, "MIME-Version");
}

static void read_fields(struct reader *r, struct span section)
{
	struct header_field field;

	while (header_next(&section, &field)) {
		if (is_of_mime(&field))
			continue;
		buf_add_span(r->out, field.name);
		buf_add_char(r->out, ':');
		read_value(r, field.value);
		buf_add_char(r->out, '\n');
	}
}

static void read_leaf(struct reader *r, const struct mime_type *type, struct span body)
{
	buf_add_str(r->out, "[");
	if (type->structure != MIME_SEALED && type->transfer == MIME_TRANSFER_BASE64)
		decode_base64(body, r->out);
	else if (type->structure != MIME_SEALED && type->transfer == MIME_TRANSFER_QP)
		decode_qp(body, r->out);
	else
		buf_add_span(r->out, body);
	buf_add_str(r->out, "]\n");
}

static struct span take_line(struct span *rest)
{
	ptrdiff_t lf = span_find(*rest, '\n');
	struct span line = lf < 0 ? *rest : span_head(*rest, (size_t)lf + 1);

	*rest = span_from(*rest, line.len);
	return line;
}

static bool is_delimiter(
	struct span line, const struct mime_type *type, bool *ret_is_last)
{
	struct span boundary = {type->boundary, type->boundary_len};
	bool is_last;

	if (line.len > MIME_BOUNDARY_MAX + 64 || !span_starts(line, "--"))
		return false;
	line = span_from(line, 2);
	if (!span_eq(span_head(line, boundary.len), boundary))
		return false;
	line = span_from(line, boundary.len);
	is_last = span_starts(line, "--");
	if (span_trim(span_from(line, is_last ? 2 : 0)).len)
		return false;
	*ret_is_last = is_last;
	return true;
}

static void read_part(
	struct reader *r, struct span part, const struct mime_type *type, size_t depth)
{
	/* the last line end is the delimiter's (RFC 2046 5.1.1) */
	if (span_ends(part, "\n"))
		part.len--;
	if (span_ends(part, "\r"))
		part.len--;
	read_entity(r, part, depth + 1, type->is_digest);
}

/* Whether there was a part. */
static bool read_parts(
	struct reader *r, const struct mime_type *type, struct span body, size_t depth)
{
	const char *begin = NULL;
	bool is_last = false, has_parts = false;

	while (body.len && !is_last) {
		struct span line = take_line(&body);

		if (!is_delimiter(line, type, &is_last))
			continue;
		if (begin)
			read_part(r, (struct span){begin, (size_t)(line.data - begin)},
				type, depth);
		has_parts = has_parts || !is_last;
		begin = is_last ? NULL : line.data + line.len;
	}
	if (begin && !is_last)
		read_entity(r,
			(struct span){begin, (size_t)(body.data + body.len - begin)},
			depth + 1, type->is_digest);
	return has_parts;
}

static void read_entity(
	struct reader *r, struct span entity, size_t depth, bool is_in_digest)
{
	struct span rest = entity, body;
	struct header_field field;
	struct mime_type type;

	r->parts++;
	while (header_next(&rest, &field))
		;
	read_fields(r, span_head(entity, entity.len - rest.len));
	mime_type_parse(&type, span_head(entity, entity.len - rest.len), is_in_digest);
	body = rest;
	if (span_starts(rest, "\r\n"))
		body = span_from(rest, 2);
	else if (span_starts(rest, "\n"))
		body = span_from(rest, 1);
	if (depth == MIME_DEPTH_MAX && type.structure != MIME_SEALED)
		type.structure = MIME_LEAF;
	buf_add_str(r->out, "{\n");
	if (type.structure == MIME_MESSAGE)
		read_entity(r, body, depth + 1, false);
	else if (type.structure != MIME_MULTIPART || !read_parts(r, &type, body, depth))
		read_leaf(r, &type, body);
	buf_add_str(r->out, "}\n");
}

bool mime_read(struct span message, struct buf *out)
{
	struct reader r = {.out = out};

	read_entity(&r, message, 0, false);
	return r.parts <= MIME_PARTS_MAX;
}
