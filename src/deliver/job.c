#include "deliver/job.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

#define TRACE_MAX 2048

/* The owner is who the directory says, never what the file says (RFC 5321 4.4). */
static void write_trace(struct job *j)
{
	char date[CLOCK_TEXT_MAX];
	const struct envelope *e = &j->claim->message.envelope;

	clock_format_rfc5322(e->arrival_s, date, sizeof(date));
	buf_init(&j->trace, TRACE_MAX);
	buf_addf(&j->trace, "Received: by %s (nullmta, from uid %lu)\r\n\tid %s; %s\r\n",
		j->flush->identity->hostname, (unsigned long)j->flush->spool->owner,
		e->id, date);
}

static bool goes_here(const struct job *j, const struct addressee *a)
{
	struct route route;
	struct outcome why;
	int rc = expansion_route(j->flush, &j->claim->message.envelope, a, &route, &why);

	if (j->destination->is_unroutable)
		return rc < 0;
	return rc == 0 && route_compare(&route, &j->destination->route) == 0;
}

static void pick_recipients(struct job *j)
{
	const struct expansion *x = &j->claim->addressees;

	j->numbers = mem_array(x->count, sizeof(*j->numbers));
	j->recipients = mem_array(x->count, sizeof(*j->recipients));
	for (size_t i = 0; i < x->count; i++) {
		const struct addressee *a = &x->items[i];

		if (!claim_is_pending(j->claim, i) || !goes_here(j, a))
			continue;
		j->numbers[j->count] = i;
		j->recipients[j->count++] = wire_recipient(&j->wire, &a->recipient);
	}
	j->undecided = mem_array(j->count, sizeof(*j->undecided));
}

static const struct rewrite *rewrite_of(const struct job *j)
{
	return flush_rewrite(j->flush, &j->destination->route);
}

static void describe(struct job *j)
{
	const struct envelope *e = &j->claim->message.envelope;

	j->message = (struct smtp_message){
		.sender = wire_sender(&j->wire, e->sender, rewrite_of(j)),
		.recipients = j->recipients,
		.recipient_count = j->count,
		.envid = e->envid,
		.ret = e->ret,
		/* RFC 8689 is about ways over a network */
		.requires_tls = e->tls == TLS_WISH_REQUIRED &&
				j->destination->route.kind != ROUTE_MAILBOX,
		.stops_before_data = j->claim->is_trial,
		.tag = j,
	};
}

/* SMTPUTF8 is for local parts outside ASCII; a rewritten sender may have none any more. */
static bool has_ascii_envelope(const struct job *j)
{
	if (span_has_8bit(span_of(j->message.sender)))
		return false;
	for (size_t i = 0; i < j->count; i++)
		if (span_has_8bit(span_of(j->recipients[i]->address)))
			return false;
	return true;
}

static void rewrite_section(void *ctx, struct span section, struct buf *out)
{
	const struct job *j = ctx;

	rewrite_header(rewrite_of(j), section, j->claim->message.envelope.id, out);
}

/* After the addresses are known. */
static void begin_content(struct job *j)
{
	j->transform = (struct header_transform){rewrite_section, j};
	content_init(&j->content, &j->claim->message, buf_span(&j->trace),
		rewrite_of(j) && !j->claim->is_trial ? &j->transform : NULL);
	j->content.has_ascii_envelope = has_ascii_envelope(j);
}

static void log_not_taken(const struct spool_entry *entry, enum message_result result,
	const struct fault *f)
{
	/* what is bad has been set aside and logged */
	if (result == MESSAGE_GONE || result == MESSAGE_BUSY || result == MESSAGE_BAD)
		return;
	log_event(LOG_LEVEL_ERROR, "not-tried", LOG_TEXT("id", entry->id),
		LOG_TEXT("why", f->text));
}

static void job_free(struct job *j)
{
	content_release(&j->content);
	wire_addresses_release(&j->wire);
	buf_release(&j->trace);
	free(j->numbers);
	free(j->recipients);
	free(j->undecided);
	free(j);
}

struct job *job_begin(const struct flush *flush, struct destination *d,
	const struct plan_job *planned, struct claim *const *shared)
{
	struct job *j = mem_alloc(sizeof(*j));
	enum message_result result;
	struct fault f;

	j->flush = flush;
	j->destination = d;
	if (planned->shared != PLAN_NOT_SHARED) {
		j->claim = shared[planned->shared];
	} else {
		j->claim = &j->own;
		result = claim_take(&j->own, flush, &planned->entry, &f);
		if (result != MESSAGE_OPEN) {
			log_not_taken(&planned->entry, result, &f);
			free(j);
			return NULL;
		}
	}
	write_trace(j);
	pick_recipients(j);
	describe(j);
	begin_content(j);
	if (j->count == 0) {
		job_end(j, 0);
		return NULL;
	}
	/* on a full disk the transaction is not started: see spool/journal.h */
	if (claim_reserve(j->claim, 2 * j->count, &f) < 0) {
		log_not_taken(&planned->entry, MESSAGE_FAULT, &f);
		claim_release(j->claim);
		job_free(j);
		return NULL;
	}
	return j;
}

