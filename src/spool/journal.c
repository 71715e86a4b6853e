#include "spool/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "spool/box.h"
#include "spool/journal_line.h"

/* for one line, when the disk takes only part of it */
#define WRITE_TRIES_MAX 3

/* to reserve at a time: for each recipient its outcome, and its report */
#define JOURNAL_LINES_MAX (2 * JOURNAL_RECIPIENTS_MAX)

/* left free for others where blocks cannot be allocated ahead */
#define FREE_MARGIN (1024 * 1024)

/* 1 read, 0 no journal, -1 fault */
static int read_journal(
	const struct spool *spool, const char *id, struct buf *text, struct fault *f)
{
	char name[SPOOL_NAME_MAX];

	box_path(BOX_JOURNAL, id, name);
	if (file_read(spool->fd, name, text, f) == 0)
		return 1;
	return f->err == ENOENT ? 0 : -1;
}

int journal_load(const struct spool *spool, const char *id, size_t recipient_count,
	struct journal_state *ret, struct fault *f)
{
	struct buf text = BUF_INIT(JOURNAL_MAX);
	int found = read_journal(spool, id, &text, f);

	if (found >= 0) {
		*ret = (struct journal_state){
			.recipients =
				mem_array(recipient_count, sizeof(ret->recipients[0])),
			.count = recipient_count,
			.envelope_count = recipient_count,
			.exists = found == 1,
		};
		journal_state_apply(ret, id, buf_span(&text));
	}
	buf_release(&text);
	return found < 0 ? -1 : 0;
}

int journal_show(const struct spool *spool, const char *id,
	void (*line)(void *ctx, struct span text), void *ctx, struct fault *f)
{
	struct buf text = BUF_INIT(JOURNAL_MAX);
	int found = read_journal(spool, id, &text, f);
	struct span rest = buf_span(&text);
	struct span one;

	while (found == 1 && journal_line_next(&rest, id, &one))
		line(ctx, one);
	buf_release(&text);
	return found < 0 ? -1 : 0;
}

struct each {
	void (*visit)(void *ctx, const char *id);
	void *ctx;
};

static bool visit_name(void *ctx, const char *name)
{
	const struct each *each = ctx;

	if (spool_id_is_valid(span_of(name)))
		each->visit(each->ctx, name);
	return true;
}

int journal_each(const struct spool *spool, void (*visit)(void *ctx, const char *id),
	void *ctx, struct fault *f)
{
	struct each each = {visit, ctx};

	return box_each(spool, BOX_JOURNAL, visit_name, &each, f);
}

void journal_init(struct journal *j, const struct spool *spool, const char *id)
{
	*j = (struct journal){.spool = spool, .fd = -1};
	(void)text_copy(j->id, sizeof(j->id), span_of(id));
}

static void close_file(struct journal *j)
{
	file_close(j->fd);
	j->fd = -1;
}

static int open_fault(struct journal *j, int err, struct fault *f)
{
	fault_set(
		f, FAULT_SYSTEM, err, "cannot open %s/journal/%s", j->spool->path, j->id);
	close_file(j);
	return -1;
}

static int open_file(const struct journal *j, const char *name)
{
	return openat(j->spool->fd, name,
		O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
			O_CLOEXEC,
		0600);
}

/* Whether the file's last line is whole; what follows a torn one begins a new line. */
static int look_at_end(struct journal *j, struct fault *f)
{
	char last;
	ssize_t got;

	if (j->size == 0)
		return 0;
	do {
		got = pread(j->fd, &last, 1, j->size - 1);
	} while (got < 0 && errno == EINTR);
	if (got != 1)
		return open_fault(j, got < 0 ? errno : EIO, f);
	j->is_torn = last != '\n';
	return 0;
}

/*
 * An empty file may be one whose maker was killed before the next sync. So the directory
 * is synced before the first octet is written: who finds a line knows that the file stays.
 */
static int open_journal(struct journal *j, struct fault *f)
{
	char name[SPOOL_NAME_MAX];
	struct stat st;

	if (j->fd >= 0)
		return 0;
	box_path(BOX_JOURNAL, j->id, name);
	j->fd = open_file(j, name);
	if (j->fd < 0 && errno == ENOENT) {
		if (box_make(j->spool, BOX_JOURNAL, f) < 0)
			return -1;
		j->fd = open_file(j, name);
	}
	if (j->fd < 0 || fstat(j->fd, &st) != 0)
		return open_fault(j, errno, f);
	if (!S_ISREG(st.st_mode) || st.st_uid != j->spool->owner || st.st_nlink != 1)
		return open_fault(j, EPERM, f);
	j->size = st.st_size;
	if (j->size == 0 && box_sync(j->spool, BOX_JOURNAL, f) < 0) {
		close_file(j);
		return -1;
	}
	return look_at_end(j, f);
}

