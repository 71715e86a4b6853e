/*
 * The disk queue of one user: a directory, maildir-like, one immutable file a message.
 * The file's name carries its schedule, its journal its fate.
 *
 *	tmp/ID           being written; nothing is promised
 *	new/ID           accepted, never tried
 *	cur/ID:NEXT.N    tried N times, next try at NEXT (seconds since the epoch)
 *	journal/ID       one line an event, appended (spool/journal.h)
 *	held/ID          set aside by the user
 *	failed/ID        parked: damaged, or not even a report could be filed
 *	state/           what was learned (hosts that are down, counters)
 *	lock  wait       the run lock and the waiting place before it
 *
 * The state table: what stands on disk, what it means, what a run does with it. Every
 * crash point leads to one of these rows. (The same table is in man/nullmta-spool.5.)
 *
 *	tmp/ID                     not accepted         removed when older than a day
 *	new/ID, no journal         accepted, not tried  claim and try
 *	cur/ID:T.N, T in future    waits                nothing
 *	cur/ID:T.N, T reached      due                  claim and try
 *	new, cur; file is locked   being tried          left alone
 *	new, cur; and a journal    partly done          only recipients without a final
 *	                                                line are tried
 *	… all final, a failure     report not filed     file it, then remove
 *	  or a relayed line is
 *	  not marked reported
 *	… all final and reported   done                 remove, nothing is sent
 *	journal/ID, no message     done                 removed when older than a day
 *	held/ID, failed/ID         needs a person       nothing
 *	new, cur; damaged file     not ours to send     to failed/, a log line
 *	unknown version, odd name  from a newer or      nothing, a log line
 *	                           another program
 *
 * A message is in one box at a time: it changes boxes by rename(2) alone. The umask of
 * whoever writes must leave the owner's bits (077 is right).
 */
#ifndef SPOOL_SPOOL_H
#define SPOOL_SPOOL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/fault.h"
#include "spool/envelope.h"

#define SPOOL_TMP_AGE_MAX_S 86400 /* older leftovers in tmp/ and journal/ go */
#define SPOOL_NEXT_MAX      UINT32_MAX
#define SPOOL_ATTEMPTS_MAX  9999

struct spool {
	int fd; /* the directory, verified: ours, 0700, no link */
	uid_t owner;
	char path[256]; /* for messages to people */
};

enum spool_box { SPOOL_NEW, SPOOL_CUR, SPOOL_HELD, SPOOL_FAILED };

/* One message by its name. Packed: a list of 100 000 is 2.2 MB, and mailq may use 4. */
struct spool_entry {
	char id[ENVELOPE_ID_LEN + 1];
	uint8_t box; /* enum spool_box */
	uint16_t attempts;
	uint32_t next_s; /* cur only, else 0 */
} __attribute__((packed, aligned(2)));

/*
 * Open the spool directory `path`. With `is_made` it, its parents and its subdirectories
 * are made (0700) and synced when it is missing; an existing spool costs no look at its
 * subdirectories, they are mended where one is found missing. A directory that is a link,
 * belongs to another user or is open to others is refused with FAULT_CREATE and f->err 0;
 * f->err is ENOENT where there is none. Close with spool_close.
 */
int spool_open(struct spool *ret, const char *path, bool is_made, struct fault *f);
void spool_close(struct spool *s);

/* Make what is missing of the subdirectories, and sync them and what leads there. */
int spool_make_boxes(const struct spool *s, struct fault *f);

/* "new", "cur", … */
const char *spool_box_name(enum spool_box box);

/* The name below the spool, such as "cur/1A…:1795419407.2". */
#define SPOOL_NAME_MAX 64
void spool_entry_path(const struct spool_entry *e, char out[SPOOL_NAME_MAX]);

/*
 * Parse a name found in `box`; false for a name no nullmta made. What is parsed gives the
 * same name again by spool_entry_path.
 */
bool spool_entry_parse(const char *name, enum spool_box box, struct spool_entry *ret);

/*
 * Visit each message of `box` in the order of the directory. A visitor returns false to
 * stop. Odd names go to `odd` (may be NULL). Opens no file but the directory. A message
 * that is renamed meanwhile may be seen twice or not at all; a claim settles it.
 */
struct spool_visitor {
	bool (*entry)(void *ctx, const struct spool_entry *e);
	void (*odd)(void *ctx, enum spool_box box, const char *name);
	void *ctx;
};
int spool_scan(const struct spool *s, enum spool_box box, const struct spool_visitor *v,
	struct fault *f);

/* Oldest first, in place, without more memory. */
void spool_sort(struct spool_entry *entries, size_t count);

/* Find ID in any box (new, cur, held, failed). 1 found, 0 not there, -1 fault. */
int spool_find(
	const struct spool *s, const char *id, struct spool_entry *ret, struct fault *f);

/*
 * Remove leftovers: tmp/ and orphaned journal/ files older than SPOOL_TMP_AGE_MAX_S at
 * `now_s`; at most `limit` of each, and looking at not many more, so that a flood cannot
 * hold up a run. Journals stay where cur/ is too busy to be sure that they are orphans.
 */
int spool_sweep(const struct spool *s, int64_t now_s, unsigned limit, struct fault *f);

/*
 * A new id: time and randomness, 14 of [0-9A-V], the first one of [0-9A-F]; sorts by
 * time until the year 2112.
 */
void spool_id_make(int64_t now_us, char out[ENVELOPE_ID_LEN + 1]);
bool spool_id_is_valid(struct span s);

/* When a valid id was made, seconds since the epoch: when its message arrived. */
int64_t spool_id_time_s(const char *id);

#endif
