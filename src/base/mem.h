/*
 * Memory that cannot be refused: out of memory is one line on stderr and exit 75
 * (EX_TEMPFAIL). That is sound because being killed at any instant is sound, and
 * every input has a maximum.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* The end for want of memory, for those that get it elsewhere than here. */
__attribute__((noreturn, cold)) void mem_exhausted(void);

/* `n` zeroed octets, never NULL; the caller frees with free(3). */
void *mem_alloc(size_t n);

/* `count` zeroed members of `size` octets; a product that overflows ends the program. */
void *mem_array(size_t count, size_t size);

/*
 * Grow `old` (may be NULL) to `count` members of `size` octets; what is new is not
 * zeroed. Owner and release as with mem_alloc.
 */
void *mem_regrow(void *old, size_t count, size_t size);

/* A copy of `n` octets with a NUL behind them; the caller frees. */
char *mem_copy(const void *src, size_t n);

/* A copy of the string, or NULL for NULL; the caller frees. */
char *mem_string(const char *src);

#endif
