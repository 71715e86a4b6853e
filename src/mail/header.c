#include "mail/header.h"

#include <string.h>

#include "base/bug.h"
#include "base/text.h"
#include "mail/address.h"

/* less than the 75 octets of RFC 2047 2, for a field name stands before the first one */
#define ENCODED_WORD_MAX 62

static bool is_wsp(char c)
{
	return c == ' ' || c == '\t';
}

/* RFC 5322 3.6.8: ftext is 33..126 without the colon */
static bool is_ftext(char c)
{
	return c > ' ' && c < 0x7f && c != ':';
}

/* The length of the first line with its line end. */
static size_t line_length(struct span text)
{
	ptrdiff_t lf = span_find(text, '\n');

	return lf < 0 ? text.len : (size_t)lf + 1;
}

static struct span without_line_end(struct span s)
{
	if (s.len && s.data[s.len - 1] == '\n')
		s.len--;
	if (s.len && s.data[s.len - 1] == '\r')
		s.len--;
	return s;
}

size_t header_name_length(struct span line)
{
	size_t name = 0, at;

	line = span_head(line, HEADER_NAME_MAX);
	while (name < line.len && is_ftext(line.data[name]))
		name++;
	at = name;
	while (at < line.len && is_wsp(line.data[at]))
		at++;
	return at < line.len && line.data[at] == ':' ? name : 0;
}

bool header_next(struct span *rest, struct header_field *ret)
{
	size_t name = header_name_length(*rest);
	size_t end = line_length(*rest);
	ptrdiff_t colon;

	if (name == 0)
		return false;
	while (end < rest->len && is_wsp(rest->data[end]))
		end += line_length(span_from(*rest, end));
	colon = span_find(*rest, ':');
	ret->name = span_head(*rest, name);
	ret->whole = span_head(*rest, end);
	ret->value = without_line_end(span_from(ret->whole, (size_t)colon + 1));
	*rest = span_from(*rest, end);
	return true;
}

bool header_is(const struct header_field *field, const char *name)
{
	return span_iis(field->name, name);
}

bool header_is_blank(const struct header_field *field)
{
	return span_trim(field->value).len == 0;
}

void header_unfold(struct buf *out, struct span value)
{
	while (value.len) {
		size_t n = line_length(value);

		buf_add_span(out, without_line_end(span_head(value, n)));
		value = span_from(value, n);
	}
}

/* The spaces that `s` begins with and the word behind them: where a fold may stand. */
static struct span next_step(struct span s)
{
	size_t n = 0;

	while (n < s.len && s.data[n] == ' ')
		n++;
	while (n < s.len && s.data[n] != ' ')
		n++;
	return span_head(s, n);
}

void header_add(struct buf *out, const char *name, struct span value)
{
	size_t column = strlen(name) + 2;

	if (span_has_control(value))
		BUG("a header value that is more than one line");
	value = span_trim(value);
	buf_addf(out, "%s: ", name);
	for (bool is_first = true; value.len; is_first = false) {
		struct span step = next_step(value);

		if (!is_first && column + step.len > HEADER_LINE_MAX) {
			buf_add_str(out, "\r\n");
			column = 0;
		}
		buf_add_span(out, step);
		column += step.len;
		value = span_from(value, step.len);
	}
	buf_add_str(out, "\r\n");
}

/* atoms with single spaces between them */
static bool is_plain_phrase(struct span s)
{
	char before = ' ';

	for (size_t i = 0; i < s.len; i++) {
		if (!address_is_atext(s.data[i]) && (s.data[i] != ' ' || before == ' '))
			return false;
		before = s.data[i];
	}
	return true;
}

/* One octet in the Q encoding as a phrase allows it (RFC 2047 5 rule 3). */
static void add_q(struct buf *out, char c)
{
	if (text_is_alpha(c) || text_is_digit(c) || (c && strchr("!*+-/", c)))
		buf_add_char(out, c);
	else if (c == ' ')
		buf_add_char(out, '_');
	else
		buf_addf(out, "=%02X", (unsigned char)c);
}

/*
 * Names that are not UTF-8 come from an old passwd file in an encoding nobody can tell:
 * RFC 1428 has the label for that.
 */
void header_add_encoded(struct buf *out, struct span s)
{
	bool is_utf8 = span_is_utf8(s);
	const char *charset = is_utf8 ? "UTF-8" : "unknown-8bit";
	size_t start = out->len;
	struct buf one = BUF_INIT(16);
	uint32_t code_point;

	buf_addf(out, "=?%s?Q?", charset);
	while (s.len) {
		size_t n = is_utf8 ? text_utf8(s, &code_point) : 1;

		buf_reset(&one);
		for (size_t i = 0; i < n; i++)
			add_q(&one, s.data[i]);
		if (out->len - start + one.len + 2 > ENCODED_WORD_MAX) {
			/* a character never spans two words (RFC 2047 5) */
			buf_addf(out, "?= =?%s?Q?", charset);
			start = out->len - strlen(charset) - 5;
		}
		buf_add_span(out, buf_span(&one));
		s = span_from(s, n);
	}
	buf_add_str(out, "?=");
	buf_release(&one);
}

int header_add_phrase(struct buf *out, struct span name, struct fault *f)
{
	if (name.len > HEADER_PHRASE_MAX) {
		fault_set(f, FAULT_DATA, 0, "the full name has %zu octets; at most %d",
			name.len, HEADER_PHRASE_MAX);
		return -1;
	}
	if (span_has_control(name)) {
		fault_set(f, FAULT_DATA, 0,
			"the full name '%.*s' has a line break or another control "
			"character",
			SPAN_ARGS(name));
		return -1;
	}
	name = span_trim(name);
	if (span_has_8bit(name))
		header_add_encoded(out, name);
	else if (is_plain_phrase(name))
		buf_add_span(out, name);
	else
		address_quote(out, name);
	return 0;
}
