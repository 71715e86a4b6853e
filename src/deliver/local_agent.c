#include "deliver/local_agent.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "smtp/server.h"

#define READ_BLOCK      (64 * 1024)
#define LOCK_TIMEOUT_MS 20000

/* named more than once, one user still gets one copy */
#define RECIPIENTS_MAX 1000

/* what was accepted at submission is not measured again */
#define OCTETS_MAX ((uint64_t)1 << 62)

struct session {
	const struct local_agent *agent;
	struct smtp_server *server;
	int fd;
	int signal_fd;
	char *block;
	bool is_broken; /* nobody hears us */

	int content_fd; /* of the message that is coming, in memory; -1: none is */
	size_t octets;
	char *sender;
	char *recipient; /* the first one */
};

static void forget(struct session *s)
{
	file_close(s->content_fd);
	free(s->sender);
	free(s->recipient);
	s->content_fd = -1;
	s->sender = NULL;
	s->recipient = NULL;
	s->octets = 0;
}

static void begin(struct session *s, const struct smtp_server_envelope *e)
{
	struct fault f;

	forget(s);
	s->sender = mem_string(e->sender);
	s->recipient = mem_string(e->recipients[0].address);
	s->content_fd = memfd_create("message", MFD_CLOEXEC);
	if (s->content_fd >= 0)
		return;
	fault_set(&f, FAULT_SYSTEM, errno, "no memory for a message");
	smtp_server_refuse(s->server, &f);
}

static void feed(struct session *s, struct span content)
{
	struct fault f;

	if (file_write_all(s->content_fd, content, "a message in memory", &f) == 0) {
		s->octets += content.len;
		return;
	}
	smtp_server_refuse(s->server, &f);
	forget(s);
}

static int lay_down(const struct session *s, struct span content, struct fault *f)
{
	const struct letter letter = {
		.content = content,
		.return_path = s->sender,
		.delivered_to = s->recipient,
		.hostname = s->agent->hostname,
		.now_s = clock_now_s(),
	};
	struct mailbox box;

	if (mailbox_find(&s->agent->place, &box, f) < 0)
		return -1;
	return mailbox_deliver(&box, &letter, LOCK_TIMEOUT_MS, f);
}

static int deliver(const struct session *s, struct fault *f)
{
	void *memory;
	int rc;

	if (s->octets == 0)
		return lay_down(s, SPAN_NONE, f);
	memory = mmap(NULL, s->octets, PROT_READ, MAP_PRIVATE, s->content_fd, 0);
	if (memory == MAP_FAILED) {
		fault_set(f, FAULT_SYSTEM, errno, "no memory for a message");
		return -1;
	}
	rc = lay_down(s, (struct span){memory, s->octets}, f);
	(void)munmap(memory, s->octets);
	return rc;
}

/* RFC 3463 3.3: of what kind the trouble with this mailbox is; it may pass. */
static struct fault told_to_client(const struct session *s, const struct fault *why)
{
	const char *user = s->agent->place.user;
	struct fault f;

	if (why->err == ENOSPC || why->err == EDQUOT || why->err == EFBIG)
		fault_set(&f, FAULT_DATA, 0,
			"4.2.2 there is no space for the mailbox of %s", user);
	else if (why->err == EAGAIN)
		fault_set(&f, FAULT_DATA, 0, "4.2.0 the mailbox of %s is locked", user);
	else
		fault_set(&f, FAULT_DATA, 0,
			"4.2.1 the mailbox of %s cannot be used now; the log says why",
			user);
	return f;
}

static void commit(struct session *s)
{
	struct buf place = BUF_INIT(MAILBOX_PATH_MAX);
	struct fault f, told;

	if (deliver(s, &f) == 0) {
		buf_addf(&place, "the mailbox of %s", s->agent->place.user);
		smtp_server_accept(s->server, buf_str(&place));
	} else {
		log_event(LOG_LEVEL_WARNING, "mailbox-trouble",
			LOG_TEXT("user", s->agent->place.user), LOG_TEXT("why", f.text));
		told = told_to_client(s, &f);
		smtp_server_refuse(s->server, &told);
	}
	buf_release(&place);
	forget(s);
}

/* The client went: what it has heard counts, and it will ask again about the rest. */
static void write_some(struct session *s, struct span data)
{
	ssize_t n;

	do
		n = send(s->fd, data.data, data.len, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		smtp_server_written(s->server, (size_t)n);
	else
		s->is_broken = true;
}

static void read_some(struct session *s)
{
	ssize_t n;

	do
		n = recv(s->fd, s->block, READ_BLOCK, 0);
	while (n < 0 && errno == EINTR);
	if (n > 0)
		smtp_server_received(s->server, (struct span){s->block, (size_t)n});
	else
		smtp_server_end(s->server);
}

static void wait_for_input(struct session *s)
{
	struct pollfd fds[] = {{s->fd, POLLIN, 0}, {s->signal_fd, POLLIN, 0}};
	int count;

	do
		count = poll(fds, ARRAY_LEN(fds), 1000 * LOCAL_AGENT_IDLE_S);
	while (count < 0 && errno == EINTR);
	/* what the client has said before counts still */
	if (fds[0].revents)
		read_some(s);
	else
		smtp_server_stop(s->server,
			count > 0 ? SMTP_SERVER_SHUTDOWN : SMTP_SERVER_TIMEOUT);
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
		forget(s);
		return true;
	case SMTP_SERVER_CLOSE:
		return false;
	}
	BUG("event");
}

static int block_sigterm(void)
{
	sigset_t term;

	(void)sigemptyset(&term);
	(void)sigaddset(&term, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &term, NULL);
	return signalfd(-1, &term, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* A client that does not read its replies is as good as gone. */
static void limit_writes(int fd)
{
	const struct timeval limit = {.tv_sec = LOCAL_AGENT_IDLE_S};

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

void local_agent_serve(const struct local_agent *a, int fd)
{
	const struct smtp_server_options options = {
		/* not the name that the client has: that would look like a loop */
		.hostname = "mailbox",
		.domain = a->hostname,
		.octets_max = OCTETS_MAX,
		.recipients_max = RECIPIENTS_MAX,
		.is_final = true,
	};
	struct session s = {.agent = a, .fd = fd, .content_fd = -1};
	struct smtp_server_event event;

	s.server = smtp_server_new(&options);
	s.block = mem_alloc(READ_BLOCK);
	s.signal_fd = block_sigterm();
	limit_writes(fd);
	do
		smtp_server_next(s.server, &event);
	while (act(&s, &event));
	forget(&s);
	file_close(s.signal_fd);
	free(s.block);
	smtp_server_free(s.server);
}
