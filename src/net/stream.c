#include "net/stream.h"

#include <errno.h>
#include <limits.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#define ERROR_MAX TLS_TEXT_MAX

struct stream {
	int fd; /* -1: it never came to a socket; `error` says why */
	bool is_connected;
	char error[ERROR_MAX];
	struct tls *tls; /* NULL: in clear */
	bool is_secure;  /* its handshake is over */
	/* what TLS waits for in order to go on with reading and writing (to renew its keys
	 * it writes while it reads); reading stands for the handshake, too */
	short read_events;
	short write_events;
};

static enum stream_result fail(struct stream *s, int err)
{
	(void)text_copy(s->error, sizeof(s->error), span_of(strerror(err)));
	return STREAM_ERROR;
}

static bool is_our_fault(int err)
{
	return err == EMFILE || err == ENFILE || err == ENOMEM || err == ENOBUFS;
}

/* Whether the socket may go on to connect; else `error` says why not. */
static bool bind_to(struct stream *s, const struct netaddr *from)
{
	char text[NETADDR_TEXT_MAX];

	if (!from || bind(s->fd, &from->any, netaddr_len(from)) == 0)
		return true;
	netaddr_format(from, text);
	(void)snprintf(s->error, sizeof(s->error), "from %s: %s", text, strerror(errno));
	return false;
}

static void begin(struct stream *s, const struct netaddr *to, const struct netaddr *from)
{
	static const int on = 1;

	/* groups of commands leave as we write them; failing costs only time */
	if (to->any.sa_family != AF_UNIX)
		(void)setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (!bind_to(s, from))
		return; /* stream_connect tells */
	if (connect(s->fd, &to->any, netaddr_len(to)) == 0)
		s->is_connected = true;
	else if (errno != EINPROGRESS && errno != EINTR)
		(void)fail(s, errno); /* stream_connect tells */
}

int stream_new(struct stream **ret, const struct netaddr *to, struct fault *f)
{
	return stream_new_from(ret, to, NULL, f);
}

int stream_new_from(struct stream **ret, const struct netaddr *to,
	const struct netaddr *from, struct fault *f)
{
	int flags = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	int fd = socket(to->any.sa_family, flags, 0);
	int err = errno;
	struct stream *s;

	if (fd < 0 && is_our_fault(err)) {
		fault_set(f, FAULT_SYSTEM, err, "cannot make a socket");
		return -1;
	}
	s = mem_alloc(sizeof(*s));
	s->fd = fd;
	if (fd < 0)
		(void)fail(s, err); /* no IPv6 here: another address may do */
	else
		begin(s, to, from);
	*ret = s;
	return 0;
}

struct stream *stream_adopt(int fd)
{
	struct stream *s = mem_alloc(sizeof(*s));

	s->fd = fd;
	s->is_connected = true;
	return s;
}

void stream_free(struct stream *s)
{
	if (!s)
		return;
	tls_free(s->tls);
	file_close(s->fd);
	free(s);
}

enum stream_result stream_connect(struct stream *s)
{
	struct pollfd p = {.fd = s->fd, .events = POLLOUT};
	socklen_t len = sizeof(int);
	int err = 0;

	if (s->error[0])
		return STREAM_ERROR;
	if (s->is_connected)
		return STREAM_OK;
	if (poll(&p, 1, 0) <= 0)
		return STREAM_AGAIN;
	if (getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
		err = errno;
	if (err)
		return fail(s, err);
	s->is_connected = true;
	return STREAM_OK;
}

static enum stream_result tls_outcome(
	struct stream *s, enum tls_result result, short *events)
{
	switch (result) {
	case TLS_OK:
		return STREAM_OK;
	case TLS_WANT_READ:
		*events = POLLIN;
		return STREAM_AGAIN;
	case TLS_WANT_WRITE:
		*events = POLLOUT;
		return STREAM_AGAIN;
	case TLS_CLOSED:
		return STREAM_CLOSED;
	case TLS_ERROR:
		(void)text_copy(s->error, sizeof(s->error), span_of(tls_error(s->tls)));
		return STREAM_ERROR;
	}
	BUG("result of TLS");
}

static enum stream_result read_clear(struct stream *s, void *to, size_t n, size_t *ret_n)
{
	ssize_t got;

