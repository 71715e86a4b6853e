#include "base/secret.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/mem.h"

static size_t whole_pages(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (size / page + 1) * page;
}

void secret_init(struct secret *s, size_t size)
{
	size_t mapped = whole_pages(size);
	void *p = mmap(
		NULL, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		mem_exhausted();
	/* RLIMIT_MEMLOCK may forbid it, an old kernel may not know it: so far as possible */
	(void)mlock(p, mapped);
	(void)madvise(p, mapped, MADV_DONTDUMP);
	*s = (struct secret){.data = p, .size = size};
}

void secret_copy(struct secret *ret, struct span value)
{
	secret_init(ret, value.len);
	if (value.len)
		memcpy(ret->data, value.data, value.len);
	ret->len = value.len;
}

struct span secret_span(const struct secret *s)
{
	return (struct span){s->data ? s->data : "", s->len};
}

void secret_truncate(struct secret *s, size_t n)
{
	if (n >= s->len)
		return;
	explicit_bzero(s->data + n, s->len - n);
	s->len = n;
}

void secret_wipe(struct secret *s)
{
	if (s->data) {
		explicit_bzero(s->data, s->size);
		if (munmap(s->data, whole_pages(s->size)) != 0)
			BUG("the memory of a secret is not where it was");
	}
	*s = (struct secret){0};
}

void secret_protect_process(void)
{
	const struct rlimit none = {0, 0};

	/* neither can fail for a process that lowers its own; they are a second fence */
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0);
}
