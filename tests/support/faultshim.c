#include "tests/support/faultshim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRACE_MAX 4096

/* A test support file: the calls it stands in for take no context, so it has a global. */
static struct {
	struct faultshim_plan plan;
	bool is_armed;
	unsigned count;
	const char *hit;
	char trace[TRACE_MAX];
	size_t trace_len;
} shim;

enum action { PASS, FAIL, HALVE, DIE_WITHIN, DIE_AFTER };

void faultshim_arm(const struct faultshim_plan *plan)
{
	shim.plan = *plan;
	shim.count = 0;
	shim.hit = "";
	shim.trace_len = 0;
	shim.trace[0] = '\0';
	shim.is_armed = true;
}

unsigned faultshim_disarm(void)
{
	shim.is_armed = false;
	return shim.count;
}

const char *faultshim_hit(void)
{
	return shim.hit;
}

const char *faultshim_trace(void)
{
	return shim.trace;
}

static void record(const char *name)
{
	size_t n = strlen(name);

	if (shim.trace_len + n + 2 > sizeof(shim.trace))
		return;
	if (shim.trace_len)
		shim.trace[shim.trace_len++] = ' ';
	memcpy(shim.trace + shim.trace_len, name, n + 1);
	shim.trace_len += n;
}

/* a full disk stays full, but lets go of files */
static bool lasts(const char *name)
{
	return shim.plan.mode == FAULTSHIM_FAIL_ON && strcmp(name, "close") != 0 &&
	       strcmp(name, "unlinkat") != 0;
}

static enum action enter(const char *name)
{
	static const enum action actions[] = {
		[FAULTSHIM_COUNT] = PASS,
		[FAULTSHIM_FAIL] = FAIL,
		[FAULTSHIM_FAIL_ON] = FAIL,
		[FAULTSHIM_HALVE] = HALVE,
		[FAULTSHIM_TEAR] = HALVE,
		[FAULTSHIM_DIE_BEFORE] = PASS,
		[FAULTSHIM_DIE_WITHIN] = DIE_WITHIN,
		[FAULTSHIM_DIE_AFTER] = DIE_AFTER,
	};

	if (!shim.is_armed || (shim.plan.only && strcmp(shim.plan.only, name) != 0))
		return PASS;
	shim.count++;
	record(name);
	if (shim.plan.mode == FAULTSHIM_TEAR && shim.count == shim.plan.at + 1 &&
		strcmp(name, shim.hit) == 0) {
		errno = shim.plan.err;
		return FAIL;
	}
	if (shim.count < shim.plan.at || (shim.count > shim.plan.at && !lasts(name)))
		return PASS;
	shim.hit = name;
	if (shim.plan.mode == FAULTSHIM_DIE_BEFORE)
		_exit(FAULTSHIM_DEAD);
	errno = shim.plan.err;
	return actions[shim.plan.mode];
}

static void leave(enum action action)
{
	if (action == DIE_AFTER || action == DIE_WITHIN)
		_exit(FAULTSHIM_DEAD);
}

static size_t part_of(enum action action, size_t n)
{
	return (action == HALVE || action == DIE_WITHIN) && n > 1 ? n / 2 : n;
}

/* for each call: what the linker makes of it in code under test, and the true one */
int __real_openat(int dirfd, const char *name, int flags, ...);
int __wrap_openat(int dirfd, const char *name, int flags, ...);
int __real_mkdir(const char *name, mode_t mode);
int __wrap_mkdir(const char *name, mode_t mode);
int __real_mkdirat(int dirfd, const char *name, mode_t mode);
int __wrap_mkdirat(int dirfd, const char *name, mode_t mode);
ssize_t __real_read(int fd, void *to, size_t n);
ssize_t __wrap_read(int fd, void *to, size_t n);
ssize_t __real_pread(int fd, void *to, size_t n, off_t at);
ssize_t __wrap_pread(int fd, void *to, size_t n, off_t at);
ssize_t __real_write(int fd, const void *data, size_t n);
ssize_t __wrap_write(int fd, const void *data, size_t n);
ssize_t __real_pwrite(int fd, const void *data, size_t n, off_t at);
ssize_t __wrap_pwrite(int fd, const void *data, size_t n, off_t at);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_syncfs(int fd);
int __wrap_syncfs(int fd);
int __real_close(int fd);
int __wrap_close(int fd);
int __real_fallocate(int fd, int mode, off_t at, off_t n);
int __wrap_fallocate(int fd, int mode, off_t at, off_t n);
int __real_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __real_renameat2(
	int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __wrap_renameat2(
	int from_dir, const char *from, int to_dir, const char *to, unsigned flags);
int __real_unlinkat(int dirfd, const char *name, int flags);
int __wrap_unlinkat(int dirfd, const char *name, int flags);
int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);
int __real_fstatat(int dirfd, const char *name, struct stat *st, int flags);
int __wrap_fstatat(int dirfd, const char *name, struct stat *st, int flags);
int __real_flock(int fd, int operation);
int __wrap_flock(int fd, int operation);
DIR *__real_fdopendir(int fd);
DIR *__wrap_fdopendir(int fd);
struct dirent *__real_readdir(DIR *dir);
struct dirent *__wrap_readdir(DIR *dir);

