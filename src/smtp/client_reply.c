#include "smtp/command.h"
#include "smtp/session.h"

#define MINUTE_S 60

static void say_ehlo(struct smtp_client *c, struct buf *out)
{
	buf_addf(out, "%s %s\r\n", c->is_lmtp ? "LHLO" : "EHLO", c->hello_name);
}

static void say_helo(struct smtp_client *c, struct buf *out)
{
	buf_addf(out, "HELO %s\r\n", c->hello_name);
}

static void say_starttls(struct smtp_client *c, struct buf *out)
{
	(void)c;
	buf_add_str(out, "STARTTLS\r\n");
}

static void say_rset(struct smtp_client *c, struct buf *out)
{
	(void)c;
	buf_add_str(out, "RSET\r\n");
}

static void say_mail(struct smtp_client *c, struct buf *out)
{
	smtp_command_mail(out, c->current->job->message, &c->extensions);
}

static void say_rcpt(struct smtp_client *c, struct buf *out)
{
	const struct smtp_transaction *t = c->current;
	const struct smtp_message *m = t->job->message;

	smtp_command_rcpt(
		out, m->recipients[t->recipients[t->said].index], &c->extensions);
}

static void say_data(struct smtp_client *c, struct buf *out)
{
	(void)c;
	buf_add_str(out, "DATA\r\n");
}

static void say_lone_dot(struct smtp_client *c, struct buf *out)
{
	(void)c;
	buf_add_str(out, ".\r\n");
}

static void say_quit(struct smtp_client *c, struct buf *out)
{
	(void)c;
	buf_add_str(out, "QUIT\r\n");
}

/*
 * A server that cannot forget a transaction gets no other one; what was said behind the
 * RSET is void.
 */
static void on_rset(struct smtp_client *c, const struct smtp_reply *reply)
{
	struct outcome o;

	if (smtp_reply_class(reply) == 2)
		return;
	c->must_quit = true;
	o = smtp_session_outcome(c, OUTCOME_PENDING, OUTCOME_HOST, "4.5.0",
		"not tried: the server refused RSET");
	for (size_t i = 0; i < ARRAY_LEN(c->jobs); i++) {
		struct smtp_job *job = &c->jobs[i];

		if (job->message && job->open)
			smtp_settle_job(c, job, &o);
	}
}

/* Nobody was to get it, so nobody does, whatever the server says (RFC 2920 3.1). */
static void on_lone_dot(struct smtp_client *c, const struct smtp_reply *reply)
{
	(void)c;
	(void)reply;
}

static void on_quit(struct smtp_client *c, const struct smtp_reply *reply)
{
	(void)reply;
	c->is_over = true;
}

/*
 * The machine. `say` composes the command (none where nothing is said or, as with
 * content, it is said in parts), `patience_s` is for the reply, `on_reply` gets every
 * complete reply but 421. After a step that `ends_group` nothing may be said before its
 * reply (RFC 2920 3.1).
 *
 * Patience is that of RFC 5321 4.5.3.2, by its numbers; it names none for EHLO, STARTTLS and
 * AUTH (as long as MAIL here), RSET and QUIT (short: nothing depends on them).
 *
 * CONTENT does not end a group, RFC 2920 3.1 says so itself: the message content may be
 * the first "command" of a group, so that RSET or MAIL of the next transaction follow the
 * final dot at once. QUIT never does: its 221 must not pass for the reply to the dot.
 *
 * A step that `is_secret` is shown to nobody, and may be longer than a command.
 *
 * BDAT is a row to come.
 */
