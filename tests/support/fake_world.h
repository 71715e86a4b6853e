/*
 * A world (deliver/world.h) for tests of deliveries: a clock that stands still until it is
 * moved, chance that is none, DNS from a text, a spool and a home of its own. What fails
 * here fails the test. One at a time.
 */
#ifndef SUPPORT_FAKE_WORLD_H
#define SUPPORT_FAKE_WORLD_H

#include "deliver/flush.h"
#include "mail/dsn.h"
#include "tests/support/spool_dir.h"

#define FAKE_NOW 1795419407 /* Mon, 23 Nov 2026 07:36:47 UTC */

#define FAKE_RECIPIENTS_MAX 8

struct fake_world {
	struct spool_dir dir; /* dir.root is the user's home, too */
	struct conf conf;
	struct identity identity;
	struct user user;
	struct world world;
	struct flush flush;
};

/*
 * `zone` is for tests/support/zone_resolver.h; NULL: no name exists. The user has a
 * Maildir, the log goes to a file, hosts on loopback may be used. conf may be changed;
 * flush.started_s is now.
 */
void fake_world_make(struct fake_world *w, const char *zone);
void fake_world_remove(struct fake_world *w);

/* Let time pass on both clocks. */
void fake_world_advance(int64_t seconds);

/*
 * From now on time flies: `mono_ms` counts from long ago and goes on by `step_ms` at each
 * look, so that what waits for the network is told at once that it has waited in vain.
 */
void fake_world_fly(int64_t step_ms);

/* Give a string of the configuration another value. */
void fake_world_set(char **value, const char *text);

/* Nobody reads local mail here. */
void fake_world_lose_mailbox(struct fake_world *w);

/* A stored message; what is 0 or NULL has the usual value. */
struct fake_mail {
	const char *sender;                  /* a@example.org */
	const char *to[FAKE_RECIPIENTS_MAX]; /* r@dest.example */
	unsigned notify;                     /* of every recipient */
	enum dsn_return ret;
	const char *content;
	int64_t age_s;
	unsigned attempts; /* 0: in new/, else in cur/ and due */
	int64_t next_s;    /* cur/ only: not due before this long from now */
};

struct spool_entry fake_world_mail(struct fake_world *w, const struct fake_mail *mail);

/* Where the message is now; false when it is gone. */
bool fake_world_find(struct fake_world *w, const char *id, struct spool_entry *ret);

/* "new", "cur", "failed", … or "gone". */
const char *fake_world_box(struct fake_world *w, const char *id);

/* Seconds from now until its next try. */
int64_t fake_world_wait_s(struct fake_world *w, const char *id);

/* The journal as text: one line an event. Release it. */
struct buf fake_world_journal(struct fake_world *w, const char *id);

/* How many lines of the log hold `words`. */
size_t fake_world_logged(struct fake_world *w, const char *words);

/* How many reports are in the user's mailbox; all of them as one text. Release it. */
size_t fake_world_report_count(struct fake_world *w);
struct buf fake_world_reports(struct fake_world *w);

#endif
