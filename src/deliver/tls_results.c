#include "deliver/tls_results.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

#define PATH  "state/tls-results"
#define DAY_S 86400

/* who merges puts another file into its place, at most once for each waiter */
#define OPEN_TRIES 10

static bool is_in_place(const struct spool *spool, int fd, off_t *ret_size)
{
	struct stat mine, theirs;

	if (fstat(fd, &mine) < 0 ||
		fstatat(spool->fd, PATH, &theirs, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	*ret_size = mine.st_size;
	return mine.st_dev == theirs.st_dev && mine.st_ino == theirs.st_ino;
}

/* The file, locked. -1 and a fault where it cannot be had. */
static int open_locked(const struct spool *spool, off_t *ret_size, struct fault *f)
{
	for (int i = 0; i < OPEN_TRIES; i++) {
		int fd = openat(spool->fd, PATH,
			O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC,
			0600);

		if (fd < 0) {
			fault_set(f, FAULT_SYSTEM, errno, "cannot open " PATH);
			return -1;
		}
		if (file_lock(fd, PATH, f) == 0 && is_in_place(spool, fd, ret_size))
			return fd;
		file_close(fd);
	}
	fault_set(f, FAULT_SYSTEM, 0, "cannot lock " PATH);
	return -1;
}

/* Under the lock: who waits for it finds that the file is another one. */
static int merge(const struct spool *spool, int fd, int64_t now_s, struct fault *f)
{
	struct buf text = BUF_INIT(TLSRESULTS_TEXT_MAX);
	struct buf merged = BUF_INIT(TLSRESULTS_TEXT_MAX);
	int dir = openat(
		spool->fd, "state", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int rc = -1;

	if (dir < 0)
		fault_set(f, FAULT_SYSTEM, errno, "cannot open state/");
	else if (lseek(fd, 0, SEEK_SET) < 0)
		fault_set(f, FAULT_SYSTEM, errno, "cannot read " PATH);
	else
		rc = file_read_rest(fd, &text, PATH, f);
	if (rc == 0) {
		tlsresults_merge(buf_span(&text), now_s, &merged);
		rc = file_replace(dir, "tls-results", buf_span(&merged), f);
	}
	file_close(dir);
	buf_release(&text);
	buf_release(&merged);
	return rc;
}

static int add(
	const struct spool *spool, struct span line, int64_t now_s, struct fault *f)
{
	off_t size = 0;
	int fd = open_locked(spool, &size, f);
	int rc = -1;

	if (fd < 0)
		return -1;
	rc = file_write_all(fd, line, PATH, f);
	if (rc == 0 && size + (off_t)line.len > TLS_RESULTS_FILE_MAX)
		rc = merge(spool, fd, now_s, f);
	file_close(fd);
	return rc;
}

void tls_results_add(
	const struct spool *spool, const struct tlsresults_line *line, int64_t now_s)
{
	struct tlsresults_line dated = *line;
	struct buf text = BUF_INIT(TLSRESULTS_LINE_MAX);
	struct fault f;

	dated.day = (int32_t)(now_s / DAY_S);
	tlsresults_format(&dated, &text);
	if (add(spool, buf_span(&text), now_s, &f) < 0)
		log_event(
			LOG_LEVEL_WARNING, "tls-results-failed", LOG_TEXT("why", f.text));
	buf_release(&text);
}
