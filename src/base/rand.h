/*
 * Unpredictable numbers from the kernel.
 */
#ifndef BASE_RAND_H
#define BASE_RAND_H

#include <stddef.h>
#include <stdint.h>

/* Fill with random octets; without a working getrandom(2) the program ends. */
void rand_fill(void *out, size_t n);

/* A uniform number below `bound` (at least 1). */
uint32_t rand_below(uint32_t bound);

#endif
