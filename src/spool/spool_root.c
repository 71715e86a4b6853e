#include "spool/spool_root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/span.h"
#include "spool/place.h"

/* uid -1 is no user: setresuid(2) takes it for "as it is" */
#define UID_LARGEST (UINT32_MAX - 1)

static bool parse_number(struct span s, uint64_t max, uint64_t *ret)
{
	if (s.len > 1 && s.data[0] == '0')
		return false;
	return span_to_uint(s, max, ret) == 0;
}

/* "1000", "1000.1" to "1000.9": the names that spool/place.h makes */
static bool parse_name(const char *name, uid_t *ret)
{
	struct span rest = span_of(name);
	struct span number;
	uint64_t uid, suffix;

	(void)span_cut(&rest, '.', &number);
	if (!parse_number(number, UID_LARGEST, &uid))
		return false;
	if (rest.data && (!parse_number(rest, PLACE_SUFFIX_MAX, &suffix) || suffix == 0))
		return false;
	*ret = (uid_t)uid;
	return true;
}

/* Why this is no spool of that user, or NULL. */
static const char *trouble_with(const struct stat *st, uid_t uid)
{
	if (!S_ISDIR(st->st_mode))
		return "is not a directory (a link is not followed)";
	if (st->st_uid != uid)
		return "belongs to another user";
	if (st->st_mode & 077)
		return "is open to others; its owner can mend it with chmod 700";
	return NULL;
}

static void visit(int root, const char *name, const struct spool_root_visitor *v)
{
	const char *trouble;
	struct stat st;
	uid_t uid;

	if (!parse_name(name, &uid)) {
		if (v->refused)
			v->refused(v->ctx, name, "is no name that nullmta makes");
		return;
	}
	if (fstatat(root, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return; /* gone meanwhile */
	trouble = trouble_with(&st, uid);
	if (!trouble)
		v->owner(v->ctx, uid);
	/* rmdir(2) follows no link and takes nothing away but an empty directory */
	else if (S_ISDIR(st.st_mode) && st.st_uid != uid &&
		 unlinkat(root, name, AT_REMOVEDIR) == 0)
		trouble = "belonged to another user; it was empty and is removed";
	if (trouble && v->refused)
		v->refused(v->ctx, name, trouble);
}

static int check_root(const char *path, const struct stat *st, struct fault *f)
{
	if (st->st_uid != geteuid())
		fault_set(f, FAULT_CREATE, 0, "%s belongs to another user; chown root %s",
			path, path);
	else if ((st->st_mode & 022) && !(st->st_mode & S_ISVTX))
		fault_set(f, FAULT_CREATE, 0,
			"in %s users can rename each other's spools; chmod 1733 %s", path,
			path);
	else
		return 0;
	return -1;
}

static DIR *open_root(const char *path, struct fault *f)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	DIR *dir = NULL;

	if (fd < 0 || fstat(fd, &st) != 0) {
		fault_set(f, FAULT_CREATE, errno, "%s", path);
		if (f->err == ENOENT)
			fault_append(f, "; install -d -m 1733 %s makes it", path);
	} else if (check_root(path, &st, f) == 0) {
		dir = fdopendir(fd);
		if (!dir)
			fault_set(f, FAULT_SYSTEM, errno, "%s", path);
	}
	if (!dir && fd >= 0)
		(void)close(fd); /* was only read */
	return dir;
}

int spool_root_walk(
	const char *path, const struct spool_root_visitor *visitor, struct fault *f)
{
	DIR *dir = open_root(path, f);
	const struct dirent *entry;
	size_t count = 0;
	int rc = 0;

	if (!dir)
		return -1;
	while (errno = 0, (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		if (count++ == SPOOL_ROOT_ENTRIES_MAX)
			break;
		visit(dirfd(dir), entry->d_name, visitor);
	}
	if (!entry && errno) {
		fault_set(f, FAULT_SYSTEM, errno, "cannot read %s", path);
		rc = -1;
	}
	(void)closedir(dir); /* was only read */
	return rc;
}

bool spool_root_has(const char *path, uid_t uid)
{
	char name[PLACE_NAME_MAX];
	struct stat st;
	bool has = false;
	int root = open(path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (root < 0)
		return false;
	for (int suffix = 0; suffix <= PLACE_SUFFIX_MAX && !has; suffix++) {
		place_name(uid, suffix, name);
		has = fstatat(root, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		      !trouble_with(&st, uid);
	}
	(void)close(root); /* was only looked at */
	return has;
}
