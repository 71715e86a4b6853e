#include "base/span.h"

#include <limits.h>
#include <string.h>

#include "base/text.h"

struct span span_of(const char *s)
{
	return (struct span){s, s ? strlen(s) : 0};
}

int span_int_len(struct span s)
{
	return s.len > INT_MAX ? INT_MAX : (int)s.len;
}

bool span_eq(struct span a, struct span b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool span_ieq(struct span a, struct span b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (text_lower(a.data[i]) != text_lower(b.data[i]))
			return false;
	return true;
}

bool span_is(struct span s, const char *word)
{
	return span_eq(s, span_of(word));
}

bool span_iis(struct span s, const char *word)
{
	return span_ieq(s, span_of(word));
}

bool span_starts(struct span s, const char *prefix)
{
	return span_eq(span_head(s, strlen(prefix)), span_of(prefix));
}

bool span_istarts(struct span s, const char *prefix)
{
	return span_ieq(span_head(s, strlen(prefix)), span_of(prefix));
}

bool span_ends(struct span s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.len >= n && span_eq(span_from(s, s.len - n), span_of(suffix));
}

int span_cmp(struct span a, struct span b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.data, b.data, n) : 0;

	if (order == 0 && a.len != b.len)
		order = a.len < b.len ? -1 : 1;
	return order;
}

ptrdiff_t span_find(struct span s, char c)
{
	const char *hit = s.len ? memchr(s.data, c, s.len) : NULL;

	return hit ? hit - s.data : -1;
}

struct span span_from(struct span s, size_t from)
{
	if (from >= s.len)
		return (struct span){s.data ? s.data + s.len : NULL, 0};
	return (struct span){s.data + from, s.len - from};
}

struct span span_head(struct span s, size_t n)
{
	return (struct span){s.data, n < s.len ? n : s.len};
}

static bool is_blank_or_end(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct span span_trim(struct span s)
{
	while (s.len && is_blank_or_end(s.data[0]))
		s = span_from(s, 1);
	while (s.len && is_blank_or_end(s.data[s.len - 1]))
		s.len--;
	return s;
}

bool span_cut(struct span *rest, char sep, struct span *ret_part)
{
	ptrdiff_t at;

	if (!rest->data)
		return false;
	at = span_find(*rest, sep);
	if (at < 0) {
		*ret_part = *rest;
		*rest = SPAN_NONE;
	} else {
		*ret_part = span_head(*rest, (size_t)at);
		*rest = span_from(*rest, (size_t)at + 1);
	}
	return true;
}

bool span_word(struct span *rest, struct span *ret_word)
{
	size_t n = 0;

	while (rest->len && (rest->data[0] == ' ' || rest->data[0] == '\t'))
		*rest = span_from(*rest, 1);
	while (n < rest->len && rest->data[n] != ' ' && rest->data[n] != '\t')
		n++;
	if (n == 0)
		return false;
	*ret_word = span_head(*rest, n);
	*rest = span_from(*rest, n);
	return true;
}

int span_to_uint(struct span s, uint64_t max, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (s.len == 0)
		return -1;
	for (size_t i = 0; i < s.len; i++) {
		uint64_t digit;

		if (!text_is_digit(s.data[i]))
			return -1;
		digit = (uint64_t)(s.data[i] - '0');
		if (digit > max || value > (max - digit) / 10)
			return -1;
		value = value * 10 + digit;
	}
	*ret_value = value;
	return 0;
}

bool span_has_8bit(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.data[i] >= 0x80)
			return true;
	return false;
}

bool span_has_control(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (text_is_control(s.data[i]))
			return true;
	return false;
}

bool span_is_utf8(struct span s)
{
	uint32_t code_point;

	for (size_t i = 0; i < s.len;) {
		size_t n = text_utf8(span_from(s, i), &code_point);

		if (n == 0)
			return false;
		i += n;
	}
	return true;
}
