/*
 * Octets that nobody else may see: in pages of their own that are not swapped out (where
 * the limits allow it) and not in a core dump, and that are overwritten when they go. A
 * child has them by fork.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stddef.h>

#include "base/span.h"

struct secret {
	char *data; /* NULL: none */
	size_t len;
	size_t size; /* octets that `data` has room for */
};

/* Room for `size` octets, of which none is used. Wipe with secret_wipe. */
void secret_init(struct secret *s, size_t size);

/* A copy of `value` in pages of its own. */
void secret_copy(struct secret *ret, struct span value);

/* Borrowed until the secret is wiped; empty for none. */
struct span secret_span(const struct secret *s);

/* Keep the first `n` octets, overwrite the others. */
void secret_truncate(struct secret *s, size_t n);

/* Overwrite and give the memory back; a secret of zeros is allowed, and is the result. */
void secret_wipe(struct secret *s);

/*
 * From now on this process and those that it forks leave no core, and other processes of
 * the same user can neither trace it nor look into its memory.
 */
void secret_protect_process(void);

#endif
