/*
 * Checksums and encodings that know nothing of mail.
 */
#ifndef BASE_CODEC_H
#define BASE_CODEC_H

#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/*
 * CRC-32C (Castagnoli) of more octets: start with 0, feed what crc32c returned before.
 */
uint32_t crc32c(uint32_t crc, const void *data, size_t n);

/* One hexadecimal digit's value, or -1. */
int hex_value(char c);

/* Exactly eight lower or upper case hexadecimal digits; 0 or -1. */
int hex_to_uint32(struct span s, uint32_t *ret_value);

/* Append base64 with padding and no line breaks (RFC 4648 section 4). */
void base64_encode(struct buf *out, struct span in);

/*
 * Append what canonical base64 stands for: whole groups of four, padding at the end alone,
 * no line breaks, no bits left over (RFC 4648 3.3 and 3.5). Returns 0, or -1 and nothing
 * appended: for anything else, and where it does not fit (`out` is then overfull).
 */
int base64_decode(struct buf *out, struct span in);

#endif
