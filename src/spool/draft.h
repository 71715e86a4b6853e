/*
 * A message on its way into the spool. The commit point is draft_commit: before it
 * nothing is promised and draft_abandon leaves nothing behind; after it the message is
 * on disk, file and directory synced.
 */
#ifndef SPOOL_DRAFT_H
#define SPOOL_DRAFT_H

#include "base/buf.h"
#include "spool/spool.h"

/*
 * Content goes to disk in blocks of this size. What fits into one with its envelope is
 * written by a single write(2), at commit.
 */
#define DRAFT_BLOCK (64 * 1024)

struct draft {
	const struct spool *spool; /* NULL when there is no tmp/ID */
	int fd;                    /* tmp/ID, -1 when it is not open */
	char id[ENVELOPE_ID_LEN + 1];
	struct buf block; /* not yet written */
	size_t facts_at;
	uint64_t octets;
	uint32_t crc;
	uint64_t written; /* octets that have left `block` */
	uint64_t behind;  /* of these the disk was asked to write so many */
};

/*
 * Make tmp/ID, and the spool's subdirectories when they are missing. `spool` is borrowed
 * until commit or abandon.
 */
int draft_begin(struct draft *ret, const struct spool *spool, struct fault *f);

/*
 * Write the head; e->id is set to the draft's. Call once, before content. An envelope
 * that envelope_parse would refuse is a FAULT_DATA. On -1 abandon the draft.
 */
int draft_envelope(struct draft *d, struct envelope *e, struct fault *f);

/* Append content in wire form. On -1 abandon the draft. */
int draft_content(struct draft *d, struct span content, struct fault *f);

/*
 * Complete the facts (octets and crc are the draft's own), sync, rename to new/ID, sync
 * new/. On failure the draft is abandoned: -1, nothing stays; but what can neither be synced
 * in new/ nor removed from there may still go out. A disk that is full is a FAULT_SYSTEM.
 * Afterwards the draft holds only its id.
 */
int draft_commit(struct draft *d, const struct content_facts *facts, struct fault *f);

/* Remove what was written. Safe on a zeroed struct, twice and after draft_commit. */
void draft_abandon(struct draft *d);

#endif
