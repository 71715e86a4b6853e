#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "smtp/session.h"

struct outcome smtp_session_outcome(const struct smtp_client *c, enum outcome_kind kind,
	enum outcome_scope scope, const char *status, const char *text)
{
	struct outcome o = outcome_make(kind, scope, status, "%s", text);

	(void)text_copy(o.remote, sizeof(o.remote), span_of(c->remote)); /* or cut */
	return o;
}

struct outcome smtp_session_reply_outcome(const struct smtp_client *c,
	const struct smtp_reply *reply, enum outcome_kind kind, enum outcome_scope scope)
{
	struct outcome o = smtp_reply_outcome(reply, kind, scope);

	(void)text_copy(o.remote, sizeof(o.remote), span_of(c->remote)); /* or cut */
	o.is_relayed = kind == OUTCOME_DELIVERED && !c->extensions.has_dsn;
	return o;
}

void smtp_settle_begin(
	struct smtp_client *c, struct smtp_job *job, const struct outcome *outcome)
{
	struct smtp_settlement *s = &c->settlement;

	if (s->told < s->count)
		BUG("the settlement before has not been told yet");
	s->job = job;
	s->outcome = *outcome;
	s->count = s->told = 0;
	if (s->cap < job->open) {
		s->cap = job->open;
		s->recipients = mem_regrow(s->recipients, s->cap, sizeof(*s->recipients));
	}
}

static void add_recipient(struct smtp_settlement *s, size_t index)
{
	if (s->count == s->cap)
		BUG("a recipient is settled twice");
	s->recipients[s->count++] = index;
}

void smtp_settle_recipient(struct smtp_client *c, struct smtp_transaction_recipient *r)
{
	add_recipient(&c->settlement, r->index);
	r->state = SMTP_RECIPIENT_CLOSED;
}

void smtp_settle_transaction(struct smtp_client *c, struct smtp_transaction *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->recipients[i].state != SMTP_RECIPIENT_CLOSED)
			smtp_settle_recipient(c, &t->recipients[i]);
}

void smtp_settle_todo(struct smtp_client *c)
{
	struct smtp_job *job = c->settlement.job;

	while (job->todo_at < job->todo_end)
		add_recipient(&c->settlement, job->todo[job->todo_at++]);
}

void smtp_settle_job(
	struct smtp_client *c, struct smtp_job *job, const struct outcome *outcome)
{
	struct smtp_transaction *t = c->current;

	smtp_settle_begin(c, job, outcome);
	if (t->is_open && !t->is_void && t->job == job) {
		smtp_settle_transaction(c, t);
		t->is_void = true;
	}
	smtp_settle_todo(c);
}

static bool tell_outcome(struct smtp_client *c, struct smtp_event *ret)
{
	struct smtp_settlement *s = &c->settlement;

	if (s->told == s->count)
		return false;
	ret->kind = SMTP_OUTCOME;
	ret->tag = s->job->message->tag;
	ret->recipient = s->recipients[s->told++];
	ret->outcome = s->outcome;
	s->job->open--;
	return true;
}

/* The message is the owner's again: forget it. */
static void release_job(struct smtp_client *c, struct smtp_job *job)
{
	job->message = NULL;
	for (size_t i = 0; i < ARRAY_LEN(c->transactions); i++)
		if (c->transactions[i].job == job)
			c->transactions[i].job = NULL;
	c->concluded++;
}

bool smtp_settle_next(struct smtp_client *c, struct smtp_event *ret)
{
	if (tell_outcome(c, ret))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(c->jobs); i++) {
		struct smtp_job *job = &c->jobs[i];

		if (!job->message || job->open)
			continue;
		ret->kind = SMTP_DONE;
		ret->tag = job->message->tag;
		release_job(c, job);
		return true;
	}
	return false;
}

/* Whether the server is amid something that it owes an answer for. */
static bool is_busy(const struct smtp_client *c)
{
	for (size_t i = 0; i < ARRAY_LEN(c->jobs); i++)
		if (c->jobs[i].message && c->jobs[i].open && c->jobs[i].is_touched)
			return true;
	return false;
}

