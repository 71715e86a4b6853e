#include "spool/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/codec.h"
#include "base/file.h"
#include "spool/box.h"

/* ids tried when tmp/ID is taken: by chance never twice, a limit against a loop */
#define ID_TRIES_MAX 16

/* octets that are written before the disk is asked to begin */
#define WRITE_BEHIND ((uint64_t)4 * 1024 * 1024)

/* `block` holds a whole head, however many recipients it has, and a block behind it */
#define BLOCK_MAX (ENVELOPE_MAX + DRAFT_BLOCK)

static int open_tmp(const char *name, const struct spool *s)
{
	return openat(
		s->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/*
 * An id nobody else is writing. O_EXCL makes it ours until the rename, and box_rename
 * replaces nothing, so that no two messages ever have the same name in new/.
 */
int draft_begin(struct draft *ret, const struct spool *spool, struct fault *f)
{
	struct draft d = {.spool = spool, .fd = -1, .block = BUF_INIT(BLOCK_MAX)};
	char name[SPOOL_NAME_MAX];
	bool has_boxes = false;

	for (int i = 0; i < ID_TRIES_MAX && d.fd < 0; i++) {
		spool_id_make(clock_now_us(), d.id);
		box_path(BOX_TMP, d.id, name);
		d.fd = open_tmp(name, spool);
		if (d.fd < 0 && errno == ENOENT && !has_boxes) {
			if (spool_make_boxes(spool, f) < 0)
				return -1;
			has_boxes = true;
		} else if (d.fd < 0 && errno != EEXIST) {
			break;
		}
	}
	if (d.fd < 0) {
		fault_set(f, box_fault_kind(errno), errno, "cannot make %s/%s",
			spool->path, name);
		return -1;
	}
	*ret = d;
	return 0;
}

static bool is_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_same_envelope(const struct envelope *a, const struct envelope *b)
{
	if (!is_same(a->sender, b->sender) || !is_same(a->envid, b->envid) ||
		a->recipient_count != b->recipient_count)
		return false;
	for (size_t i = 0; i < a->recipient_count; i++)
		if (!is_same(a->recipients[i].address, b->recipients[i].address) ||
			!is_same(a->recipients[i].orcpt, b->recipients[i].orcpt))
			return false;
	return true;
}

/* What the flush would not believe, or read as something else, must not be accepted. */
static int check_envelope(struct span text, const struct envelope *e, struct fault *f)
{
	struct envelope again;
	size_t content_at;
	bool is_good;

	if (envelope_parse(text, &again, &content_at, f) != ENVELOPE_GOOD)
		return -1;
	is_good = is_same_envelope(e, &again);
	envelope_release(&again);
	if (!is_good)
		fault_set(f, FAULT_DATA, 0, "bad envelope: a word that is two");
	return is_good ? 0 : -1;
}

int draft_envelope(struct draft *d, struct envelope *e, struct fault *f)
{
	if (d->block.len || d->written)
		BUG("a second envelope");
	memcpy(e->id, d->id, sizeof(e->id));
	envelope_format(e, &d->block, &d->facts_at);
	if (d->block.is_overfull) {
		fault_set(f, FAULT_DATA, 0, "the envelope is too large");
		return -1;
	}
	return check_envelope(buf_span(&d->block), e, f);
}

/*
 * The disk begins to write while we still read: the sync at the end is all the shorter. Only
 * a hint, whose failure means nothing.
 */
static void write_behind(struct draft *d)
{
	if (d->written - d->behind < WRITE_BEHIND)
		return;
	(void)sync_file_range(d->fd, (off_t)d->behind, (off_t)(d->written - d->behind),
		SYNC_FILE_RANGE_WRITE);
	d->behind = d->written;
}

static int write_out(struct draft *d, struct span data, struct fault *f)
{
	if (file_write_all(d->fd, data, d->spool->path, f) < 0)
		return -1;
	d->written += data.len;
	write_behind(d);
	return 0;
}

static int write_block(struct draft *d, struct fault *f)
{
	int rc = d->block.len ? write_out(d, buf_span(&d->block), f) : 0;

	buf_reset(&d->block);
	return rc;
}

/* Whole blocks go out from where they are, the rest is collected. */
int draft_content(struct draft *d, struct span content, struct fault *f)
{
	d->crc = crc32c(d->crc, content.data, content.len);
	d->octets += content.len;
	while (content.len) {
		size_t n;

		if (d->block.len >= DRAFT_BLOCK && write_block(d, f) < 0)
			return -1;
		if (d->block.len == 0 && content.len >= DRAFT_BLOCK) {
			n = content.len - content.len % DRAFT_BLOCK;
			if (write_out(d, span_head(content, n), f) < 0)
				return -1;
		} else {
			n = DRAFT_BLOCK - d->block.len;
			n = n < content.len ? n : content.len;
			buf_add(&d->block, content.data, n);
		}
		content = span_from(content, n);
	}
	return 0;
}

/* Put the facts where envelope_format left room for them; all is written then. */
static int write_facts(
	struct draft *d, const struct content_facts *facts, struct fault *f)
{
	struct content_facts own = *facts;
	struct buf text = BUF_INIT(DRAFT_BLOCK);
	int rc;

	own.octets = d->octets;
	own.crc = d->crc;
	envelope_format_facts(&own, &text);
	if (!d->written) {
		memcpy(d->block.data + d->facts_at, text.data, text.len);
		rc = write_block(d, f);
	} else {
		rc = write_block(d, f);
		if (rc == 0)
			rc = file_pwrite_all(d->fd, buf_span(&text), (off_t)d->facts_at,
				d->spool->path, f);
	}
	buf_release(&text);
	return rc;
}

/* A network file system or a quota may say only now that the data had no room. */
static int close_checked(struct draft *d, struct fault *f)
{
	int fd = d->fd;

	d->fd = -1;
	if (close(fd) != 0 && errno != EINTR) {
		fault_set(f, FAULT_SYSTEM, errno, "cannot close a file in %s",
			d->spool->path);
		return -1;
	}
	return 0;
}

static int publish(struct draft *d, struct fault *f)
{
	const char *box = spool_box_name(SPOOL_NEW);
	char from[SPOOL_NAME_MAX], to[SPOOL_NAME_MAX];

	box_path(BOX_TMP, d->id, from);
	box_path(box, d->id, to);
	if (box_rename(d->spool, from, to, f) < 0)
		return -1;
	if (box_sync(d->spool, box, f) < 0) {
		/* the caller says that it failed, so it must not go out: best effort */
		(void)unlinkat(d->spool->fd, to, 0);
		return -1;
	}
	return 0;
}

static void forget(struct draft *d)
{
	file_close(d->fd);
	d->fd = -1;
	d->spool = NULL;
	buf_release(&d->block);
}

int draft_commit(struct draft *d, const struct content_facts *facts, struct fault *f)
{
	if (!d->block.len && !d->written)
		BUG("a message without an envelope");
	if (write_facts(d, facts, f) < 0 || file_sync(d->fd, d->spool->path, f) < 0 ||
		close_checked(d, f) < 0 || publish(d, f) < 0) {
		draft_abandon(d);
		return -1;
	}
	forget(d);
	return 0;
}

void draft_abandon(struct draft *d)
{
	char name[SPOOL_NAME_MAX];

	if (!d->spool)
		return;
	box_path(BOX_TMP, d->id, name);
	/* what cannot be removed was never promised, and is swept after a day */
	(void)unlinkat(d->spool->fd, name, 0);
	forget(d);
}
