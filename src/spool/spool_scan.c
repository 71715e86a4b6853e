#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "spool/box.h"
#include "spool/spool.h"

struct scan {
	const struct spool_visitor *visitor;
	enum spool_box box;
};

static bool scan_name(void *ctx, const char *name)
{
	const struct scan *scan = ctx;
	const struct spool_visitor *v = scan->visitor;
	struct spool_entry e;

	if (spool_entry_parse(name, scan->box, &e))
		return v->entry(v->ctx, &e);
	if (v->odd)
		v->odd(v->ctx, scan->box, name);
	return true;
}

int spool_scan(const struct spool *s, enum spool_box box, const struct spool_visitor *v,
	struct fault *f)
{
	struct scan scan = {.visitor = v, .box = box};

	return box_each(s, spool_box_name(box), scan_name, &scan, f);
}

static int compare(const struct spool_entry *a, const struct spool_entry *b)
{
	return memcmp(a->id, b->id, ENVELOPE_ID_LEN);
}

/* Let `e` sink from `hole` until no child of the heap is greater. */
static void sift(
	struct spool_entry *heap, size_t count, size_t hole, struct spool_entry e)
{
	for (;;) {
		size_t child = 2 * hole + 1;

		if (child >= count)
			break;
		if (child + 1 < count && compare(&heap[child], &heap[child + 1]) < 0)
			child++;
		if (compare(&e, &heap[child]) >= 0)
			break;
		heap[hole] = heap[child];
		hole = child;
	}
	heap[hole] = e;
}

/* heapsort: qsort(3) of glibc takes as much memory again for a merge */
void spool_sort(struct spool_entry *entries, size_t count)
{
	for (size_t i = count / 2; i-- > 0;)
		sift(entries, count, i, entries[i]);
	for (size_t n = count; n-- > 1;) {
		struct spool_entry last = entries[n];

		entries[n] = entries[0];
		sift(entries, n, 0, last);
	}
}

struct search {
	const char *id;
	struct spool_entry found;
	bool is_found;
};

static bool search_entry(void *ctx, const struct spool_entry *e)
{
	struct search *search = ctx;

	if (memcmp(e->id, search->id, ENVELOPE_ID_LEN) != 0)
		return true;
	search->found = *e;
	search->is_found = true;
	return false;
}

static int search_cur(const struct spool *s, struct search *search, struct fault *f)
{
	struct spool_visitor v = {.entry = search_entry, .ctx = search};

	return spool_scan(s, SPOOL_CUR, &v, f);
}

/* In the other boxes the id is the whole name. */
static int search_named(
	const struct spool *s, enum spool_box box, struct search *search, struct fault *f)
{
	struct spool_entry e = {.box = (uint8_t)box};
	char name[SPOOL_NAME_MAX];
	struct stat st;

	memcpy(e.id, search->id, ENVELOPE_ID_LEN);
	spool_entry_path(&e, name);
	if (fstatat(s->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		search->found = e;
		search->is_found = true;
	} else if (errno != ENOENT) {
		fault_set(f, FAULT_SYSTEM, errno, "cannot look at %s/%s", s->path, name);
		return -1;
	}
	return 0;
}

int spool_find(
	const struct spool *s, const char *id, struct spool_entry *ret, struct fault *f)
{
	static const enum spool_box order[] = {
		SPOOL_NEW, SPOOL_CUR, SPOOL_HELD, SPOOL_FAILED};
	struct search search = {.id = id};

	if (!spool_id_is_valid(span_of(id)))
		return 0;
	/* twice: a message that changes its name while we look may slip past us */
	for (size_t i = 0; i < 2 * ARRAY_LEN(order) && !search.is_found; i++) {
		enum spool_box box = order[i % ARRAY_LEN(order)];
		int rc = box == SPOOL_CUR ? search_cur(s, &search, f)
					  : search_named(s, box, &search, f);

		if (rc < 0)
			return -1;
	}
	if (search.is_found)
		*ret = search.found;
	return search.is_found ? 1 : 0;
}
