#include "base/text.h"

#include <stdio.h>
#include <string.h>

#include "base/bug.h"

#define SECONDS_MAX ((uint64_t)3653 * 86400)

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

size_t text_utf8(struct span s, uint32_t *ret_code_point)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	unsigned char first;
	uint32_t cp;
	size_t n;

	if (s.len == 0)
		return 0;
	first = (unsigned char)s.data[0];
	if (first < 0x80) {
		*ret_code_point = first;
		return 1;
	}
	n = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
	if (first < 0xc2 || first > 0xf4 || s.len < n)
		return 0;
	cp = first & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if (!is_continuation(s.data[i]))
			return 0;
		cp = cp << 6 | ((unsigned char)s.data[i] & 0x3fU);
	}
	if (cp < smallest[n] || cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff))
		return 0;
	*ret_code_point = cp;
	return n;
}

/* what moves a terminal's cursor, ends a line or turns its direction */
static bool is_harmful(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp <= 0x9f) || cp == 0x061c || cp == 0x200e ||
	       cp == 0x200f || (cp >= 0x2028 && cp <= 0x202e) ||
	       (cp >= 0x2066 && cp <= 0x2069) || cp == 0xfeff;
}

/* One character of `*s` in clean form into `out` (17 octets suffice); its length. */
static size_t clean_one(struct span *s, char out[20])
{
	uint32_t cp = 0;
	size_t n = text_utf8(*s, &cp);
	size_t len = 0;

	if (n == 1 && s->data[0] == '\\') {
		memcpy(out, "\\\\", 2);
		len = 2;
	} else if (n && !is_harmful(cp)) {
		memcpy(out, s->data, n);
		len = n;
	} else {
		n = n ? n : 1;
		for (size_t i = 0; i < n; i++) {
			(void)snprintf(
				out + len, 5, "\\x%02X", (unsigned char)s->data[i]);
			len += 4;
		}
	}
	*s = span_from(*s, n);
	return len;
}

/* The octets in front that clean themselves: nearly always all of them. */
static size_t plain_length(struct span s)
{
	size_t n = 0;

	while (n < s.len && s.data[n] >= 0x20 && s.data[n] < 0x7f && s.data[n] != '\\')
		n++;
	return n;
}

void text_clean(struct buf *out, struct span s)
{
	char one[20];

	while (s.len) {
		size_t n = plain_length(s);

		buf_add(out, s.data, n);
		s = span_from(s, n);
		if (s.len) {
			n = clean_one(&s, one);
			buf_add(out, one, n);
		}
	}
}

void text_clean_into(char *out, size_t size, struct span s)
{
	char one[20];
	size_t used = 0;

	while (s.len) {
		size_t n = plain_length(span_head(s, size - used - 1));

		memcpy(out + used, s.data, n);
		used += n;
		s = span_from(s, n);
		if (!s.len)
			break;
		n = clean_one(&s, one);
		if (n >= size - used)
			break;
		memcpy(out + used, one, n);
		used += n;
	}
	out[used] = '\0';
}

bool text_copy(char *out, size_t size, struct span s)
{
	size_t n = s.len < size ? s.len : size - 1;

	if (n)
		memcpy(out, s.data, n);
	out[n] = '\0';
	return n == s.len;
}

void text_add_lower(struct buf *out, struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		buf_add_char(out, text_lower(s.data[i]));
}

/* a number with a one-letter unit out of `units`, each worth `worth[i]` */
static int number_with_unit(
	struct span s, const char *units, const uint64_t worth[], uint64_t *ret)
{
	uint64_t value, factor = 1;
	const char *unit;

	if (s.len == 0)
		return -1;
	if (!text_is_digit(s.data[s.len - 1])) {
		unit = strchr(units, text_lower(s.data[s.len - 1]));
		if (!unit || *unit == '\0')
			return -1;
		factor = worth[unit - units];
		s.len--;
	}
	if (span_to_uint(s, UINT64_MAX / factor, &value) < 0)
		return -1;
	*ret = value * factor;
	return 0;
}

int text_to_seconds(struct span s, int64_t *ret_s)
{
	static const uint64_t worth[] = {1, 60, 3600, 86400, 7 * 86400};
	uint64_t value;

	if (number_with_unit(s, "smhdw", worth, &value) < 0 || value > SECONDS_MAX)
		return -1;
	*ret_s = (int64_t)value;
	return 0;
}

int text_to_octets(struct span s, uint64_t *ret_octets)
{
	static const uint64_t worth[] = {1024, 1024 * 1024, 1024 * 1024 * 1024};
	uint64_t value;

	if (number_with_unit(s, "kmg", worth, &value) < 0 || value > INT64_MAX)
		return -1;
	*ret_octets = value;
	return 0;
}
