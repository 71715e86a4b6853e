#include "deliver/session.h"

#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "conf/provider.h"
#include "deliver/channel.h"
#include "deliver/login.h"
#include "deliver/narrate.h"

#define READ_BLOCK    4096
#define CONTENT_BLOCK (64 * 1024)

/*
 * Connections are given up after so many messages, or so long (protocol R20): a server that
 * wants fewer says so by 421, which costs nothing.
 */
#define MESSAGES_MAX   1000
#define SESSION_MAX_MS 300000

struct session {
	const struct flush *flush;
	struct destination *destination;
	const struct mx_target *target;
	const struct session_jobs *jobs;
	const struct outcome *tls_trouble; /* in the clear for want of TLS; else NULL */
	struct session_result *result;
	struct channel channel;
	struct stream *stream;           /* of the channel */
	struct tls_binding_data binding; /* of the channel, for the login */
	struct smtp_client *engine;
	struct smtp_observer observer;
	int64_t begun_ms;
	unsigned patience_id;
	int64_t deadline_ms;
	bool has_stopped;     /* the engine has been told of SIGTERM */
	struct job *unsynced; /* has outcomes that must be on disk before we go on */
	char block[CONTENT_BLOCK];
};

/* The name for EHLO: FQDN, or our address as a literal (RFC 5321 4.1.4). */
static void find_hello_name(const struct session *s, char out[IDENTITY_NAME_MAX])
{
	struct netaddr own;
	char literal[NETADDR_TEXT_MAX];

	if (s->flush->identity->is_qualified ||
		stream_local_address(s->stream, &own) < 0) {
		(void)text_copy(
			out, IDENTITY_NAME_MAX, span_of(s->flush->identity->hostname));
		return;
	}
	netaddr_format_literal(&own, literal);
	(void)text_copy(out, IDENTITY_NAME_MAX, span_of(literal));
}

/* -v: what a person at a terminal sees */
static void show_command(void *ctx, struct span command)
{
	const struct session *s = ctx;

	flush_show(s->flush, ">>> %.*s", SPAN_ARGS(command));
}

static void show_reply(void *ctx, int code, struct span text)
{
	const struct session *s = ctx;
	struct span line = SPAN_NONE;

	do {
		(void)span_cut(&text, '\n', &line);
		flush_show(s->flush, "<<< %d%c%.*s", code, text.data ? '-' : ' ',
			SPAN_ARGS(span_trim(line)));
	} while (text.data);
}

/* What the login has to know of TLS, once there is any. */
static void tell_channel(struct session *s)
{
	static const char *const types[] = {
		[TLS_BINDING_EXPORTER] = "tls-exporter",
		[TLS_BINDING_SERVER_END_POINT] = "tls-server-end-point",
	};
	const struct tls_facts *facts = channel_facts(&s->channel);
	struct smtp_channel channel = {.is_verified = facts && facts->is_verified};

	if (!facts)
		return;
	if (stream_tls_binding(s->stream, &s->binding) == 0)
		channel.binding = (struct smtp_binding){types[s->binding.type],
			{(const char *)s->binding.data, s->binding.len}};
	smtp_client_channel(s->engine, &channel);
}

static void start_engine(struct session *s)
{
	const struct conf_provider *provider =
		conf_provider_at(flush_relay(s->flush, &s->destination->route)->provider);
	struct login *login = s->destination->login;
	char hello[IDENTITY_NAME_MAX];
	struct smtp_client_options options = {.hello_name = hello,
		.remote = s->channel.remote,
		.messages_max = MESSAGES_MAX,
		.recipients_max = provider->recipients,
		.size_max = provider->message_size,
		.tls = channel_smtp_tls(&s->channel),
		.is_relay = s->destination->route.kind == ROUTE_RELAY,
		.is_lmtp = s->target->is_lmtp,
		.login = login ? login_for(login, s->target) : NULL};

	s->observer = (struct smtp_observer){show_command, show_reply, s};
	if (s->flush->show)
		options.observer = &s->observer;

	find_hello_name(s, hello);
	s->engine = smtp_client_new(&options);
	tell_channel(s);
}

static void note_patience(struct session *s, const struct smtp_event *ev)
{
	if (ev->patience_id == s->patience_id && s->deadline_ms)
		return;
	s->patience_id = ev->patience_id;
	s->deadline_ms = channel_deadline_ms(s->flush, ev->patience_s);
}

/*
 * Take what the server has sent. Everything that is there is read before anything is
 * written: an early refusal must be seen, and a reply that came too early must not pass
 * for the answer to what is written next.
 */
static enum stream_result read_all(struct session *s)
{
	char in[READ_BLOCK];
	enum stream_result result;
	size_t n;

	while ((result = stream_read(s->stream, in, sizeof(in), &n)) == STREAM_OK) {
		smtp_client_received(s->engine, (struct span){in, n});
		if (n < sizeof(in))
			return STREAM_OK;
	}
	return result;
}

