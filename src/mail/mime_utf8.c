#include "mail/mime_utf8.h"

#include <string.h>

#include "base/text.h"

/* Complete the character that was begun; the rest of `s`. */
static struct span complete(struct mime_utf8 *u, struct span s)
{
	uint32_t code_point;

	while (u->begun_len && u->begun_len < sizeof(u->begun) && s.len) {
		u->begun[u->begun_len++] = s.data[0];
		s = span_from(s, 1);
		if (text_utf8((struct span){u->begun, u->begun_len}, &code_point))
			u->begun_len = 0;
	}
	if (u->begun_len == sizeof(u->begun))
		u->is_not = true;
	return s;
}

void mime_utf8_add(struct mime_utf8 *u, struct span text)
{
	uint32_t code_point;

	text = complete(u, text);
	while (text.len && !u->is_not) {
		size_t n = (unsigned char)text.data[0] < 0x80
				   ? 1
				   : text_utf8(text, &code_point);

		if (n == 0 && text.len < sizeof(u->begun)) {
			memcpy(u->begun, text.data, text.len);
			u->begun_len = text.len;
			return;
		}
		u->is_not = n == 0;
		text.data += n;
		text.len -= n;
	}
}

bool mime_utf8_is(const struct mime_utf8 *u)
{
	return !u->is_not && u->begun_len == 0;
}
