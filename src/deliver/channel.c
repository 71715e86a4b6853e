#include "deliver/channel.h"

#include "base/text.h"
#include "deliver/connection.h"
#include "deliver/narrate.h"

/* RFC 3207 names none; a handshake is two round trips (protocol R2). */
#define HANDSHAKE_PATIENCE_S 60

int64_t channel_deadline_ms(const struct flush *flush, int64_t patience_s)
{
	int64_t cap_s = flush->conf->delivery.reply_timeout_s;

	if (cap_s && patience_s > cap_s)
		patience_s = cap_s;
	return flush->world->mono_ms() + 1000 * patience_s;
}

static int refuse(struct channel *c, const struct outcome *why, struct outcome *ret_why)
{
	*ret_why = *why;
	(void)text_copy(ret_why->remote, sizeof(ret_why->remote), span_of(c->remote));
	return -1;
}

/* Our relay's certificate: another host does not mend it, our configuration may. */
static enum outcome_scope refusal_scope(const struct channel *c)
{
	return c->route->kind == ROUTE_RELAY ? OUTCOME_ROUTE : OUTCOME_HOST;
}

/* --- how it went, for reports --- */

/* Once a connection; what the host has done wrong before it was reached counts more. */
static void count(struct channel *c, enum tlsresults_type result)
{
	if (c->is_counted || c->policy.options.level == TLS_NONE)
		return;
	c->is_counted = true;
	if (c->policy.trouble != TLSRESULTS_SUCCESS)
		result = c->policy.trouble;
	published_count(c->published, c->target, c->policy.found, result);
}

/* RFC 8460 4.3.1 */
static enum tlsresults_type result_of(enum tls_trouble trouble)
{
	switch (trouble) {
	case TLS_TROUBLE_UNTRUSTED:
		return TLSRESULTS_NOT_TRUSTED;
	case TLS_TROUBLE_NAME:
		return TLSRESULTS_HOST_MISMATCH;
	case TLS_TROUBLE_EXPIRED:
		return TLSRESULTS_EXPIRED;
	case TLS_TROUBLE_NONE:
	case TLS_TROUBLE_HANDSHAKE:
	case TLS_TROUBLE_OTHER:
		break;
	}
	return TLSRESULTS_VALIDATION_FAILURE;
}

/* The engine's word for it (smtp/client.h). */
static bool lacks_starttls(const struct outcome *trouble)
{
	const struct outcome_status *s = &trouble->status;

	return !trouble->code && s->class == 4 && s->subject == 7 && s->detail == 4;
}

void channel_note_no_tls(struct channel *c, const struct outcome *trouble)
{
	if (!trouble || lacks_starttls(trouble))
		count(c, TLSRESULTS_NO_STARTTLS);
}

/* --- what is wanted --- */

/* What is published, as far as it matters: MTA-STS never helps where there is DANE. */
static void look_up(struct channel *c, struct tlspolicy_request *request)
{
	if (tlspolicy_wants_dane(request))
		request->dane = published_dane(c->published, c->target);
	if (request->dane && request->dane->result != DANE_NONE)
		return;
	if (tlspolicy_wants_sts(request) &&
		!published_has_failed_test(c->published, c->target))
		request->sts = published_sts(c->published);
}

static int decide(struct channel *c, bool in_clear, struct outcome *ret_why)
{
	struct tlspolicy_request request = {
		.configured = flush_tls(c->flush, c->route),
		.name = c->target->verify,
		.is_direct = c->route->kind != ROUTE_RELAY,
		.is_mx_secure = c->published->hosts->is_secure,
		.wish = c->route->wish,
	};
	struct outcome why;

	if (c->route->kind == ROUTE_MAILBOX) {
		c->policy.options.level = TLS_NONE; /* it never leaves this machine */
		return 0;
	}
	if (!in_clear)
		look_up(c, &request);
	if (tlspolicy_decide(&request, &c->policy, &why) < 0) {
		if (c->policy.trouble != TLSRESULTS_SUCCESS)
			count(c, c->policy.trouble);
		return refuse(c, &why, ret_why);
	}
	/* nobody is on the way to a socket, and its file says who is behind it */
	if (in_clear || c->target->address.any.sa_family == AF_UNIX)
		c->policy.options.level = TLS_NONE;
	narrate_policy(c->flush, &request, &c->policy);
	return 0;
}

/* A key that cannot be read is known before anybody is bothered. */
static int load_files(struct channel *c, struct outcome *ret_why)
{
	const struct tls_options *o = &c->policy.options;
	struct outcome why;
	struct fault f;

	if (!o->cert_file && !o->ca_file && !o->ca_dir)
		return 0;
	if (o->level == TLS_NONE || tls_cache_load(c->flush->world->tls, o, &f) == 0)
		return 0;
	why = outcome_of_fault(OUTCOME_DEFERRED, OUTCOME_ROUTE, "4.3.5", &f);
	return refuse(c, &why, ret_why);
}

enum smtp_tls channel_smtp_tls(const struct channel *c)
{
	enum tls_level level = c->policy.options.level;

	if (stream_tls_facts(c->stream))
		return SMTP_TLS_IMPLICIT;
	if (level == TLS_NONE)
		return SMTP_TLS_NEVER;
	if (!tls_is_required(level) || c->policy.is_testing)
		return SMTP_TLS_OFFERED;
	return SMTP_TLS_REQUIRED;
}

/* --- TLS --- */

