#include "smtp/session.h"

/* No message is given to this server; it is told so politely. */
static void refuse_session(struct smtp_client *c, const struct outcome *why)
{
	c->close = *why;
	c->must_quit = true;
}

static void refused_by_reply(struct smtp_client *c, const struct smtp_reply *reply)
{
	struct outcome o =
		smtp_session_reply_outcome(c, reply, OUTCOME_DEFERRED, OUTCOME_HOST);

	refuse_session(c, &o);
}

/*
 * The server calls itself what we call ourselves: we would give the message to ourselves,
 * for ever (RFC 5321 6.3). Whether that is final depends on the MX records.
 */
static bool is_ourselves(struct smtp_client *c, const struct smtp_reply *reply)
{
	struct span text = reply->text, line, name;
	struct outcome o;

	if (!span_cut(&text, '\n', &line))
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

/*
 * Where STARTTLS and AUTH will come: their commands are said from here, in their order,
 * and the last of them sets is_up.
 */
static void hello_accepted(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (!is_ourselves(c, reply))
		c->is_up = true;
}

void smtp_hello_ehlo_replied(struct smtp_client *c, const struct smtp_reply *reply)
{
	if (smtp_reply_class(reply) == 2) {
		c->extensions = smtp_extensions_parse(reply->text);
		hello_accepted(c, reply);
	} else if (smtp_reply_class(reply) == 5) {
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
