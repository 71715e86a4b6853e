#include "cmd/secret_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

/* what a file of a secret is on */
enum mount { MOUNT_USUAL, MOUNT_OF_MEMORY, MOUNT_READ_ONLY };

static int refuse(struct fault *f, const char *what, const char *why)
{
	fault_set(f, FAULT_CONFIG, 0, "%s: %s", what, why);
	return -1;
}

static int open_file(const char *path, int flags, struct fault *f)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags);

	if (fd >= 0)
		return fd;
	if (errno == ELOOP)
		return refuse(f, path,
			"is a link, and whoever can change it decides what is sent; name "
			"the file that it points to");
	fault_set(f, errno == EACCES ? FAULT_ACCESS : FAULT_CONFIG, errno,
		"cannot read the password in %s", path);
	return -1;
}

static bool is_ours(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

static int look_at(int fd, const char *path, struct stat *ret, struct fault *f)
{
	if (fstat(fd, ret) != 0) {
		fault_set(f, FAULT_SYSTEM, errno, "%s", path);
		return -1;
	}
	return S_ISREG(ret->st_mode) ? 0 : refuse(f, path, "is no file");
}

/* Who else could have read or written it (protocol C5). */
static int check_own(int fd, const char *path, struct fault *f)
{
	struct stat st;

	if (look_at(fd, path, &st, f) < 0)
		return -1;
	if (!is_ours(&st)) {
		fault_set(f, FAULT_CONFIG, 0, "%s belongs to another user; chown %u %s",
			path, geteuid(), path);
		return -1;
	}
	if (st.st_mode & (S_IRWXG | S_IRWXO)) {
		fault_set(f, FAULT_CONFIG, 0,
			"%s holds a password and others can read it; chmod 600 %s", path,
			path);
		return -1;
	}
	return 0;
}

static enum mount mount_of(int fd)
{
	struct statvfs mount;
	struct statfs system;

	if (fstatvfs(fd, &mount) == 0 && (mount.f_flag & ST_RDONLY))
		return MOUNT_READ_ONLY;
	if (fstatfs(fd, &system) == 0 &&
		(system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC))
		return MOUNT_OF_MEMORY;
	return MOUNT_USUAL;
}

/*
 * Nobody else can put another file in the place of what lies in this directory: they cannot
 * write it, or as in /tmp no names but their own.
 */
static bool is_safe_directory(const char *path)
{
	struct stat st;
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool is_safe =
		fd >= 0 && fstat(fd, &st) == 0 &&
		(mount_of(fd) == MOUNT_READ_ONLY ||
			(is_ours(&st) && ((st.st_mode & S_ISVTX) ||
						 !(st.st_mode & (S_IWGRP | S_IWOTH)))));

	file_close(fd);
	return is_safe;
}

static bool has_safe_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *directory =
		slash ? mem_copy(path, (size_t)(slash - path) + 1) : mem_string(".");
	bool is_safe = is_safe_directory(directory);

	free(directory);
	return is_safe;
}

/* The name that was given, and where its links lead to. */
static bool has_safe_names(const char *path)
{
	char *real = realpath(path, NULL);
	bool is_safe = real && has_safe_directory(path) && has_safe_directory(real);

	free(real);
	return is_safe;
}

static int check_mounted(int fd, const char *path, enum mount mount, struct fault *f)
{
	struct stat st;

	if (look_at(fd, path, &st, f) < 0)
		return -1;
	/* the engine's copy of a host's file has that file's owner */
	if (mount != MOUNT_READ_ONLY &&
		(!is_ours(&st) || (st.st_mode & (S_IWGRP | S_IWOTH))))
		return refuse(f, path,
			"others can write it; mount it read-only, or with mode 0400 and "
			"the owner of this process");
	if (!has_safe_names(path))
		return refuse(
			f, path, "others can write its directory; mount that read-only");
	return 0;
}

static int check(int fd, const char *path, enum mount mount, struct fault *f)
{
	return mount == MOUNT_USUAL ? check_own(fd, path, f)
				    : check_mounted(fd, path, mount, f);
}

static int open_checked(const char *path, enum secret_file_kind kind, struct fault *f)
{
	enum mount mount = MOUNT_USUAL;
	int fd;

	if (kind == SECRET_FILE_MOUNTED) {
		fd = open_file(path, 0, f);
		if (fd < 0)
			return -1;
		mount = mount_of(fd);
		if (mount == MOUNT_USUAL)
			file_close(fd);
	}
	if (mount == MOUNT_USUAL)
		fd = open_file(path, O_NOFOLLOW, f);
	if (fd < 0 || kind == SECRET_FILE_GUARDED || check(fd, path, mount, f) == 0)
		return fd;
	file_close(fd);
	return -1;
}

/* Straight into the memory of the secret: a buffer that grows leaves copies behind. */
static int read_file(struct secret *ret, int fd, const char *path, struct fault *f)
{
	ssize_t n;

	do {
		n = file_read_some(
			fd, ret->data + ret->len, ret->size - ret->len, path, f);
		if (n > 0)
			ret->len += (size_t)n;
	} while (n > 0 && ret->len < ret->size);
	if (n < 0)
		return -1;
	if (ret->len == ret->size)
		return refuse(f, path, "is too long for a password");
	return 0;
}

int secret_file_read(
	struct secret *ret, const char *path, enum secret_file_kind kind, struct fault *f)
{
	int fd = open_checked(path, kind, f);
	int rc = fd < 0 ? -1 : read_file(ret, fd, path, f);

	file_close(fd);
	return rc;
}
