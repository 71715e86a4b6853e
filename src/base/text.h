/*
 * Characters without a locale, and the one escaper through which untrusted text
 * passes before a person or a line-based file sees it.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/* ASCII alone, whatever the locale and the sign of char; control: C0 and DEL. */
static inline bool text_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool text_is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool text_is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

static inline char text_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/*
 * The length of the well-formed UTF-8 sequence that `s` begins with, and its code
 * point; 0 when there is none (RFC 3629 section 4).
 */
size_t text_utf8(struct span s, uint32_t *ret_code_point);

/*
 * Append `s` so that it is one harmless line: C0, DEL, C1, bidirectional controls,
 * line separators and octets that are not UTF-8 become \xNN, and a backslash \\.
 * What a server says goes through here once, where it enters.
 */
void text_clean(struct buf *out, struct span s);

/*
 * The same into an array of `size` octets, always terminated, cut at a character's
 * border when it does not fit. `size` is at least 1.
 */
void text_clean_into(char *out, size_t size, struct span s);

/* Copy without cleaning into an array of `size` (at least 1); false when it was cut. */
bool text_copy(char *out, size_t size, struct span s);

/* Append with ASCII letters in lower case. */
void text_add_lower(struct buf *out, struct span s);

/*
 * A duration such as 90, 90s, 5m, 4h, 5d, 2w: seconds. Returns 0, or -1 for anything
 * else or a value over ten years.
 */
int text_to_seconds(struct span s, int64_t *ret_s);

/* A size such as 512, 64k, 50m, 1g (powers of 1024): octets. Returns 0 or -1. */
int text_to_octets(struct span s, uint64_t *ret_octets);

#endif
