#include "base/bug.h"

#include <stdio.h>
#include <stdlib.h>

void bug_abort(const char *file, int line, const char *why)
{
	(void)fprintf(stderr, "nullmta: bug at %s:%d: %s\n", file, line, why);
	abort();
}
