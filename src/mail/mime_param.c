#include "mail/mime_param.h"

#include <string.h>

#include "base/text.h"

/* octets of a section's value: with its name it fits a line of 76 */
#define SECTION_MAX 50

bool mime_param_next(struct mime_lexer *l, struct mime_param *ret)
{
	struct span name;

	if (!l->rest.data)
		return false;
	ret->whole = span_trim(mime_lexer_take(l, mime_lexer_until(l, ";")));
	l->rest = l->rest.len ? span_from(l->rest, 1) : SPAN_NONE;
	ret->value = ret->whole;
	ret->name = SPAN_NONE;
	if (span_find(ret->whole, '=') > 0 && span_cut(&ret->value, '=', &name)) {
		ret->name = span_trim(name);
		ret->value = span_trim(ret->value);
	}
	return true;
}

static void unquote(struct buf *out, struct span quoted)
{
	for (size_t i = 1; i < quoted.len && quoted.data[i] != '"'; i++) {
		if (quoted.data[i] == '\\' && i + 1 < quoted.len)
			i++;
		buf_add_char(out, quoted.data[i]);
	}
}

/* what ends a token (RFC 2045 5.1); other tspecials occur in the tokens of the careless */
static bool ends_token(char c)
{
	return c == ' ' || c == '\t' || c == '(';
}

void mime_param_unquote(struct buf *out, struct span value)
{
	size_t n = 0;

	if (span_starts(value, "\"")) {
		unquote(out, value);
		return;
	}
	/* octets over 127 are no token anyway: such a value is all that is there */
	while (n < value.len && (span_has_8bit(value) || !ends_token(value.data[n])))
		n++;
	buf_add_span(out, span_head(value, n));
}

/* attribute-char (RFC 2231 7); `is_extended`: what else may stand in such a value */
static bool is_plain(char c, bool is_extended)
{
	if (text_is_alpha(c) || text_is_digit(c))
		return true;
	if (is_extended)
		return c > ' ' && c < 0x7f && c != '"' && c != '\\';
	return c && strchr("!#$&+-.^_`{|}~", c);
}

/* As much of `*rest` as makes a section. */
static void add_section(struct buf *out, struct span *rest, bool is_extended)
{
	size_t end = out->len + SECTION_MAX, n = 0;

	for (; n < rest->len && out->len < end; n++) {
		char c = rest->data[n];

		/* "%XX" of an extended value stays together */
		if (c == '%' && end - out->len < 3 && is_extended)
			break;
		if (is_plain(c, is_extended))
			buf_add_char(out, c);
		else
			buf_addf(out, "%%%02X", (unsigned char)c);
	}
	*rest = span_from(*rest, n);
}

void mime_param_add_extended(struct buf *out, struct span name, struct span value)
{
	struct buf section = BUF_INIT(4 * SECTION_MAX);
	bool is_extended = span_ends(name, "*");

	if (is_extended)
		name.len--;
	/* a charset that nobody knows is left out (RFC 2231 4) */
	else
		buf_add_str(&section, span_is_utf8(value) ? "utf-8''" : "''");
	for (unsigned i = 0; i == 0 || value.len; i++) {
		add_section(&section, &value, is_extended);
		if (i)
			buf_add_str(out, "; ");
		buf_add_span(out, name);
		if (i || value.len)
			buf_addf(out, "*%u", i);
		buf_add_str(out, "*=");
		buf_add_span(out, buf_span(&section));
		buf_reset(&section);
	}
	buf_release(&section);
}
