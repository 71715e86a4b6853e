#include "cmd/smtp_listener.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "cmd/inherited.h"
#include "net/netaddr.h"

struct service {
	const struct smtp_listener *listener;
	const struct smtp_session_options *options;
	int signal_fd; /* SIGTERM and SIGCHLD */
	sigset_t signals_before;
	pid_t sessions[SMTP_LISTENER_SESSIONS_MAX];
	size_t session_count;
	bool is_stopping;
};

static int socket_option(int fd, int option)
{
	int value = 0;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

static bool is_listening(int fd)
{
	return socket_option(fd, SO_ACCEPTCONN) == 1;
}

/* every address of this machine, which netaddr_is_loopback takes for loopback */
static bool is_any(const struct netaddr *a)
{
	return a->any.sa_family == AF_INET ? a->v4.sin_addr.s_addr == htonl(INADDR_ANY)
					   : IN6_IS_ADDR_UNSPECIFIED(&a->v6.sin6_addr);
}

/* Whoever can reach it is on this machine. */
static bool is_local(int fd)
{
	union {
		struct sockaddr_storage any;
		struct netaddr net;
	} own = {0};
	socklen_t size = sizeof(own);

	if (getsockname(fd, (struct sockaddr *)&own, &size) != 0)
		return false;
	if (own.any.ss_family == AF_INET || own.any.ss_family == AF_INET6)
		return netaddr_is_loopback(&own.net) && !is_any(&own.net);
	return own.any.ss_family == AF_UNIX;
}

static int add_socket(struct smtp_listener *l, int fd, struct fault *f)
{
	if (socket_option(fd, SO_TYPE) != SOCK_STREAM) {
		fault_set(f, FAULT_USAGE, 0, "descriptor %d: not a stream socket", fd);
	} else if (!is_listening(fd)) {
		l->connection = fd;
		return 0;
	} else if (!is_local(fd)) {
		fault_set(f, FAULT_ACCESS, 0,
			"descriptor %d: nullmta listens on unix sockets and on loopback "
			"addresses only",
			fd);
	} else if (l->count == SMTP_LISTENER_SOCKETS_MAX) {
		fault_set(f, FAULT_USAGE, 0, "more than %d sockets",
			SMTP_LISTENER_SOCKETS_MAX);
	} else {
		/* two of us must not wait for one client */
		(void)fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
		l->fds[l->count++] = fd;
		return 0;
	}
	return -1;
}

int smtp_listener_inherit(struct smtp_listener *ret, struct fault *f)
{
	struct smtp_listener l = {.connection = -1};
	int count = inherited_take(f);

	if (count < 0)
		return -1;
	if (count == 0 && is_listening(STDIN_FILENO) &&
		add_socket(&l, STDIN_FILENO, f) < 0)
		return -1;
	for (int fd = INHERITED_FIRST_FD; fd < INHERITED_FIRST_FD + count; fd++)
		if (add_socket(&l, fd, f) < 0)
			return -1;
	*ret = l;
	return 0;
}

/* The process of one session; does not come back. */
__attribute__((noreturn)) static void serve(const struct service *s, int connection)
{
	file_close(s->signal_fd);
	for (size_t i = 0; i < s->listener->count; i++)
		file_close(s->listener->fds[i]);
	(void)sigprocmask(SIG_SETMASK, &s->signals_before, NULL);
	_exit(smtp_session_serve(s->options, connection, connection));
}

/* Gone already, or taken by another process; what lasts would make this a busy loop. */
static void note_failed_accept(struct service *s)
{
	if (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR)
		return;
	log_event(LOG_LEVEL_ERROR, "accept-failed", LOG_TEXT("why", strerror(errno)));
	s->is_stopping = true;
}

static void accept_client(struct service *s, int fd)
{
	int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	pid_t pid;

	if (connection < 0) {
		note_failed_accept(s);
		return;
	}
	pid = fork();
	if (pid == 0)
		serve(s, connection);
	if (pid > 0)
		s->sessions[s->session_count++] = pid;
	else
		log_event(
			LOG_LEVEL_ERROR, "fork-failed", LOG_TEXT("why", strerror(errno)));
	file_close(connection);
}

static void forget_session(struct service *s, pid_t pid)
{
	for (size_t i = 0; i < s->session_count; i++)
		if (s->sessions[i] == pid)
			s->sessions[i] = s->sessions[--s->session_count];
}

static void reap(struct service *s, int options)
{
	pid_t pid;

	while (s->session_count && (pid = waitpid(-1, NULL, options)) > 0)
		forget_session(s, pid);
}

static void take_signals(struct service *s)
{
	struct signalfd_siginfo info;

	while (read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		s->is_stopping = s->is_stopping || info.ssi_signo == SIGTERM;
	reap(s, WNOHANG);
}

/* Wait for what happens next. False when nothing has for too long. */
static bool step(struct service *s)
{
	const struct smtp_listener *l = s->listener;
	struct pollfd fds[SMTP_LISTENER_SOCKETS_MAX + 1];
	bool has_room = s->session_count < SMTP_LISTENER_SESSIONS_MAX;
	int patience_ms = s->session_count ? -1 : 1000 * SMTP_LISTENER_IDLE_S;
	int n;

	for (size_t i = 0; i < l->count; i++)
		fds[i] = (struct pollfd){has_room ? l->fds[i] : -1, POLLIN, 0};
	fds[l->count] = (struct pollfd){s->signal_fd, POLLIN, 0};
	n = poll(fds, l->count + 1, patience_ms);
	if (n <= 0)
		return n < 0 && errno == EINTR;
	if (fds[l->count].revents)
		take_signals(s);
	for (size_t i = 0; i < l->count && !s->is_stopping; i++)
		if (fds[i].revents && s->session_count < SMTP_LISTENER_SESSIONS_MAX)
			accept_client(s, l->fds[i]);
	return !s->is_stopping;
}

int smtp_listener_run(
	const struct smtp_listener *l, const struct smtp_session_options *options)
{
	struct service s = {.listener = l, .options = options};
	sigset_t signals;

	(void)signal(SIGCHLD, SIG_DFL); /* ignored, it would leave nothing to wait for */
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &signals, &s.signals_before);
	s.signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s.signal_fd < 0) {
		log_event(LOG_LEVEL_ERROR, "signalfd-failed",
			LOG_TEXT("why", strerror(errno)));
		return EX_OSERR;
	}
	while (step(&s))
		;
	for (size_t i = 0; i < s.session_count; i++)
		(void)kill(s.sessions[i], SIGTERM);
	reap(&s, 0);
	file_close(s.signal_fd);
	return EX_OK;
}
