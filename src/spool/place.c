#include "spool/place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void place_name(uid_t uid, int suffix, char out[PLACE_NAME_MAX])
{
	if (suffix)
		(void)snprintf(out, PLACE_NAME_MAX, "%lu.%d", (unsigned long)uid, suffix);
	else
		(void)snprintf(out, PLACE_NAME_MAX, "%lu", (unsigned long)uid);
}

static void root_candidate(
	const struct place_options *o, int suffix, char *out, size_t size)
{
	char name[PLACE_NAME_MAX];

	place_name(o->user->uid, suffix, name);
	(void)snprintf(out, size, "%s/%s", o->root, name);
}

static bool home_candidate(const struct place_options *o, char *out, size_t size)
{
	if (!o->user->home)
		return false;
	return snprintf(out, size, "%s/.local/state/nullmta", o->user->home) < (int)size;
}

/* whether trying the next suffix can help: somebody else stands there */
static bool is_squatted(const struct fault *f)
{
	return f->kind == FAULT_CREATE && f->err == 0;
}

static int open_below_root(
	struct spool *ret, const struct place_options *o, struct fault *f)
{
	char path[sizeof(ret->path)];

	if (access(o->root, W_OK | X_OK) != 0) {
		fault_set(f, FAULT_CREATE, errno, "%s", o->root);
		return -1;
	}
	for (int suffix = 0; suffix <= PLACE_SUFFIX_MAX; suffix++) {
		root_candidate(o, suffix, path, sizeof(path));
		if (spool_open(ret, path, true, f) == 0)
			return 0;
		if (!is_squatted(f))
			return -1;
	}
	return -1;
}

int place_open(struct spool *ret, const struct place_options *o, struct fault *f)
{
	char path[sizeof(ret->path)];
	struct fault root_fault;

	if (o->dir)
		return spool_open(ret, o->dir, true, f);
	if (open_below_root(ret, o, &root_fault) == 0)
		return 0;
	/* a full disk under the root is no reason to scatter mail over two places */
	if (root_fault.kind == FAULT_SYSTEM) {
		*f = root_fault;
		return -1;
	}
	if (!home_candidate(o, path, sizeof(path))) {
		fault_set(f, FAULT_CREATE, 0,
			"no place for the spool: %s, and uid %lu has no home directory; "
			"set NULLMTA_SPOOL to a private writable directory",
			root_fault.text, (unsigned long)o->user->uid);
		return -1;
	}
	if (spool_open(ret, path, true, f) == 0)
		return 0;
	fault_append(f, "; set NULLMTA_SPOOL to a private writable directory");
	return -1;
}

/* 1 opened, 0 passed over (`f` says why) */
static int open_usual(struct spool *ret, const struct place_options *o, const char *path,
	struct fault *f)
{
	if (o->dir && strcmp(o->dir, path) == 0) {
		fault_set(f, FAULT_CREATE, 0, "%s is open already", path);
		return 0;
	}
	return spool_open(ret, path, false, f) == 0;
}

static int open_usual_places(
	struct spool ret[], const struct place_options *o, struct fault *f)
{
	char path[sizeof(ret->path)];
	int count = 0;

	for (int suffix = 0; suffix <= PLACE_SUFFIX_MAX; suffix++) {
		root_candidate(o, suffix, path, sizeof(path));
		count += open_usual(&ret[count], o, path, f);
	}
	if (home_candidate(o, path, sizeof(path)))
		count += open_usual(&ret[count], o, path, f);
	return count;
}

int place_open_existing(
	struct spool ret[], const struct place_options *o, struct fault *f)
{
	int count = 0;

	if (!o->dir)
		return open_usual_places(ret, o, f);
	if (spool_open(&ret[0], o->dir, false, f) == 0)
		count = 1;
	else if (f->err != ENOENT)
		return -1;
	return o->has_usual ? count + open_usual_places(ret + count, o, f) : count;
}

bool place_is_below_root(const char *path, const char *root, uid_t uid)
{
	struct span rest = span_of(path);
	char name[PLACE_NAME_MAX];

	if (!span_starts(rest, root))
		return false;
	rest = span_from(rest, span_of(root).len);
	for (int suffix = 0; suffix <= PLACE_SUFFIX_MAX; suffix++) {
		place_name(uid, suffix, name);
		if (span_starts(rest, "/") && span_is(span_from(rest, 1), name))
			return true;
	}
	return false;
}
