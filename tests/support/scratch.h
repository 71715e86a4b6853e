/*
 * A directory of a test's own, with files in it, gone at the end.
 */
#ifndef SUPPORT_SCRATCH_H
#define SUPPORT_SCRATCH_H

#include <sys/stat.h>

#include "base/span.h"

#define SCRATCH_PATH_MAX 512

struct scratch {
	char dir[SCRATCH_PATH_MAX];
	char path[SCRATCH_PATH_MAX]; /* what scratch_path gave last */
};

/* Make the directory; the test ends where that fails. */
void scratch_init(struct scratch *s);
void scratch_release(struct scratch *s);

/* The name in the directory; borrowed until the next call. */
const char *scratch_path(struct scratch *s, const char *name);

/* Make a directory, or a file with this content and exactly this mode. */
void scratch_mkdir(struct scratch *s, const char *name);
void scratch_write(struct scratch *s, const char *name, struct span content, mode_t mode);

#endif
