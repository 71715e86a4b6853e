#include "smtp/client.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "smtp/session.h"

/* Undigested; each smtp_client_next digests all that it can. */
#define INPUT_MAX (1024 * 1024)

/* Below this, content is asked for, so that writes are large. */
#define OUTPUT_LOW (64 * 1024)

/*
 * RFC 5321 4.5.3.2.5: 3 minutes for each block of data. Counted for so many octets, it
 * is also the lowest rate that is put up with, 364 octets a second: who takes one octet a
 * minute does not hold the connection for ever.
 */
#define BLOCK_OCTETS     (64 * 1024)
#define BLOCK_PATIENCE_S 180

struct smtp_client *smtp_client_new(const struct smtp_client_options *options)
{
	struct smtp_client *c = mem_alloc(sizeof(*c));

	c->hello_name = mem_string(options->hello_name);
	c->remote = mem_string(options->remote);
	c->messages_max = options->messages_max;
	c->recipients_max = options->recipients_max;
	c->size_max = options->size_max;
	c->is_lmtp = options->is_lmtp;
	c->tls = options->tls;
	c->is_secure = options->tls == SMTP_TLS_IMPLICIT;
	c->is_relay = options->is_relay;
	c->login = options->login;
	c->observer = options->observer;
	buf_init(&c->input, INPUT_MAX);
	smtp_reply_parser_init(&c->parser);
	smtp_outbox_init(&c->outbox);
	c->current = &c->transactions[0];
	c->finishing = &c->transactions[1];
	/* RFC 5321 4.3.1: nothing is said before the greeting */
	smtp_expected_push(&c->expected, SMTP_STEP_GREETING, 0, 0);
	return c;
}

void smtp_client_free(struct smtp_client *c)
{
	if (!c)
		return;
	smtp_login_end(c);
	for (size_t i = 0; i < ARRAY_LEN(c->jobs); i++)
		free(c->jobs[i].todo);
	free(c->settlement.recipients);
	free(c->hello_name);
	free(c->remote);
	free(c->loss_why);
	buf_release(&c->input);
	smtp_reply_parser_release(&c->parser);
	smtp_outbox_release(&c->outbox);
	free(c);
}

/* Digest at most one reply. False when there is none. */
static bool digest(struct smtp_client *c)
{
	struct span all = buf_span(&c->input);
	struct span data = span_from(all, c->input_at);
	struct smtp_reply reply;
	enum smtp_reply_progress progress;

	if (data.len == 0) {
		if (!c->input.is_overfull)
			return false;
		smtp_session_protocol_error(c, "a flood of replies", SPAN_NONE);
		return true;
	}
	progress = smtp_reply_feed(&c->parser, &data, &reply);
	c->input_at = all.len - data.len;
	if (progress == SMTP_REPLY_PARTIAL)
		return false;
	if (progress != SMTP_REPLY_COMPLETE) {
		smtp_session_protocol_error(c,
			progress == SMTP_REPLY_ENDLESS ? "a reply without end"
						       : "not a reply",
			smtp_reply_parser_line(&c->parser));
		return true;
	}
	c->replies++;
	smtp_session_take_reply(c, &reply);
	c->input_mark = c->received_mark;
	return true;
}

/* Of two limits, where 0 is none. */
static uint64_t lesser(uint64_t a, uint64_t b)
{
	return a && (b == 0 || a < b) ? a : b;
}

/* Why this server cannot get this message at all; false when it can. */
static bool is_unfit(
	const struct smtp_client *c, const struct smtp_message *m, struct outcome *ret)
{
	const struct smtp_extensions *e = &c->extensions;
	uint64_t size_max = lesser(c->size_max, e->size_max);
	char text[128];

	if (size_max && m->facts.octets > size_max) {
		/* RFC 1870 6.1 */
		(void)snprintf(text, sizeof(text),
			"%" PRIu64 " octets are over the limit of this server, %" PRIu64,
			m->facts.octets, size_max);
		*ret = smtp_session_outcome(
			c, OUTCOME_FAILED, OUTCOME_HOST, "5.3.4", text);
		return true;
	}
	if (m->facts.needs_utf8 && !e->has_smtputf8) {
		/* RFC 6531 3.2 */
		*ret = smtp_session_outcome(c, OUTCOME_FAILED, OUTCOME_HOST, "5.6.7",
			"an address outside ASCII, and this server lacks SMTPUTF8");
		return true;
	}
	return false;
}