	do {
		got = recv(s->fd, to, n, MSG_DONTWAIT);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return errno == EAGAIN ? STREAM_AGAIN : fail(s, errno);
	if (got == 0)
		return STREAM_CLOSED;
	*ret_n = (size_t)got;
	return STREAM_OK;
}

enum stream_result stream_read(struct stream *s, void *to, size_t n, size_t *ret_n)
{
	if (n == 0)
		BUG("read of nothing"); /* its 0 would pass for the end */
	if (!s->tls)
		return read_clear(s, to, n, ret_n);
	if (!s->is_secure)
		BUG("read amid a handshake");
	s->read_events = POLLIN;
	return tls_outcome(s, tls_read(s->tls, to, n, ret_n), &s->read_events);
}

static enum stream_result write_clear(struct stream *s, struct span data, size_t *ret_n)
{
	ssize_t sent;

	do {
		sent = send(s->fd, data.data, data.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	if (sent < 0)
		return errno == EAGAIN ? STREAM_AGAIN : fail(s, errno);
	*ret_n = (size_t)sent;
	return STREAM_OK;
}

static enum stream_result write_secure(struct stream *s, struct span data, size_t *ret_n)
{
	enum stream_result result;

	s->write_events = POLLOUT;
	result = tls_outcome(s, tls_write(s->tls, data, ret_n), &s->write_events);
	return result == STREAM_CLOSED ? fail(s, EPIPE) : result;
}

enum stream_result stream_write(struct stream *s, struct span data, size_t *ret_n)
{
	if (data.len == 0)
		BUG("write of nothing");
	if (!s->tls)
		return write_clear(s, data, ret_n);
	if (!s->is_secure)
		BUG("write amid a handshake");
	return write_secure(s, data, ret_n);
}

int stream_fd(const struct stream *s)
{
	return s->fd;
}

short stream_events(const struct stream *s, bool wants_write)
{
	if (!s->is_connected)
		return POLLOUT;
	if (s->tls)
		return s->read_events | (wants_write ? s->write_events : 0);
	return wants_write ? POLLIN | POLLOUT : POLLIN;
}

enum stream_result stream_wait(
	const struct stream *s, bool wants_write, int64_t deadline_ms)
{
	struct pollfd p = {.fd = s->fd, .events = stream_events(s, wants_write)};
	int64_t left = deadline_ms - clock_mono_ms();

	if (s->error[0])
		return STREAM_OK;
	left = left < 0 ? 0 : left > INT_MAX ? INT_MAX : left;
	return poll(&p, 1, (int)left) > 0 ? STREAM_OK : STREAM_AGAIN;
}

enum stream_result stream_connect_wait(struct stream *s, int64_t deadline_ms)
{
	enum stream_result result = stream_connect(s);

	if (result != STREAM_AGAIN)
		return result;
	if (stream_wait(s, true, deadline_ms) == STREAM_AGAIN)
		return STREAM_AGAIN;
	return stream_connect(s);
}

int stream_start_tls(struct stream *s, const struct tls_options *options,
	struct tls_cache *cache, struct fault *f)
{
	if (!s->is_connected || s->tls)
		BUG("TLS on no connection, or twice");
	if (tls_new(&s->tls, s->fd, options, cache, f) < 0)
		return -1;
	s->read_events = POLLOUT; /* the client speaks first */
	s->write_events = POLLOUT;
	return 0;
}

enum stream_result stream_handshake(struct stream *s)
{
	enum stream_result result =
		tls_outcome(s, tls_handshake(s->tls), &s->read_events);

	if (result == STREAM_OK) {
		s->is_secure = true;
		s->read_events = POLLIN;
	}
	return result;
}

enum stream_result stream_handshake_wait(struct stream *s, int64_t deadline_ms)
{
	enum stream_result result;

	while ((result = stream_handshake(s)) == STREAM_AGAIN)
		if (stream_wait(s, false, deadline_ms) == STREAM_AGAIN)
			return STREAM_AGAIN;
	return result;
}

const struct tls_facts *stream_tls_facts(const struct stream *s)
{
	return s->tls ? tls_facts(s->tls) : NULL;
}

int stream_tls_binding(const struct stream *s, struct tls_binding_data *ret)
{
	return s->tls ? tls_binding(s->tls, ret) : -1;
}

bool stream_is_truncated(const struct stream *s)
{
	return s->tls && tls_is_truncated(s->tls);
}

const char *stream_error(const struct stream *s)
{
	return s->error;
}

int stream_local_address(const struct stream *s, struct netaddr *ret)
{
	struct netaddr a;
	socklen_t len = sizeof(a);

	memset(&a, 0, sizeof(a));
	if (!s->is_connected || getsockname(s->fd, &a.any, &len) < 0 ||
		(a.any.sa_family != AF_INET && a.any.sa_family != AF_INET6))
		return -1;
	*ret = a;
	return 0;
}