static const struct {
	const char *awaits;
	unsigned patience_s;
	bool ends_group;
	bool may_be_3yz;
	bool is_secret;
	void (*say)(struct smtp_client *c, struct buf *out);
	void (*on_reply)(struct smtp_client *c, const struct smtp_reply *reply);
} steps[] = {
	[SMTP_STEP_GREETING] = {.awaits = "the greeting",
		.patience_s = 5 * MINUTE_S, /* 4.5.3.2.1 */
		.ends_group = true,
		.on_reply = smtp_hello_greeted},
	[SMTP_STEP_EHLO] = {.awaits = "the reply to EHLO",
		.patience_s = 5 * MINUTE_S,
		.ends_group = true,
		.say = say_ehlo,
		.on_reply = smtp_hello_ehlo_replied},
	[SMTP_STEP_HELO] = {.awaits = "the reply to HELO",
		.patience_s = 5 * MINUTE_S,
		.ends_group = true,
		.say = say_helo,
		.on_reply = smtp_hello_helo_replied},
	[SMTP_STEP_STARTTLS] = {.awaits = "the reply to STARTTLS",
		.patience_s = 5 * MINUTE_S,
		.ends_group = true,
		.say = say_starttls,
		.on_reply = smtp_hello_starttls_replied},
	[SMTP_STEP_AUTH] = {.awaits = "the reply to AUTH",
		.patience_s = 5 * MINUTE_S,
		.ends_group = true,
		.may_be_3yz = true,
		.is_secret = true,
		.say = smtp_login_say,
		.on_reply = smtp_login_replied},
	[SMTP_STEP_AUTH_ANSWER] = {.awaits = "the reply to the login",
		.patience_s = 5 * MINUTE_S,
		.ends_group = true,
		.may_be_3yz = true,
		.is_secret = true,
		.say = smtp_login_say_answer,
		.on_reply = smtp_login_replied},
	[SMTP_STEP_RSET] = {.awaits = "the reply to RSET",
		.patience_s = 20,
		.say = say_rset,
		.on_reply = on_rset},
	[SMTP_STEP_MAIL] = {.awaits = "the reply to MAIL FROM",
		.patience_s = 5 * MINUTE_S, /* 4.5.3.2.2 */
		.say = say_mail,
		.on_reply = smtp_transaction_mail_replied},
	[SMTP_STEP_RCPT] = {.awaits = "the reply to RCPT TO",
		.patience_s = 5 * MINUTE_S, /* 4.5.3.2.3 */
		.say = say_rcpt,
		.on_reply = smtp_transaction_rcpt_replied},
	[SMTP_STEP_DATA] = {.awaits = "the reply to DATA",
		.patience_s = 2 * MINUTE_S, /* 4.5.3.2.4 */
		.ends_group = true,
		.may_be_3yz = true,
		.say = say_data,
		.on_reply = smtp_transaction_data_replied},
	[SMTP_STEP_CONTENT] = {.awaits = "the reply to the final dot",
		.patience_s = 10 * MINUTE_S, /* 4.5.3.2.6 */
		.on_reply = smtp_transaction_content_replied},
	[SMTP_STEP_LONE_DOT] = {.awaits = "the reply to the final dot",
		.patience_s = 10 * MINUTE_S, /* 4.5.3.2.6 */
		.say = say_lone_dot,
		.on_reply = on_lone_dot},
	[SMTP_STEP_QUIT] = {.awaits = "the reply to QUIT",
		.patience_s = 5,
		.ends_group = true,
		.may_be_3yz = true,
		.say = say_quit,
		.on_reply = on_quit},
};

const char *smtp_step_awaits(enum smtp_step step)
{
	return steps[step].awaits;
}

unsigned smtp_step_patience_s(enum smtp_step step)
{
	return steps[step].patience_s;
}

void smtp_session_show(const struct smtp_client *c, struct span command)
{
	if (c->observer)
		c->observer->said(c->observer->ctx, command);
}

static void show_step(
	const struct smtp_client *c, enum smtp_step step, struct span command)
{
	char masked[SMTP_LOGIN_MASK_MAX];

	if (steps[step].is_secret) {
		smtp_login_mask(command, masked);
		command = span_of(masked);
	}
	smtp_session_show(c, command);
}

