#include "base/rand.h"

#include <errno.h>
#include <sys/random.h>

#include "base/bug.h"

void rand_fill(void *out, size_t n)
{
	char *at = out;

	while (n) {
		ssize_t got = getrandom(at, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			BUG("getrandom failed");
		at += got;
		n -= (size_t)got;
	}
}

uint32_t rand_below(uint32_t bound)
{
	uint32_t value, limit;

	if (bound < 2)
		return 0;
	/* the largest multiple of bound that fits: numbers above it would favour some */
	limit = UINT32_MAX - UINT32_MAX % bound;
	do {
		rand_fill(&value, sizeof(value));
	} while (value >= limit);
	return value % bound;
}
