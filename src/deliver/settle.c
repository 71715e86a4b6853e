/*
 * The end of a try: claim_settle of deliver/claim.h. What is on disk when power fails at any line
 * here is a row of the state table in spool/spool.h.
 */
#include "deliver/claim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "deliver/bounce.h"

/* a report that could not be filed just now is tried again after this long */
#define REPORT_RETRY_S 900

/* Whether a report of this kind is due. */
static bool is_due(const struct claim *c, size_t number, enum report_kind kind)
{
	const struct journal_recipient *r = &c->past.recipients[number];

	switch (kind) {
	case REPORT_FAILED:
		return r->kind == OUTCOME_FAILED && !r->is_reported;
	case REPORT_RELAYED:
		return r->is_relayed && !r->is_reported;
	case REPORT_DELAYED:
		return !r->is_warned && claim_is_pending(c, number);
	}
	BUG("kind of report");
}

static size_t count_pending(const struct claim *c)
{
	size_t pending = 0;

	for (size_t i = 0; i < c->past.count; i++)
		pending += claim_is_pending(c, i);
	return pending;
}

/* Whether the message has to be looked at again. */
static bool has_work_left(const struct claim *c)
{
	for (size_t i = 0; i < c->past.count; i++)
		if (claim_is_pending(c, i) || is_due(c, i, REPORT_RELAYED))
			return true;
	return false;
}

/*
 * Expire only after a real attempt: the machine may have been off for a week. A journal that
 * is full of tries does not tell of this one, but there have been plenty.
 */
static bool was_tried_now(const struct claim *c, const struct journal_recipient *r,
	const struct flush *flush)
{
	return r->time_s >= flush->started_s || c->journal.size >= JOURNAL_TRIES_MAX;
}

/* Recipients that were tried now, are not done, and have been waiting for too long, fail. */
static void expire(struct claim *c, const struct flush *flush)
{
	const struct envelope *e = &c->message.envelope;
	int64_t lifetime_s = flush_lifetime_s(flush, e->sender);

	if (!schedule_is_expired(e->arrival_s, flush->world->now_s(), lifetime_s,
		    c->message.entry.attempts))
		return;
	for (size_t i = 0; i < c->past.count; i++) {
		struct journal_recipient *r = &c->past.recipients[i];
		struct outcome o;

		if (!claim_is_pending(c, i) || !was_tried_now(c, r, flush))
			continue;
		o = outcome_make(OUTCOME_FAILED, OUTCOME_MESSAGE, "4.4.7",
			"not delivered within %lld hours; the last try said: %s",
			(long long)(lifetime_s / 3600), r->text ? r->text : "nothing");
		(void)text_copy(o.remote, sizeof(o.remote), span_of(r->remote));
		o.may_be_delivered = r->may_be_delivered;
		claim_record(c, flush, i, &o);
	}
}

/* Mark recipients as told; where work is left the journal has to know. */
static void mark(struct claim *c, const struct flush *flush, enum journal_event event,
	const size_t *numbers, size_t count)
{
	struct fault f;

	for (size_t i = 0; i < count; i++) {
		struct journal_recipient *r = &c->past.recipients[numbers[i]];

		if (event == JOURNAL_REPORTED)
			r->is_reported = true;
		else
			r->is_warned = true;
	}
	if (!has_work_left(c))
		return;
	for (size_t i = 0; i < count; i++)
		/* where this fails the report comes once more: better than never */
		if (journal_append(&c->journal, flush->world->now_s(), numbers[i], event,
			    NULL, &f) == 0)
			c->is_dirty = true;
	claim_sync(c);
}

/* Numbers of the recipients to report on now; the caller frees. */
static size_t *pick(struct claim *c, enum report_kind kind, size_t *ret_count)
{
	size_t *numbers = mem_array(c->past.count, sizeof(*numbers));
	size_t count = 0;

	for (size_t i = 0; i < c->past.count; i++)
		if (is_due(c, i, kind))
			numbers[count++] = i;
	*ret_count = count;
	return numbers;
}

