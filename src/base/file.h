/*
 * Files without the usual traps: EINTR, short writes, a read error taken for the end,
 * a sync that was never checked.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/fault.h"

/*
 * What is open at `first` and above does not outlive an exec. For whoever starts a program
 * that must hold nothing else of ours: a pipe that cron waits for, somebody's lock.
 */
void file_close_on_exec(int first);

/* Close unless negative; what was promised has been synced before, so no result. */
void file_close(int fd);

/*
 * read(2) that survives EINTR. Returns the octets read, 0 at the end, -1 and a fault of
 * FAULT_INPUT on an error, which is never taken for the end.
 */
ssize_t file_read_some(int fd, void *to, size_t n, const char *what, struct fault *f);

/* Append all that is left of `fd` to `ret`; more than ret->max allows is a fault. */
int file_read_rest(int fd, struct buf *ret, const char *what, struct fault *f);

/*
 * Append a whole regular file. Follows no link, never blocks on a FIFO; anything but a
 * regular file is a fault. f->err tells ENOENT from the rest.
 */
int file_read(int dirfd, const char *name, struct buf *ret, struct fault *f);

/* Write all octets; a disk that is full is a fault with err ENOSPC (EDQUOT, EFBIG). */
int file_write_all(int fd, struct span data, const char *what, struct fault *f);

/* The same at an offset, without moving the file position. */
int file_pwrite_all(
	int fd, struct span data, off_t at, const char *what, struct fault *f);

/* fsync(2). A failure is final: the pages are marked clean, a second sync would lie. */
int file_sync(int fd, const char *what, struct fault *f);

/*
 * Sync the directory that holds `path`, so that a name made there survives. A directory
 * that this user may not read cannot be synced: that is 0, for nothing more can be done.
 */
int file_sync_parent(const char *path, struct fault *f);

/*
 * Replace a small file as a whole: write `name`.tmp, sync, rename, sync the directory.
 * Readers see the old or the new one. `mode` as in open(2), under umask.
 */
int file_replace(int dirfd, const char *name, struct span content, struct fault *f);

/* flock(2), exclusive; a signal ends the wait (EINTR). Returns 0 or -1 with f->err. */
int file_lock(int fd, const char *what, struct fault *f);

/*
 * The same without waiting: 1 locked, 0 somebody else has it, -1 fault.
 */
int file_try_lock(int fd, const char *what, struct fault *f);

/* End a lock of either kind for all copies of the descriptor. */
void file_unlock(int fd);

/*
 * fds 0, 1 and 2 exist afterwards: /dev/null for writing where they were closed, so that
 * reading a closed stdin is an error and not an end. 0 or -1.
 */
int file_open_standard(struct fault *f);

#endif
