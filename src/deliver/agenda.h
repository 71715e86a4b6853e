/*
 * What a run has to do: the messages that are due, oldest first, and the plan that sorts
 * them by destination. A message for several destinations is claimed here, for all its
 * workers, and settled here when the last of them is done.
 */
#ifndef DELIVER_AGENDA_H
#define DELIVER_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "deliver/claim.h"
#include "deliver/flush.h"
#include "deliver/plan.h"
#include "deliver/seen.h"
#include "policy/hosts.h"

struct agenda {
	const struct flush *flush;
	struct hosts *hosts;
	struct plan plan;
	struct spool_entry *due; /* not yet planned: from due_at on */
	size_t due_count;
	size_t due_cap;
	size_t due_at;
	struct spool_entry
		*later; /* for several destinations: too many are claimed now */
	size_t later_count;
	size_t later_cap;
	size_t later_at;
	struct seen seen;
	struct timespec new_mtime; /* of new/ when it was last read */
	struct claim **shared;     /* NULL when settled */
	unsigned *shared_open;     /* destinations not done with it yet */
	size_t shared_count;
	size_t shared_cap;
	size_t shared_claimed; /* descriptors in use */
	unsigned postponed;    /* messages whose host is known to be down */
};

/* `hosts` is borrowed and read. */
void agenda_init(struct agenda *a, const struct flush *flush, struct hosts *hosts);
void agenda_release(struct agenda *a);

/* Find everything that is due in new/ and cur/. 0, or -1 when the spool is unreadable. */
int agenda_scan(struct agenda *a, struct fault *f);

/* Only this message, due or not. 1 found, 0 not there, -1 fault. */
int agenda_take_one(struct agenda *a, const char *id, struct fault *f);

/* See whether something has come to new/ since; costs one fstat when not. */
void agenda_look_again(struct agenda *a);

/*
 * Sort the next of what is due into the plan: not all at once, so that the first workers
 * need not wait for the last of a hundred thousand messages. Messages for several
 * destinations wait while too many of them are claimed. Returns how many were looked at.
 */
size_t agenda_plan(struct agenda *a);

/* Whether agenda_plan has anything to do now. */
bool agenda_is_planned(const struct agenda *a);

/* No worker will touch the first `done` jobs of `d` any more: settle what that ends. */
void agenda_note_done(struct agenda *a, struct destination *d);

#endif
