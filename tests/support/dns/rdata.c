#include "dns/rdata.h"

#include <arpa/inet.h>

#include "base/bug.h"
#include "base/codec.h"
#include "base/text.h"
#include "dns/name.h"
#include "dns/zone.h"

#define TXT_STRING_MAX 255 /* RFC 1035 3.3 */

void rdata_add_u16(struct buf *out, unsigned value)
{
	buf_add_char(out, (char)(value >> 8));
	buf_add_char(out, (char)(value & 0xff));
}

void rdata_add_u32(struct buf *out, uint32_t value)
{
	rdata_add_u16(out, value >> 16);
	rdata_add_u16(out, value & 0xffff);
}

bool rdata_add_hex(struct buf *out, struct span text)
{
	struct span word = SPAN_NONE;

	while (span_word(&text, &word)) {
		if (word.len % 2)
			return false;
		for (size_t i = 0; i < word.len; i += 2) {
			int high = hex_value(word.data[i]);
			int low = hex_value(word.data[i + 1]);

			if (high < 0 || low < 0)
				return false;
			buf_add_char(out, (char)(high * 16 + low));
		}
	}
	return !out->is_overfull;
}

/* RFC 3597 5: any type, any octets, none at all where a name should be */
static bool add_generic(struct buf *out, struct span text)
{
	struct span word = SPAN_NONE;
	uint64_t length;

	return span_word(&text, &word) && span_to_uint(word, 65535, &length) == 0 &&
	       rdata_add_hex(out, text) && out->len == length;
}

static bool add_address(struct buf *out, int family, struct span text)
{
	unsigned char octets[16];
	char copy[64];

	if (!text_copy(copy, sizeof(copy), text) || inet_pton(family, copy, octets) != 1)
		return false;
	buf_add(out, octets, family == AF_INET ? 4 : 16);
	return true;
}

static bool add_mx(struct buf *out, struct span text)
{
	struct span word = SPAN_NONE;
	uint64_t preference;

	if (!span_word(&text, &word) || span_to_uint(word, 65535, &preference) < 0)
		return false;
	rdata_add_u16(out, (unsigned)preference);
	return name_from_text(out, span_trim(text));
}

/* "priority weight port target" (RFC 2782) */
static bool add_srv(struct buf *out, struct span text)
{
	struct span word = SPAN_NONE;
	uint64_t number;

	for (int i = 0; i < 3; i++) {
		if (!span_word(&text, &word) || span_to_uint(word, 65535, &number) < 0)
			return false;
		rdata_add_u16(out, (unsigned)number);
	}
	return name_from_text(out, span_trim(text));
}

static bool add_tlsa(struct buf *out, struct span text)
{
	struct span word = SPAN_NONE;
	uint64_t field;

	for (int i = 0; i < 3; i++) {
		if (!span_word(&text, &word) || span_to_uint(word, 255, &field) < 0)
			return false;
		buf_add_char(out, (char)field);
	}
	return rdata_add_hex(out, text);
}

static bool add_txt(struct buf *out, struct span text)
{
	struct span part = SPAN_NONE;

	while (span_starts(text, "\"")) {
		text = span_from(text, 1);
		if (!span_cut(&text, '"', &part) || part.len > TXT_STRING_MAX)
			return false;
		buf_add_char(out, (char)part.len);
		buf_add_span(out, part);
		text = span_trim(text);
	}
	return text.len == 0 && out->len > 0;
}

bool rdata_from_text(struct buf *out, uint16_t type, struct span text)
{
	if (span_starts(text, "\\#"))
		return add_generic(out, span_from(text, 2));
	switch (type) {
	case ZONE_A:
		return add_address(out, AF_INET, text);
	case ZONE_AAAA:
		return add_address(out, AF_INET6, text);
	case ZONE_MX:
		return add_mx(out, text);
	case ZONE_SRV:
		return add_srv(out, text);
	case ZONE_CNAME:
	case ZONE_NS:
	case ZONE_PTR:
		return name_from_text(out, text);
	case ZONE_TXT:
		return add_txt(out, text);
	case ZONE_TLSA:
		return add_tlsa(out, text);
	case ZONE_SECURE:
		return text.len == 0;
	default:
		return false;
	}
}
