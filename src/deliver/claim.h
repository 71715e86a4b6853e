/*
 * A message that this process alone may deliver now, with what earlier tries brought. It
 * turns outcomes into what is on disk: the journal, and in the end the name of the file.
 */
#ifndef DELIVER_CLAIM_H
#define DELIVER_CLAIM_H

#include <stdbool.h>

#include "deliver/expansion.h"
#include "deliver/flush.h"
#include "spool/journal.h"
#include "spool/message.h"

/* A try that ended between the final dot and its reply waits at least this long (RFC 1047) */
#define CLAIM_UNCERTAIN_WAIT_S 1800

/* why a message is parked that might otherwise be delivered twice */
#define CLAIM_LOST_RECORD \
	"a delivery could not be written down: sending it again would deliver it twice"

struct claim {
	struct message message;
	struct journal_state past;   /* with the outcomes of this try, as they come */
	struct expansion addressees; /* of the same numbers as past.recipients */
	struct journal journal;
	bool is_shared;       /* several workers try it: the run settles it */
	bool is_dirty;        /* lines appended, not yet synced */
	bool is_precious;     /* a delivery among them: it must not be forgotten */
	bool has_lost_record; /* a delivery could not be written down */
	uint32_t host_next_s; /* not before the host is tried again; 0: own schedule */
	/* a trial: nothing of it is on disk, and outcomes are the answers to it */
	bool is_trial;
	struct outcome *answers; /* of each addressee; PENDING: nobody was asked */
};

/*
 * Claim the message `entry`, read its journal, and look up its local names; numbers that
 * addresses need are in the journal afterwards, synced. Its provisional next try, should this
 * process die, is the one of the schedule. Results as of message_claim; what is
 * MESSAGE_BAD has been set aside. The claim stays where it was taken: do not copy it.
 */
enum message_result claim_take(struct claim *ret, const struct flush *flush,
	const struct spool_entry *entry, struct fault *f);

/*
 * A claim on a message that is in memory only, to ask what would become of it: its local names
 * are looked up, it counts as tried before, nothing about it is written or logged.
 * `envelope` moves into it. It is shared by all who are asked; claim_release ends it.
 */
void claim_begin_trial(
	struct claim *ret, const struct flush *flush, struct envelope *envelope);

/*
 * Set a damaged or forged file aside in failed/, with a log line: it is never sent and never
 * deleted. `m` is as MESSAGE_BAD leaves it, or open; it is closed.
 */
void claim_set_aside(struct message *m, const char *why);

/* Read the journal again: workers have written to it. */
int claim_reload(struct claim *c, struct fault *f);

/* Whether addressee `number` is still to be tried. */
bool claim_is_pending(const struct claim *c, size_t number);

/* The envelope's address in whose place this addressee stands; NULL: it is its own. */
const char *claim_alias(const struct claim *c, size_t number);

/*
 * Make sure that the outcomes of `lines` addressees can be recorded even when the disk is
 * full. Where nothing has to be recorded beside the message (its only addressee) this does
 * nothing. On -1 do not start the transaction.
 */
int claim_reserve(struct claim *c, size_t lines, struct fault *f);

/*
 * The outcome of one addressee: remembered, logged, and appended to the journal where it
 * has to be known later. Follow with claim_sync before anything else is sent.
 */
void claim_record(struct claim *c, const struct flush *flush, size_t number,
	const struct outcome *outcome);

/* What was recorded is on disk afterwards, or the claim knows that it is not. */
void claim_sync(struct claim *c);

/*
 * Set the message aside in failed/, loudly: a person has to decide. Its journal stays, to tell
 * why. The claim goes on.
 */
void claim_park(struct claim *c, const char *why);

/*
 * The try is over: report what failed for good, expire what is too old, then remove the message,
 * or name it for its next try, or park it. Ends the claim.
 */
void claim_settle(struct claim *c, const struct flush *flush);

/* End the claim as it stands, for workers that leave settling to the run. */
void claim_release(struct claim *c);

#endif