int job_prepare(
	struct job *j, const struct smtp_extensions *extensions, struct outcome *ret_why)
{
	/* RFC 8689 4.2.1: the next hop has to promise it, too */
	if (j->message.requires_tls && !extensions->has_requiretls) {
		*ret_why = outcome_make(OUTCOME_FAILED, OUTCOME_HOST, "5.7.30",
			"the message requires TLS on all its way, and this host does not "
			"offer REQUIRETLS");
		return -1;
	}
	return content_prepare(&j->content, extensions, &j->message.facts, ret_why);
}

ssize_t job_content(struct job *j, uint64_t offset, char *to, size_t n, bool *ret_is_last,
	struct outcome *ret_why)
{
	return content_read(&j->content, offset, to, n, ret_is_last, ret_why);
}

static void count_outcome(struct destination *d, const struct outcome *o)
{
	struct board_slot *slot = d->slot;

	switch (o->kind) {
	case OUTCOME_DELIVERED:
		slot->delivered++;
		break;
	case OUTCOME_DEFERRED:
		slot->deferred++;
		break;
	case OUTCOME_FAILED:
		slot->last_failure = *o;
		slot->failed++;
		break;
	case OUTCOME_PENDING:
		BUG("recipient without outcome");
	}
}

static void decide(struct job *j, size_t index, const struct outcome *o)
{
	count_outcome(j->destination, o);
	claim_record(j->claim, j->flush, j->numbers[index], o);
	j->undecided[index].kind = OUTCOME_PENDING;
	j->numbers[index] = SIZE_MAX; /* done: dropped by job_is_undecided */
}

void job_outcome(struct job *j, size_t index, const struct outcome *o)
{
	bool is_of_host = o->scope == OUTCOME_HOST || o->scope == OUTCOME_ROUTE;

	if (is_of_host && o->kind != OUTCOME_DELIVERED && !o->may_be_delivered)
		j->undecided[index] = *o;
	else
		decide(j, index, o);
}

bool job_is_undecided(struct job *j)
{
	size_t kept = 0;

	for (size_t i = 0; i < j->count; i++) {
		if (j->numbers[i] == SIZE_MAX)
			continue;
		j->numbers[kept] = j->numbers[i];
		j->recipients[kept] = j->recipients[i];
		j->undecided[kept] = j->undecided[i];
		kept++;
	}
	j->count = kept;
	j->message.recipient_count = kept;
	return kept > 0;
}

bool job_is_untried(const struct job *j)
{
	for (size_t i = 0; i < j->count; i++)
		if (j->undecided[i].kind == OUTCOME_PENDING)
			return true;
	return false;
}

bool job_was_tried(const struct job *j)
{
	return j->claim->message.entry.attempts > 1; /* this one counts already */
}

void job_give_up(struct job *j, const struct outcome *o)
{
	for (size_t i = 0; i < j->count; i++) {
		struct outcome last = o ? *o : j->undecided[i];

		if (j->numbers[i] == SIZE_MAX)
			continue;
		if (last.kind == OUTCOME_PENDING)
			last = outcome_make(OUTCOME_DEFERRED, OUTCOME_HOST, "4.3.0",
				"not tried in this run");
		decide(j, i, &last);
	}
}

void job_leave(struct job *j)
{
	claim_sync(j->claim);
	claim_release(j->claim);
	job_free(j);
}

/*
 * This worker's part of a shared message, which the run still holds. The run knows what the
 * journal says; what the journal cannot say has to be done here.
 */
static void end_shared(struct job *j)
{
	if (j->claim->is_trial)
		return; /* in the same process, and not over yet */
	if (j->claim->has_lost_record)
		claim_park(j->claim, CLAIM_LOST_RECORD);
	claim_release(j->claim);
}

void job_end(struct job *j, uint32_t host_next_s)
{
	claim_sync(j->claim);
	if (j->content.damage[0]) {
		claim_set_aside(&j->claim->message, j->content.damage);
		claim_release(j->claim);
	} else if (j->claim->is_shared) {
		end_shared(j);
	} else {
		j->own.host_next_s = host_next_s;
		claim_settle(&j->own, j->flush);
	}
	job_free(j);
}