/* A file system that cannot allocate ahead: is there as much free, and some more? */
static int check_free(const struct journal *j, size_t need, struct fault *f)
{
	struct statvfs vfs;
	uint64_t blocks;

	if (fstatvfs(j->fd, &vfs) != 0) {
		fault_set(f, FAULT_SYSTEM, errno, "cannot look at the free space of %s",
			j->spool->path);
		return -1;
	}
	blocks = j->spool->owner == 0 ? vfs.f_bfree : vfs.f_bavail;
	if (vfs.f_blocks == 0 || /* it does not count */
		blocks > (need + FREE_MARGIN) / (vfs.f_frsize ? vfs.f_frsize : 1))
		return 0;
	fault_set(f, FAULT_SYSTEM, ENOSPC, "no room for a journal in %s", j->spool->path);
	return -1;
}

int journal_reserve(struct journal *j, size_t lines, struct fault *f)
{
	/* one more: what a failed write left of a line takes room too */
	size_t need = (lines + 1) * JOURNAL_LINE_MAX;
	int rc;

	if (lines > JOURNAL_LINES_MAX)
		BUG("more lines than anybody can need");
	if (open_journal(j, f) < 0)
		return -1;
	do {
		rc = fallocate(j->fd, FALLOC_FL_KEEP_SIZE, j->size, (off_t)need);
	} while (rc != 0 && errno == EINTR);
	if (rc == 0)
		return 0;
	if (errno == EOPNOTSUPP || errno == ENOSYS)
		return check_free(j, need, f);
	fault_set(f, FAULT_SYSTEM, errno, "no room for a journal in %s", j->spool->path);
	return -1;
}

/* Whether the line only tells of a try, and there have been too many of them. */
static bool is_surplus(const struct journal *j, enum journal_event event)
{
	return (event == JOURNAL_DEFERRED || event == JOURNAL_UNCERTAIN) &&
	       j->size >= JOURNAL_TRIES_MAX;
}

static ssize_t write_once(int fd, struct span data)
{
	ssize_t put;

	do {
		put = write(fd, data.data, data.len);
	} while (put < 0 && errno == EINTR);
	return put;
}

/*
 * Always whole lines: the rest of one that was cut short would stand behind what another
 * process has appended meanwhile, and both lines would be lost.
 */
static int write_line(struct journal *j, const struct journal_line *line, struct fault *f)
{
	struct buf text = BUF_INIT(JOURNAL_LINE_MAX + 1);
	ssize_t put = 0;

	for (int tries = 0; tries < WRITE_TRIES_MAX; tries++) {
		buf_reset(&text);
		if (j->is_torn || j->is_shared)
			buf_add_char(&text, '\n');
		journal_line_format(line, j->id, &text);
		put = write_once(j->fd, buf_span(&text));
		j->is_torn = put != (ssize_t)text.len;
		j->size += put > 0 ? put : 0;
		if (!j->is_torn || put <= 0)
			break;
	}
	if (j->is_torn)
		fault_set(f, FAULT_SYSTEM, put < 0 ? errno : EIO, "cannot write %s",
			j->spool->path);
	buf_release(&text);
	return j->is_torn ? -1 : 0;
}

static int append(struct journal *j, const struct journal_line *line, struct fault *f)
{
	if (open_journal(j, f) < 0)
		return -1;
	if (is_surplus(j, line->event))
		return 0;
	if (j->size > JOURNAL_MAX - JOURNAL_LINE_MAX) {
		fault_set(f, FAULT_SYSTEM, 0, "%s/journal/%s is too large",
			j->spool->path, j->id);
		return -1;
	}
	return write_line(j, line, f);
}

int journal_append(struct journal *j, int64_t time_s, size_t recipient,
	enum journal_event event, const struct outcome *outcome, struct fault *f)
{
	struct journal_line line = {
		.time_s = time_s, .recipient = recipient, .event = event};

	if (outcome) {
		line.status = outcome->status;
		line.code = outcome->code;
		line.remote = span_of(outcome->remote);
		line.text = span_of(outcome->text);
	}
	return append(j, &line, f);
}

int journal_expand(struct journal *j, int64_t time_s, size_t number, size_t parent,
	const char *address, struct fault *f)
{
	struct buf text = BUF_INIT(OUTCOME_TEXT_MAX);
	struct journal_line line = {
		.time_s = time_s, .recipient = number, .event = JOURNAL_EXPANDED};
	int rc;

	buf_addf(&text, "%zu %s", parent, address);
	line.text = buf_span(&text);
	rc = append(j, &line, f);
	buf_release(&text);
	return rc;
}

int journal_sync(struct journal *j, struct fault *f)
{
	return j->fd < 0 ? 0 : file_sync(j->fd, j->spool->path, f);
}

void journal_close(struct journal *j)
{
	close_file(j);
}
