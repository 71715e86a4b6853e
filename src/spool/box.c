#include "spool/box.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

#ifndef RENAME_NOREPLACE /* beside renameat2, which an older musl has not */
#include <linux/fs.h>
#include <sys/syscall.h>

static int renameat2(
	int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}
#endif

void box_path(const char *box, const char *id, char out[SPOOL_NAME_MAX])
{
	(void)snprintf(out, SPOOL_NAME_MAX, "%s/%s", box, id);
}

enum fault_kind box_fault_kind(int err)
{
	switch (err) {
	case EACCES:
	case EPERM:
	case EROFS:
	case ENOENT:
	case ENOTDIR:
	case ELOOP:
	case ENAMETOOLONG:
		return FAULT_CREATE;
	default:
		return FAULT_SYSTEM;
	}
}

/*
 * For file systems without RENAME_NOREPLACE (some network and FUSE ones). Look first:
 * nobody makes `to` meanwhile, since whoever renames an id holds its tmp/ID, which O_EXCL
 * made his, or the lock on its file. Not linkat and unlinkat: a kill between them would
 * leave a file with two names, which message_claim takes for forged.
 */
static int rename_plain(int fd, const char *from, const char *to)
{
	struct stat st;

	if (fstatat(fd, to, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return errno == ENOENT ? renameat(fd, from, fd, to) : -1;
}

static int rename_once(int fd, const char *from, const char *to)
{
	if (renameat2(fd, from, fd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	return rename_plain(fd, from, to);
}

int box_rename(const struct spool *s, const char *from, const char *to, struct fault *f)
{
	char box[SPOOL_NAME_MAX];
	struct span rest = span_of(to);
	struct span name;
	int err;

	if (rename_once(s->fd, from, to) == 0)
		return 0;
	err = errno;
	if (err == ENOENT && span_cut(&rest, '/', &name)) {
		(void)snprintf(box, sizeof(box), "%.*s", SPAN_ARGS(name));
		switch (box_make(s, box, f)) {
		case 1:
			if (rename_once(s->fd, from, to) == 0)
				return 0;
			err = errno;
			break;
		case 0:
			break;
		default:
			return -1;
		}
	}
	fault_set(f, FAULT_SYSTEM, err, "cannot rename %s/%s to %s", s->path, from, to);
	return -1;
}

/*
 * syncfs, not fsync of each parent: a user cannot open /var/spool/nullmta (1733) for
 * reading, and what a killed process made above us, nobody would sync later. It is done
 * once in the life of a spool.
 */
static int sync_all(const struct spool *s, struct fault *f)
{
	int rc;

	do {
		rc = syncfs(s->fd);
	} while (rc != 0 && errno == EINTR);
	if (rc != 0) {
		fault_set(f, FAULT_SYSTEM, errno, "cannot sync %s", s->path);
		return -1;
	}
	return 0;
}

static int make(const struct spool *s, const char *box, struct fault *f)
{
	if (mkdirat(s->fd, box, 0700) == 0)
		return 1;
	if (errno == EEXIST)
		return 0;
	fault_set(f, box_fault_kind(errno), errno, "cannot make %s/%s", s->path, box);
	return -1;
}

int box_make(const struct spool *s, const char *box, struct fault *f)
{
	int made = make(s, box, f);

	return made == 1 && sync_all(s, f) < 0 ? -1 : made;
}

int spool_make_boxes(const struct spool *s, struct fault *f)
{
	static const char *const boxes[] = {
		"new", "cur", BOX_JOURNAL, "held", "failed", "state"};

	for (size_t i = 0; i < ARRAY_LEN(boxes); i++)
		if (make(s, boxes[i], f) < 0)
			return -1;
	if (sync_all(s, f) < 0)
		return -1;
	/* tmp comes last: who finds it there knows that the others are on disk */
	return make(s, BOX_TMP, f) < 0 ? -1 : 0;
}

static int open_box(const struct spool *s, const char *box)
{
	return openat(s->fd, box, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int box_sync(const struct spool *s, const char *box, struct fault *f)
{
	int fd = open_box(s, box);
	int rc;

	if (fd < 0) {
		fault_set(f, FAULT_SYSTEM, errno, "cannot open %s/%s", s->path, box);
		return -1;
	}
	rc = file_sync(fd, box, f);
	file_close(fd);
	return rc;
}

static bool is_dot_name(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* readdir(3) tells its end from an error by errno alone */
static int each_name(
	DIR *dir, bool (*visit)(void *ctx, const char *name), void *ctx, int *ret_err)
{
	const struct dirent *entry;

	for (;;) {
		errno = 0;
		entry = readdir(dir);
		if (!entry) {
			*ret_err = errno;
			return errno ? -1 : 0;
		}
		if (!is_dot_name(entry->d_name) && !visit(ctx, entry->d_name))
			return 0;
	}
}

int box_each(const struct spool *s, const char *box,
	bool (*visit)(void *ctx, const char *name), void *ctx, struct fault *f)
{
	int err = 0;
	int rc = -1;
	DIR *dir = NULL;
	int fd = open_box(s, box);

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd >= 0)
		dir = fdopendir(fd);
	if (dir) {
		rc = each_name(dir, visit, ctx, &err);
		(void)closedir(dir); /* only read: nothing can be lost */
	} else {
		err = errno;
		file_close(fd);
	}
	if (rc < 0)
		fault_set(f, FAULT_SYSTEM, err, "cannot list %s/%s", s->path, box);
	return rc;
}
