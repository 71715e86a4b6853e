/*
 * One message on its way to one destination: the recipients that go there, the content as
 * it goes out, and the outcomes that come back.
 */
#ifndef DELIVER_JOB_H
#define DELIVER_JOB_H

#include <stdbool.h>
#include <sys/types.h>

#include "deliver/claim.h"
#include "deliver/content.h"
#include "deliver/flush.h"
#include "deliver/plan.h"
#include "deliver/wire_address.h"
#include "smtp/client.h"

struct job {
	const struct flush *flush;
	struct destination *destination;
	struct claim *claim; /* `own`, or the run's for a shared message */
	struct claim own;
	struct buf trace;                    /* Received field in front of the content */
	size_t *numbers;                     /* of the addressees to try */
	const struct recipient **recipients; /* as they go on the wire */
	struct wire_addresses wire;
	struct outcome *undecided; /* what a host said that another one may not say */
	size_t count;
	struct smtp_message message; /* for the engine */
	struct header_transform transform;
	struct content content;
};

/*
 * Claim `planned` for `d` and pick its recipients. `shared` are the messages that the run
 * has claimed. NULL when there is nothing to do for this process: gone, claimed by
 * another one, damaged (set aside here), or all done (settled here). End with job_end.
 */
struct job *job_begin(const struct flush *flush, struct destination *d,
	const struct plan_job *planned, struct claim *const *shared);

/*
 * Choose the form for a host that offers `extensions`, and say so in j->message. -1 and the
 * outcome of all recipients when this message cannot go there (content_prepare).
 */
int job_prepare(
	struct job *j, const struct smtp_extensions *extensions, struct outcome *ret_why);

/*
 * Content octets from `offset`, the trace field first, as content_read gives them: -1 and
 * `*ret_why` for content that cannot be read or is not what was accepted; then the final
 * dot must not be sent.
 */
ssize_t job_content(struct job *j, uint64_t offset, char *to, size_t n, bool *ret_is_last,
	struct outcome *ret_why);

/* Recipient `index` (of j->recipients) has its outcome. Only what is final for this run is
 * recorded; what another host may do better waits in j->undecided. */
void job_outcome(struct job *j, size_t index, const struct outcome *o);

/* Whether recipients have no outcome yet; j->recipients is then only those. */
bool job_is_undecided(struct job *j);

/* Whether no host has been asked for some of them: the same host may be asked again. */
bool job_is_untried(const struct job *j);

/* Whether this is not the first try of its message. */
bool job_was_tried(const struct job *j);

/*
 * Give every recipient that is not decided `o`, or where `o` is NULL what its last host
 * said.
 */
void job_give_up(struct job *j, const struct outcome *o);

/*
 * End without settling, and free: what is decided is in the journal, the rest is tried again
 * at the time that the claim has given it.
 */
void job_leave(struct job *j);

/* Settle unless shared, and free. `host_next_s`: when the host is tried again, or 0. */
void job_end(struct job *j, uint32_t host_next_s);

#endif
