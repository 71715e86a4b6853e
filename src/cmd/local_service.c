#include "cmd/local_service.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "deliver/flush.h"
#include "policy/route.h"

/* one octet for the task, and the name */
#define REQUEST_MAX (1 + ROUTE_USER_MAX)

/* a request that waits so long behind others has failed */
#define ASK_TIMEOUT_S 300

static const char tasks[] = {[LOCAL_DELIVER] = 'D', [LOCAL_FORWARD] = 'F'};

struct request {
	enum local_task task;
	char user[ROUTE_USER_MAX + 1];
	int fd; /* -1: none came with it */
};

/* room for one descriptor, aligned as the kernel wants it */
union control {
	struct cmsghdr head;
	char octets[CMSG_SPACE(sizeof(int))];
};

int local_service_init(
	struct local_service *s, const struct local_process *start, struct fault *f)
{
	*s = (struct local_service){.start = *start};
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll_fd >= 0)
		return 0;
	fault_set(f, FAULT_SYSTEM, errno, "no descriptor for local mail");
	return -1;
}

/* Nothing more is heard of it: not even by a process that was just forked, and has it. */
static void hang_up(const struct local_service *s, struct local_client *c)
{
	if (c->fd >= 0)
		(void)epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, c->fd, NULL);
	file_close(c->fd);
	c->fd = -1;
}

void local_service_release(struct local_service *s)
{
	for (size_t i = 0; i < s->client_count; i++) {
		hang_up(s, s->clients[i]);
		free(s->clients[i]);
	}
	free(s->clients);
	file_close(s->epoll_fd);
}

/* Hear it, or with `events` 0 leave what it says in the channel. */
static void listen_to(const struct local_service *s, struct local_client *c,
	int operation, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = c};

	if (epoll_ctl(s->epoll_fd, operation, c->fd, &event) != 0)
		hang_up(s, c); /* its mail is tried again */
}

static void add_client(struct local_service *s, uid_t uid, int fd)
{
	struct local_client *c = mem_alloc(sizeof(*c));

	*c = (struct local_client){.uid = uid, .fd = fd};
	s->clients = mem_regrow(
		s->clients, s->client_count + 1, sizeof(struct local_client *));
	s->clients[s->client_count++] = c;
	listen_to(s, c, EPOLL_CTL_ADD, EPOLLIN);
}

int local_service_invite(struct local_service *s, uid_t uid)
{
	const struct timeval limit = {.tv_sec = ASK_TIMEOUT_S};
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		log_event(LOG_LEVEL_WARNING, "no-local-mail",
			LOG_NUMBER("uid", (int64_t)uid),
			LOG_TEXT("why", strerror(errno)));
		return -1;
	}
	(void)setsockopt(pair[1], SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	add_client(s, uid, pair[0]);
	return pair[1];
}

static size_t find_client(const struct local_service *s, pid_t pid)
{
	size_t i = 0;

	while (i < s->client_count && s->clients[i]->pid != pid)
		i++;
	return i;
}

static void remove_client(struct local_service *s, size_t at)
{
	hang_up(s, s->clients[at]);
	free(s->clients[at]);
	s->clients[at] = s->clients[--s->client_count];
}

void local_service_forked(struct local_service *s, int channel, pid_t pid)
{
	size_t at = find_client(s, 0);

	if (channel < 0)
		return;
	file_close(channel);
	if (pid > 0)
		s->clients[at]->pid = pid;
	else
		remove_client(s, at);
}

/* --- processes ------------------------------------------------------------------- */

void local_service_note_end(struct local_service *s, pid_t pid)
{
	size_t at = find_client(s, pid), i = 0;
	struct local_client *c;

	if (at < s->client_count) {
		remove_client(s, at);
		return;
	}
	while (i < s->running_count && s->running[i].pid != pid)
		i++;
	if (i == s->running_count)
		return;
	at = find_client(s, s->running[i].client);
	s->running[i] = s->running[--s->running_count];
	if (at == s->client_count)
		return;
	c = s->clients[at];
	if (c->running-- == LOCAL_SERVICE_PER_CHILD && c->fd >= 0)
		listen_to(s, c, EPOLL_CTL_MOD, EPOLLIN);
}

static void start(
	struct local_service *s, struct local_client *c, const struct request *request)
{
	pid_t pid = fork();

