#include "deliver/claim.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

void claim_set_aside(struct message *m, const char *why)
{
	char id[ENVELOPE_ID_LEN + 1];
	struct fault f;
	bool is_moved = message_move(m, SPOOL_FAILED, &f) == 0;

	(void)text_copy(id, sizeof(id), span_of(m->entry.id));
	log_event(LOG_LEVEL_ERROR, "damaged", LOG_TEXT("id", id), LOG_TEXT("why", why),
		LOG_TEXT("moved-to", is_moved ? "failed" : NULL),
		LOG_TEXT("cannot-move", is_moved ? NULL : f.text));
	message_close(m);
}

/*
 * Before anything is sent, each of several addresses has its number on disk: what is
 * recorded under a number must mean the same address for ever.
 */
static int expand(struct claim *c, const struct flush *flush, struct fault *f)
{
	struct expansion *x = &c->addressees;
	bool is_written = false;

	expansion_make(x, flush, &c->message.envelope, &c->past);
	for (size_t i = c->past.envelope_count; i < x->count; i++) {
		const struct addressee *a = &x->items[i];

		if (!a->is_new)
			continue;
		if (!c->is_trial && journal_expand(&c->journal, flush->world->now_s(), i,
					    a->parent, a->own_address, f) < 0)
			return -1;
		journal_state_expand(&c->past, i, a->parent, span_of(a->own_address));
		is_written = !c->is_trial;
	}
	return is_written ? journal_sync(&c->journal, f) : 0;
}

enum message_result claim_take(struct claim *ret, const struct flush *flush,
	const struct spool_entry *entry, struct fault *f)
{
	int64_t now_s = flush->world->now_s();
	uint32_t next_s = schedule_next(&flush->retry, entry->attempts + 1U, now_s,
		flush->world->random(UINT32_MAX));
	enum message_result result;

	*ret = (struct claim){0};
	result = message_claim(&ret->message, flush->spool, entry, next_s, f);
	if (result == MESSAGE_BAD)
		claim_set_aside(&ret->message, f->text);
	if (result != MESSAGE_OPEN)
		return result;
	journal_init(&ret->journal, flush->spool, ret->message.entry.id);
	/* without its journal nobody knows who has the message already */
	if (journal_load(flush->spool, ret->message.entry.id,
		    ret->message.envelope.recipient_count, &ret->past, f) < 0 ||
		expand(ret, flush, f) < 0) {
		claim_release(ret);
		return MESSAGE_FAULT;
	}
	return MESSAGE_OPEN;
}

void claim_begin_trial(
	struct claim *ret, const struct flush *flush, struct envelope *envelope)
{
	size_t count = envelope->recipient_count;
	struct fault ignored; /* only a disk makes trouble */

	*ret = (struct claim){
		.message = {.spool = flush->spool, .fd = -1, .envelope = *envelope},
		.is_shared = true,
		.is_trial = true,
	};
	(void)text_copy(ret->message.entry.id, sizeof(ret->message.entry.id),
		span_of(envelope->id));  /* it fits */
	ret->message.entry.attempts = 2; /* this try and one before it */
	ret->past = (struct journal_state){
		.recipients = mem_array(count, sizeof(*ret->past.recipients)),
		.count = count,
		.envelope_count = count,
	};
	journal_init(&ret->journal, flush->spool, envelope->id);
	(void)expand(ret, flush, &ignored);
	ret->answers = mem_array(ret->addressees.count, sizeof(*ret->answers));
	*envelope = (struct envelope){0};
}

int claim_reload(struct claim *c, struct fault *f)
{
	struct journal_state now;

	if (journal_load(c->message.spool, c->message.entry.id,
		    c->message.envelope.recipient_count, &now, f) < 0)
		return -1;
	/* a line that the disk has lost since takes nobody away */
	for (size_t i = now.count; i < c->addressees.count; i++)
		journal_state_expand(&now, i, c->addressees.items[i].parent,
			span_of(c->addressees.items[i].own_address));
	journal_state_release(&c->past);
	c->past = now;
	return 0;
}

const char *claim_alias(const struct claim *c, size_t number)
{
	const struct envelope *e = &c->message.envelope;
	const struct addressee *a = &c->addressees.items[number];

	if (number >= e->recipient_count)
		return e->recipients[a->parent].address;
	return a->own_address ? e->recipients[number].address : NULL;
}

bool claim_is_pending(const struct claim *c, size_t number)
{
	enum outcome_kind kind = c->past.recipients[number].kind;

	if (!c->addressees.items[number].is_active)
		return false;
	return kind == OUTCOME_PENDING || kind == OUTCOME_DEFERRED;
}

/* Whether the sender is to be told by us where the next host will not (RFC 3461 5.2.2). */
static bool wants_success(const struct claim *c, size_t number)
{
	return *c->message.envelope.sender &&
	       c->addressees.items[number].recipient.notify & DSN_SUCCESS;
}

