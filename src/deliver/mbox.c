#include "deliver/mbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"

/* behind the pid in a dotlock of ours; lockfile_check(3) reads no further than the pid */
#define LOCK_MARK " nullmta\n"

#define WAIT_STEP_MS 50
#define PATH_LEN_MAX 4096

struct mbox {
	const char *path;
	struct buf lock_path;
	int fd;
	bool has_dotlock;
	off_t size; /* before we write */
};

enum lock_result { LOCK_FAULT, LOCK_BUSY, LOCK_HELD };

static void busy(struct fault *f, const char *path, const char *who)
{
	fault_set(f, FAULT_SYSTEM, 0, "the mailbox %s is locked by %s", path, who);
	f->err = EAGAIN;
}

/* never blocks on a FIFO; O_NOFOLLOW also keeps O_CREAT from a dangling link */
static int open_with(const char *path, int flags)
{
	return open(path,
		O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC |
			flags,
		0600);
}

/*
 * In a directory that gives its group to what is made there, a new one is for that group, too:
 * the programs that lock mailboxes have it (Debian policy 11.6).
 */
static void open_to_group(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == 0 && st.st_gid != getegid())
		(void)fchmod(fd, 0660); /* 0600 will do */
}

static int open_file(const char *path)
{
	int fd = open_with(path, 0);

	if (fd >= 0 || errno != ENOENT)
		return fd;
	fd = open_with(path, O_CREAT | O_EXCL);
	if (fd < 0 && errno == EEXIST)
		return open_with(path, 0); /* somebody was faster */
	if (fd >= 0)
		open_to_group(fd);
	return fd;
}

static int open_fault(const char *path, struct fault *f)
{
	if (errno == ELOOP)
		fault_set(f, FAULT_ACCESS, 0,
			"the mailbox %s is a link: name the file itself in [mailbox] "
			"path",
			path);
	else
		fault_set(f,
			errno == EACCES || errno == EPERM ? FAULT_ACCESS : FAULT_SYSTEM,
			errno, "cannot open the mailbox %s", path);
	return -1;
}

static int check_file(const char *path, const struct stat *st, struct fault *f)
{
	if (!S_ISREG(st->st_mode))
		fault_set(f, FAULT_ACCESS, 0, "the mailbox %s is not a plain file", path);
	else if (st->st_uid != geteuid())
		fault_set(f, FAULT_ACCESS, 0,
			"the mailbox %s belongs to uid %lu, not to uid %lu", path,
			(unsigned long)st->st_uid, (unsigned long)geteuid());
	else if (st->st_nlink > 1)
		fault_set(f, FAULT_ACCESS, 0,
			"the mailbox %s has %lu names (hard links), not one", path,
			(unsigned long)st->st_nlink);
	else
		return 0;
	return -1;
}

/*
 * A classic lock, for the other programs have those. That any close of the file drops it
 * does no harm: it is open once, and closed to unlock.
 */
static enum lock_result lock_range(const struct mbox *m, struct fault *f)
{
	struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char who[32];

	if (fcntl(m->fd, F_SETLK, &whole) == 0)
		return LOCK_HELD;
	if (errno != EACCES && errno != EAGAIN) {
		fault_set(f, FAULT_SYSTEM, errno, "cannot lock the mailbox %s", m->path);
		return LOCK_FAULT;
	}
	if (fcntl(m->fd, F_GETLK, &whole) == 0 && whole.l_type != F_UNLCK &&
		whole.l_pid > 0)
		(void)snprintf(who, sizeof(who), "process %ld", (long)whole.l_pid);
	else
		(void)snprintf(who, sizeof(who), "another process");
	busy(f, m->path, who);
	return LOCK_BUSY;
}