static struct outcome not_tried(const struct smtp_client *c, const char *why)
{
	struct buf text = BUF_INIT(OUTCOME_TEXT_MAX + 32);
	struct outcome o;

	buf_addf(&text, "not tried: %s", why);
	o = smtp_session_outcome(
		c, OUTCOME_PENDING, OUTCOME_HOST, "4.3.0", buf_str(&text));
	buf_release(&text);
	return o;
}

void smtp_session_fail(
	struct smtp_client *c, const struct outcome *trouble, bool is_usual)
{
	c->is_over = true;
	if (c->is_quitting || c->close.kind != OUTCOME_PENDING)
		return; /* what happens while we part changes nothing */
	c->abandoned = *trouble;
	c->untouched = *trouble;
	if (is_usual && c->concluded) {
		c->untouched = not_tried(c, trouble->text);
		if (!is_busy(c))
			return;
	}
	c->close = *trouble;
}

void smtp_session_abort(struct smtp_client *c, const char *why)
{
	c->is_over = true;
	c->abandoned = not_tried(c, why);
	c->untouched = c->abandoned;
}

/* What was going on, for people. */
static void describe_moment(const struct smtp_client *c, struct buf *text)
{
	const struct smtp_expected_reply *front = smtp_expected_front(&c->expected);

	if (!front)
		buf_add_str(text, "between two messages");
	else if (front->step == SMTP_STEP_CONTENT && front->end > c->outbox.written)
		buf_add_str(text, "sending the message");
	else
		buf_addf(text, "waiting for %s", smtp_step_awaits(front->step));
}

void smtp_session_lose(struct smtp_client *c)
{
	static const char *const words[] = {
		[SMTP_LOST_CLOSED] = "connection closed by the server",
		[SMTP_LOST_TIMEOUT] = "timed out",
		[SMTP_LOST_ERROR] = "connection lost",
	};
	struct buf text = BUF_INIT(OUTCOME_TEXT_MAX);
	struct outcome o;

	buf_addf(&text, "%s, ", words[c->loss]);
	describe_moment(c, &text);
	if (c->loss_why && c->loss_why[0])
		buf_addf(&text, ": %s", c->loss_why);
	o = smtp_session_outcome(
		c, OUTCOME_DEFERRED, OUTCOME_HOST, "4.4.2", buf_str(&text));
	buf_release(&text);
	smtp_session_fail(c, &o, c->loss != SMTP_LOST_TIMEOUT);
}

/*
 * The final dot has left as a whole and its reply did not come: the server may have the
 * message (RFC 1047). Another host must not get it at once. Before the last octet of the
 * dot has left, the server surely does not have it.
 */
static bool is_uncertain(const struct smtp_client *c)
{
	const struct smtp_expected_reply *front = smtp_expected_front(&c->expected);

	return front && front->step == SMTP_STEP_CONTENT &&
	       front->end <= c->outbox.written;
}

static struct outcome uncertain(const struct smtp_client *c)
{
	struct buf text = BUF_INIT(2 * OUTCOME_TEXT_MAX);
	struct outcome o;

	buf_addf(&text, "may have been delivered, a second copy is possible: %s",
		c->abandoned.text);
	o = smtp_session_outcome(
		c, OUTCOME_DEFERRED, OUTCOME_MESSAGE, "4.4.2", buf_str(&text));
	o.may_be_delivered = true;
	buf_release(&text);
	return o;
}

static void abandon_finishing(struct smtp_client *c)
{
	struct outcome o = is_uncertain(c) ? uncertain(c) : c->abandoned;

	smtp_settle_begin(c, c->finishing->job, &o);
	smtp_settle_transaction(c, c->finishing);
	c->finishing->is_open = false;
}

bool smtp_session_abandon(struct smtp_client *c)
{
	if (c->finishing->is_open) {
		abandon_finishing(c);
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(c->jobs); i++) {
		struct smtp_job *job = &c->jobs[i];

		if (!job->message || !job->open)
			continue;
		smtp_settle_job(c, job, job->is_touched ? &c->abandoned : &c->untouched);
		if (c->settlement.count != job->open)
			BUG("a recipient is nowhere");
		return true;
	}
	return false;
}
