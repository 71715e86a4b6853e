#include "deliver/local_client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "base/file.h"
#include "base/mem.h"
#include "smtp/client.h"

/* no more than a reply: what is said needs no long time on this machine */
#define READ_BLOCK 4096

/*
 * For each step: longer than the agent waits for a lock of the mailbox, and not for ever, as
 * who waits here may itself hold one of the few agents that it has room for.
 */
#define PATIENCE_S 60

struct talk {
	struct smtp_client *engine;
	int fd;
	const struct smtp_message *message; /* NULL: it has been taken */
	struct span text;
	struct outcome result; /* of the message, else of the session */
};

static void limit_waits(int fd)
{
	const struct timeval limit = {.tv_sec = PATIENCE_S};

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

static void lose(struct talk *t, ssize_t n)
{
	if (n == 0)
		smtp_client_lost(t->engine, SMTP_LOST_CLOSED, "");
	else if (errno == EAGAIN)
		smtp_client_lost(t->engine, SMTP_LOST_TIMEOUT, "");
	else
		smtp_client_lost(t->engine, SMTP_LOST_ERROR, strerror(errno));
}

static void read_some(struct talk *t)
{
	char in[READ_BLOCK];
	ssize_t n;

	do
		n = recv(t->fd, in, sizeof(in), 0);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		smtp_client_received(t->engine, (struct span){in, (size_t)n});
	else
		lose(t, n);
}

static void write_some(struct talk *t, struct span output)
{
	ssize_t n;

	do
		n = send(t->fd, output.data, output.len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		smtp_client_written(t->engine, (size_t)n);
	else
		lose(t, n);
}

static void give_message(struct talk *t)
{
	if (t->message)
		smtp_client_message(t->engine, t->message);
	else
		smtp_client_no_message(t->engine);
	t->message = NULL;
}

static void give_content(struct talk *t, uint64_t offset)
{
	struct span rest = span_from(t->text, (size_t)offset);
	struct span block = span_head(rest, SMTP_CONTENT_BLOCK_MAX);

	smtp_client_content(t->engine, block, block.len == rest.len);
}

/* Trouble of the session counts where it keeps the message from being decided. */
static void note(struct talk *t, const struct outcome *o)
{
	if (t->result.kind == OUTCOME_PENDING)
		t->result = *o;
}

/* false when the session is over */
static bool act(struct talk *t, const struct smtp_event *ev)
{
	switch (ev->kind) {
	case SMTP_READ:
		read_some(t);
		return true;
	case SMTP_WRITE:
		write_some(t, ev->output);
		return true;
	case SMTP_NEXT:
		give_message(t);
		return true;
	case SMTP_CONTENT:
		give_content(t, ev->offset);
		return true;
	case SMTP_OUTCOME:
		note(t, &ev->outcome);
		return true;
	case SMTP_DONE:
		return true;
	case SMTP_CLOSE:
		note(t, &ev->outcome);
		return false;
	case SMTP_START_TLS:
		break;
	}
	BUG("event");
}

static void converse(struct talk *t, const char *hello_name)
{
	const struct smtp_client_options options = {
		.hello_name = hello_name,
		.remote = "mailbox",
		.tls = SMTP_TLS_NEVER,
	};
	struct smtp_event ev;

	limit_waits(t->fd);
	t->engine = smtp_client_new(&options);
	do
		smtp_client_next(t->engine, &ev);
	while (act(t, &ev));
	smtp_client_free(t->engine);
}

int local_client_deliver(const struct flush *flush, const char *user, const char *address,
	struct span text, struct fault *f)
{
	const struct local_door *door = flush->local;
	char *to = mem_string(address);
	const struct recipient recipient = {.address = to, .notify = DSN_NEVER};
	const struct recipient *recipients[] = {&recipient};
	struct smtp_message message = {
		.sender = "", .recipients = recipients, .recipient_count = 1};
	struct talk t = {.message = &message, .text = text};
	uint64_t line_octets = 0;

	content_facts_add(&message.facts, &line_octets, text);
	message.facts.needs_utf8 = span_has_8bit(span_of(address));
	t.fd = door->open(door->ctx, LOCAL_DELIVER, user, f);
	if (t.fd >= 0)
		converse(&t, flush->identity->hostname);
	file_close(t.fd);
	free(to);
	if (t.result.kind == OUTCOME_DELIVERED)
		return 0;
	if (t.fd >= 0)
		fault_set(f, FAULT_SYSTEM, 0, "not in the mailbox of %s: %s", user,
			t.result.text[0] ? t.result.text : "no word of it");
	return -1;
}
