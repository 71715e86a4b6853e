/*
 * The one thing that grows. A buf owns its octets, keeps a NUL behind them, and has a
 * maximum that is named where it is made. Adding past the maximum adds nothing and sets
 * `is_overfull`, which stays set until buf_reset: compose freely, test once at the end.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/bug.h"
#include "base/span.h"

struct buf {
	char *data;
	size_t len;
	size_t cap;
	size_t max;
	bool is_overfull;
};

#define BUF_INIT(max_) ((struct buf){.max = (max_)})

void buf_init(struct buf *b, size_t max);

/* Free the octets; the buf is empty and may be used again. */
void buf_release(struct buf *b);

/* Overwrite with zeros so that no copy stays behind, then release: for secrets. */
void buf_wipe(struct buf *b);

/* Empty, keeping the memory; clears is_overfull. */
void buf_reset(struct buf *b);

/* Append: octets, one octet, a string without its NUL, a span, printf(3) text. */
void buf_add(struct buf *b, const void *data, size_t n);
void buf_add_char(struct buf *b, char c);
void buf_add_str(struct buf *b, const char *s);
void buf_add_span(struct buf *b, struct span s);
void buf_addf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vaddf(struct buf *b, const char *fmt, va_list args);

/*
 * Room for `n` more octets behind the end, for a read(2) into place; NULL when that is
 * over the maximum (is_overfull is then set). buf_commit(n) makes them part of the buf.
 */
char *buf_reserve(struct buf *b, size_t n);
void buf_commit(struct buf *b, size_t n);

/* Drop the first `n` octets (at most all). */
void buf_consume(struct buf *b, size_t n);

/* Keep only the first `n` octets (no effect when there are fewer). */
void buf_truncate(struct buf *b, size_t n);

/* Borrowed until the next change. buf_str is never NULL. */
struct span buf_span(const struct buf *b);
const char *buf_str(const struct buf *b);

#endif
