#include "mail/compose.h"

#include <string.h>

#include "base/text.h"

#define LINE_MAX_OCTETS 998 /* RFC 5322 2.1.1 */
#define NAME_WHOLE_MAX  60  /* a file name that fits a line beside its parameter */

static void add_delimiter(const struct compose_options *o, struct buf *out)
{
	buf_addf(out, "\r\n--=_%s\r\n", o->boundary);
}

/* What would not arrive as it is: RFC 5322 2.1.1, 2.3 and RFC 2045 2.7. */
static bool is_7bit(struct span text)
{
	size_t line = 0;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.data[i];
		bool is_bare_cr =
			c == '\r' && (i + 1 == text.len || text.data[i + 1] != '\n');

		line = c == '\n' ? 0 : line + 1;
		if ((unsigned char)c >= 0x80 || c == '\0' || is_bare_cr ||
			line > LINE_MAX_OCTETS)
			return false;
	}
	return true;
}

/* The text without a character that is cut off at its end. */
static struct span whole_characters(struct span text)
{
	size_t n = text.len;

	while (n > 0 && text.len - n < 3 &&
		((unsigned char)text.data[n - 1] & 0xc0) == 0x80)
		n--;
	/* the octet that begins a character of several: is it complete? */
	if (n > 0 && (unsigned char)text.data[n - 1] >= 0xc0 &&
		!span_is_utf8(span_from(text, n - 1)))
		return span_head(text, n - 1);
	return text;
}

static bool is_utf8_so_far(struct span text, bool is_whole)
{
	return span_is_utf8(is_whole ? text : whole_characters(text));
}

/* A boundary between parts must not occur in one of them (RFC 2046 5.1.1). */
static bool has_boundary(const struct compose_options *o, struct span text)
{
	return o->boundary && text.len &&
	       memmem(text.data, text.len, o->boundary, strlen(o->boundary));
}

enum mime_coding compose_choose(const struct compose_options *o, struct span start,
	bool is_whole, const char **ret_charset)
{
	if (!span_has_8bit(start) && is_whole)
		*ret_charset = "us-ascii";
	else if (is_utf8_so_far(start, is_whole))
		*ret_charset = "utf-8";
	else
		*ret_charset = "unknown-8bit"; /* RFC 1428 */
	/* encoded text never holds the "=_" that boundaries begin with */
	return is_whole && is_7bit(start) && !has_boundary(o, start) ? MIME_CODING_NONE
								     : MIME_CODING_QP;
}

void compose_text(const struct compose_options *o, enum mime_coding coding,
	const char *charset, struct compose_part *ret, struct buf *out)
{
	*ret = (struct compose_part){.is_text = true};
	mime_coder_begin(&ret->coder, coding);
	if (o->boundary) {
		buf_addf(out,
			"Content-Type: multipart/mixed; boundary=\"=_%s\"\r\n"
			"Content-Transfer-Encoding: 7bit\r\n",
			o->boundary);
		add_delimiter(o, out);
	}
	buf_addf(out,
		"Content-Type: text/%s; charset=%s\r\n"
		"Content-Transfer-Encoding: %s\r\n\r\n",
		o->is_html ? "html" : "plain", charset,
		coding == MIME_CODING_QP ? "quoted-printable" : "7bit");
}

static bool is_plain_name(struct span name)
{
	return name.len <= NAME_WHOLE_MAX && !span_has_8bit(name) &&
	       !span_has_control(name);
}

static void add_quoted(struct buf *out, struct span name)
{
	buf_add_char(out, '"');
	for (size_t i = 0; i < name.len; i++) {
		if (name.data[i] == '"' || name.data[i] == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, name.data[i]);
	}
	buf_add_char(out, '"');
}

/* attribute-char of RFC 2231 7 */
static bool is_attribute_char(char c)
{
	return text_is_alpha(c) || text_is_digit(c) || (c && strchr("!#$&+-.^_`{|}~", c));
}

/* As much of `*rest` as fits a line, encoded. */
static void add_section(struct buf *out, struct span *rest)
{
	size_t start = out->len;
	size_t n = 0;

	for (; n < rest->len && out->len - start < NAME_WHOLE_MAX - 3; n++) {
		char c = rest->data[n];

		if (is_attribute_char(c))
			buf_add_char(out, c);
		else
			buf_addf(out, "%%%02X", (unsigned char)c);
	}
	*rest = span_from(*rest, n);
}

/* filename*=utf-8''... in one line, or filename*0*=utf-8''... in several (RFC 2231 3, 4) */
static void add_extended(struct buf *out, struct span name)
{
	/* a charset that nobody knows is left out */
	const char *charset = span_is_utf8(name) ? "utf-8" : "";
	struct buf section = BUF_INIT(2 * NAME_WHOLE_MAX);

	add_section(&section, &name);
	buf_addf(out, "\r\n filename*%s=%s''%s", name.len ? "0*" : "", charset,
		buf_str(&section));
	for (unsigned i = 1; name.len; i++) {
		buf_addf(out, ";\r\n filename*%u*=", i);
		add_section(out, &name);
	}
	buf_release(&section);
}

void compose_attachment(const struct compose_options *o, struct span name,
	const char *type, struct span start, struct compose_part *ret, struct buf *out)
{
	bool is_utf8 =
		span_istarts(span_of(type), "text/") && is_utf8_so_far(start, false);

	*ret = (struct compose_part){.is_text = false};
	mime_coder_begin(&ret->coder, MIME_CODING_BASE64);
	add_delimiter(o, out);
	buf_addf(out, "Content-Type: %s%s\r\n", type, is_utf8 ? "; charset=utf-8" : "");
	buf_add_str(out, "Content-Transfer-Encoding: base64\r\n");
	buf_add_str(out, "Content-Disposition: attachment;");
	if (is_plain_name(name)) {
		buf_add_str(out, "\r\n filename=");
		add_quoted(out, name);
	} else {
		add_extended(out, name);
	}
	buf_add_str(out, "\r\n\r\n");
}

/* Each line with the line end of the wire. */
static void add_lines(struct compose_part *part, struct span text, struct buf *out)
{
	while (text.len) {
		ptrdiff_t lf = span_find(text, '\n');
		size_t n = lf < 0 ? text.len : (size_t)lf;

		mime_coder_add(&part->coder, span_head(text, n), out);
		if (n)
			part->has_cr = text.data[n - 1] == '\r';
		if (lf >= 0) {
			mime_coder_add(&part->coder,
				part->has_cr ? SPAN_LIT("\n") : SPAN_LIT("\r\n"), out);
			part->has_cr = false;
			n++;
		}
		text = span_from(text, n);
	}
}

void compose_add(struct compose_part *part, struct span content, struct buf *out)
{
	if (part->is_text)
		add_lines(part, content, out);
	else
		mime_coder_add(&part->coder, content, out);
}

void compose_finish(struct compose_part *part, struct buf *out)
{
	/* a delimiter brings its own line end: whatever the content ends with is content */
	mime_coder_finish(&part->coder, false, out);
}

void compose_end(const struct compose_options *o, struct buf *out)
{
	if (o->boundary)
		buf_addf(out, "\r\n--=_%s--\r\n", o->boundary);
}
