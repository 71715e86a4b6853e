/*
 * The subdirectories of a spool: what the modules of this room share.
 */
#ifndef SPOOL_BOX_H
#define SPOOL_BOX_H

#include "spool/spool.h"

#define BOX_TMP     "tmp"
#define BOX_JOURNAL "journal"

/* The name of `id` in the subdirectory `box`: "journal/1A…". */
void box_path(const char *box, const char *id, char out[SPOOL_NAME_MAX]);

/*
 * Rename within the spool; an existing `to` is never replaced (f->err is then EEXIST, and
 * ENOENT where `from` is gone). A missing directory of `to` is made.
 */
int box_rename(const struct spool *s, const char *from, const char *to, struct fault *f);

/* Make the subdirectory and sync the spool. 1 made, 0 it was there, -1 fault. */
int box_make(const struct spool *s, const char *box, struct fault *f);

/* The entries of the subdirectory `box` are on disk. */
int box_sync(const struct spool *s, const char *box, struct fault *f);

/*
 * Visit each name of the subdirectory `box` but "." and "..", until `visit` returns
 * false. A subdirectory that is not there has none.
 */
int box_each(const struct spool *s, const char *box,
	bool (*visit)(void *ctx, const char *name), void *ctx, struct fault *f);

/* What cannot be made here for good is FAULT_CREATE, a shortage is FAULT_SYSTEM. */
enum fault_kind box_fault_kind(int err);

#endif
