#include "mail/quote.h"

#include <string.h>

#include "base/text.h"
#include "mail/address.h"

void quote_line(struct buf *out, struct span s)
{
	struct span part;

	for (bool is_first = true; span_cut(&s, '\\', &part); is_first = false) {
		if (!is_first)
			buf_add_char(out, '\\');
		text_clean(out, part);
	}
}

/* octet by octet would be simpler, but C1 controls are found in whole characters only */
void quote_ascii(struct buf *out, struct span s)
{
	struct buf line = BUF_INIT(out->max);

	quote_line(&line, s);
	for (size_t i = 0; i < line.len; i++) {
		if ((unsigned char)line.data[i] < 0x80)
			buf_add_char(out, line.data[i]);
		else
			buf_addf(out, "\\x%02X", (unsigned char)line.data[i]);
	}
	buf_release(&line);
}

static bool is_host_octet(char c)
{
	return text_is_alpha(c) || text_is_digit(c) || (c && strchr(".-_:[]", c));
}

void quote_host(struct buf *out, struct span s)
{
	s = span_head(s, ADDRESS_DOMAIN_MAX);
	for (size_t i = 0; i < s.len; i++)
		buf_add_char(out, is_host_octet(s.data[i]) ? s.data[i] : '-');
}

void quote_message(struct buf *out, struct span s)
{
	for (size_t from = 0; from < s.len;) {
		size_t to = from;

		while (to < s.len && s.data[to] != '\r' && s.data[to] != '\n')
			to++;
		buf_add(out, s.data + from, to - from);
		buf_add_str(out, "\r\n");
		if (to + 1 < s.len && s.data[to] == '\r' && s.data[to + 1] == '\n')
			to++;
		from = to + 1;
	}
}