/* Once: a later run of the same user, which can do no more, has nothing to add. */
static bool is_news(const struct claim *c, const struct flush *flush,
	const size_t *numbers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (c->past.recipients[numbers[i]].time_s >= flush->started_s)
			return true;
	return false;
}

static void log_not_reported(
	const struct claim *c, enum bounce_result result, const struct fault *why)
{
	bool is_left = result == BOUNCE_LEFT;

	log_event(is_left ? LOG_LEVEL_WARNING : LOG_LEVEL_ERROR,
		is_left ? "report-left" : "report-failed",
		LOG_TEXT("id", c->message.entry.id), LOG_TEXT("why", why->text),
		LOG_TEXT("hint", is_left ? "this report is left to the flush of the "
					   "system: nullmta flush --all"
					 : NULL));
}

static enum bounce_result report(
	struct claim *c, const struct flush *flush, enum report_kind kind)
{
	enum bounce_result result = BOUNCE_DONE;
	struct fault why;
	size_t count;
	size_t *numbers = pick(c, kind, &count);

	if (count)
		result = bounce_file(flush, c, kind, numbers, count, &why);
	if (count && result == BOUNCE_DONE)
		mark(c, flush, kind == REPORT_DELAYED ? JOURNAL_WARNED : JOURNAL_REPORTED,
			numbers, count);
	if (result != BOUNCE_DONE &&
		(result != BOUNCE_LEFT || is_news(c, flush, numbers, count)))
		log_not_reported(c, result, &why);
	free(numbers);
	return result;
}

static void warn_of_delay(struct claim *c, const struct flush *flush)
{
	const struct envelope *e = &c->message.envelope;
	int64_t after_s = flush->conf->spool.warn_after_s;

	/* a notice that cannot be filed comes with the next try, or never */
	if (after_s && *e->sender && flush->world->now_s() - e->arrival_s >= after_s)
		(void)report(c, flush, REPORT_DELAYED);
}

void claim_park(struct claim *c, const char *why)
{
	struct fault f;

	log_event(LOG_LEVEL_ERROR, "parked", LOG_TEXT("id", c->message.entry.id),
		LOG_TEXT("why", why), LOG_TEXT("hint", "see nullmta queue show"));
	if (message_move(&c->message, SPOOL_FAILED, &f) < 0)
		log_event(LOG_LEVEL_ERROR, "park-failed",
			LOG_TEXT("id", c->message.entry.id), LOG_TEXT("why", f.text));
}

/* When the message is tried again: its provisional time unless there is reason for another. */
static uint32_t next_try(const struct claim *c, const struct flush *flush)
{
	uint32_t next_s = c->message.entry.next_s;
	int64_t earliest_s = flush->world->now_s() + CLAIM_UNCERTAIN_WAIT_S;
	bool waits_for_host = c->host_next_s != 0;

	for (size_t i = 0; i < c->past.count; i++) {
		const struct journal_recipient *r = &c->past.recipients[i];

		if (!claim_is_pending(c, i))
			continue;
		if (r->may_be_delivered && next_s < earliest_s)
			next_s = (uint32_t)earliest_s;
		if (r->may_be_delivered)
			waits_for_host = false;
	}
	return waits_for_host ? c->host_next_s : next_s;
}

static void reschedule(struct claim *c, uint32_t next_s)
{
	struct fault f;

	if (next_s == c->message.entry.next_s)
		return;
	/* where this fails the provisional name holds: also a time in the future */
	if (message_reschedule(&c->message, next_s, c->message.entry.attempts, &f) < 0)
		log_event(LOG_LEVEL_WARNING, "reschedule-failed",
			LOG_TEXT("id", c->message.entry.id), LOG_TEXT("why", f.text));
}

static enum journal_event final_event(const struct journal_recipient *r)
{
	if (r->kind == OUTCOME_FAILED)
		return JOURNAL_FAILED;
	return r->is_relayed ? JOURNAL_RELAYED : JOURNAL_DELIVERED;
}

/*
 * What stands in memory alone: the next run must neither deliver nor report it again. False
 * when not all of it is on disk.
 */
