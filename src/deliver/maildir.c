#include "deliver/maildir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/rand.h"

#define HOST_MAX 64 /* octets of the host name in a file name */
#define NAME_LEN 255

struct maildir {
	const char *path;
	int fd;
	int tmp_fd;
	int new_fd;
};

static int open_fault(const char *dir, const char *sub, struct fault *f)
{
	fault_set(f, errno == EACCES || errno == EPERM ? FAULT_ACCESS : FAULT_SYSTEM,
		errno, "cannot open the mailbox %s/%s", dir, sub);
	return -1;
}

/* A directory of this user and of nobody else, or -1. */
static int open_own(
	int at, const char *name, int flags, const char *path, struct fault *f)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0) {
		(void)open_fault(path, at == AT_FDCWD ? "" : name, f);
	} else if (st.st_uid != geteuid()) {
		fault_set(f, FAULT_ACCESS, 0,
			"the mailbox %s/%s belongs to uid %lu, not to uid %lu", path,
			at == AT_FDCWD ? "" : name, (unsigned long)st.st_uid,
			(unsigned long)geteuid());
	} else {
		return fd;
	}
	file_close(fd);
	return -1;
}

/* 1 made, 0 it was there, -1 fault */
static int make_directory(int at, const char *name, const char *path, struct fault *f)
{
	if (mkdirat(at, name, 0700) == 0)
		return 1;
	if (errno == EEXIST)
		return 0;
	fault_set(f, FAULT_CREATE, errno, "cannot make the mailbox %s/%s", path,
		at == AT_FDCWD ? "" : name);
	return -1;
}

static int make_boxes(const struct maildir *m, struct fault *f)
{
	static const char *const names[] = {"tmp", "new", "cur"};
	bool is_new = false;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		int made = make_directory(m->fd, names[i], m->path, f);

		if (made < 0)
			return -1;
		is_new = is_new || made;
	}
	return is_new ? file_sync(m->fd, m->path, f) : 0;
}

static int maildir_open(struct maildir *m, const char *path, struct fault *f)
{
	int made = make_directory(AT_FDCWD, path, path, f);

	*m = (struct maildir){.path = path, .fd = -1, .tmp_fd = -1, .new_fd = -1};
	if (made < 0 || (made && file_sync_parent(path, f) < 0))
		return -1;
	m->fd = open_own(AT_FDCWD, path, 0, path, f);
	if (m->fd < 0 || make_boxes(m, f) < 0)
		return -1;
	m->tmp_fd = open_own(m->fd, "tmp", O_NOFOLLOW, path, f);
	if (m->tmp_fd < 0)
		return -1;
	m->new_fd = open_own(m->fd, "new", O_NOFOLLOW, path, f);
	return m->new_fd < 0 ? -1 : 0;
}

static void maildir_close(struct maildir *m)
{
	file_close(m->fd);
	file_close(m->tmp_fd);
	file_close(m->new_fd);
}

/*
 * time.MusecPpidRrandom.host, as cr.yp.to/proto/maildir.html has it: pids repeat in
 * containers that share a home, the random part does not.
 */
static void make_name(const char *hostname, struct buf *ret)
{
	int64_t now_us = clock_now_us();
	uint64_t random;

	rand_fill(&random, sizeof(random));
	buf_addf(ret, "%lld.M%06lldP%ldR%016llx.", (long long)(now_us / 1000000),
		(long long)(now_us % 1000000), (long)getpid(),
		(unsigned long long)random);
	for (const char *p = hostname; *p && p < hostname + HOST_MAX; p++) {
		/* a slash ends a name, a colon begins the flags */
		if (*p == '/' || *p == ':')
			buf_addf(ret, "\\%03o", (unsigned char)*p);
		else
			buf_add_char(ret, *p);
	}
}

static int write_file(const struct maildir *m, const char *name, const struct letter *l,
	struct fault *f)
{
	int fd = openat(m->tmp_fd, name,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	int rc = -1;

	if (fd < 0) {
		fault_set(
			f, FAULT_CREATE, errno, "cannot make a file in %s/tmp", m->path);
		return -1;
	}
	if (letter_write(l, fd, m->path, f) == 0)
		rc = file_sync(fd, m->path, f);
	file_close(fd);
	return rc;
}

/* What cannot be synced may be gone tomorrow: it is taken back, and tried again later. */
static int publish(const struct maildir *m, const char *name, struct fault *f)
{
	if (renameat(m->tmp_fd, name, m->new_fd, name) != 0) {
		fault_set(f, FAULT_SYSTEM, errno, "cannot move a message to %s/new",
			m->path);
		return -1;
	}
	if (file_sync(m->new_fd, m->path, f) < 0) {
		(void)unlinkat(m->new_fd, name, 0); /* at worst it is there twice */
		return -1;
	}
	return 0;
}

int maildir_add(const char *path, const struct letter *l, struct fault *f)
{
	struct buf name = BUF_INIT(NAME_LEN);
	struct maildir m;
	int rc = -1;

	make_name(l->hostname, &name);
	if (maildir_open(&m, path, f) < 0)
		goto out;
	rc = write_file(&m, buf_str(&name), l, f);
	if (rc == 0)
		rc = publish(&m, buf_str(&name), f);
	if (rc < 0)
		(void)unlinkat(m.tmp_fd, buf_str(&name), 0); /* or it was never made */
out:
	maildir_close(&m);
	buf_release(&name);
	return rc;
}
