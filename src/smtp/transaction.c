#include "smtp/session.h"

/*
 * 4yz defers, 5yz fails (RFC 5321 4.2.1), but two 5yz are never about the mail: 503, the
 * dialogue has gone out of step; 530, the server wants AUTH or STARTTLS first (RFC 4954 6,
 * RFC 3207 4), which is a matter of configuration and must not bounce anybody's mail.
 */
static struct outcome refusal(const struct smtp_client *c, const struct smtp_reply *reply,
	enum outcome_scope scope)
{
	bool is_final =
		smtp_reply_class(reply) == 5 && reply->code != 503 && reply->code != 530;

	return smtp_session_reply_outcome(c, reply,
		is_final ? OUTCOME_FAILED : OUTCOME_DEFERRED,
		reply->code == 530 ? OUTCOME_ROUTE : scope);
}

static size_t recipients_max(const struct smtp_client *c)
{
	uint64_t limits[] = {c->extensions.rcpt_max, c->recipients_max};
	uint64_t max = SMTP_RECIPIENTS_PER_TRANSACTION;

	for (size_t i = 0; i < ARRAY_LEN(limits); i++)
		if (limits[i] && limits[i] < max)
			max = limits[i];
	return (size_t)max;
}

void smtp_transaction_begin(struct smtp_client *c, struct smtp_job *job)
{
	struct smtp_transaction *t = c->current;

	t->is_open = true;
	t->is_void = t->is_data_said = false;
	t->stops_before_data = job->message->stops_before_data;
	t->job = job;
	t->count = t->said = t->answered = t->accepted = 0;
	while (t->count < recipients_max(c) && job->todo_at < job->todo_end) {
		t->recipients[t->count++] = (struct smtp_transaction_recipient){
			.index = job->todo[job->todo_at++],
			.was_split = job->split > 0,
		};
		if (job->split)
			job->split--;
	}
	c->mails++;
	smtp_session_say(c, SMTP_STEP_MAIL);
}

/* No content was sent: the server may still hold its part of the transaction. */
static void close_refused(struct smtp_client *c)
{
	c->current->is_open = false;
	c->needs_reset = true;
}

static bool is_answered(const struct smtp_transaction *t)
{
	return t->answered == t->count;
}

/* Recipients for the next transaction go back in front of the rest, in their order. */
static void return_split(struct smtp_transaction *t)
{
	for (size_t i = t->count; i-- > 0;) {
		struct smtp_transaction_recipient *r = &t->recipients[i];

		if (r->state != SMTP_RECIPIENT_SPLIT)
			continue;
		r->state = SMTP_RECIPIENT_CLOSED;
		t->job->todo[--t->job->todo_at] = r->index;
		t->job->split++;
	}
}

/* What was wanted is known. RFC 5321 4.1.1.5: nothing is left of it with the server. */
static void end_test(struct smtp_client *c)
{
	return_split(c->current);
	c->current->is_open = false;
	smtp_session_say(c, SMTP_STEP_RSET);
}

bool smtp_transaction_advance(struct smtp_client *c)
{
	struct smtp_transaction *t = c->current;

	if (t->is_data_said)
		return false; /* its reply decides */
	if (t->is_void || (is_answered(t) && t->accepted == 0)) {
		if (c->expected.count)
			return false;
		close_refused(c);
	} else if (!smtp_session_may_say(c)) {
		return false;
	} else if (t->said < t->count) {
		smtp_session_say(c, SMTP_STEP_RCPT);
		t->said++;
	} else if (t->stops_before_data) {
		if (!is_answered(t))
			return false;
		end_test(c);
	} else {
		smtp_session_say(c, SMTP_STEP_DATA);
		t->is_data_said = true;
		t->job->has_begun = true;
	}
	return true;
}

/*
 * Our relay wants a login or TLS first: it would say so of every message, and the owner has
 * to hear of it once. Nothing is outstanding but what is void now.
 */
static void end_without_login(struct smtp_client *c, const struct outcome *o)
{
	if (o->scope != OUTCOME_ROUTE || !c->is_relay)
		return;
	c->close = *o;
	c->must_quit = true;
}

void smtp_transaction_mail_replied(struct smtp_client *c, const struct smtp_reply *reply)
{
	struct smtp_transaction *t = c->current;
	struct outcome o;

	if (t->is_void)
		return;
	t->job->is_touched = true;
	if (smtp_reply_class(reply) == 2)
		return;
	o = refusal(c, reply, OUTCOME_MESSAGE);
	end_without_login(c, &o);
	smtp_settle_job(c, t->job, &o);
}

/*
 * "Too many recipients" is 452; RFC 821 had 552 for it, which counts as 452
 * (RFC 5321 4.5.3.1.10). With another enhanced status it is about this mailbox.
 */
static bool is_too_many(const struct smtp_reply *reply)
{
	const struct outcome_status *s = &reply->status;

	return (reply->code == 452 || reply->code == 552) &&
	       (s->subject == 0 || (s->subject == 5 && s->detail == 3));
}

/*
 * Only behind a recipient that was accepted: each transaction then serves at least one,
 * so their number is bounded.
 */
