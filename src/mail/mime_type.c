#include "mail/mime_type.h"

#include <string.h>

#include "mail/header.h"
#include "mail/mime_param.h"

/* Of several fields of a name the first one counts, as most readers have it. */
static bool find_field(struct span section, const char *name, struct buf *value)
{
	struct header_field field;

	buf_reset(value);
	while (header_next(&section, &field)) {
		if (!header_is(&field, name))
			continue;
		header_unfold(value, field.value);
		return true;
	}
	return false;
}

/* A token that comments may surround (RFC 2045 5.1); empty where one is never closed. */
static struct span token_of(struct span value)
{
	struct mime_lexer l = {.rest = span_trim(value)};
	size_t n = 0;

	while (span_starts(l.rest, "(")) {
		size_t comment = mime_lexer_unit(&l, 0);

		if (comment == 1)
			break;
		(void)mime_lexer_take(&l, comment);
		l.rest = span_trim(l.rest);
	}
	while (n < l.rest.len &&
		!(l.rest.data[n] && strchr(MIME_TOKEN_ENDS, l.rest.data[n])))
		n++;
	return span_head(l.rest, n);
}

static bool is_token(struct span s)
{
	return s.len && !span_has_8bit(s) && !span_has_control(s);
}

/*
 * Words that are no encoding of RFC 2045, such as "8-bit" or "utf-8", stand there by mistake
 * and encode nothing; private ones (RFC 2045 6.3) and uuencode do.
 */
static enum mime_transfer transfer_of(struct span word)
{
	static const struct {
		const char *name;
		enum mime_transfer transfer;
	} known[] = {
		{"7bit", MIME_TRANSFER_7BIT},
		{"8bit", MIME_TRANSFER_8BIT},
		{"binary", MIME_TRANSFER_BINARY},
		{"quoted-printable", MIME_TRANSFER_QP},
		{"base64", MIME_TRANSFER_BASE64},
	};

	if (!is_token(word))
		return MIME_TRANSFER_8BIT;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (span_iis(word, known[i].name))
			return known[i].transfer;
	return span_istarts(word, "x-") || span_istarts(word, "uu") ? MIME_TRANSFER_OTHER
								    : MIME_TRANSFER_8BIT;
}

static void take_boundary(struct mime_type *t, struct span raw)
{
	struct buf value = BUF_INIT(MIME_BOUNDARY_MAX);
	struct span s;

	mime_param_unquote(&value, raw);
	s = buf_span(&value);
	/* no delimiter ends in a blank (RFC 2046 5.1.1) */
	while (span_ends(s, " ") || span_ends(s, "\t"))
		s.len--;
	if (s.len && !value.is_overfull && !span_has_8bit(s) && !span_has_control(s)) {
		memcpy(t->boundary, s.data, s.len);
		t->boundary_len = s.len;
	}
	buf_release(&value);
}

static void take_boundary_of(struct mime_type *t, struct mime_lexer *params)
{
	struct mime_param p;

	while (mime_param_next(params, &p)) {
		if (!span_iis(p.name, "boundary"))
			continue;
		take_boundary(t, p.value);
		return;
	}
}

static void set_multipart(struct mime_type *t, struct span subtype)
{
	t->is_composite = true;
	t->is_digest = span_iis(subtype, "digest");
	/* RFC 1847 2.1, 2.2: what is signed is octets, not meaning */
	if (span_iis(subtype, "signed") || span_iis(subtype, "encrypted"))
		t->structure = MIME_SEALED;
	else if (t->boundary_len)
		t->structure = MIME_MULTIPART;
}

static void set_message(struct mime_type *t, struct span subtype)
{
	t->is_composite = span_iis(subtype, "rfc822");
	if (t->is_composite)
		t->structure = MIME_MESSAGE;
	/* RFC 2046 5.2.2, 5.2.3: 7bit and nothing else */
	else if (span_iis(subtype, "partial") || span_iis(subtype, "external-body"))
		t->structure = MIME_SEALED;
}

static void take_type(struct mime_type *t, struct span value)
{
	struct mime_lexer l = {.rest = value};
	struct mime_param p;
	struct span subtype, type;

	if (!mime_param_next(&l, &p))
		return;
	subtype = token_of(p.whole);
	/* RFC 2045 5.2: what cannot be read is text */
	t->is_text = true;
	if (!is_token(subtype) || !span_cut(&subtype, '/', &type) || !subtype.data)
		return;
	take_boundary_of(t, &l);
	t->is_text = span_iis(type, "text");
	if (span_iis(type, "multipart"))
		set_multipart(t, subtype);
	else if (span_iis(type, "message"))
		set_message(t, subtype);
}

void mime_type_parse(struct mime_type *ret, struct span section, bool is_message)
{
	struct buf value = BUF_INIT(MIME_HEADER_MAX);

	*ret = (struct mime_type){.is_text = !is_message};
	ret->has_version = find_field(section, "MIME-Version", &value);
	ret->has_type = find_field(section, "Content-Type", &value);
	if (ret->has_type)
		take_type(ret, buf_span(&value));
	else if (is_message)
		set_message(ret, SPAN_LIT("rfc822"));
	if (find_field(section, "Content-Transfer-Encoding", &value))
		ret->transfer = transfer_of(token_of(buf_span(&value)));
	buf_release(&value);
	/* RFC 2045 6.4 forbids to encode what has structure: such a thing is opaque */
	if (ret->transfer >= MIME_TRANSFER_QP && ret->structure != MIME_SEALED)
		ret->structure = MIME_LEAF;
	if (ret->transfer == MIME_TRANSFER_OTHER)
		ret->structure = MIME_SEALED;
}
