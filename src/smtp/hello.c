#include "smtp/session.h"

/* No message is given to this server; it is told so politely. */
static void refuse_session(struct smtp_client *c, const struct outcome *why)
{
	c->close = *why;
	c->must_quit = true;
}

/* Our relay does not want us as we are: that mends no other host, but our configuration. */
static enum outcome_scope refusal_scope(const struct smtp_client *c)
{
	return c->is_relay ? OUTCOME_ROUTE : OUTCOME_HOST;
}

static void refused_by_reply(struct smtp_client *c, const struct smtp_reply *reply)
{
	bool is_for_good = smtp_reply_class(reply) == 5;
	struct outcome o = smtp_session_reply_outcome(c, reply, OUTCOME_DEFERRED,
		is_for_good ? refusal_scope(c) : OUTCOME_HOST);

	refuse_session(c, &o);
}

/*
 * The server calls itself what we call ourselves: we would give the message to ourselves,
 * for ever (RFC 5321 6.3). Whether that is final depends on the MX records. A mail store
 * that speaks LMTP is no relay: it may well have our name.
 */
static bool is_ourselves(struct smtp_client *c, const struct smtp_reply *reply)
{
	struct span text = reply->text, line, name;
	struct outcome o;

	if (c->is_lmtp || !span_cut(&text, '\n', &line))
		return false;
	line = span_trim(line);
	if (!span_word(&line, &name) || !span_iis(name, c->hello_name))
		return false;
	o = smtp_session_outcome(c, OUTCOME_DEFERRED, OUTCOME_HOST, "4.4.6",
		"mail loops back to myself: the server has the name of this machine");
	refuse_session(c, &o);
	return true;
}

/*
 * RFC 5321 3.1 lets a server refuse by 554, RFC 7504 by 521: only the latter says that
 * there will never be a mail server.
 */
void smtp_hello_greeted(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (smtp_reply_class(reply) == 2) {
		if (!is_ourselves(c, reply))
			smtp_session_say(c, SMTP_STEP_EHLO);
		return;
	}
	refused_by_reply(c, reply);
	if (reply->code == 521) {
		c->close.kind = OUTCOME_FAILED;
		c->close.status = (struct outcome_status){5, 3, 2}; /* RFC 7504 4 */
	}
}

static bool needs_tls(const struct smtp_client *c)
{
	return c->tls == SMTP_TLS_REQUIRED && !c->is_secure;
}

/* RFC 3207 4: what offers STARTTLS inside TLS is not asked again. */
static void hello_accepted(struct smtp_client *c, const struct smtp_reply *reply)
{
	struct outcome o;

	if (is_ourselves(c, reply))
		return;
	if (c->is_secure || c->tls == SMTP_TLS_NEVER) {
		smtp_login_begin(c);
	} else if (c->extensions.has_starttls) {
		smtp_session_say(c, SMTP_STEP_STARTTLS);
	} else if (needs_tls(c)) {
		o = smtp_session_outcome(c, OUTCOME_DEFERRED, refusal_scope(c), "4.7.4",
			"TLS is required here, and the server does not offer STARTTLS");
		refuse_session(c, &o);
	} else {
		smtp_login_begin(c);
	}
}

void smtp_hello_plaintext_left(struct smtp_client *c)
{
	struct outcome o =
		smtp_session_outcome(c, OUTCOME_DEFERRED, OUTCOME_HOST, "4.7.5",
			"octets in clear behind the reply to STARTTLS: somebody may have "
			"put them in");

	smtp_session_fail(c, &o, false);
}

void smtp_hello_starttls_replied(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (smtp_reply_class(reply) != 2) {
		if (needs_tls(c))
			refused_by_reply(c, reply);
		else
			smtp_login_begin(c);
	} else if (c->input_at < c->input.len) {
		smtp_hello_plaintext_left(c);
	} else {
		c->awaits_tls = true;
	}
}

void smtp_hello_secured(struct smtp_client *c)
{
	c->awaits_tls = false;
	c->is_secure = true;
	c->extensions = (struct smtp_extensions){0}; /* anybody may have said it */
	smtp_session_say(c, SMTP_STEP_EHLO);         /* RFC 3207 4.2 */
}

void smtp_hello_ehlo_replied(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (smtp_reply_class(reply) == 2) {
		c->extensions = smtp_extensions_parse(reply->text);
		hello_accepted(c, reply);
	} else if (smtp_reply_class(reply) == 5 && !c->is_lmtp && !needs_tls(c) &&
		   !smtp_login_is_required(c)) {
		smtp_session_say(c, SMTP_STEP_HELO); /* RFC 5321 3.2 */
	} else {
		refused_by_reply(c, reply);
	}
}

void smtp_hello_helo_replied(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (smtp_reply_class(reply) == 2)
		hello_accepted(c, reply);
	else
		refused_by_reply(c, reply);
}
