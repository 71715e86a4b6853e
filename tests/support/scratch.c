#include "scratch.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/bug.h"

static void must(bool is_done, const char *what)
{
	if (!is_done) {
		perror(what);
		abort();
	}
}

void scratch_init(struct scratch *s)
{
	const char *parent = getenv("TMPDIR");

	(void)snprintf(
		s->dir, sizeof(s->dir), "%s/scratch.XXXXXX", parent ? parent : "/tmp");
	must(mkdtemp(s->dir) != NULL, s->dir);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

void scratch_release(struct scratch *s)
{
	must(nftw(s->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS) == 0, s->dir);
}

const char *scratch_path(struct scratch *s, const char *name)
{
	int n = snprintf(s->path, sizeof(s->path), "%s/%s", s->dir, name);

	must(n > 0 && (size_t)n < sizeof(s->path), name);
	return s->path;
}

void scratch_mkdir(struct scratch *s, const char *name)
{
	must(mkdir(scratch_path(s, name), 0700) == 0, name);
}

void scratch_write(struct scratch *s, const char *name, struct span content, mode_t mode)
{
	int fd = open(
		scratch_path(s, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	must(fd >= 0, name);
	must(write(fd, content.data, content.len) == (ssize_t)content.len, name);
	must(fchmod(fd, mode) == 0, name);
	must(close(fd) == 0, name);
}