/* whether the fate of one addressee must be known beside the message */
static bool has_company(const struct claim *c)
{
	return c->addressees.count > 1 || wants_success(c, 0);
}

int claim_reserve(struct claim *c, size_t lines, struct fault *f)
{
	if (c->is_trial || !has_company(c))
		return 0;
	return journal_reserve(&c->journal, lines, f);
}

static void remember(struct journal_recipient *r, const struct outcome *o, int64_t now_s)
{
	free(r->remote);
	free(r->text);
	r->kind = o->kind;
	r->may_be_delivered = o->may_be_delivered;
	r->is_relayed = o->is_relayed;
	r->time_s = now_s;
	r->status = o->status;
	r->code = o->code;
	r->remote = mem_string(o->remote);
	r->text = mem_string(o->text);
}

static void log_outcome(
	const struct claim *c, size_t number, const struct outcome *o, int64_t now_s)
{
	const struct envelope *e = &c->message.envelope;
	char status[OUTCOME_STATUS_TEXT_MAX];

	outcome_status_format(o->status, status);
	log_event(o->kind == OUTCOME_FAILED ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO,
		outcome_kind_name(o->kind), LOG_TEXT("id", e->id),
		LOG_TEXT("from", e->sender),
		LOG_TEXT("to", c->addressees.items[number].recipient.address),
		LOG_TEXT("alias", claim_alias(c, number)),
		LOG_TEXT("remote", *o->remote ? o->remote : NULL),
		LOG_TEXT("status", status),
		o->code ? LOG_NUMBER("code", o->code) : LOG_TEXT("code", NULL),
		LOG_NUMBER("delay", now_s > e->arrival_s ? now_s - e->arrival_s : 0),
		LOG_TEXT("duplicate", o->may_be_delivered ? "possible" : NULL),
		LOG_TEXT("reply", o->text));
}

/*
 * Trouble of a host stands once in state/hosts, not in each of ten thousand journals; but a
 * shared message is settled by the run, which knows only what the journal says.
 */
static bool needs_line(const struct claim *c, const struct outcome *o)
{
	if (c->is_shared || o->may_be_delivered)
		return true;
	if (o->kind == OUTCOME_DEFERRED)
		return o->scope != OUTCOME_HOST && o->scope != OUTCOME_ROUTE;
	return has_company(c);
}

static enum journal_event event_of(const struct outcome *o)
{
	if (o->kind == OUTCOME_DELIVERED)
		return o->is_relayed ? JOURNAL_RELAYED : JOURNAL_DELIVERED;
	if (o->kind == OUTCOME_FAILED)
		return JOURNAL_FAILED;
	return o->may_be_delivered ? JOURNAL_UNCERTAIN : JOURNAL_DEFERRED;
}

static void lost_record(struct claim *c, bool has_delivery, const struct fault *f)
{
	/* what was refused or put off is only said once more by the server */
	c->has_lost_record = c->has_lost_record || has_delivery;
	log_event(LOG_LEVEL_ERROR, "journal-failed", LOG_TEXT("id", c->message.entry.id),
		LOG_TEXT("why", f->text));
}

static void write_line(
	struct claim *c, int64_t now_s, size_t number, const struct outcome *o)
{
	bool is_delivery = o->kind == OUTCOME_DELIVERED;
	struct fault f;

	if (!needs_line(c, o))
		return;
	if (journal_append(&c->journal, now_s, number, event_of(o), o, &f) == 0) {
		c->is_dirty =
			c->is_dirty || o->kind != OUTCOME_DEFERRED || o->may_be_delivered;
		c->is_precious = c->is_precious || is_delivery;
	} else if (is_delivery) {
		lost_record(c, true, &f);
	}
}

void claim_record(struct claim *c, const struct flush *flush, size_t number,
	const struct outcome *outcome)
{
	int64_t now_s = flush->world->now_s();
	struct outcome known = *outcome;

	if (c->is_trial) {
		c->answers[number] = *outcome;
		return;
	}
	known.is_relayed = known.is_relayed && wants_success(c, number);
	/* before anything else: who is killed here delivers twice */
	write_line(c, now_s, number, &known);
	remember(&c->past.recipients[number], &known, now_s);
	log_outcome(c, number, &known, now_s);
	flush_show(flush, "=== %s %s: %s", c->addressees.items[number].recipient.address,
		outcome_kind_name(known.kind), known.text);
}

void claim_sync(struct claim *c)
{
	bool is_precious = c->is_precious;
	struct fault f;

	if (!c->is_dirty)
		return;
	c->is_dirty = false;
	c->is_precious = false;
	if (journal_sync(&c->journal, &f) < 0)
		lost_record(c, is_precious, &f);
}

void claim_release(struct claim *c)
{
	journal_close(&c->journal);
	expansion_release(&c->addressees);
	journal_state_release(&c->past);
	message_close(&c->message);
	free(c->answers);
	c->answers = NULL;
}
