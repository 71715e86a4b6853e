#include "base/codec.h"

#include <stdbool.h>
#include <string.h>

/* eight tables for eight octets a step: a body's checksum must not slow its writing */
#define CRC_SLICES 8
#define CRC_POLY   0x82f63b78U /* 0x1edc6f41 reflected */

struct crc_tables {
	uint32_t t[CRC_SLICES][256];
	uint32_t is_ready;
};

static const struct crc_tables *crc_tables(void)
{
	static struct crc_tables tables; /* computed once, the same each time */

	if (tables.is_ready)
		return &tables;
	for (uint32_t i = 0; i < 256; i++) {
		uint32_t crc = i;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? CRC_POLY : 0);
		tables.t[0][i] = crc;
	}
	for (uint32_t i = 0; i < 256; i++)
		for (int s = 1; s < CRC_SLICES; s++) {
			uint32_t before = tables.t[s - 1][i];

			tables.t[s][i] = before >> 8 ^ tables.t[0][before & 0xff];
		}
	tables.is_ready = 1;
	return &tables;
}

static uint32_t little_endian_32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

static uint32_t crc32c_by_table(uint32_t crc, const unsigned char *p, size_t n)
{
	const struct crc_tables *k = crc_tables();

	for (; n >= 8; n -= 8, p += 8) {
		uint32_t a = little_endian_32(p) ^ crc;
		uint32_t b = little_endian_32(p + 4);

		crc = k->t[7][a & 0xff] ^ k->t[6][a >> 8 & 0xff] ^
		      k->t[5][a >> 16 & 0xff] ^ k->t[4][a >> 24] ^ k->t[3][b & 0xff] ^
		      k->t[2][b >> 8 & 0xff] ^ k->t[1][b >> 16 & 0xff] ^ k->t[0][b >> 24];
	}
	for (; n; n--, p++)
		crc = crc >> 8 ^ k->t[0][(crc ^ *p) & 0xff];
	return crc;
}

#if defined(__x86_64__)
/* The processor knows this very polynomial, five times as fast as the tables. */
__attribute__((target("sse4.2"))) static uint32_t crc32c_by_processor(
	uint32_t crc, const unsigned char *p, size_t n)
{
	uint64_t wide = crc;

	for (; n >= 8; n -= 8, p += 8) {
		uint64_t octets;

		memcpy(&octets, p, sizeof(octets));
		wide = __builtin_ia32_crc32di(wide, octets);
	}
	for (; n; n--, p++)
		wide = __builtin_ia32_crc32qi((uint32_t)wide, *p);
	return (uint32_t)wide;
}

static bool has_crc_instruction(void)
{
	return __builtin_cpu_supports("sse4.2");
}
#else
static uint32_t crc32c_by_processor(uint32_t crc, const unsigned char *p, size_t n)
{
	return crc32c_by_table(crc, p, n);
}

static bool has_crc_instruction(void)
{
	return false;
}
#endif

uint32_t crc32c(uint32_t crc, const void *data, size_t n)
{
	if (has_crc_instruction())
		return ~crc32c_by_processor(~crc, data, n);
	return ~crc32c_by_table(~crc, data, n);
}

int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int hex_to_uint32(struct span s, uint32_t *ret_value)
{
	uint32_t value = 0;

	if (s.len != 8)
		return -1;
	for (size_t i = 0; i < s.len; i++) {
		int digit = hex_value(s.data[i]);

		if (digit < 0)
			return -1;
		value = value << 4 | (uint32_t)digit;
	}
	*ret_value = value;
	return 0;
}

void base64_encode(struct buf *out, struct span in)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *from = (const unsigned char *)in.data;
	size_t octets = (in.len + 2) / 3 * 4;
	char *to = out->is_overfull ? NULL : buf_reserve(out, octets);

	if (!to)
		return;
	for (size_t i = 0; i < in.len; i += 3, to += 4) {
		size_t n = in.len - i < 3 ? in.len - i : 3;
		uint32_t group = (uint32_t)from[i] << 16;

		group |= n > 1 ? (uint32_t)from[i + 1] << 8 : 0;
		group |= n > 2 ? (uint32_t)from[i + 2] : 0;
		to[0] = alphabet[group >> 18];
		to[1] = alphabet[group >> 12 & 63];
		to[2] = alphabet[group >> 6 & 63];
		to[3] = alphabet[group & 63];
		if (n < 3)
			to[3] = '=';
		if (n < 2)
			to[2] = '=';
	}
	buf_commit(out, octets);
}

static int base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Four characters, of which the last `pads` are padding; -1 or the three octets. */
static int32_t base64_group(const char *from, size_t pads)
{
	int32_t group = 0;

	for (size_t i = 0; i < 4; i++) {
		int value = i < 4 - pads ? base64_value(from[i]) : 0;

		if (value < 0)
			return -1;
		group = group << 6 | value;
	}
	/* bits that no octet takes up are zero */
	return group & ((1 << 8 * pads) - 1) ? -1 : group;
}

static size_t base64_padding(struct span in)
{
	if (span_ends(in, "=="))
		return 2;
	return span_ends(in, "=") ? 1 : 0;
}

int base64_decode(struct buf *out, struct span in)
{
	size_t pads = base64_padding(in);
	size_t before = out->len;
	char *to;

	if (in.len % 4 || out->is_overfull)
		return -1;
	to = buf_reserve(out, in.len / 4 * 3);
	for (size_t i = 0; to && i < in.len; i += 4) {
		size_t spare = i + 4 == in.len ? pads : 0;
		int32_t group = base64_group(in.data + i, spare);

		if (group < 0) {
			buf_truncate(out, before);
			return -1;
		}
		for (size_t k = 0; k < 3 - spare; k++)
			*to++ = (char)(group >> (16 - 8 * k));
		buf_commit(out, 3 - spare);
	}
	return to ? 0 : -1;
}
