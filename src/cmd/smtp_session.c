#include "cmd/smtp_session.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "cmd/exit_code.h"
#include "cmd/peer.h"
#include "cmd/submit.h"
#include "smtp/server.h"

#define READ_BLOCK (64 * 1024)
#define TRACE_MAX  2048

/* from a message to the run that sends it: one run for what comes within */
#define KICK_DELAY_MS 200

struct session {
	const struct smtp_session_options *options;
	int in;
	int out;
	int signal_fd; /* SIGTERM; -1: not to be had, and then it kills */
	struct peer peer;
	struct user user; /* who speaks, if not who runs this program */
	struct smtp_server *server;
	char *block;
	bool is_broken; /* nobody hears us */

	struct spool spool;
	bool has_spool;
	struct submission *submission;
	struct submit_request request; /* borrowed by `submission` */
	struct buf trace;
	int64_t kick_at_ms; /* a message waits for its run until then; 0: none does */
};

static void kick(struct session *s)
{
	if (s->kick_at_ms)
		dispatch_spool(s->options->delivery, s->options->setup, &s->spool);
	s->kick_at_ms = 0;
}

/* RFC 5321 4.4; the field that says who handed it to nullmta comes when it is sent */
static void compose_trace(struct session *s, const struct smtp_server_envelope *e)
{
	const char *protocol = e->is_utf8 ? "UTF8SMTP" : e->is_esmtp ? "ESMTP" : "SMTP";
	char date[CLOCK_TEXT_MAX];

	clock_format_rfc5322(clock_now_s(), date, sizeof(date));
	buf_reset(&s->trace);
	buf_addf(&s->trace, "Received: from %s", *e->hello ? e->hello : "unknown");
	if (*s->peer.name)
		buf_addf(&s->trace, " (%s)", s->peer.name);
	buf_addf(&s->trace, "\r\n\tby %s with %s; %s\r\n",
		s->options->setup->identity.hostname, protocol, date);
}

/* the spool stays open for the next message, unless it is of no use any more */
static int begin_submission(struct session *s, struct fault *f)
{
	const struct setup *setup = s->options->setup;

	if (!s->has_spool && submit_open(&s->spool, setup, f) < 0)
		return -1;
	s->has_spool = true;
	if (submit_begin(&s->submission, setup, &s->spool, &s->request, f) == 0)
		return 0;
	kick(s);
	spool_close(&s->spool);
	s->has_spool = false;
	return -1;
}

static void begin(struct session *s, const struct smtp_server_envelope *e)
{
	struct fault f;

	compose_trace(s, e);
	s->request = (struct submit_request){
		.recipients = e->recipients,
		.recipient_count = e->recipient_count,
		.sender = e->sender,
		.ret = e->ret,
		.envid = e->envid,
		.user = s->user.name ? &s->user : NULL,
		.address = s->options->address,
		.trace = buf_str(&s->trace),
	};
	if (begin_submission(s, &f) < 0)
		smtp_server_refuse(s->server, &f);
}

static void abandon(struct session *s, const struct fault *why)
{
	submit_abandon(s->submission, why);
	s->submission = NULL;
}

static void feed(struct session *s, struct span content)
{
	struct fault f;

	if (submit_feed(s->submission, content, &f) == 0)
		return;
	abandon(s, &f);
	smtp_server_refuse(s->server, &f);
}

static void commit(struct session *s)
{
	struct submission *submission = s->submission;
	char id[ENVELOPE_ID_LEN + 1];
	struct fault f;

	s->submission = NULL;
	if (submit_finish(submission, id, &f) < 0) {
		smtp_server_refuse(s->server, &f);
		return;
	}
	smtp_server_accept(s->server, id);
	if (!s->kick_at_ms)
		s->kick_at_ms = clock_mono_ms() + KICK_DELAY_MS;
}

/* A client that does not read its replies is as good as gone. */
static void write_some(struct session *s, struct span data)
{
	ssize_t n;

	do
		n = write(s->out, data.data, data.len);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		smtp_server_written(s->server, (size_t)n);
	else
		s->is_broken = true;
}

static void read_some(struct session *s)
{
	struct fault f;
	ssize_t n = file_read_some(s->in, s->block, READ_BLOCK, "the client", &f);

	/* an error and an end are the same here: what is not complete is not taken */
	if (n > 0)
		smtp_server_received(s->server, (struct span){s->block, (size_t)n});
	else
		smtp_server_end(s->server);
}

/* SIGTERM is taken off, so that it does not kill what still has to be done */
static void take_signal(struct session *s)
{
	struct signalfd_siginfo info;

	(void)!read(s->signal_fd, &info, sizeof(info));
	smtp_server_stop(s->server, SMTP_SERVER_SHUTDOWN);
}

