/*
 * The fate of one message's recipients: journal/ID, text lines, each with a checksum,
 * appended by one write and synced when it decides something.
 *
 *	TIME RECIPIENT EVENT STATUS CODE REMOTE "TEXT" CRC
 *	1795419407 2 failed 5.1.1 550 mx.example.org[192.0.2.1]:25 "no such user" 1a2b3c4d
 *
 * RECIPIENT is the number of the envelope's `to` line, from 0 on. The numbers behind them
 * are of addresses that an alias has put in the place of one of these: an `expanded` line,
 * whose text is the number of that recipient, a space and the address, gives each one its
 * number, for good. The checksum covers the
 * message's id and the line before it. A line whose checksum is wrong is ignored: a torn
 * end is normal. The lines behind it count, since each tells of one recipient by itself,
 * and a line that is appended to a torn end begins with a line end. So nothing in a
 * journal is ever rewritten or cut.
 */
#ifndef SPOOL_JOURNAL_H
#define SPOOL_JOURNAL_H

#include "mail/outcome.h"
#include "spool/spool.h"

#define JOURNAL_MAX            (16 * 1024 * 1024)
#define JOURNAL_RECIPIENTS_MAX (2 * ENVELOPE_RECIPIENTS_MAX)
#define JOURNAL_LINE_MAX       1024

/*
 * From this size on DEFERRED and UNCERTAIN lines are no longer written: days of tries of
 * ten thousand recipients must leave room for what decides their fate.
 */
#define JOURNAL_TRIES_MAX (4 * 1024 * 1024)

enum journal_event {
	JOURNAL_DELIVERED,
	JOURNAL_DEFERRED,
	JOURNAL_FAILED,
	JOURNAL_UNCERTAIN, /* the dot left, no reply came: deferred, may be a duplicate */
	JOURNAL_REPORTED, /* this failure, or relaying, has been reported to the sender */
	JOURNAL_WARNED,   /* the delay has been reported */
	JOURNAL_RELEASED, /* the user wants a recipient that failed tried again */
	JOURNAL_RELAYED,  /* delivered, and the sender wants to be told by us */
	JOURNAL_EXPANDED, /* the number is of an address in the place of a recipient */
};

/* What the journal says of one recipient. */
struct journal_recipient {
	enum outcome_kind kind; /* PENDING, DELIVERED, DEFERRED or FAILED */
	bool may_be_delivered;  /* the last try ended uncertain */
	bool is_relayed;        /* DELIVERED, and to be reported */
	bool is_reported;
	bool is_warned;
	int64_t time_s; /* of the last outcome */
	struct outcome_status status;
	int code;
	char *remote;  /* NULL or owned */
	char *text;    /* NULL or owned */
	size_t parent; /* with `address`: the recipient in whose place it stands */
	char *address; /* owned; NULL for a recipient of the envelope */
};

/* A number behind the envelope's may have no address: its line was lost. */
struct journal_state {
	struct journal_recipient *recipients;
	size_t count;          /* at least envelope_count */
	size_t envelope_count; /* how many of them are the envelope's */
	bool exists;
};

/* Open for appending; the file is made by the first journal_reserve or journal_append. */
struct journal {
	const struct spool *spool;
	char id[ENVELOPE_ID_LEN + 1];
	int fd;       /* -1: not open */
	off_t size;   /* of the file, when we looked or wrote last */
	bool is_torn; /* does not end with a line end */
	bool is_shared; /* other processes append too: who knows what they left at the end */
};

/*
 * Read the state of `id`, whose envelope has `recipient_count` recipients; all PENDING
 * without a journal. Unknown events and numbers out of range are skipped. What is final stays:
 * after DELIVERED or FAILED no DEFERRED counts; only RELEASED ends FAILED. -1 only for a fault of reading, or a
 * journal over JOURNAL_MAX (then nothing may be delivered).
 */
int journal_load(const struct spool *spool, const char *id, size_t recipient_count,
	struct journal_state *ret, struct fault *f);
void journal_state_release(struct journal_state *state);

/* Outcome of a recipient as struct outcome again, for reports. */
struct outcome journal_outcome(const struct journal_recipient *r);

void journal_init(struct journal *j, const struct spool *spool, const char *id);

/*
 * Make sure that `lines` more lines can be written on a full disk: file made, blocks
 * allocated (real zeros are not written; the size does not change), directory synced when
 * new. Call before a transaction whose result may have to be recorded beside
 * the message; on -1 do not start it. A file system that cannot allocate is asked whether
 * it has that much free.
 */
int journal_reserve(struct journal *j, size_t lines, struct fault *f);

/*
 * Append one event by one write; not synced, but a file that had to be made is entered in
 * its directory durably. `outcome` may be NULL for REPORTED, WARNED and RELEASED.
 */
int journal_append(struct journal *j, int64_t time_s, size_t recipient,
	enum journal_event event, const struct outcome *outcome, struct fault *f);

/* Give `number` to an address in the place of recipient `parent`; not synced either. */
int journal_expand(struct journal *j, int64_t time_s, size_t number, size_t parent,
	const char *address, struct fault *f);

/* The state for it, as journal_load would read it from that line. */
void journal_state_expand(
	struct journal_state *state, size_t number, size_t parent, struct span address);

/* All that was appended is on disk, the directory entry too. Nothing to do when not open. */
int journal_sync(struct journal *j, struct fault *f);

void journal_close(struct journal *j);

/*
 * Visit every good line in order, for `nullmta queue show`: text without checksum.
 */
int journal_show(const struct spool *spool, const char *id,
	void (*line)(void *ctx, struct span text), void *ctx, struct fault *f);

/* Visit the id of every message that has a journal, in the order of the directory. */
int journal_each(const struct spool *spool, void (*visit)(void *ctx, const char *id),
	void *ctx, struct fault *f);

#endif