void smtp_session_say(struct smtp_client *c, enum smtp_step step)
{
	size_t max = steps[step].is_secret ? SMTP_LOGIN_LINE_MAX : SMTP_COMMAND_MAX;
	struct buf *out = smtp_outbox_open(&c->outbox);
	size_t before = out->len;
	struct span command;

	steps[step].say(c, out);
	command = span_from(buf_span(out), before);
	/* addresses were checked where they came in; one that slipped through is fatal */
	if (out->is_overfull || command.len > max ||
		span_has_control(span_head(command, command.len - 2)))
		BUG("a command that is too long or more than one line");
	show_step(c, step, span_head(command, command.len - 2));
	smtp_expected_push(
		&c->expected, step, (uint32_t)command.len, smtp_outbox_end(&c->outbox));
}

bool smtp_session_may_say(const struct smtp_client *c)
{
	const struct smtp_expected_reply *last = smtp_expected_back(&c->expected);

	if (!last)
		return true;
	return c->extensions.has_pipelining && !steps[last->step].ends_group &&
	       !c->expected.is_window_closed;
}

void smtp_session_protocol_error(struct smtp_client *c, const char *why, struct span what)
{
	const struct smtp_expected_reply *front = smtp_expected_front(&c->expected);
	struct buf text = BUF_INIT(OUTCOME_TEXT_MAX);
	struct outcome o;

	buf_addf(&text, "protocol error: %s", why);
	if (front)
		buf_addf(&text, ", waiting for %s", steps[front->step].awaits);
	if (what.len) {
		buf_add_str(&text, ": ");
		buf_add_span(&text, span_head(what, OUTCOME_TEXT_MAX / 4));
	}
	o = smtp_session_outcome(
		c, OUTCOME_DEFERRED, OUTCOME_HOST, "4.5.0", buf_str(&text));
	buf_release(&text);
	smtp_session_fail(c, &o, true);
}

void smtp_session_breach(
	struct smtp_client *c, const char *why, const struct smtp_reply *reply)
{
	struct buf what = BUF_INIT(OUTCOME_TEXT_MAX);

	buf_addf(&what, "%d ", reply->code);
	buf_add_span(&what, span_head(reply->text, OUTCOME_TEXT_MAX / 4));
	smtp_session_protocol_error(c, why, buf_span(&what));
	buf_release(&what);
}

/*
 * 421 may answer anything, or come unasked: the server closes the connection
 * (RFC 5321 3.8). It is a whole reply: the command that it answers was not obeyed.
 */
static void service_closes(struct smtp_client *c, const struct smtp_reply *reply)
{
	struct outcome o =
		smtp_session_reply_outcome(c, reply, OUTCOME_DEFERRED, OUTCOME_HOST);

	if (smtp_expected_front(&c->expected))
		smtp_expected_pop(&c->expected);
	smtp_session_fail(c, &o, true);
}

/*
 * A reply to a command that has not left. While content is sent, a refusal is believed
 * (a server may tell early that it will not take more; then its connection is useless,
 * for the dot is never sent), consent is not: it must have been made up before the server
 * could know what it consents to.
 */
static void replied_early(
	struct smtp_client *c, enum smtp_step step, const struct smtp_reply *reply)
{
	if (step != SMTP_STEP_CONTENT || smtp_reply_class(reply) < 4) {
		smtp_session_breach(c, "a reply before the command was sent", reply);
		return;
	}
	smtp_expected_pop(&c->expected);
	smtp_transaction_content_replied(c, reply);
	smtp_session_abort(c, "not tried: the connection ended with the message before");
}

void smtp_session_take_reply(struct smtp_client *c, const struct smtp_reply *reply)
{
	const struct smtp_expected_reply *front = smtp_expected_front(&c->expected);
	enum smtp_step step;

	if (c->observer)
		c->observer->heard(c->observer->ctx, reply->code, reply->text);
	if (reply->code == 421 && !c->is_quitting) {
		service_closes(c, reply);
		return;
	}
	if (!front) {
		smtp_session_breach(c, "a reply that nobody asked for", reply);
		return;
	}
	step = front->step;
	if (front->end > c->input_mark) {
		replied_early(c, step, reply);
	} else if (smtp_reply_class(reply) == 3 && !steps[step].may_be_3yz) {
		smtp_session_breach(c, "an unexpected 3yz", reply);
	} else {
		smtp_expected_pop(&c->expected);
		steps[step].on_reply(c, reply);
	}
}