/* How long to wait for input: until a kick is due, or the client has been idle. */
static int patience_ms(const struct session *s, int64_t now_ms, int64_t idle_until_ms)
{
	int64_t until_ms = s->kick_at_ms ? s->kick_at_ms : idle_until_ms;

	if (!s->kick_at_ms && s->peer.kind == PEER_PIPE)
		return -1;
	return until_ms > now_ms ? (int)(until_ms - now_ms) : 0;
}

static void wait_for_input(struct session *s)
{
	struct pollfd fds[] = {{s->in, POLLIN, 0}, {s->signal_fd, POLLIN, 0}};
	int64_t now_ms = clock_mono_ms();
	int64_t idle_until_ms = now_ms + 1000 * SMTP_SESSION_IDLE_S;

	for (;; now_ms = clock_mono_ms()) {
		if (s->kick_at_ms && now_ms >= s->kick_at_ms)
			kick(s);
		if (poll(fds, 2, patience_ms(s, now_ms, idle_until_ms)) < 0) {
			if (errno != EINTR)
				smtp_server_stop(s->server, SMTP_SERVER_SHUTDOWN);
		} else if (fds[1].revents) {
			take_signal(s);
		} else if (fds[0].revents) {
			read_some(s);
		} else if (s->kick_at_ms) {
			continue;
		} else {
			smtp_server_stop(s->server, SMTP_SERVER_TIMEOUT);
		}
		return;
	}
}

/* false when the session is over */
static bool act(struct session *s, const struct smtp_server_event *e)
{
	switch (e->kind) {
	case SMTP_SERVER_READ:
		wait_for_input(s);
		return true;
	case SMTP_SERVER_WRITE:
		write_some(s, e->data);
		return !s->is_broken;
	case SMTP_SERVER_BEGIN:
		begin(s, e->envelope);
		return true;
	case SMTP_SERVER_CONTENT:
		feed(s, e->data);
		return true;
	case SMTP_SERVER_COMMIT:
		commit(s);
		return true;
	case SMTP_SERVER_ABANDON:
		abandon(s, NULL);
		return true;
	case SMTP_SERVER_CLOSE:
		return false;
	}
	BUG("event");
}

/*
 * RFC 5321 4.3.1: a client waits for the greeting. One on a socket that does not is
 * something else that was made to speak to us; what is in a pipe comes from whoever
 * started this program, and may well be a script that was written down before.
 */
static void look_for_early_input(struct session *s)
{
	struct pollfd fd = {s->in, POLLIN, 0};

	if (s->peer.kind != PEER_PIPE && poll(&fd, 1, 0) == 1)
		read_some(s);
}

/* Another user's mail is stored here, for nothing is setuid; but it is said whose it is. */
static void find_user(struct session *s)
{
	uid_t own = s->options->setup->user.uid;

	if (s->peer.kind == PEER_USER && s->peer.uid != own)
		user_lookup(&s->user, s->peer.uid);
}

static void limit_writes(int fd)
{
	struct timeval limit = {.tv_sec = SMTP_SESSION_IDLE_S};

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

static int block_sigterm(sigset_t *ret_before)
{
	sigset_t term;

	(void)sigemptyset(&term);
	(void)sigaddset(&term, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &term, ret_before);
	return signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void run(struct session *s)
{
	const struct setup *setup = s->options->setup;
	struct smtp_server_options options = {
		.hostname = setup->identity.hostname,
		.domain = setup->identity.domain,
		.octets_max = setup->conf.nullmta.message_size,
		.recipients_max = setup->conf.nullmta.recipients,
	};
	struct smtp_server_event event;

	s->server = smtp_server_new(&options);
	s->block = mem_alloc(READ_BLOCK);
	buf_init(&s->trace, TRACE_MAX);
	find_user(s);
	look_for_early_input(s);
	do
		smtp_server_next(s->server, &event);
	while (act(s, &event));
	abandon(s, NULL);
	kick(s);
	if (s->has_spool)
		spool_close(&s->spool);
	user_release(&s->user);
	buf_release(&s->trace);
	free(s->block);
	smtp_server_free(s->server);
}

int smtp_session_serve(const struct smtp_session_options *options, int in, int out)
{
	struct session s = {.options = options, .in = in, .out = out};
	sigset_t before;
	struct fault f;

	if (peer_find(&s.peer, in, &f) < 0) {
		log_event(LOG_LEVEL_WARNING, "client-refused", LOG_TEXT("why", f.text));
		(void)dprintf(out, "554 5.7.1 %s\r\n", f.text);
		return exit_code_of(&f);
	}
	limit_writes(out);
	s.signal_fd = block_sigterm(&before);
	run(&s);
	file_close(s.signal_fd);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return EX_OK;
}
