/*
 * A borrowed run of octets: a pointer and a length, not terminated, never freed.
 * Remote and user text is a span, so a length test cannot be forgotten.
 */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
	const char *data;
	size_t len;
};

#define SPAN_NONE      ((struct span){NULL, 0})
#define SPAN_LIT(lit_) ((struct span){(lit_), sizeof(lit_) - 1})

/* for printf("%.*s"), with a length that fits an int */
#define SPAN_ARGS(s_) span_int_len(s_), (s_).data

/* The whole string; NULL gives the empty span. */
struct span span_of(const char *s);

/* The length for "%.*s", cut to INT_MAX. */
int span_int_len(struct span s);

/* Octets equal; _ieq: ASCII letters alike in both cases, no locale. */
bool span_eq(struct span a, struct span b);
bool span_ieq(struct span a, struct span b);
bool span_is(struct span s, const char *word);
bool span_iis(struct span s, const char *word);

/* Whether `s` begins or ends with this text; _istarts: letters alike in both cases. */
bool span_starts(struct span s, const char *prefix);
bool span_istarts(struct span s, const char *prefix);
bool span_ends(struct span s, const char *suffix);

/* Octet order as memcmp, the shorter first where one is the beginning of the other. */
int span_cmp(struct span a, struct span b);

/* The first `c`, or -1. */
ptrdiff_t span_find(struct span s, char c);

/* From octet `from` on; empty when `from` lies behind the end. */
struct span span_from(struct span s, size_t from);

/* The first `n` octets, or all when there are fewer. */
struct span span_head(struct span s, size_t n);

/* Without spaces, tabs, CR and LF at both ends. */
struct span span_trim(struct span s);

/*
 * Take the part of `*rest` before `sep`; `*rest` becomes what follows it. Without a
 * `sep` the whole is taken and `*rest` is empty with data NULL. Returns false when
 * `*rest` had data NULL: nothing was left.
 */
bool span_cut(struct span *rest, char sep, struct span *ret_part);

/* The next word of `*rest` between spaces and tabs; false when none is left. */
bool span_word(struct span *rest, struct span *ret_word);

/*
 * All of `s` as an unsigned decimal number of at most `max`. Returns 0, or -1 for
 * an empty span, any other octet than a digit (also sign and space), or a larger value.
 */
int span_to_uint(struct span s, uint64_t max, uint64_t *ret_value);

/* Any octet of 0x80 or more. */
bool span_has_8bit(struct span s);

/* Any octet below 0x20, or 0x7f: what no one-line value may hold. */
bool span_has_control(struct span s);

/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
bool span_is_utf8(struct span s);

#endif