static void lose(struct session *s, enum stream_result result)
{
	if (result == STREAM_CLOSED)
		smtp_client_lost(s->engine, SMTP_LOST_CLOSED, "");
	else
		smtp_client_lost(s->engine, SMTP_LOST_ERROR, stream_error(s->stream));
}

/* Wait for the stream, for the deadline, or for a signal. False when time is up. */
static bool wait_for_stream(struct session *s, bool wants_write)
{
	if (flush_is_stopping() && !s->has_stopped) {
		s->has_stopped = true;
		smtp_client_stop(s->engine);
		return true;
	}
	if (stream_wait(s->stream, wants_write, s->deadline_ms) == STREAM_OK)
		return true;
	if (s->flush->world->mono_ms() < s->deadline_ms)
		return true; /* a signal: look again */
	smtp_client_lost(s->engine, SMTP_LOST_TIMEOUT, "");
	return false;
}

/* The promise of the header: before one more octet leaves, and before we wait. */
static void sync_outcomes(struct session *s)
{
	if (s->unsynced)
		claim_sync(s->unsynced->claim);
	s->unsynced = NULL;
}

static void do_read(struct session *s, const struct smtp_event *ev)
{
	enum stream_result result;

	sync_outcomes(s);
	note_patience(s, ev);
	result = read_all(s);
	if (result == STREAM_AGAIN)
		(void)wait_for_stream(s, false);
	else if (result != STREAM_OK)
		lose(s, result);
}

static void do_write(struct session *s, const struct smtp_event *ev)
{
	enum stream_result result;
	size_t n;

	sync_outcomes(s);
	note_patience(s, ev);
	result = read_all(s);
	if (result == STREAM_OK)
		return; /* the engine may want to write something else now */
	if (result != STREAM_AGAIN) {
		lose(s, result);
		return;
	}
	result = stream_write(s->stream, ev->output, &n);
	if (result == STREAM_OK) {
		smtp_client_written(s->engine, n);
	} else if (result == STREAM_AGAIN) {
		(void)wait_for_stream(s, true);
	} else {
		/* what the server said before it hung up is worth more than EPIPE */
		while (read_all(s) == STREAM_OK)
			;
		lose(s, result);
	}
}

static void do_start_tls(struct session *s)
{
	struct outcome why;

	sync_outcomes(s);
	if (channel_secure(&s->channel, &why) == 0) {
		tell_channel(s);
		smtp_client_secured(s->engine);
	} else {
		smtp_client_tls_failed(s->engine, &why);
	}
}

/* A slow greeting is no reason: at least one message is served. */
static bool is_old(const struct session *s)
{
	return s->result->has_advanced &&
	       s->flush->world->mono_ms() - s->begun_ms >= SESSION_MAX_MS;
}

static void do_content(struct session *s, const struct smtp_event *ev)
{
	struct outcome why;
	bool is_last = false;
	ssize_t n = job_content(
		ev->tag, ev->offset, s->block, sizeof(s->block), &is_last, &why);

	if (n >= 0 && is_last)
		flush_show(s->flush, ">>> [%llu octets]",
			(unsigned long long)ev->offset + (unsigned long long)n);
	if (n < 0)
		smtp_client_content_failed(s->engine, &why);
	else
		smtp_client_content(
			s->engine, (struct span){s->block, (size_t)n}, is_last);
}

static void do_outcome(struct session *s, const struct smtp_event *ev)
{
	const struct outcome *o = &ev->outcome;
	bool is_of_host = o->scope == OUTCOME_HOST || o->scope == OUTCOME_ROUTE;

	s->result->has_decided |=
		!is_of_host && o->kind != OUTCOME_PENDING && !o->may_be_delivered;
	s->result->has_advanced |=
		s->result->has_decided || (is_of_host && o->kind == OUTCOME_FAILED);
	if (s->unsynced != ev->tag)
		sync_outcomes(s);
	job_outcome(ev->tag, ev->recipient, o);
	s->unsynced = ev->tag;
}

static void do_done(struct session *s, const struct smtp_event *ev)
{
	/* it may wait long for another host, and is not ours any more */
	if (s->unsynced == ev->tag)
		sync_outcomes(s);
	s->jobs->done(s->jobs->ctx, ev->tag);
}

/* The message cannot go to this host: nothing is said to it. */
static void refuse_job(struct session *s, struct job *job, const struct outcome *why)
{
	struct smtp_event ev = {.kind = SMTP_OUTCOME, .tag = job, .outcome = *why};

	(void)text_copy(
		ev.outcome.remote, sizeof(ev.outcome.remote), span_of(s->channel.remote));
	for (ev.recipient = 0; ev.recipient < job->count; ev.recipient++)
		do_outcome(s, &ev);
	do_done(s, &ev);
}

/* The account is not to be locked, and not to be taken for locked either. */
static void note_login(const struct session *s, const struct outcome *refusal)
{
	if (s->destination->login)
		login_note(s->destination->login, s->flush, s->destination, s->target,
			refusal);
}