int __wrap_openat(int dirfd, const char *name, int flags, ...)
{
	enum action action = enter("openat");
	mode_t mode = 0;
	va_list args;
	int rc;

	if (action == FAIL)
		return -1;
	if (flags & O_CREAT) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	rc = __real_openat(dirfd, name, flags, mode);
	leave(action);
	return rc;
}

int __wrap_mkdir(const char *name, mode_t mode)
{
	enum action action = enter("mkdir");
	int rc = action == FAIL ? -1 : __real_mkdir(name, mode);

	leave(action);
	return rc;
}

int __wrap_mkdirat(int dirfd, const char *name, mode_t mode)
{
	enum action action = enter("mkdirat");
	int rc = action == FAIL ? -1 : __real_mkdirat(dirfd, name, mode);

	leave(action);
	return rc;
}

ssize_t __wrap_read(int fd, void *to, size_t n)
{
	enum action action = enter("read");
	ssize_t rc = action == FAIL ? -1 : __real_read(fd, to, part_of(action, n));

	leave(action);
	return rc;
}

ssize_t __wrap_pread(int fd, void *to, size_t n, off_t at)
{
	enum action action = enter("pread");
	ssize_t rc = action == FAIL ? -1 : __real_pread(fd, to, part_of(action, n), at);

	leave(action);
	return rc;
}

ssize_t __wrap_write(int fd, const void *data, size_t n)
{
	enum action action = enter("write");
	ssize_t rc = action == FAIL ? -1 : __real_write(fd, data, part_of(action, n));

	leave(action);
	return rc;
}

ssize_t __wrap_pwrite(int fd, const void *data, size_t n, off_t at)
{
	enum action action = enter("pwrite");
	ssize_t rc =
		action == FAIL ? -1 : __real_pwrite(fd, data, part_of(action, n), at);

	leave(action);
	return rc;
}

int __wrap_fsync(int fd)
{
	enum action action = enter("fsync");
	int rc = action == FAIL ? -1 : __real_fsync(fd);

	leave(action);
	return rc;
}

int __wrap_syncfs(int fd)
{
	enum action action = enter("syncfs");
	int rc = action == FAIL ? -1 : __real_syncfs(fd);

	leave(action);
	return rc;
}

/* close(2) that fails has closed all the same */
int __wrap_close(int fd)
{
	enum action action = enter("close");
	int err = errno;
	int rc = __real_close(fd);

	leave(action);
	if (action != FAIL)
		return rc;
	errno = err;
	return -1;
}

int __wrap_fallocate(int fd, int mode, off_t at, off_t n)
{
	enum action action = enter("fallocate");
	int rc = action == FAIL ? -1 : __real_fallocate(fd, mode, at, n);

	leave(action);
	return rc;
}

int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	enum action action = enter("renameat");
	int rc = action == FAIL ? -1 : __real_renameat(from_dir, from, to_dir, to);

	leave(action);
	return rc;
}

int __wrap_renameat2(
	int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
	enum action action = enter("renameat2");
	int rc =
		action == FAIL ? -1 : __real_renameat2(from_dir, from, to_dir, to, flags);

	leave(action);
	return rc;
}

int __wrap_unlinkat(int dirfd, const char *name, int flags)
{
	enum action action = enter("unlinkat");
	int rc = action == FAIL ? -1 : __real_unlinkat(dirfd, name, flags);

	leave(action);
	return rc;
}

int __wrap_fstat(int fd, struct stat *st)
{
	enum action action = enter("fstat");
	int rc = action == FAIL ? -1 : __real_fstat(fd, st);

	leave(action);
	return rc;
}

int __wrap_fstatat(int dirfd, const char *name, struct stat *st, int flags)
{
	enum action action = enter("fstatat");
	int rc = action == FAIL ? -1 : __real_fstatat(dirfd, name, st, flags);

	leave(action);
	return rc;
}

int __wrap_flock(int fd, int operation)
{
	enum action action = enter("flock");
	int rc = action == FAIL ? -1 : __real_flock(fd, operation);

	leave(action);
	return rc;
}

DIR *__wrap_fdopendir(int fd)
{
	enum action action = enter("fdopendir");
	DIR *dir = action == FAIL ? NULL : __real_fdopendir(fd);

	leave(action);
	return dir;
}

struct dirent *__wrap_readdir(DIR *dir)
{
	enum action action = enter("readdir");
	struct dirent *entry = action == FAIL ? NULL : __real_readdir(dir);

	leave(action);
	return entry;
}
