#include "base/json.h"

#include "base/text.h"

void json_add_string(struct buf *out, struct span s)
{
	uint32_t code_point;

	buf_add_char(out, '"');
	while (s.len) {
		size_t n = text_utf8(s, &code_point);

		if (n == 0) {
			buf_add_str(out, "\\ufffd");
			n = 1;
		} else if (n == 1 && (s.data[0] == '"' || s.data[0] == '\\')) {
			buf_addf(out, "\\%c", s.data[0]);
		} else if (n == 1 && text_is_control(s.data[0])) {
			buf_addf(out, "\\u%04x", (unsigned)s.data[0]);
		} else {
			buf_add_span(out, span_head(s, n));
		}
		s = span_from(s, n);
	}
	buf_add_char(out, '"');
}

void json_add_text(struct buf *out, const char *s)
{
	if (s)
		json_add_string(out, span_of(s));
	else
		buf_add_str(out, "null");
}
