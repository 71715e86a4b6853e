/*
 * Play an operation on a spool again and again: each time another system call fails, does
 * half of its work, or is the last one of its process; then look at what stands on disk.
 */
#ifndef SUPPORT_FAULTPLAY_H
#define SUPPORT_FAULTPLAY_H

#include "tests/support/faultshim.h"
#include "tests/support/spool_dir.h"

#define FAULTPLAY_LINES 4 /* journal lines that a stage keeps a mark of */

/* A spool of its own, new for each try, and what there is in it. */
struct stage {
	struct spool_dir dir;
	struct spool_entry entry; /* the message there is, if any */
	const char *content;
	size_t content_len;
	struct fault fault;
	bool *has_synced; /* shared with the child: lines whose sync returned 0 */
};

/* How an operation ended; the codes of a child's exit are the same. */
enum ending { SUCCEEDED = 0, FAILED = 1, DIED = FAULTSHIM_DEAD };

/* `act` runs under attack, in a child when it is to die; the others undisturbed. */
struct scene {
	const char *name;
	void (*prepare)(struct stage *s);
	enum ending (*act)(struct stage *s);
	void (*check)(struct stage *s, enum ending ending);
};

/*
 * Play the scene under every attack at its 1st, 2nd, … call until there is no further one.
 * Fails the test where an operation fails though nothing did, or succeeds though a write
 * or a sync failed. V in the environment shows each try.
 */
void faultplay(const struct scene *scene);

#endif
