#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/mem.h"

#define READ_STEP       16384
#define DESCRIPTORS_MAX 65536 /* that are looked at one by one */

/*
 * By number, as not every C library has close_range(2), nor posix_spawn a way to close the
 * rest; the loop is for kernels before Linux 5.11.
 */
void file_close_on_exec(int first)
{
	struct rlimit limit = {.rlim_cur = DESCRIPTORS_MAX};

	if (syscall(SYS_close_range, (unsigned)first, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return;
	(void)getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur > DESCRIPTORS_MAX)
		limit.rlim_cur = DESCRIPTORS_MAX;
	for (int fd = first; fd < (int)limit.rlim_cur; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void file_close(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}

ssize_t file_read_some(int fd, void *to, size_t n, const char *what, struct fault *f)
{
	ssize_t got;

	do {
		got = read(fd, to, n);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		fault_set(f, FAULT_INPUT, errno, "cannot read %s", what);
	return got;
}

int file_read_rest(int fd, struct buf *ret, const char *what, struct fault *f)
{
	for (;;) {
		size_t room = ret->max - ret->len;
		char past;
		ssize_t got;

		if (room == 0) {
			got = file_read_some(fd, &past, 1, what, f);
			if (got > 0)
				fault_set(f, FAULT_DATA, 0,
					"%s is larger than %zu octets", what, ret->max);
			return got == 0 ? 0 : -1;
		}
		room = room < READ_STEP ? room : READ_STEP;
		got = file_read_some(fd, buf_reserve(ret, room), room, what, f);
		if (got <= 0)
			return got == 0 ? 0 : -1;
		buf_commit(ret, (size_t)got);
	}
}

int file_read(int dirfd, const char *name, struct buf *ret, struct fault *f)
{
	struct stat st;
	int rc = -1;
	int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0) {
		fault_set(f, errno == EACCES ? FAULT_ACCESS : FAULT_INPUT, errno,
			"cannot open %s", name);
		return -1;
	}
	if (fstat(fd, &st) != 0) {
		fault_set(f, FAULT_INPUT, errno, "cannot read %s", name);
		goto out;
	}
	if (!S_ISREG(st.st_mode)) {
		fault_set(f, FAULT_INPUT, 0, "%s is not a regular file", name);
		goto out;
	}
	rc = file_read_rest(fd, ret, name, f);
out:
	file_close(fd);
	return rc;
}

static int write_fault(int err, const char *what, struct fault *f)
{
	fault_set(f, FAULT_SYSTEM, err, "cannot write %s", what);
	return -1;
}

int file_write_all(int fd, struct span data, const char *what, struct fault *f)
{
	while (data.len) {
		ssize_t put = write(fd, data.data, data.len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return write_fault(put < 0 ? errno : EIO, what, f);
		data = span_from(data, (size_t)put);
	}
	return 0;
}

int file_pwrite_all(int fd, struct span data, off_t at, const char *what, struct fault *f)
{
	while (data.len) {
		ssize_t put = pwrite(fd, data.data, data.len, at);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return write_fault(put < 0 ? errno : EIO, what, f);
		data = span_from(data, (size_t)put);
		at += put;
	}
	return 0;
}

int file_sync(int fd, const char *what, struct fault *f)
{
	int rc;

	do {
		rc = fsync(fd);
	} while (rc != 0 && errno == EINTR);
	if (rc != 0) {
		fault_set(f, FAULT_SYSTEM, errno, "cannot sync %s", what);
		return -1;
	}
	return 0;
}

int file_sync_parent(const char *path, struct fault *f)
{
	const char *slash = strrchr(path, '/');
	char *parent =
		slash ? mem_copy(path, (size_t)(slash - path) + 1) : mem_string(".");
	int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd >= 0) {
		rc = file_sync(fd, parent, f);
	} else if (errno != EACCES) {
		fault_set(f, FAULT_SYSTEM, errno, "cannot open %s", parent);
		rc = -1;
	}
	file_close(fd);
	free(parent);
	return rc;
}

static int write_and_sync(int fd, struct span content, const char *what, struct fault *f)
{
	if (file_write_all(fd, content, what, f) < 0)
		return -1;
	return file_sync(fd, what, f);
}

int file_replace(int dirfd, const char *name, struct span content, struct fault *f)
{
	char tmp[NAME_MAX];
	int fd, rc;

	(void)snprintf(tmp, sizeof(tmp), "%s.tmp", name);
	fd = openat(
		dirfd, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		fault_set(f, FAULT_SYSTEM, errno, "cannot make %s", tmp);
		return -1;
	}
	rc = write_and_sync(fd, content, tmp, f);
	file_close(fd);
	if (rc == 0 && renameat(dirfd, tmp, dirfd, name) != 0) {
		fault_set(f, FAULT_SYSTEM, errno, "cannot rename %s", tmp);
		rc = -1;
	}
	if (rc < 0) {
		(void)unlinkat(dirfd, tmp, 0); /* the next replace truncates it anyway */
		return -1;
	}
	return file_sync(dirfd, "the directory", f);
}

int file_lock(int fd, const char *what, struct fault *f)
{
	if (flock(fd, LOCK_EX) != 0) {
		fault_set(f, FAULT_SYSTEM, errno, "cannot lock %s", what);
		return -1;
	}
	return 0;
}

int file_try_lock(int fd, const char *what, struct fault *f)
{
	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return 1;
	if (errno == EWOULDBLOCK)
		return 0;
	fault_set(f, FAULT_SYSTEM, errno, "cannot lock %s", what);
	return -1;
}

void file_unlock(int fd)
{
	(void)flock(fd, LOCK_UN); /* fails only for what was never a lock */
}

int file_open_standard(struct fault *f)
{
	struct pollfd fds[] = {
		{.fd = STDIN_FILENO}, {.fd = STDOUT_FILENO}, {.fd = STDERR_FILENO}};

	/* one question for all three: POLLNVAL tells the closed ones */
	if (poll(fds, ARRAY_LEN(fds), 0) == 0)
		return 0;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (!(fds[fd].revents & POLLNVAL))
			continue;
		/*
		 * open(2) takes the lowest free number, which is this one. Not for
		 * reading: no input is no empty message.
		 */
		if (open("/dev/null", O_WRONLY) != fd) {
			fault_set(f, FAULT_SYSTEM, errno, "cannot open /dev/null");
			return -1;
		}
	}
	return 0;
}
