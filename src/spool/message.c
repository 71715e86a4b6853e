#include "spool/message.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "spool/box.h"

/* what the envelope of nearly every message fits into; a page */
#define HEAD_FIRST 4096

/* then steps of this factor up to ENVELOPE_MAX */
#define HEAD_GROWTH 16

static enum message_result gone(const char *name, struct fault *f)
{
	fault_set(f, FAULT_INPUT, 0, "%s is no longer there", name);
	return MESSAGE_GONE;
}

static enum message_result bad(const char *name, const char *why, struct fault *f)
{
	fault_set(f, FAULT_DATA, 0, "%s %s", name, why);
	return MESSAGE_BAD;
}

static enum message_result failed(int err, const char *name, struct fault *f)
{
	fault_set(f, FAULT_SYSTEM, err, "cannot open %s", name);
	return MESSAGE_FAULT;
}

/* Why a file cannot be a message of the spool's owner (design: what a spool holds is input). */
static const char *not_plain(const struct spool *spool, const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return "is not a regular file";
	if (st->st_uid != spool->owner)
		return "belongs to another user";
	if (st->st_nlink > 1)
		return "has another name (a hard link)";
	if (st->st_mode & 022)
		return "can be written by others";
	return NULL;
}

/* O_NONBLOCK: a FIFO must not hold us up; O_NOCTTY: a terminal must not adopt us. */
static enum message_result open_file(
	const struct spool *spool, const char *name, int *ret_fd, struct fault *f)
{
	int fd = openat(spool->fd, name,
		O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	int err = errno;
	const char *why;
	struct stat st;

	if (fd >= 0) {
		*ret_fd = fd;
		return MESSAGE_OPEN;
	}
	if (err == ENOENT)
		return gone(name, f);
	/* a link, a socket, a stranger's file: bad, whatever open(2) says of it */
	why = fstatat(spool->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0
		      ? not_plain(spool, &st)
		      : NULL;
	return why ? bad(name, why, f) : failed(err, name, f);
}

/* As many octets as there are from `at` on, at most `n`; -1 and a fault. */
static ssize_t read_at(int fd, char *to, size_t n, off_t at, struct fault *f)
{
	size_t have = 0;

	while (have < n) {
		ssize_t got = pread(fd, to + have, n - have, at + (off_t)have);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			fault_set(f, FAULT_SYSTEM, errno, "cannot read a message");
			return -1;
		}
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

/* The envelope is longer than a page: thousands of recipients. */
static enum message_result parse_long(struct message *m, size_t *ret_at,
	enum envelope_verdict *ret_verdict, struct fault *f)
{
	struct buf text = BUF_INIT(ENVELOPE_MAX);
	enum message_result result = MESSAGE_OPEN;
	size_t want = HEAD_FIRST;
	ssize_t got = 0;

	do {
		char *to;

		want = want < ENVELOPE_MAX / HEAD_GROWTH ? want * HEAD_GROWTH
							 : ENVELOPE_MAX;
		to = buf_reserve(&text, want);
		got = read_at(m->fd, to, want, 0, f);
		if (got < 0) {
			result = MESSAGE_FAULT;
			break;
		}
		*ret_verdict = envelope_parse(
			(struct span){to, (size_t)got}, &m->envelope, ret_at, f);
	} while (*ret_verdict == ENVELOPE_SHORT && (size_t)got == want &&
		 want < ENVELOPE_MAX);
	buf_release(&text);
	return result;
}

static enum message_result parse_head(
	struct message *m, const char *name, off_t size, struct fault *f)
{
	char first[HEAD_FIRST];
	enum envelope_verdict verdict;
	enum message_result result = MESSAGE_OPEN;
	size_t content_at = 0;
	/* not more than there is: a second read only to see the end costs as much again */
	size_t want = size < HEAD_FIRST ? (size_t)size : HEAD_FIRST;
	ssize_t got = read_at(m->fd, first, want, 0, f);

	if (got < 0)
		return MESSAGE_FAULT;
	verdict = envelope_parse(
		(struct span){first, (size_t)got}, &m->envelope, &content_at, f);
	if (verdict == ENVELOPE_SHORT && (size_t)got == sizeof(first))
		result = parse_long(m, &content_at, &verdict, f);
	if (result != MESSAGE_OPEN)
		return result;
	if (verdict != ENVELOPE_GOOD) {
		fault_prefix(f, "%s", name);
		return verdict == ENVELOPE_UNKNOWN ? MESSAGE_UNKNOWN : MESSAGE_BAD;
	}
	m->content_at = content_at;
	if (strcmp(m->envelope.id, m->entry.id) != 0)
		return bad(name, "holds the message of another id", f);
	if ((uint64_t)size - content_at != m->envelope.facts.octets)
		return bad(name, "is cut short or has octets too many", f);
	return MESSAGE_OPEN;
}

/* Look at the open file; `ret_st` is what to compare its name with. */
static enum message_result check_file(
	const struct message *m, const char *name, struct stat *ret_st, struct fault *f)
{
	const char *why;

	if (fstat(m->fd, ret_st) != 0)
		return failed(errno, name, f);
	if (ret_st->st_nlink == 0)
		return gone(name, f);
	why = not_plain(m->spool, ret_st);
	return why ? bad(name, why, f) : MESSAGE_OPEN;
}

static enum message_result lock_file(int fd, const char *name, struct fault *f)
{
	switch (file_try_lock(fd, name, f)) {
	case 1:
		return MESSAGE_OPEN;
	case 0:
		fault_set(f, FAULT_SYSTEM, 0, "%s is being delivered", name);
		return MESSAGE_BUSY;
	default:
		return MESSAGE_FAULT;
	}
}

/* Between open and lock the name may have gone to another file, or away. */
static enum message_result check_name(
	const struct message *m, const char *name, const struct stat *st, struct fault *f)
{
	struct stat now;

	if (fstatat(m->spool->fd, name, &now, AT_SYMLINK_NOFOLLOW) != 0)
		return errno == ENOENT ? gone(name, f) : failed(errno, name, f);
	if (now.st_ino != st->st_ino || now.st_dev != st->st_dev)
		return gone(name, f);
	return MESSAGE_OPEN;
}

static enum message_result open_entry(struct message *m, bool is_claimed, struct fault *f)
{
	char name[SPOOL_NAME_MAX];
	enum message_result result;
	struct stat st;

	spool_entry_path(&m->entry, name);
	result = open_file(m->spool, name, &m->fd, f);
	if (result == MESSAGE_OPEN && is_claimed)
		result = lock_file(m->fd, name, f);
	if (result == MESSAGE_OPEN)
		result = check_file(m, name, &st, f);
	if (result == MESSAGE_OPEN && is_claimed)
		result = check_name(m, name, &st, f);
	if (result == MESSAGE_OPEN)
		result = parse_head(m, name, st.st_size, f);
	return result;
}

/* What is bad keeps its name and lock, so that it can be moved; the rest keeps nothing. */
static enum message_result settle(struct message *m, enum message_result result)
{
	if (result == MESSAGE_BAD)
		envelope_release(&m->envelope);
	else if (result != MESSAGE_OPEN)
		message_close(m);
	return result;
}

enum message_result message_open(struct message *ret, const struct spool *spool,
	const struct spool_entry *entry, struct fault *f)
{
	*ret = (struct message){.spool = spool, .fd = -1, .entry = *entry};
	return settle(ret, open_entry(ret, false, f));
}

/* The name itself is the last check: who holds the lock is the only one to change it. */
static enum message_result rename_entry(const struct spool *spool,
	const struct spool_entry *from, const struct spool_entry *to, struct fault *f)
{
	char from_name[SPOOL_NAME_MAX], to_name[SPOOL_NAME_MAX];

	spool_entry_path(from, from_name);
	spool_entry_path(to, to_name);
	if (strcmp(from_name, to_name) == 0 ||
		box_rename(spool, from_name, to_name, f) == 0)
		return MESSAGE_OPEN;
	return f->err == ENOENT ? gone(from_name, f) : MESSAGE_FAULT;
}

static struct spool_entry entry_in_cur(
	const struct spool_entry *e, uint32_t next_s, unsigned attempts)
{
	struct spool_entry moved = *e;

	moved.box = SPOOL_CUR;
	moved.next_s = next_s;
	moved.attempts =
		(uint16_t)(attempts < SPOOL_ATTEMPTS_MAX ? attempts : SPOOL_ATTEMPTS_MAX);
	return moved;
}

enum message_result message_claim(struct message *ret, const struct spool *spool,
	const struct spool_entry *entry, uint32_t next_s, struct fault *f)
{
	struct spool_entry counted = entry_in_cur(entry, next_s, entry->attempts + 1U);
	enum message_result result;

	*ret = (struct message){.spool = spool, .fd = -1, .entry = *entry};
	result = open_entry(ret, true, f);
	if (result == MESSAGE_OPEN)
		result = rename_entry(spool, entry, &counted, f);
	if (result == MESSAGE_OPEN)
		ret->entry = counted;
	return settle(ret, result);
}

enum message_result message_postpone(const struct spool *spool,
	const struct spool_entry *entry, uint32_t next_s, unsigned attempts,
	struct fault *f)
{
	struct spool_entry later = entry_in_cur(entry, next_s, attempts);
	char name[SPOOL_NAME_MAX];
	enum message_result result;
	int fd = -1;

	spool_entry_path(entry, name);
	result = open_file(spool, name, &fd, f);
	if (result == MESSAGE_OPEN)
		result = lock_file(fd, name, f);
	if (result == MESSAGE_OPEN)
		result = rename_entry(spool, entry, &later, f);
	file_close(fd);
	return result;
}

static int rename_claimed(
	struct message *m, const struct spool_entry *to, struct fault *f)
{
	if (rename_entry(m->spool, &m->entry, to, f) != MESSAGE_OPEN)
		return -1;
	m->entry = *to;
	return 0;
}

int message_reschedule(
	struct message *m, uint32_t next_s, unsigned attempts, struct fault *f)
{
	struct spool_entry later = entry_in_cur(&m->entry, next_s, attempts);

	return rename_claimed(m, &later, f);
}

/* The box of a message whose user removed it by hand is synced all the same. */
int message_remove(struct message *m, struct fault *f)
{
	char name[SPOOL_NAME_MAX];

	spool_entry_path(&m->entry, name);
	if (unlinkat(m->spool->fd, name, 0) != 0 && errno != ENOENT) {
		fault_set(f, FAULT_SYSTEM, errno, "cannot remove %s/%s", m->spool->path,
			name);
		return -1;
	}
	/* before the journal: a message that comes back without it would be sent again */
	if (box_sync(m->spool, spool_box_name((enum spool_box)m->entry.box), f) < 0)
		return -1;
	box_path(BOX_JOURNAL, m->entry.id, name);
	(void)unlinkat(m->spool->fd, name, 0); /* none, or an orphan for spool_sweep */
	return 0;
}

/* The new place first: in doubt a message stands in two places, never in none. */
int message_move(struct message *m, enum spool_box box, struct fault *f)
{
	enum spool_box from = (enum spool_box)m->entry.box;
	struct spool_entry to = {.box = (uint8_t)box};

	if (box == SPOOL_CUR)
		BUG("message_move to cur");
	if (box == from)
		return 0;
	memcpy(to.id, m->entry.id, sizeof(to.id));
	if (rename_claimed(m, &to, f) < 0 ||
		box_sync(m->spool, spool_box_name(box), f) < 0 ||
		box_sync(m->spool, spool_box_name(from), f) < 0)
		return -1;
	return 0;
}

ssize_t message_read(
	const struct message *m, uint64_t offset, char *to, size_t n, struct fault *f)
{
	uint64_t octets = m->envelope.facts.octets;
	uint64_t left = offset < octets ? octets - offset : 0;
	ssize_t got;

	n = n < left ? n : (size_t)left;
	got = read_at(m->fd, to, n, (off_t)(m->content_at + offset), f);
	if (got >= 0 && (size_t)got < n) {
		fault_set(f, FAULT_SYSTEM, 0,
			"the message became shorter while it was read");
		return -1;
	}
	return got;
}

void message_close(struct message *m)
{
	if (!m->spool)
		return;
	file_close(m->fd);
	envelope_release(&m->envelope);
	*m = (struct message){.fd = -1};
}
