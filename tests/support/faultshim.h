/*
 * System calls that fail, do half of what was asked, or are the last thing a process does:
 * at the n-th call, for every n. A test that uses it names the calls in its ldflags
 * (-Wl,--wrap=NAME for each) and tests/support/faultshim.c in its sources.
 *
 * Wrapped: openat mkdir mkdirat read pread write pwrite fsync syncfs close fallocate
 * renameat renameat2 unlinkat fstat fstatat flock fdopendir readdir.
 */
#ifndef SUPPORT_FAULTSHIM_H
#define SUPPORT_FAULTSHIM_H

#include <stdbool.h>

/* exit status of a process that was ended by FAULTSHIM_DIE_BEFORE or _AFTER */
#define FAULTSHIM_DEAD 99

enum faultshim_mode {
	FAULTSHIM_COUNT, /* let all pass */
	FAULTSHIM_FAIL,
	FAULTSHIM_FAIL_ON, /* from the n-th on, but for close and unlinkat */
	FAULTSHIM_HALVE,   /* read, write: half of the octets; others pass */
	FAULTSHIM_TEAR,    /* the same, and the call that asks for the rest fails */
	FAULTSHIM_DIE_BEFORE,
	FAULTSHIM_DIE_WITHIN, /* having done half */
	FAULTSHIM_DIE_AFTER,
};

struct faultshim_plan {
	enum faultshim_mode mode;
	unsigned at;      /* 1 is the first call; with `only`, of that name */
	int err;          /* errno of FAIL */
	const char *only; /* NULL: every call counts */
};

/* From here on calls are counted and the plan is carried out. */
void faultshim_arm(const struct faultshim_plan *plan);

/* Everything passes again. Returns how many calls were counted. */
unsigned faultshim_disarm(void);

/* The name of the call that the plan hit; "" for none. */
const char *faultshim_hit(void);

/* "openat write fsync …": the calls since arming (the first few hundred). */
const char *faultshim_trace(void);

#endif