	if (pid == 0)
		local_process_run(&s->start, request->task, request->user, request->fd);
	if (pid < 0) {
		/* who asked finds the socket closed, and tries again later */
		log_event(LOG_LEVEL_WARNING, "fork-failed",
			LOG_TEXT("why", strerror(errno)));
		return;
	}
	s->running[s->running_count].pid = pid;
	s->running[s->running_count++].client = c->pid;
	if (++c->running == LOCAL_SERVICE_PER_CHILD)
		listen_to(s, c, EPOLL_CTL_MOD, 0);
}

/* --- requests -------------------------------------------------------------------- */

/* The one descriptor of a message; of several none, and all are closed. */
static int take_descriptor(struct msghdr *message)
{
	struct cmsghdr *head = CMSG_FIRSTHDR(message);
	size_t count = 0;
	int fd = -1;

	if (!head || head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
		return -1;
	count = (head->cmsg_len - CMSG_LEN(0)) / sizeof(fd);
	for (size_t i = 0; i < count; i++) {
		memcpy(&fd, CMSG_DATA(head) + i * sizeof(fd), sizeof(fd));
		if (count > 1)
			file_close(fd);
	}
	return count == 1 ? fd : -1;
}

/*
 * A file that is written to with another's rights would be a way to them, and so would be a
 * connection to somebody who asks the kernel who is writing.
 */
static bool is_socket_between(int fd, uid_t uid)
{
	struct ucred peer = {0};
	int domain = -1, type = -1;
	socklen_t len = sizeof(domain), peer_len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 &&
	       getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	       domain == AF_UNIX && type == SOCK_STREAM &&
	       getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &peer_len) == 0 &&
	       peer.uid == uid;
}

static bool parse(struct span text, struct request *ret)
{
	size_t task = 0;
	struct span name;

	if (text.len < 2 || text.len > REQUEST_MAX)
		return false;
	while (task < ARRAY_LEN(tasks) && tasks[task] != text.data[0])
		task++;
	name = span_from(text, 1);
	ret->task = (enum local_task)task;
	return task < ARRAY_LEN(tasks) && route_is_user_name(name) &&
	       text_copy(ret->user, sizeof(ret->user), name);
}

/* 1; 0 where there is none yet; -1: it is no request, or there will be none any more. */
static int read_request(const struct local_client *c, struct request *ret)
{
	char text[REQUEST_MAX + 1];
	union control control;
	struct iovec part = {text, sizeof(text)};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;

	do
		n = recvmsg(c->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -1;
	ret->fd = take_descriptor(&message);
	if (n > 0 && !(message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) &&
		parse((struct span){text, (size_t)n}, ret) &&
		is_socket_between(ret->fd, c->uid))
		return 1;
	file_close(ret->fd);
	return -1;
}

int local_service_fd(const struct local_service *s)
{
	return s->running_count < LOCAL_SERVICE_MAX ? s->epoll_fd : -1;
}

static void hear(struct local_service *s, struct local_client *c)
{
	struct request request;
	int rc = read_request(c, &request);

	if (rc < 0)
		hang_up(s, c);
	if (rc == 1) {
		start(s, c, &request);
		file_close(request.fd);
	}
}

/* One request of each that asks, so that nobody's hundred stand before another's one. */
void local_service_serve(struct local_service *s)
{
	struct epoll_event events[LOCAL_SERVICE_MAX];
	int count = epoll_wait(s->epoll_fd, events, LOCAL_SERVICE_MAX, 0);

	for (int i = 0; i < count && local_service_fd(s) >= 0; i++) {
		struct local_client *c = events[i].data.ptr;

		if (events[i].events & EPOLLIN)
			hear(s, c);
		else
			hang_up(s, c); /* closed, and nothing left in it */
	}
}

int local_service_ask(
	int channel, enum local_task task, const char *user, int fd, struct fault *f)
{
	struct buf text = BUF_INIT(REQUEST_MAX);
	union control control = {.head = {.cmsg_len = CMSG_LEN(sizeof(fd)),
					 .cmsg_level = SOL_SOCKET,
					 .cmsg_type = SCM_RIGHTS}};
	struct iovec part;
	const struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;

	memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
	buf_add_char(&text, tasks[task]);
	buf_add_str(&text, user);
	part = (struct iovec){text.data, text.len};
	do
		n = sendmsg(channel, &message, MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR && !flush_is_stopping());
	buf_release(&text);
	if (n >= 0)
		return 0;
	fault_set(f, FAULT_SYSTEM, errno, "no way to user %s", user);
	return -1;
}
