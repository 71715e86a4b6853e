/*
 * A message file of the spool, opened to look at it or claimed to deliver it. A claim is
 * a flock on the file, so no two processes ever deliver the same message; it ends with
 * the process at the latest.
 */
#ifndef SPOOL_MESSAGE_H
#define SPOOL_MESSAGE_H

#include "spool/spool.h"

struct message {
	const struct spool *spool;
	int fd;
	struct spool_entry entry; /* its name now */
	struct envelope envelope;
	uint64_t content_at; /* offset of the content in the file */
};

enum message_result {
	MESSAGE_OPEN,
	MESSAGE_GONE, /* no longer there under this name: somebody else took care of it */
	MESSAGE_BUSY, /* claimed by another process */
	MESSAGE_BAD, /* damaged, forged or not a plain file of the owner: see the fault */
	MESSAGE_UNKNOWN, /* a newer version: leave it alone */
	MESSAGE_FAULT,   /* this machine failed (EMFILE, EIO, …): try later */
};

/*
 * Open and parse for reading. The file's size must fit the envelope's octets; the content
 * is not read, so its crc is the reader's to compare. Whatever the result, message_close
 * may be called; after MESSAGE_BAD `*ret` has its name (and lock) for message_move, but
 * no envelope.
 */
enum message_result message_open(struct message *ret, const struct spool *spool,
	const struct spool_entry *entry, struct fault *f);

/*
 * The same with the claim: lock without waiting, compare the name again, count the try by
 * renaming to cur/ID:`next_s`.N+1 (not synced). `next_s` is when the message is tried
 * again should this process die. ret->entry has the new name.
 */
enum message_result message_claim(struct message *ret, const struct spool *spool,
	const struct spool_entry *entry, uint32_t next_s, struct fault *f);

/*
 * Lock `entry` and rename it to cur/ID:`next_s`.`attempts` without reading it: for the
 * thousands of messages behind a dead destination. Not synced. MESSAGE_OPEN when done
 * (nothing stays open), else GONE, BUSY, BAD (nothing that could be opened) or FAULT.
 */
enum message_result message_postpone(const struct spool *spool,
	const struct spool_entry *entry, uint32_t next_s, unsigned attempts,
	struct fault *f);

/* Set the next try of a claimed message: rename, not synced. */
int message_reschedule(
	struct message *m, uint32_t next_s, unsigned attempts, struct fault *f);

/*
 * Forget a claimed message: unlink and sync the directory, then its journal. When this
 * returns 0 no crash brings it back. After -1 it may be back after a crash, or still be
 * there: nothing of it may be sent again in this run.
 */
int message_remove(struct message *m, struct fault *f);

/*
 * Move to held/ or failed/, or back to new/ (`box`); both directories synced. m->entry
 * has the name it has now, also when a sync failed.
 */
int message_move(struct message *m, enum spool_box box, struct fault *f);

/*
 * Read content octets at `offset` (0 is the first octet of the header section). Returns
 * the number read (less than `n` only at the end of content), or -1 and a fault: a file
 * that became shorter is a fault, never an end.
 */
ssize_t message_read(
	const struct message *m, uint64_t offset, char *to, size_t n, struct fault *f);

/* Close, which ends the claim. Safe on a zeroed struct and twice. */
void message_close(struct message *m);

#endif
