/*
 * The host memory: which next hops are down, why, and when to try them again. Kept by
 * route key (policy/route.h), single hosts by their address (deliver/target_memory.h), as
 * text in state/hosts, so that the reason stands once and not in each of ten thousand
 * journals. Pure: no file, no clock, no foreign library.
 *
 * It is only a memory: losing it, or a line of it, costs a connection attempt.
 *
 *	nullmta-hosts 1
 *	KEY FAILURES LAST-TRY NEXT-TRY host|route STATUS CODE REMOTE TEXT
 *	mx:example.org:25 2 1795419407 1795419707 host 4.4.1 0 - example.org: …
 *
 * TEXT goes to the end of the line; REMOTE is "-" where there is none.
 */
#ifndef POLICY_HOSTS_H
#define POLICY_HOSTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "mail/outcome.h"

#define HOSTS_MAX      10000
#define HOSTS_TEXT_MAX (16 * 1024 * 1024) /* of the file */
#define HOSTS_KEY_MAX  287                /* octets, printable ASCII without space */
#define HOSTS_AGE_MAX  ((int64_t)5 * 86400)
#define HOSTS_WAIT_MAX 2400 /* s; a next try further away is a clock that jumped */

struct host {
	char *key;
	unsigned failures; /* in a row */
	int64_t last_try_s;
	int64_t next_try_s;
	enum outcome_scope scope; /* HOST or ROUTE */
	struct outcome_status status;
	int code;
	char *remote;
	char *text;
};

struct hosts {
	struct host *items; /* sorted by key */
	size_t count;
	size_t cap;
};

void hosts_init(struct hosts *h);
void hosts_release(struct hosts *h);

/*
 * Add what `text` (a state file) says to `*h`. A line that is not well-formed is
 * skipped; a file of another version adds nothing.
 */
void hosts_parse(struct hosts *h, struct span text);

/* The text of all entries, such that hosts_parse reads it back. */
void hosts_format(const struct hosts *h, struct buf *out);

/* NULL when nothing is known against it. Borrowed until the next change of `h`. */
const struct host *hosts_find(const struct hosts *h, const char *key);

/* Whether to leave it alone for now. A clock that jumped back never keeps it down. */
bool hosts_is_down(const struct hosts *h, const char *key, int64_t now_s);

/* The outcome for a recipient that was not tried because its host is down: DEFERRED. */
struct outcome hosts_outcome(const struct host *host);

/*
 * It failed at `now_s`: remember why, and wait 1, 5, 15, then 30 minutes, each moved by
 * up to 10 % by `random` (any number). While it is down already, as when four workers
 * meet the same dead host, only the reason changes.
 */
void hosts_note_failure(struct hosts *h, const char *key, const struct outcome *outcome,
	int64_t now_s, uint32_t random);

/* It works: forget all. */
void hosts_note_success(struct hosts *h, const char *key);

/* Forget what was last tried more than HOSTS_AGE_MAX ago, or will have been. */
void hosts_expire(struct hosts *h, int64_t now_s);

#endif
