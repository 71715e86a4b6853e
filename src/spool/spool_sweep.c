#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "spool/box.h"
#include "spool/spool.h"

/* files looked at for each that may be removed: live journals stand among the orphans */
#define LOOKS_PER_REMOVAL 16

/* more than the grain of any file system's times */
#define QUIET_S 2

struct sweep {
	const struct spool *spool;
	const char *box;
	int64_t now_s;
	unsigned looks_left;
	struct spool_entry *old; /* ids of old files */
	size_t count;
	size_t max;
};

/* Only what bears an id is ours to remove. A time in the future is not old. */
static bool collect_old(void *ctx, const char *name)
{
	struct sweep *sweep = ctx;
	struct spool_entry e;
	char path[SPOOL_NAME_MAX];
	struct stat st;

	if (sweep->count == sweep->max || sweep->looks_left == 0)
		return false;
	if (!spool_entry_parse(name, SPOOL_NEW, &e))
		return true;
	sweep->looks_left--;
	box_path(sweep->box, e.id, path);
	if (fstatat(sweep->spool->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		st.st_mtime < sweep->now_s - SPOOL_TMP_AGE_MAX_S)
		sweep->old[sweep->count++] = e;
	return true;
}

static int collect(struct sweep *sweep, const char *box, struct fault *f)
{
	sweep->box = box;
	sweep->count = 0;
	sweep->looks_left = (unsigned)sweep->max * LOOKS_PER_REMOVAL;
	return box_each(sweep->spool, box, collect_old, sweep, f);
}

static void remove_collected(const struct sweep *sweep)
{
	char path[SPOOL_NAME_MAX];

	for (size_t i = 0; i < sweep->count; i++) {
		box_path(sweep->box, sweep->old[i].id, path);
		/* what cannot be removed today is found again by the next sweep */
		(void)unlinkat(sweep->spool->fd, path, 0);
	}
}

static bool exists_in(const struct spool *s, enum spool_box box, const char *id)
{
	char path[SPOOL_NAME_MAX];
	struct stat st;

	box_path(spool_box_name(box), id, path);
	return fstatat(s->fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* new/ twice: a message may come back from held/ or failed/ while we look */
static bool has_message_outside_cur(const struct spool *s, const char *id)
{
	return exists_in(s, SPOOL_NEW, id) || exists_in(s, SPOOL_HELD, id) ||
	       exists_in(s, SPOOL_FAILED, id) || exists_in(s, SPOOL_NEW, id);
}

static void drop_live_outside_cur(struct sweep *sweep)
{
	size_t kept = 0;

	for (size_t i = 0; i < sweep->count; i++)
		if (!has_message_outside_cur(sweep->spool, sweep->old[i].id))
			sweep->old[kept++] = sweep->old[i];
	sweep->count = kept;
}

static int compare_id(const void *a, const void *b)
{
	const struct spool_entry *x = a;
	const struct spool_entry *y = b;

	return memcmp(x->id, y->id, ENVELOPE_ID_LEN);
}

static bool mark_live(void *ctx, const struct spool_entry *e)
{
	struct sweep *sweep = ctx;
	struct spool_entry *hit =
		bsearch(e, sweep->old, sweep->count, sizeof(sweep->old[0]), compare_id);

	if (hit)
		hit->attempts = 1;
	return true;
}

static int drop_live_in_cur(struct sweep *sweep, struct fault *f)
{
	struct spool_visitor v = {.entry = mark_live, .ctx = sweep};
	size_t kept = 0;

	spool_sort(sweep->old, sweep->count);
	if (spool_scan(sweep->spool, SPOOL_CUR, &v, f) < 0)
		return -1;
	for (size_t i = 0; i < sweep->count; i++)
		if (sweep->old[i].attempts == 0)
			sweep->old[kept++] = sweep->old[i];
	sweep->count = kept;
	return 0;
}

/* The time of cur/'s last change; false when it cannot be told. */
static bool cur_changed_at(const struct spool *s, struct timespec *ret)
{
	struct stat st;

	if (fstatat(s->fd, spool_box_name(SPOOL_CUR), &st, 0) != 0)
		return false;
	*ret = st.st_mtim;
	return true;
}

/*
 * Nothing was renamed in cur/ between the two looks: the directory bears the same time,
 * and that time lies so far back that a change would have given it another.
 */
static bool was_quiet(struct timespec before, struct timespec after)
{
	/* the kernel's clock, which stamps directories, whatever the caller's says */
	int64_t now_s = clock_now_s();

	return before.tv_sec == after.tv_sec && before.tv_nsec == after.tv_nsec &&
	       (before.tv_sec < now_s - QUIET_S || before.tv_sec > now_s + QUIET_S);
}

/*
 * A journal that is removed under a living message means mail sent twice, and a listing
 * may miss a message that is renamed at that moment. So it must be certain.
 */
static int sweep_journals(struct sweep *sweep, struct fault *f)
{
	struct timespec before, after;

	if (collect(sweep, BOX_JOURNAL, f) < 0)
		return -1;
	if (sweep->count == 0 || !cur_changed_at(sweep->spool, &before))
		return 0;
	drop_live_outside_cur(sweep);
	if (drop_live_in_cur(sweep, f) < 0)
		return -1;
	if (cur_changed_at(sweep->spool, &after) && was_quiet(before, after))
		remove_collected(sweep);
	return 0;
}

int spool_sweep(const struct spool *s, int64_t now_s, unsigned limit, struct fault *f)
{
	struct sweep sweep = {.spool = s, .now_s = now_s, .max = limit};
	int rc;

	sweep.old = mem_array(limit, sizeof(sweep.old[0]));
	rc = collect(&sweep, BOX_TMP, f);
	if (rc == 0) {
		remove_collected(&sweep);
		rc = sweep_journals(&sweep, f);
	}
	free(sweep.old);
	return rc;
}
