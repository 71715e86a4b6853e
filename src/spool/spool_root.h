/*
 * The directory in which every user has a spool, as root sees it: root:root 1733, so that
 * anybody may make a directory and nobody sees or takes away another's. A name in it is only
 * a claim; whose directory it is says its owner.
 */
#ifndef SPOOL_SPOOL_ROOT_H
#define SPOOL_SPOOL_ROOT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"

/* entries looked at in one walk: a flood of names must not hold up everybody's mail */
#define SPOOL_ROOT_ENTRIES_MAX 1000000

struct spool_root_visitor {
	/* `uid` has a spool here: more than one call where there are <uid>, <uid>.1 … */
	void (*owner)(void *ctx, uid_t uid);
	/* this one is no spool of whom it is named after; may be NULL */
	void (*refused)(void *ctx, const char *name, const char *why);
	void *ctx;
};

/*
 * Visit all names. Nothing in `path` is opened, renamed or made. The one thing that is
 * removed is an empty directory which bears a user's number and is not that user's: whose
 * name it took can have it.
 * 0, or -1 and a fault: the root is missing, not ours, or others could rename in it.
 */
int spool_root_walk(
	const char *path, const struct spool_root_visitor *visitor, struct fault *f);

/* Whether `uid` has a spool in the root `path`. */
bool spool_root_has(const char *path, uid_t uid);

#endif
