#include "conf/url.h"

#include "base/codec.h"
#include "base/text.h"
#include "conf/host.h"

/* RFC 3986 3.1 */
static bool is_scheme(struct span s)
{
	if (s.len == 0 || !text_is_alpha(s.data[0]))
		return false;
	for (size_t i = 1; i < s.len; i++)
		if (!text_is_alpha(s.data[i]) && !text_is_digit(s.data[i]) &&
			span_find(SPAN_LIT("+-."), s.data[i]) < 0)
			return false;
	return true;
}

static ptrdiff_t find_last(struct span s, char c)
{
	for (size_t i = s.len; i-- > 0;)
		if (s.data[i] == c)
			return (ptrdiff_t)i;
	return -1;
}

/* "user:password@" goes; the last @ counts, as a password may well hold one. */
static void cut_login(struct span *authority, struct url *url)
{
	ptrdiff_t at = find_last(*authority, '@');
	struct span login;

	if (at < 0)
		return;
	login = span_head(*authority, (size_t)at);
	*authority = span_from(*authority, (size_t)at + 1);
	(void)span_cut(&login, ':', &url->user);
	url->password = login;
}

int url_parse(struct span text, struct url *ret)
{
	struct url url = {0};
	struct span authority = text;
	ptrdiff_t slash;

	if (!span_cut(&authority, ':', &url.scheme) || !is_scheme(url.scheme) ||
		!span_starts(authority, "//"))
		return -1;
	authority = span_from(authority, 2);
	slash = span_find(authority, '/');
	if (slash >= 0) {
		url.path = span_from(authority, (size_t)slash);
		authority = span_head(authority, (size_t)slash);
	}
	cut_login(&authority, &url);
	if (authority.len == 0 ? url.path.len == 0
			       : host_split(authority, &url.host, &url.port) < 0)
		return -1;
	*ret = url;
	return 0;
}

int url_decode(struct span part, struct buf *out)
{
	for (size_t i = 0; i < part.len; i++) {
		int high, low;

		if (part.data[i] != '%') {
			buf_add_char(out, part.data[i]);
			continue;
		}
		high = part.len - i > 2 ? hex_value(part.data[i + 1]) : -1;
		low = high < 0 ? -1 : hex_value(part.data[i + 2]);
		if (low < 0)
			return -1;
		buf_add_char(out, (char)(high * 16 + low));
		i += 2;
	}
	return span_has_control(buf_span(out)) || out->is_overfull ? -1 : 0;
}
