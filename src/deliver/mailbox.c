#include "deliver/mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/text.h"
#include "base/user.h"
#include "deliver/maildir.h"
#include "deliver/mbox.h"

/* A name that fits; a path beyond PATH_MAX cannot be opened anyway. */
static int set_path(struct mailbox *box, enum mailbox_format format, struct span path,
	struct fault *f)
{
	struct mailbox made = {.format = format};

	if (!text_copy(made.path, sizeof(made.path), path)) {
		fault_set(f, FAULT_CREATE, ENAMETOOLONG, "the mailbox %.*s",
			SPAN_ARGS(span_head(path, 100)));
		return -1;
	}
	*box = made;
	return 0;
}

static int find_configured(const char *path, struct mailbox *ret, struct fault *f)
{
	struct span s = span_of(path);
	struct stat st;
	bool is_maildir =
		span_ends(s, "/") || (stat(path, &st) == 0 && S_ISDIR(st.st_mode));

	if (path[0] != '/') {
		fault_set(f, FAULT_CREATE, 0,
			"the mailbox %s is no absolute path: correct [mailbox] path in "
			"nullmta.conf",
			path);
		return -1;
	}
	while (s.len > 1 && span_ends(s, "/"))
		s.len--;
	return set_path(ret, is_maildir ? MAILBOX_MAILDIR : MAILBOX_MBOX, s, f);
}

static bool is_own_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == geteuid();
}

gid_t mailbox_group(const char *system_dir)
{
	struct stat st;

	if (stat(system_dir, &st) != 0 || !S_ISDIR(st.st_mode) ||
		!(st.st_mode & S_IWGRP) || st.st_gid == 0)
		return USER_NO_GROUP;
	return st.st_gid;
}

/* NULL when the mbox `path` in `dir` can be used, else why not, and of what kind that is. */
static const char *mbox_trouble(
	const char *path, const char *dir, enum fault_kind *ret_kind)
{
	struct stat st;

	*ret_kind = FAULT_CREATE;
	if (lstat(path, &st) == 0)
		return S_ISREG(st.st_mode) && st.st_uid == geteuid()
			       ? NULL
			       : "is not a plain file of this user";
	if (errno != ENOENT)
		return "cannot be looked at";
	if (faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) == 0)
		return NULL;
	if (mailbox_group(dir) != USER_NO_GROUP)
		*ret_kind = FAULT_ACCESS;
	return "is missing, and this user may not make it";
}

/* A user name comes from a database that others fill. */
static bool is_file_name(const char *user)
{
	return user[0] != '\0' && user[0] != '.' && !strchr(user, '/');
}

static int find_default(const struct mailbox_place *place, const char *maildir,
	const char *mbox, struct mailbox *ret, struct fault *f)
{
	const char *trouble = "is no name for a mailbox";
	enum fault_kind kind = FAULT_CREATE;

	if (place->home && is_own_directory(maildir))
		return set_path(ret, MAILBOX_MAILDIR, span_of(maildir), f);
	if (is_file_name(place->user))
		trouble = mbox_trouble(mbox, place->system_dir, &kind);
	if (!trouble)
		return set_path(ret, MAILBOX_MBOX, span_of(mbox), f);
	if (place->home)
		fault_set(f, kind, 0,
			"user %s has no mailbox: %s is no directory of this user, %s %s; "
			"`mkdir -m 700 %s` makes one, or set [mailbox] path",
			place->user, maildir, mbox, trouble, maildir);
	else
		fault_set(f, kind, 0,
			"user %s has no mailbox: there is no home directory, %s %s; set "
			"[mailbox] path",
			place->user, mbox, trouble);
	return -1;
}

int mailbox_find(const struct mailbox_place *place, struct mailbox *ret, struct fault *f)
{
	struct buf maildir = BUF_INIT(2 * MAILBOX_PATH_MAX);
	struct buf mbox = BUF_INIT(2 * MAILBOX_PATH_MAX);
	int rc;

	if (place->path && place->path[0])
		return find_configured(place->path, ret, f);
	buf_addf(&maildir, "%s/Maildir", place->home ? place->home : "");
	buf_addf(&mbox, "%s/%s", place->system_dir, place->user);
	rc = find_default(place, buf_str(&maildir), buf_str(&mbox), ret, f);
	buf_release(&maildir);
	buf_release(&mbox);
	return rc;
}

int mailbox_deliver(const struct mailbox *box, const struct letter *l, int64_t timeout_ms,
	struct fault *f)
{
	if (box->format == MAILBOX_MAILDIR)
		return maildir_add(box->path, l, f);
	return mbox_append(box->path, l, timeout_ms, f);
}
