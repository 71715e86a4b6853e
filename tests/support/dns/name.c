#include "dns/name.h"

#include "base/text.h"

#define NAME_MAX_LEN  255
#define LABEL_MAX_LEN 63

/* \DDD or \X; false when it is neither */
static bool take_escape(struct span *text, char *ret_octet)
{
	uint64_t value;

	*text = span_from(*text, 1);
	if (text->len == 0)
		return false;
	if (!text_is_digit(text->data[0])) {
		*ret_octet = text->data[0];
		*text = span_from(*text, 1);
		return true;
	}
	if (text->len < 3 || span_to_uint(span_head(*text, 3), 255, &value) < 0)
		return false;
	*ret_octet = (char)value;
	*text = span_from(*text, 3);
	return true;
}

/* Up to the next dot, which is taken, too. */
static bool take_label(struct span *text, struct buf *label)
{
	buf_reset(label);
	while (text->len && text->data[0] != '.') {
		char octet = text->data[0];

		if (octet != '\\')
			*text = span_from(*text, 1);
		else if (!take_escape(text, &octet))
			return false;
		buf_add_char(label, octet);
	}
	*text = span_from(*text, 1);
	return label->len > 0 && !label->is_overfull;
}

bool name_from_text(struct buf *out, struct span text)
{
	struct buf label = BUF_INIT(LABEL_MAX_LEN);
	size_t before = out->len;
	bool is_good = text.len > 0;

	if (span_is(text, "."))
		text = SPAN_NONE;
	while (is_good && text.len) {
		is_good = take_label(&text, &label);
		buf_add_char(out, (char)label.len);
		buf_add_span(out, buf_span(&label));
	}
	buf_add_char(out, '\0');
	buf_release(&label);
	return is_good && out->len - before <= NAME_MAX_LEN;
}

void name_to_text(struct buf *out, struct span name)
{
	bool is_first = true;

	while (name.len && name.data[0]) {
		size_t len = (unsigned char)name.data[0];

		if (!is_first)
			buf_add_char(out, '.');
		is_first = false;
		for (size_t i = 1; i <= len && i < name.len; i++) {
			char c = name.data[i];

			if (c > ' ' && c < 0x7f && c != '.' && c != '\\')
				buf_add_char(out, c);
			else
				buf_addf(out, "\\%03u", (unsigned)(unsigned char)c);
		}
		name = span_from(name, len + 1);
	}
}

bool name_take(struct span s, struct span *ret_name)
{
	size_t at = 0;

	while (at < s.len && at < NAME_MAX_LEN) {
		size_t len = (unsigned char)s.data[at];

		if (len > LABEL_MAX_LEN)
			return false; /* no question needs a pointer */
		at += len + 1;
		if (len == 0) {
			*ret_name = span_head(s, at);
			return true;
		}
	}
	return false;
}

void name_add_lower(struct buf *out, struct span name)
{
	text_add_lower(out, name); /* lengths are below 'A', so they stay */
}

struct span name_parent(struct span name)
{
	if (name.len == 0 || name.data[0] == 0)
		return SPAN_NONE;
	return span_from(name, (size_t)(unsigned char)name.data[0] + 1);
}