static bool has_transaction_left(const struct smtp_client *c)
{
	return !c->must_quit &&
	       (c->extensions.mail_max == 0 || c->mails < c->extensions.mail_max);
}

static void begin_job(struct smtp_client *c, struct smtp_job *job)
{
	struct outcome o;

	if (is_unfit(c, job->message, &o)) {
		smtp_settle_job(c, job, &o);
	} else if (!has_transaction_left(c)) {
		/* RFC 9422 4.1 */
		o = smtp_session_outcome(c, OUTCOME_PENDING, OUTCOME_HOST, "4.5.3",
			"not tried: the server takes no more messages a connection");
		smtp_settle_job(c, job, &o);
	} else if (c->needs_reset) {
		c->needs_reset = false;
		smtp_session_say(c, SMTP_STEP_RSET);
	} else {
		smtp_transaction_begin(c, job);
	}
}

/* The message that has recipients without a transaction; there is at most one. */
static struct smtp_job *waiting_job(struct smtp_client *c)
{
	for (size_t i = 0; i < ARRAY_LEN(c->jobs); i++)
		if (c->jobs[i].message && c->jobs[i].todo_at < c->jobs[i].todo_end)
			return &c->jobs[i];
	return NULL;
}

static bool may_take_message(const struct smtp_client *c)
{
	return !c->has_no_more && !(c->has_none_yet && c->expected.count) &&
	       !c->is_stopping && has_transaction_left(c) &&
	       (c->messages_max == 0 || c->messages < c->messages_max);
}

static void quit(struct smtp_client *c)
{
	smtp_session_say(c, SMTP_STEP_QUIT);
	c->is_quitting = true;
}

static void ask_for_message(const struct smtp_client *c, struct smtp_event *ret)
{
	ret->kind = SMTP_NEXT;
	ret->is_idle = c->expected.count == 0;
}

/*
 * One step of what can be said now. Whether anything changed; `ret` has a kind other than
 * READ when the owner has to be asked first.
 */
static bool advance(struct smtp_client *c, struct smtp_event *ret)
{
	struct smtp_job *job;

	if (c->awaits_tls) {
		ret->kind = SMTP_START_TLS;
		return true;
	}
	if (c->is_content) {
		if (smtp_outbox_pending(&c->outbox).len >= OUTPUT_LOW)
			return false;
		ret->kind = SMTP_CONTENT;
		ret->tag = c->current->job->message->tag;
		ret->offset = c->content_offset;
		return true;
	}
	if (c->current->is_open)
		return smtp_transaction_advance(c);
	if (!smtp_session_may_say(c))
		return false;
	job = waiting_job(c);
	if (job)
		begin_job(c, job);
	else if (may_take_message(c))
		ask_for_message(c, ret);
	else if (c->expected.count == 0)
		quit(c);
	else
		return false;
	return true;
}

/* Take back what the server has not been told irrevocably. */
static bool withdraw(struct smtp_client *c)
{
	const struct smtp_expected_reply *front = smtp_expected_front(&c->expected);
	struct outcome o;

	if ((front && front->step == SMTP_STEP_GREETING) || c->awaits_tls) {
		/* nothing may be said now, not even QUIT (RFC 5321 4.3.1) */
		smtp_session_abort(c, "stopped");
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(c->jobs); i++) {
		struct smtp_job *job = &c->jobs[i];

		if (!job->message || job->has_begun)
			continue;
		o = smtp_session_outcome(c, OUTCOME_PENDING, OUTCOME_HOST, "4.3.2",
			"not tried: stopped before it was sent");
		smtp_settle_job(c, job, &o);
		return true;
	}
	return false;
}

/* Deadlines are told apart by what they are for: a reply, or a block of output. */
static void set_patience(struct smtp_client *c, struct smtp_event *ret, uint64_t deadline,
	unsigned seconds)
{
	if (c->patience_id == 0 || deadline != c->deadline)
		c->patience_id++;
	c->deadline = deadline;
	ret->patience_id = c->patience_id;
	ret->patience_s = seconds;
}

static void wait_for_server(struct smtp_client *c, struct smtp_event *ret)
{
	const struct smtp_expected_reply *front = smtp_expected_front(&c->expected);
	struct span pending = smtp_outbox_pending(&c->outbox);

	if (pending.len) {
		ret->kind = SMTP_WRITE;
		ret->output = pending;
		set_patience(c, ret, 2 * (c->outbox.written / BLOCK_OCTETS) + 1,
			BLOCK_PATIENCE_S);
		return;
	}
	if (!front)
		BUG("nothing to say and nothing to wait for");
	ret->kind = SMTP_READ;
	set_patience(c, ret, 2 * c->replies, smtp_step_patience_s(front->step));
}

