#include "spool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "spool/box.h"

/* parts the id from the schedule in a name of cur/ */
#define ID_END ':'

static int store_path(struct spool *s, const char *path, struct fault *f)
{
	struct span p = span_of(path);

	/* "x/" would follow a link x in spite of O_NOFOLLOW */
	while (p.len > 1 && span_ends(p, "/"))
		p.len--;
	if (p.len == 0 || !text_copy(s->path, sizeof(s->path), p)) {
		fault_set(f, FAULT_CREATE, 0, "the spool's name is %s: %s",
			p.len ? "too long" : "empty", path);
		return -1;
	}
	return 0;
}

static int refuse(struct fault *f, const char *path, const char *why)
{
	fault_set(f, FAULT_CREATE, 0, "the spool %s %s", path, why);
	return -1;
}

static int check_directory(const struct spool *s, const struct stat *st, struct fault *f)
{
	if (!S_ISDIR(st->st_mode))
		return refuse(f, s->path, "is not a directory (a link is not followed)");
	if (st->st_uid != s->owner)
		return refuse(f, s->path, "belongs to another user");
	if (st->st_mode & 077)
		return refuse(f, s->path, "is open to others; mend it with chmod 700");
	return 0;
}

static int open_directory(struct spool *s, struct fault *f)
{
	struct stat st;
	int err;

	s->owner = geteuid();
	s->fd = openat(
		AT_FDCWD, s->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (s->fd >= 0 && fstat(s->fd, &st) == 0)
		return check_directory(s, &st, f);
	err = errno;
	/* a squatter's directory or link is refused for what it is */
	if (s->fd < 0 && err != ENOENT && lstat(s->path, &st) == 0 &&
		check_directory(s, &st, f) < 0)
		return -1;
	fault_set(f, box_fault_kind(err), err, "cannot open the spool %s", s->path);
	return -1;
}

/* Make one directory; what is in the way goes to `err`, unless something was before. */
static void make_directory(const char *path, int *err)
{
	if (mkdir(path, 0700) != 0 && errno != EEXIST && *err == 0)
		*err = errno;
}

/* Make `path` and its parents. The first errno, for when it is not there afterwards. */
static int make_path(const char *path)
{
	char part[sizeof(((struct spool *)NULL)->path)];
	int err = 0;

	for (size_t i = 1; path[i]; i++)
		if (path[i] == '/' &&
			text_copy(part, sizeof(part), (struct span){path, i}))
			make_directory(part, &err);
	make_directory(path, &err);
	return err;
}

/* Open it again, once made; a file system that is full or read-only is told as such. */
static int open_made(struct spool *s, int make_err, struct fault *f)
{
	if (open_directory(s, f) == 0)
		return spool_make_boxes(s, f);
	if (make_err && f->err == ENOENT)
		fault_set(f, box_fault_kind(make_err), make_err,
			"cannot open the spool %s", s->path);
	return -1;
}

int spool_open(struct spool *ret, const char *path, bool is_made, struct fault *f)
{
	struct spool s = {.fd = -1};
	int rc;

	if (store_path(&s, path, f) < 0)
		return -1;
	rc = open_directory(&s, f);
	if (rc < 0 && is_made && f->err == ENOENT)
		rc = open_made(&s, make_path(s.path), f);
	if (rc < 0) {
		file_close(s.fd);
		return -1;
	}
	*ret = s;
	return 0;
}

void spool_close(struct spool *s)
{
	file_close(s->fd);
	s->fd = -1;
}

const char *spool_box_name(enum spool_box box)
{
	static const char *const names[] = {
		[SPOOL_NEW] = "new",
		[SPOOL_CUR] = "cur",
		[SPOOL_HELD] = "held",
		[SPOOL_FAILED] = "failed",
	};

	return names[box];
}

void spool_entry_path(const struct spool_entry *e, char out[SPOOL_NAME_MAX])
{
	enum spool_box box = (enum spool_box)e->box;

	if (box != SPOOL_CUR)
		box_path(spool_box_name(box), e->id, out);
	else
		(void)snprintf(out, SPOOL_NAME_MAX, "cur/%s%c%u.%u", e->id, ID_END,
			e->next_s, e->attempts);
}

/* A number in the one form that printf gives it, so that no two names mean the same. */
static bool parse_number(struct span s, uint64_t max, uint64_t *ret)
{
	if (s.len > 1 && s.data[0] == '0')
		return false;
	return span_to_uint(s, max, ret) == 0;
}

static bool parse_schedule(struct span s, struct spool_entry *e)
{
	uint64_t next_s, attempts;
	struct span part;

	if (!span_cut(&s, '.', &part) || !parse_number(part, SPOOL_NEXT_MAX, &next_s) ||
		!parse_number(s, SPOOL_ATTEMPTS_MAX, &attempts))
		return false;
	e->next_s = (uint32_t)next_s;
	e->attempts = (uint16_t)attempts;
	return true;
}

bool spool_entry_parse(const char *name, enum spool_box box, struct spool_entry *ret)
{
	struct spool_entry e = {.box = (uint8_t)box};
	struct span rest = span_of(name);
	struct span id = span_head(rest, ENVELOPE_ID_LEN);

	if (!spool_id_is_valid(id))
		return false;
	memcpy(e.id, id.data, id.len);
	rest = span_from(rest, id.len);
	if (box == SPOOL_CUR) {
		if (!rest.len || rest.data[0] != ID_END ||
			!parse_schedule(span_from(rest, 1), &e))
			return false;
	} else if (rest.len) {
		return false;
	}
	*ret = e;
	return true;
}