static bool write_down(struct claim *c, const struct flush *flush)
{
	int64_t now_s = flush->world->now_s();
	bool is_written = true;
	struct fault ignored; /* the caller says what comes of it */

	for (size_t i = 0; i < c->past.count; i++) {
		const struct journal_recipient *r = &c->past.recipients[i];
		enum journal_event event = final_event(r);
		struct outcome o = journal_outcome(r);

		if (r->kind != OUTCOME_DELIVERED && r->kind != OUTCOME_FAILED)
			continue;
		/* an earlier run has written its outcomes */
		if (r->time_s >= flush->started_s &&
			journal_append(&c->journal, now_s, i, event, &o, &ignored) < 0)
			is_written = false;
		if (r->is_reported && journal_append(&c->journal, now_s, i,
					      JOURNAL_REPORTED, NULL, &ignored) < 0)
			is_written = false;
	}
	return journal_sync(&c->journal, &ignored) == 0 && is_written;
}

static void forget(struct claim *c, const struct flush *flush)
{
	bool needed_no_journal = c->addressees.count == 1;
	struct fault f;

	if (message_remove(&c->message, &f) == 0)
		return;
	log_event(LOG_LEVEL_ERROR, "remove-failed", LOG_TEXT("id", c->message.entry.id),
		LOG_TEXT("why", f.text));
	if (!write_down(c, flush) && (needed_no_journal || c->has_lost_record))
		claim_park(c, CLAIM_LOST_RECORD);
}

static bool is_put_off(enum bounce_result result)
{
	return result == BOUNCE_LATER || result == BOUNCE_LEFT;
}

static bool is_report_overdue(const struct claim *c, const struct flush *flush)
{
	const struct envelope *e = &c->message.envelope;

	return flush->world->now_s() - e->arrival_s >
	       2 * flush_lifetime_s(flush, e->sender);
}

/*
 * Everybody has an outcome. A failure that nobody was told of keeps the message; that it
 * was relayed is worth another try, but neither a person's time nor a second delivery.
 */
static void conclude(struct claim *c, const struct flush *flush,
	enum bounce_result failed, enum bounce_result relayed)
{
	bool is_overdue = is_report_overdue(c, flush);
	bool is_left = failed == BOUNCE_LEFT || relayed == BOUNCE_LEFT;

	if (failed == BOUNCE_DONE &&
		(!is_put_off(relayed) || is_overdue || c->has_lost_record)) {
		forget(c, flush);
		return;
	}
	if (!write_down(c, flush) && c->has_lost_record)
		claim_park(c, CLAIM_LOST_RECORD);
	else if (failed == BOUNCE_IMPOSSIBLE || (is_put_off(failed) && is_overdue))
		claim_park(c, "its failure could not be reported to anybody");
	else /* what is left to somebody is due for who comes next */
		reschedule(c, (uint32_t)(flush->world->now_s() +
					 (is_left ? 0 : REPORT_RETRY_S)));
}

static void settle(struct claim *c, const struct flush *flush)
{
	enum bounce_result failed, relayed;

	expire(c, flush);
	claim_sync(c);
	failed = report(c, flush, REPORT_FAILED);
	relayed = report(c, flush, REPORT_RELAYED);
	if (c->has_lost_record && count_pending(c)) {
		claim_park(c, CLAIM_LOST_RECORD);
	} else if (count_pending(c)) {
		warn_of_delay(c, flush);
		reschedule(c, next_try(c, flush));
	} else {
		conclude(c, flush, failed, relayed);
	}
}

/* A worker that shares it may have set it aside; its owner may have removed it. */
static bool is_in_place(const struct claim *c)
{
	char name[SPOOL_NAME_MAX];
	struct stat st;

	spool_entry_path(&c->message.entry, name);
	return fstatat(c->message.spool->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	       errno != ENOENT;
}

void claim_settle(struct claim *c, const struct flush *flush)
{
	if (!c->is_shared || is_in_place(c))
		settle(c, flush);
	/* workers that inherited the descriptor must not keep the message claimed */
	if (c->is_shared)
		file_unlock(c->message.fd);
	claim_release(c);
}