static int handshake_timed_out(struct channel *c, struct outcome *ret_why)
{
	bool is_stopping = flush_is_stopping();
	const struct outcome why = outcome_make(OUTCOME_DEFERRED, OUTCOME_HOST, "4.4.2",
		"%s in the TLS handshake", is_stopping ? "interrupted" : "timed out");

	c->may_do_without &= !is_stopping;
	return refuse(c, &why, ret_why);
}

static int handshake_failed(struct channel *c, struct outcome *ret_why)
{
	enum tls_trouble trouble = stream_tls_facts(c->stream)->trouble;
	bool is_certificate = trouble != TLS_TROUBLE_HANDSHAKE;
	struct outcome why = outcome_make(OUTCOME_DEFERRED,
		is_certificate ? refusal_scope(c) : OUTCOME_HOST, "4.7.5",
		is_certificate ? "the server is not to be trusted: %s"
			       : "TLS handshake failed: %s",
		stream_error(c->stream));

	narrate_tls(c->flush, stream_tls_facts(c->stream));
	return refuse(c, &why, ret_why);
}

/* A failure in testing is for the count alone (RFC 8461 5). */
static void note_failure(struct channel *c)
{
	if (flush_is_stopping())
		return;
	count(c, result_of(stream_tls_facts(c->stream)->trouble));
	if (!c->policy.is_testing)
		return;
	published_fail_test(c->published, c->target);
	c->has_failed_test = true;
}

static int shake_hands(struct channel *c, struct outcome *ret_why)
{
	struct outcome why;
	struct fault f;

	if (stream_start_tls(c->stream, &c->policy.options, c->flush->world->tls, &f) <
		0) {
		why = outcome_of_fault(OUTCOME_DEFERRED, OUTCOME_ROUTE, "4.3.5", &f);
		return refuse(c, &why, ret_why);
	}
	c->may_do_without = c->policy.options.level == TLS_MAY;
	switch (stream_handshake_wait(
		c->stream, channel_deadline_ms(c->flush, HANDSHAKE_PATIENCE_S))) {
	case STREAM_OK:
		break;
	case STREAM_AGAIN:
		note_failure(c);
		return handshake_timed_out(c, ret_why);
	default:
		note_failure(c);
		return handshake_failed(c, ret_why);
	}
	c->may_do_without = false;
	count(c, TLSRESULTS_SUCCESS);
	narrate_tls(c->flush, stream_tls_facts(c->stream));
	return 0;
}

int channel_secure(struct channel *c, struct outcome *ret_why)
{
	return shake_hands(c, ret_why);
}

/* --- the connection --- */

static int reach(struct channel *c, struct outcome *ret_why)
{
	struct outcome why;

	if (connection_make(&c->stream, c->flush, c->route, c->target, &why) < 0)
		return refuse(c, &why, ret_why);
	return 0;
}

/* There is no way to the same port without TLS. */
static int begin_implicit(struct channel *c, struct outcome *ret_why)
{
	int rc;

	c->is_implicit = true;
	rc = shake_hands(c, ret_why);
	c->may_do_without = false;
	return rc;
}

int channel_open(struct channel *ret, struct published *published,
	const struct mx_target *target, bool in_clear, struct outcome *ret_why)
{
	*ret = (struct channel){
		.flush = published->flush,
		.route = published->route,
		.published = published,
		.target = target,
	};
	mx_target_format(target, ret->remote, sizeof(ret->remote));
	flush_show(ret->flush, "=== connecting to %s", ret->remote);
	if (decide(ret, in_clear, ret_why) < 0 || load_files(ret, ret_why) < 0 ||
		reach(ret, ret_why) < 0)
		return -1;
	if (target->is_implicit && ret->policy.options.level != TLS_NONE)
		return begin_implicit(ret, ret_why);
	return 0;
}

void channel_close(struct channel *c)
{
	stream_free(c->stream);
	c->stream = NULL;
}

const struct tls_facts *channel_facts(const struct channel *c)
{
	const struct tls_facts *facts = c->stream ? stream_tls_facts(c->stream) : NULL;

	return facts && facts->is_encrypted ? facts : NULL;
}

/* --- advice --- */

static const char *advice_for(const struct channel *c, const struct outcome *trouble)
{
	const struct tls_facts *facts = c->stream ? stream_tls_facts(c->stream) : NULL;

	if (!facts)
		return lacks_starttls(trouble)
			       ? "its port for TLS from the first octet on may be 465; "
				 "tls = may would do without TLS"
			       : NULL;
	switch (facts->trouble) {
	case TLS_TROUBLE_HANDSHAKE:
		return c->is_implicit
			       ? "smtps and port 465 mean TLS from the first octet "
				 "on; smtp+starttls is the other kind"
			       : NULL;
	case TLS_TROUBLE_UNTRUSTED:
		return "tls_ca names a CA, tls_fingerprint a certificate";
	case TLS_TROUBLE_NAME:
		return "host has to be a name that the certificate has";
	case TLS_TROUBLE_EXPIRED:
		return "its owner has to mend that, if the clock here is right";
	default:
		return NULL;
	}
}

void channel_advise(const struct channel *c, struct outcome *trouble)
{
	const char *advice = NULL;
	struct buf text = BUF_INIT(2 * OUTCOME_TEXT_MAX);

	if (c->route->kind == ROUTE_RELAY)
		advice = advice_for(c, trouble);
	if (!advice)
		return;
	buf_addf(&text, "%s (%s)", trouble->text, advice);
	(void)text_copy(trouble->text, sizeof(trouble->text), buf_span(&text));
	buf_release(&text);
}
