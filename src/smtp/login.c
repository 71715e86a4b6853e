#include <stdlib.h>

#include "base/text.h"
#include "smtp/session.h"

/* Which of our words on the wire is no secret: "AUTH PLAIN", and that there is more. */
static const char mask[] = "***";

/* The server is not given mail: it would go out under no name, or to nobody knows whom. */
static void refuse(struct smtp_client *c, const struct outcome *why)
{
	c->close = *why;
	c->must_quit = true;
}

/* Nothing but the owner's configuration, or the server's, will mend it. */
static void refuse_as_ours(struct smtp_client *c, const char *status, const char *text)
{
	struct outcome o =
		smtp_session_outcome(c, OUTCOME_DEFERRED, OUTCOME_ROUTE, status, text);

	refuse(c, &o);
}

static void refuse_without_mechanism(struct smtp_client *c)
{
	struct buf text = BUF_INIT(OUTCOME_TEXT_MAX);

	buf_add_str(&text, "cannot log in: ");
	smtp_auth_explain(&text, c->extensions.auth, c->login);
	refuse_as_ours(c, "4.7.4", buf_str(&text));
	buf_release(&text);
}

static bool is_safe(const struct smtp_client *c)
{
	return (c->is_secure && c->channel.is_verified) || c->login->may_be_unverified;
}

bool smtp_login_is_required(const struct smtp_client *c)
{
	return c->login && smtp_auth_is_required(c->login);
}

void smtp_login_begin(struct smtp_client *c)
{
	unsigned mechanism = 0;

	if (c->login && is_safe(c))
		mechanism = smtp_auth_choose(
			c->extensions.auth, c->login, &c->channel.binding);
	if (mechanism) {
		c->auth = smtp_auth_new((enum smtp_auth_mechanism)mechanism,
			c->extensions.auth, c->login, &c->channel.binding);
		smtp_reply_parser_set_line_max(&c->parser, SMTP_REPLY_CHALLENGE_MAX);
		smtp_session_say(c, SMTP_STEP_AUTH);
	} else if (!smtp_login_is_required(c)) {
		c->is_up = true;
	} else if (!is_safe(c)) {
		refuse_as_ours(c, "4.7.10",
			"cannot log in: without TLS that is verified, nobody knows who "
			"listens; set tls = verify, or auth_insecure = yes for a server "
			"on a network that you trust");
	} else {
		refuse_without_mechanism(c);
	}
}

void smtp_login_end(struct smtp_client *c)
{
	if (!c->auth)
		return;
	smtp_auth_free(c->auth);
	c->auth = NULL;
	smtp_outbox_wipe(&c->outbox);
	smtp_reply_parser_set_line_max(&c->parser, SMTP_REPLY_LINE_MAX);
	c->challenge = SPAN_NONE;
}

void smtp_login_say(struct smtp_client *c, struct buf *out)
{
	(void)buf_reserve(out, SMTP_LOGIN_LINE_MAX);
	smtp_auth_command(c->auth, out);
	buf_add_str(out, "\r\n");
}

void smtp_login_say_answer(struct smtp_client *c, struct buf *out)
{
	(void)buf_reserve(out, SMTP_LOGIN_LINE_MAX);
	smtp_auth_answer(c->auth, c->challenge, out);
	buf_add_str(out, "\r\n");
}

void smtp_login_mask(struct span command, char out[SMTP_LOGIN_MASK_MAX])
{
	struct span rest = command, word, name = SPAN_NONE;

	(void)span_word(&rest, &word);
	if (span_is(word, "AUTH"))
		(void)span_word(&rest, &name);
	if (name.len)
		(void)snprintf(out, SMTP_LOGIN_MASK_MAX, "AUTH %.*s%s%s",
			SPAN_ARGS(span_head(name, 32)), rest.len ? " " : "",
			rest.len ? mask : "");
	else if (command.len == 0 || span_is(command, "*"))
		(void)text_copy(out, SMTP_LOGIN_MASK_MAX, command);
	else
		(void)text_copy(out, SMTP_LOGIN_MASK_MAX, SPAN_LIT("***"));
}

/*
 * 500 to 504 are about the words (RFC 4954 4: 504 an unknown mechanism, 501 base64 or our
 * "*"), so only another 5yz says that these credentials are not good.
 */
static bool is_about_credentials(const struct smtp_reply *reply)
{
	return reply->code > 504;
}

/* What the server said inside the exchange tells more than its 535 (RFC 7628 3.2.2). */
static void refused(struct smtp_client *c, const struct smtp_reply *reply)
{
	struct outcome o =
		smtp_session_reply_outcome(c, reply, OUTCOME_DEFERRED, OUTCOME_ROUTE);
	const char *remark = smtp_auth_remark(c->auth);
	struct buf text = BUF_INIT(2 * OUTCOME_TEXT_MAX);

	if (*remark) {
		buf_addf(&text, "%s (%s)", o.text, remark);
		text_clean_into(o.text, sizeof(o.text), buf_span(&text));
	}
	c->has_refused_login = is_about_credentials(reply);
	refuse(c, &o);
	buf_release(&text);
}

static void accepted(struct smtp_client *c)
{
	if (smtp_auth_is_proven(c->auth)) {
		c->mechanism = smtp_auth_mechanism_name(c->auth);
		c->is_up = true;
		return;
	}
	refuse_as_ours(c, "4.7.5",
		"cannot log in: the server says yes without a proof that it knows the "
		"password: it is an impostor");
}

static void challenged(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (reply->code != 334 || *smtp_auth_trouble(c->auth)) {
		smtp_session_breach(c, "it goes on behind the end of AUTH", reply);
		smtp_login_end(c);
		return;
	}
	c->challenge = reply->text;
	smtp_session_say(c, SMTP_STEP_AUTH_ANSWER);
	c->challenge = SPAN_NONE;
}

void smtp_login_replied(struct smtp_client *c, const struct smtp_reply *reply)
{
	const char *trouble = smtp_auth_trouble(c->auth);
	struct buf text = BUF_INIT(2 * OUTCOME_TEXT_MAX);

	if (smtp_reply_class(reply) == 3) {
		challenged(c, reply);
		return;
	}
	if (*trouble) {
		/* the server answers our "*" (RFC 4954 4): the reason is ours */
		buf_addf(&text, "cannot log in: %s", trouble);
		refuse_as_ours(c, "4.7.5", buf_str(&text));
	} else if (smtp_reply_class(reply) == 2) {
		accepted(c);
	} else {
		refused(c, reply);
	}
	smtp_login_end(c);
	buf_release(&text);
}
