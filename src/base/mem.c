#include "base/mem.h"

#include <string.h>
#include <stdint.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

void mem_exhausted(void)
{
	static const char line[] = "nullmta: out of memory; try again later\n";

	/* the result changes nothing: this process ends here either way */
	(void)!write(STDERR_FILENO, line, sizeof(line) - 1);
	_exit(EX_TEMPFAIL);
}

void *mem_alloc(size_t n)
{
	void *p = calloc(1, n ? n : 1);

	if (!p)
		mem_exhausted();
	return p;
}

void *mem_array(size_t count, size_t size)
{
	void *p = calloc(count ? count : 1, size ? size : 1);

	if (!p)
		mem_exhausted();
	return p;
}

void *mem_regrow(void *old, size_t count, size_t size)
{
	void *p = reallocarray(old, count ? count : 1, size ? size : 1);

	if (!p)
		mem_exhausted();
	return p;
}

char *mem_copy(const void *src, size_t n)
{
	char *p;

	if (n == SIZE_MAX)
		mem_exhausted();
	p = mem_alloc(n + 1);
	if (n)
		memcpy(p, src, n);
	return p;
}

char *mem_string(const char *src)
{
	return src ? mem_copy(src, strlen(src)) : NULL;
}