/* A dotlock of ours stands under the fcntl lock, which we hold: its maker was killed. */
static bool is_orphan(const char *lock_path)
{
	char text[64];
	int saved_errno = errno;
	int fd = open(lock_path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	file_close(fd);
	errno = saved_errno; /* of who met the lock */
	return n > 0 && span_ends((struct span){text, (size_t)n}, LOCK_MARK);
}

/*
 * A dead program's lock. Between looking and removing, another may have done the same and
 * made its own: that takes one that does not hold the fcntl lock, which we do.
 */
static bool remove_stale(const char *lock_path)
{
	int64_t now_s = clock_now_s();
	struct stat st;
	bool is_fresh;

	if (lstat(lock_path, &st) != 0)
		return errno == ENOENT;
	/* from the future: made before the clock was set back */
	is_fresh = st.st_mtime > now_s - MBOX_LOCK_STALE_S &&
		   st.st_mtime < now_s + MBOX_LOCK_STALE_S;
	if (is_fresh && !is_orphan(lock_path))
		return false;
	return unlink(lock_path) == 0 || errno == ENOENT;
}

/* for people and lockfile_check(3); without it the lock holds as well */
static void write_pid(int fd)
{
	char pid[64];
	int n = snprintf(pid, sizeof(pid), "%ld" LOCK_MARK, (long)getpid());

	(void)!write(fd, pid, (size_t)n);
}

/*
 * Make the lock with its content at once: an empty one, of who was killed between making and
 * writing it, cannot be told from another program's and would hold everybody up for five
 * minutes. -1 and errno; only EEXIST is final, file systems without O_TMPFILE say otherwise.
 */
static int make_whole_dotlock(const char *lock_path)
{
	struct buf dir = BUF_INIT(PATH_LEN_MAX);
	char own[64];
	int fd, rc, err;

	buf_add(&dir, lock_path, (size_t)(strrchr(lock_path, '/') + 1 - lock_path));
	fd = open(buf_str(&dir), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644);
	buf_release(&dir);
	if (fd < 0)
		return -1;
	write_pid(fd);
	(void)snprintf(own, sizeof(own), "/proc/self/fd/%d", fd);
	rc = linkat(AT_FDCWD, own, AT_FDCWD, lock_path, AT_SYMLINK_FOLLOW);
	err = errno;
	file_close(fd);
	errno = err;
	return rc;
}

static int make_dotlock(struct mbox *m)
{
	const char *lock_path = buf_str(&m->lock_path);
	int fd;

	m->has_dotlock = make_whole_dotlock(lock_path) == 0;
	if (m->has_dotlock)
		return 0;
	if (errno == EEXIST)
		return -1;
	/* O_EXCL is atomic over NFS too, since its third version: no need for link(2) */
	fd = open(lock_path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -1;
	m->has_dotlock = true;
	write_pid(fd);
	file_close(fd);
	return 0;
}

static enum lock_result lock_dotfile(struct mbox *m, struct fault *f)
{
	const char *lock_path = buf_str(&m->lock_path);

	if (make_dotlock(m) == 0)
		return LOCK_HELD;
	if (errno == EEXIST && remove_stale(lock_path) && make_dotlock(m) == 0)
		return LOCK_HELD;
	switch (errno) {
	case EACCES:
	case EPERM:
	case EROFS:
		/*
		 * Not ours to make, or a dead one to remove: /var/mail is often closed to
		 * its users, who have the fcntl lock.
		 */
		return LOCK_HELD;
	case EEXIST:
		busy(f, m->path, lock_path);
		return LOCK_BUSY;
	default:
		fault_set(f, FAULT_SYSTEM, errno, "cannot make %s", lock_path);
		return LOCK_FAULT;
	}
}

/* Whether the name still means what is open: a mail reader may have renamed over it. */
static enum lock_result check_place(struct mbox *m, struct fault *f)
{
	struct stat st, now;

	if (fstat(m->fd, &st) != 0) {
		(void)open_fault(m->path, f);
		return LOCK_FAULT;
	}
	if (lstat(m->path, &now) != 0 || now.st_dev != st.st_dev ||
		now.st_ino != st.st_ino) {
		busy(f, m->path, "a program that has just replaced it");
		return LOCK_BUSY;
	}
	m->size = st.st_size;
	return LOCK_HELD;
}

static void mbox_close(struct mbox *m)
{
	if (m->has_dotlock)
		(void)unlink(buf_str(&m->lock_path)); /* stays: stale in five minutes */
	m->has_dotlock = false;
	file_close(m->fd);
	m->fd = -1;
}

static int open_checked(struct mbox *m, struct fault *f)
{
	struct stat st;

	m->fd = open_file(m->path);
	if (m->fd < 0 || fstat(m->fd, &st) != 0)
		return open_fault(m->path, f);
	return check_file(m->path, &st, f);
}

/* One try. The caller closes `m`, whatever comes of it. */
static enum lock_result open_locked(struct mbox *m, struct fault *f)
{
	enum lock_result r;

	if (open_checked(m, f) < 0)
		return LOCK_FAULT;
	r = lock_range(m, f);
	/* a lock on a file that was replaced says nothing of the dotlock beside it */
	if (r == LOCK_HELD)
		r = check_place(m, f);
	if (r == LOCK_HELD)
		r = lock_dotfile(m, f);
	if (r == LOCK_HELD)
		r = check_place(m, f);
	return r;
}

static void wait_ms(int64_t ms)
{
	struct timespec t = {.tv_nsec = (long)ms * 1000000};

	(void)nanosleep(&t, NULL); /* woken early: one more look */
}

static int mbox_lock(struct mbox *m, int64_t timeout_ms, struct fault *f)
{
	int64_t end_ms = clock_mono_ms() + timeout_ms;

	for (;;) {
		enum lock_result r = open_locked(m, f);
		int64_t left_ms = end_ms - clock_mono_ms();

		if (r == LOCK_HELD)
			return 0;
		mbox_close(m);
		if (r == LOCK_FAULT || left_ms <= 0)
			return -1;
		wait_ms(left_ms < WAIT_STEP_MS ? left_ms : WAIT_STEP_MS);
	}
}

/* A crash, or another program, may have left an unfinished line: ours starts a new one. */
static int finish_last_line(const struct mbox *m, struct fault *f)
{
	char last[2] = {'\n', '\n'};
	size_t n = m->size < 2 ? (size_t)m->size : 2;
	ssize_t got = pread(m->fd, last + 2 - n, n, m->size - (off_t)n);

	if (got != (ssize_t)n) {
		fault_set(f, FAULT_INPUT, got < 0 ? errno : 0,
			"cannot read the mailbox %s", m->path);
		return -1;
	}
	if (last[1] != '\n')
		return file_write_all(m->fd, SPAN_LIT("\n\n"), m->path, f);
	if (last[0] != '\n')
		return file_write_all(m->fd, SPAN_LIT("\n"), m->path, f);
	return 0;
}

static int append_synced(const struct mbox *m, const struct letter *l, struct fault *f)
{
	if (finish_last_line(m, f) < 0 || letter_write_mbox(l, m->fd, m->path, f) < 0 ||
		file_sync(m->fd, m->path, f) < 0)
		return -1;
	/* an empty one may be as new as its name */
	return m->size == 0 ? file_sync_parent(m->path, f) : 0;
}

int mbox_append(
	const char *path, const struct letter *l, int64_t timeout_ms, struct fault *f)
{
	struct mbox m = {.path = path, .fd = -1, .lock_path = BUF_INIT(PATH_LEN_MAX)};
	int rc;

	buf_addf(&m.lock_path, "%s.lock", path);
	rc = mbox_lock(&m, timeout_ms, f);
	if (rc == 0) {
		rc = append_synced(&m, l, f);
		if (rc < 0 && ftruncate(m.fd, m.size) != 0)
			fault_append(f, "; it now ends with a part of a message");
	}
	mbox_close(&m);
	buf_release(&m.lock_path);
	return rc;
}
