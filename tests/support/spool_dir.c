#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/spool_dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

void spool_dir_make(struct spool_dir *d)
{
	const char *tmp = getenv("TMPDIR");
	struct fault f;

	(void)umask(077);
	(void)snprintf(
		d->root, sizeof(d->root), "%.40s/spool-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(d->root));
	(void)snprintf(d->path, sizeof(d->path), "%s/spool", d->root);
	if (spool_open(&d->spool, d->path, true, &f) != 0)
		fail_msg("%s", f.text);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

void spool_dir_remove(struct spool_dir *d)
{
	spool_close(&d->spool);
	assert_int_equal(nftw(d->root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

struct envelope spool_dir_envelope(size_t recipient_count)
{
	struct envelope e = {.sender = mem_string("a@example.org")};
	char address[40];

	e.arrival_s = 1795419407;
	for (size_t i = 0; i < recipient_count; i++) {
		(void)snprintf(address, sizeof(address), "r%zu@example.org", i);
		envelope_add_recipient(&e, span_of(address), 0, NULL);
	}
	return e;
}

int spool_dir_store(const struct spool *s, struct span content, struct spool_entry *ret,
	struct fault *f)
{
	struct content_facts facts = {.longest_line = 78};
	struct envelope e = spool_dir_envelope(1);
	struct draft d = {0};
	int rc = -1;

	if (draft_begin(&d, s, f) == 0 && draft_envelope(&d, &e, f) == 0 &&
		draft_content(&d, content, f) == 0)
		rc = draft_commit(&d, &facts, f);
	draft_abandon(&d);
	if (rc == 0 && !spool_entry_parse(d.id, SPOOL_NEW, ret))
		BUG("the id of a draft");
	envelope_release(&e);
	return rc;
}

struct spool_entry spool_dir_message(const struct spool *s, const char *content)
{
	struct spool_entry e;
	struct fault f;

	if (spool_dir_store(s, span_of(content), &e, &f) != 0)
		fail_msg("%s", f.text);
	return e;
}

size_t spool_dir_count(const struct spool *s, const char *box)
{
	char path[400];
	size_t count = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/%s", s->path, box);
	dir = opendir(path);
	if (!dir)
		return 0;
	for (const struct dirent *e = readdir(dir); e; e = readdir(dir))
		count += e->d_name[0] != '.';
	(void)closedir(dir);
	return count;
}

bool spool_dir_has(const struct spool *s, const char *name)
{
	struct stat st;

	return fstatat(s->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

void spool_dir_put(const struct spool *s, const char *name, struct span text)
{
	int fd = openat(s->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text.data, text.len), text.len);
	assert_int_equal(close(fd), 0);
}

void spool_dir_age(const struct spool *s, const char *name, long age_s)
{
	struct timespec times[2] = {{.tv_sec = clock_now_s() - age_s}};

	times[1] = times[0];
	assert_int_equal(utimensat(s->fd, name, times, AT_SYMLINK_NOFOLLOW), 0);
}

struct buf spool_dir_content(const struct message *m)
{
	struct buf out = BUF_INIT(64 * 1024 * 1024);
	struct fault f;
	char block[5000];
	ssize_t got;

	do {
		got = message_read(m, out.len, block, sizeof(block), &f);
		if (got < 0)
			fail_msg("%s", f.text);
		buf_add(&out, block, (size_t)got);
	} while (got == (ssize_t)sizeof(block));
	return out;
}