void smtp_client_next(struct smtp_client *c, struct smtp_event *ret)
{
	*ret = (struct smtp_event){.kind = SMTP_READ};
	for (;;) {
		/* in this order: what is decided is told before one more octet is said */
		if (smtp_settle_next(c, ret))
			return;
		if (c->is_over) {
			if (smtp_session_abandon(c))
				continue;
			ret->kind = SMTP_CLOSE;
			ret->outcome = c->close;
			return;
		}
		if (digest(c) || (c->is_stopping && withdraw(c)))
			continue;
		if (c->is_lost) {
			smtp_session_lose(c);
			continue;
		}
		if (!advance(c, ret))
			break;
		if (ret->kind != SMTP_READ)
			return;
	}
	wait_for_server(c, ret);
}

void smtp_client_received(struct smtp_client *c, struct span data)
{
	if (c->is_over)
		return;
	if (c->awaits_tls) {
		smtp_hello_plaintext_left(c);
		return;
	}
	c->received_mark = c->outbox.written;
	if (c->input_at == c->input.len) {
		buf_reset(&c->input);
		c->input_at = 0;
		if (!smtp_reply_parser_is_amid(&c->parser))
			c->input_mark = c->received_mark;
	}
	buf_add_span(&c->input, data);
}

void smtp_client_written(struct smtp_client *c, size_t n)
{
	smtp_outbox_written(&c->outbox, n);
}

void smtp_client_secured(struct smtp_client *c)
{
	if (!c->awaits_tls)
		BUG("TLS that START_TLS did not ask for");
	smtp_hello_secured(c);
}

void smtp_client_channel(struct smtp_client *c, const struct smtp_channel *channel)
{
	c->channel = *channel;
}

void smtp_client_tls_failed(struct smtp_client *c, const struct outcome *why)
{
	if (!c->awaits_tls)
		BUG("TLS that START_TLS did not ask for");
	smtp_session_fail(c, why, false);
}

const struct smtp_extensions *smtp_client_extensions(const struct smtp_client *c)
{
	return &c->extensions;
}

void smtp_client_message(struct smtp_client *c, const struct smtp_message *message)
{
	struct smtp_job *job = &c->jobs[c->jobs[0].message ? 1 : 0];
	size_t count = message->recipient_count;

	if (job->message)
		BUG("a message that NEXT did not ask for");
	job->todo = mem_regrow(job->todo, count ? count : 1, sizeof(*job->todo));
	for (size_t i = 0; i < count; i++)
		job->todo[i] = i;
	*job = (struct smtp_job){
		.message = message,
		.todo = job->todo,
		.todo_end = count,
		.open = count,
	};
	c->has_none_yet = false;
	c->messages++;
}

void smtp_client_no_message(struct smtp_client *c)
{
	c->has_no_more = true;
}

void smtp_client_message_later(struct smtp_client *c)
{
	if (c->expected.count == 0)
		BUG("nothing to say and nothing to wait for");
	c->has_none_yet = true;
}

void smtp_client_content(struct smtp_client *c, struct span block, bool is_last)
{
	if (!c->is_content || block.len > SMTP_CONTENT_BLOCK_MAX)
		BUG("content that CONTENT did not ask for");
	smtp_body_encode(&c->body, block, smtp_outbox_open(&c->outbox));
	c->content_offset += block.len;
	if (is_last)
		smtp_transaction_finish(c);
}

void smtp_client_content_failed(struct smtp_client *c, const struct outcome *outcome)
{
	if (!c->is_content)
		BUG("content that CONTENT did not ask for");
	smtp_settle_job(c, c->current->job, outcome);
	smtp_session_abort(c, "the connection ended with the message before");
}

void smtp_client_lost(struct smtp_client *c, enum smtp_loss loss, const char *why)
{
	if (c->is_lost)
		return;
	c->is_lost = true;
	c->loss = loss;
	c->loss_why = mem_string(why);
}

void smtp_client_stop(struct smtp_client *c)
{
	c->is_stopping = true;
}

const char *smtp_client_mechanism(const struct smtp_client *c)
{
	return c->mechanism;
}

bool smtp_client_has_refused_login(const struct smtp_client *c)
{
	return c->has_refused_login;
}

bool smtp_client_is_up(const struct smtp_client *c)
{
	return c->is_up;
}