static void recipient_refused(struct smtp_client *c, struct smtp_transaction_recipient *r,
	const struct smtp_reply *reply)
{
	struct smtp_transaction *t = c->current;
	struct outcome o;

	if (t->accepted && is_too_many(reply)) {
		r->state = SMTP_RECIPIENT_SPLIT;
		return;
	}
	o = refusal(c, reply, OUTCOME_RECIPIENT);
	if (reply->code == 552 && (t->accepted || r->was_split))
		o = smtp_session_reply_outcome(
			c, reply, OUTCOME_DEFERRED, OUTCOME_RECIPIENT);
	smtp_settle_begin(c, t->job, &o);
	smtp_settle_recipient(c, r);
}

static void recipient_accepted(struct smtp_client *c,
	struct smtp_transaction_recipient *r, const struct smtp_reply *reply)
{
	struct smtp_transaction *t = c->current;
	struct outcome o;

	r->state = SMTP_RECIPIENT_ACCEPTED;
	if (!t->stops_before_data)
		return;
	o = smtp_session_reply_outcome(c, reply, OUTCOME_DELIVERED, OUTCOME_RECIPIENT);
	smtp_settle_begin(c, t->job, &o);
	smtp_settle_recipient(c, r);
}

void smtp_transaction_rcpt_replied(struct smtp_client *c, const struct smtp_reply *reply)
{
	struct smtp_transaction *t = c->current;
	struct smtp_transaction_recipient *r = &t->recipients[t->answered++];

	if (smtp_reply_class(reply) == 2) {
		/* counted also when void: nobody may get an empty message then */
		t->accepted++;
		if (!t->is_void)
			recipient_accepted(c, r, reply);
	} else if (!t->is_void) {
		recipient_refused(c, r, reply);
	}
}

static void begin_content(struct smtp_client *c)
{
	return_split(c->current);
	c->is_content = true;
	c->content_offset = 0;
	c->body = SMTP_BODY_INIT;
	/* expected from now on, so that a reply before the dot is seen to be early */
	smtp_expected_push(&c->expected, SMTP_STEP_CONTENT, 0, SMTP_END_UNKNOWN);
}

/* DATA is on although nobody is left to get anything: RFC 2920 3.1 wants a lone dot. */
static void end_unwanted_data(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (c->current->accepted) {
		/* refused by MAIL, yet accepted by RCPT: a dot would be a message */
		smtp_session_breach(c, "DATA goes on behind a refusal", reply);
		return;
	}
	smtp_session_say(c, SMTP_STEP_LONE_DOT);
	close_refused(c);
}

void smtp_transaction_data_replied(struct smtp_client *c, const struct smtp_reply *reply)
{
	struct smtp_transaction *t = c->current;
	bool is_wanted = !t->is_void && t->accepted;
	struct outcome o;

	if (smtp_reply_class(reply) == 2) {
		smtp_session_breach(c, "2yz in reply to DATA", reply);
	} else if (smtp_reply_class(reply) == 3 && is_wanted) {
		begin_content(c);
	} else if (smtp_reply_class(reply) == 3) {
		end_unwanted_data(c, reply);
	} else {
		if (is_wanted) {
			o = refusal(c, reply, OUTCOME_MESSAGE);
			smtp_settle_job(c, t->job, &o);
		}
		close_refused(c);
	}
}

/* RFC 2033 4.2: a reply for each recipient that was accepted, in their order. */
static void expect_replies(struct smtp_client *c, const struct smtp_transaction *t)
{
	for (size_t i = 1; c->is_lmtp && i < t->accepted; i++)
		smtp_expected_push(
			&c->expected, SMTP_STEP_CONTENT, 0, smtp_outbox_end(&c->outbox));
}

void smtp_transaction_finish(struct smtp_client *c)
{
	struct smtp_transaction *t = c->current;

	smtp_body_finish(&c->body, smtp_outbox_open(&c->outbox));
	smtp_expected_set_end(&c->expected, smtp_outbox_end(&c->outbox));
	expect_replies(c, t);
	smtp_session_show(c, SPAN_LIT("."));
	c->is_content = false;
	c->current = c->finishing;
	c->finishing = t;
}

/* The reply is about the next one only. Whether it was the last one. */
static bool settle_one(struct smtp_client *c, struct smtp_transaction *t)
{
	size_t i = 0;

	while (t->recipients[i].state != SMTP_RECIPIENT_ACCEPTED)
		i++;
	smtp_settle_recipient(c, &t->recipients[i]);
	return --t->accepted == 0;
}

void smtp_transaction_content_replied(
	struct smtp_client *c, const struct smtp_reply *reply)
{
	struct smtp_transaction *t = c->is_content ? c->current : c->finishing;
	bool is_of_one = c->is_lmtp && !c->is_content;
	enum outcome_scope scope = is_of_one ? OUTCOME_RECIPIENT : OUTCOME_MESSAGE;
	struct outcome o;

	if (smtp_reply_class(reply) == 2)
		o = smtp_session_reply_outcome(c, reply, OUTCOME_DELIVERED, scope);
	else
		o = refusal(c, reply, scope);
	smtp_settle_begin(c, t->job, &o);
	if (is_of_one) {
		t->is_open = !settle_one(c, t);
		return;
	}
	smtp_settle_transaction(c, t);
	/* the same content will not fare better with the recipients who still wait */
	if (o.kind != OUTCOME_DELIVERED)
		smtp_settle_todo(c);
	t->is_open = false;
	c->is_content = false;
}