static void logged_in(const struct session *s)
{
	const struct login *login = s->destination->login;

	note_login(s, NULL);
	if (login)
		narrate_login(
			s->flush, login->smtp.user, smtp_client_mechanism(s->engine));
}

/* None now: where replies are outstanding there may be one when they have come. */
static void end_or_wait(struct session *s, bool is_idle)
{
	if (is_idle || flush_is_stopping() || is_old(s))
		smtp_client_no_message(s->engine);
	else
		smtp_client_message_later(s->engine);
}

static void do_next(struct session *s, bool is_idle)
{
	struct outcome why;
	struct job *job;

	if (!s->result->is_up)
		logged_in(s);
	s->result->is_up = true;
	channel_note_no_tls(&s->channel, NULL);
	if (is_idle)
		sync_outcomes(s);
	while (!flush_is_stopping() && !is_old(s) &&
		(job = s->jobs->next(s->jobs->ctx, is_idle)) != NULL) {
		if (s->tls_trouble && !job_was_tried(job)) {
			refuse_job(s, job, s->tls_trouble);
		} else if (job_prepare(job, smtp_client_extensions(s->engine), &why) ==
			   0) {
			smtp_client_message(s->engine, &job->message);
			return;
		} else {
			refuse_job(s, job, &why);
		}
	}
	end_or_wait(s, is_idle);
}

static void set_trouble(struct session *s, const struct outcome *trouble)
{
	s->result->has_trouble = true;
	s->result->trouble = *trouble;
	s->result->may_do_without_tls = s->channel.may_do_without;
	s->result->has_failed_test = s->channel.has_failed_test;
	channel_note_no_tls(&s->channel, trouble);
	channel_advise(&s->channel, &s->result->trouble);
}

static void do_close(struct session *s, const struct smtp_event *ev)
{
	s->result->is_up = smtp_client_is_up(s->engine);
	if (smtp_client_has_refused_login(s->engine))
		note_login(s, &ev->outcome);
	if (ev->outcome.kind != OUTCOME_PENDING)
		set_trouble(s, &ev->outcome);
}

static void converse(struct session *s)
{
	struct smtp_event ev;

	for (;;) {
		smtp_client_next(s->engine, &ev);
		switch (ev.kind) {
		case SMTP_READ:
			do_read(s, &ev);
			break;
		case SMTP_WRITE:
			do_write(s, &ev);
			break;
		case SMTP_START_TLS:
			do_start_tls(s);
			break;
		case SMTP_NEXT:
			do_next(s, ev.is_idle);
			break;
		case SMTP_CONTENT:
			do_content(s, &ev);
			break;
		case SMTP_OUTCOME:
			do_outcome(s, &ev);
			break;
		case SMTP_DONE:
			do_done(s, &ev);
			break;
		case SMTP_CLOSE:
			do_close(s, &ev);
			return;
		}
	}
}

static void log_session(const struct session *s)
{
	const struct session_result *r = s->result;
	const struct tls_facts *tls = channel_facts(&s->channel);

	log_event(r->has_trouble ? LOG_LEVEL_WARNING : LOG_LEVEL_INFO,
		r->has_trouble ? "connection-failed" : "connection-closed",
		LOG_TEXT("remote", s->channel.remote),
		LOG_TEXT("route", s->destination->key),
		LOG_TEXT("tls", tls ? tls->version : "none"),
		LOG_TEXT("cipher", tls ? tls->cipher : NULL),
		LOG_TEXT("verified", tls && tls->is_verified ? tls->how : NULL),
		LOG_TEXT("login", s->engine ? smtp_client_mechanism(s->engine) : NULL),
		LOG_NUMBER("ms", s->flush->world->mono_ms() - s->begun_ms),
		LOG_TEXT("why", r->has_trouble ? r->trouble.text : NULL));
}

void session_run(struct published *published, struct destination *d,
	const struct mx_target *target, const struct session_jobs *jobs,
	const struct outcome *tls_trouble, struct session_result *ret)
{
	const struct flush *flush = published->flush;
	struct session s = {.flush = flush,
		.destination = d,
		.target = target,
		.jobs = jobs,
		.tls_trouble = tls_trouble,
		.result = ret,
		.begun_ms = flush->world->mono_ms()};
	struct outcome why;

	*ret = (struct session_result){0};
	if (channel_open(&s.channel, published, target, tls_trouble, &why) == 0) {
		log_event(LOG_LEVEL_DEBUG, "connected",
			LOG_TEXT("remote", s.channel.remote), LOG_TEXT("route", d->key));
		s.stream = s.channel.stream;
		start_engine(&s);
		converse(&s);
	} else {
		set_trouble(&s, &why);
	}
	log_session(&s);
	if (ret->has_trouble)
		flush_show(flush, "=== %s", ret->trouble.text);
	smtp_client_free(s.engine);
	channel_close(&s.channel);
}
