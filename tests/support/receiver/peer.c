#include "receiver/peer.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"

#define READ_SIZE    65536
#define LOG_LINE_MAX 8192

/* a client that does not close its end is left alone after this */
#define CLOSE_PATIENCE_MS 10000

void peer_init(struct peer *p, const struct receiver *r, int fd, unsigned number)
{
	*p = (struct peer){
		.receiver = r,
		.fd = fd,
		.number = number,
		.in = BUF_INIT(PEER_INPUT_MAX),
		.out = BUF_INIT(PEER_OUTPUT_MAX),
	};
}

static ssize_t receive(struct peer *p, void *to, size_t max)
{
	ssize_t n;

	if (p->ssl)
		return SSL_read(p->ssl, to, (int)(max < INT_MAX ? max : INT_MAX));
	do {
		n = read(p->fd, to, max);
	} while (n < 0 && errno == EINTR);
	return n;
}

static ssize_t transmit(struct peer *p, const char *data, size_t len)
{
	if (p->ssl)
		return SSL_write(p->ssl, data, (int)len);
	return send(p->fd, data, len, MSG_NOSIGNAL);
}

/* Read once; the octets stand at the end of `in`. */
static ssize_t fill(struct peer *p, size_t max)
{
	char *room;
	ssize_t n;

	if (p->in_at) {
		buf_consume(&p->in, p->in_at);
		p->in_at = 0;
	}
	room = buf_reserve(&p->in, max);
	if (!room)
		errx(2, "connection %u: a line over %d octets", p->number,
			PEER_INPUT_MAX);
	n = receive(p, room, max);
	if (n <= 0) {
		peer_logf(p, "%s", n == 0 ? "client closed" : strerror(errno));
		p->is_gone = true;
		return 0;
	}
	buf_commit(&p->in, (size_t)n);
	return n;
}

bool peer_read_line(struct peer *p, struct span *ret_line)
{
	size_t seen = 0;

	for (;;) {
		struct span rest = span_from(buf_span(&p->in), p->in_at);
		ptrdiff_t end = span_find(span_from(rest, seen), '\n');

		if (end >= 0) {
			*ret_line = span_head(rest, seen + (size_t)end + 1);
			p->in_at += ret_line->len;
			return true;
		}
		seen = rest.len;
		peer_flush(p);
		if (p->is_gone || fill(p, READ_SIZE) == 0)
			return false;
	}
}

size_t peer_read_some(struct peer *p, size_t max)
{
	struct span rest = span_from(buf_span(&p->in), p->in_at);
	size_t n;

	peer_flush(p);
	if (rest.len == 0 && (p->is_gone || fill(p, max) == 0))
		return 0;
	n = p->in.len - p->in_at;
	if (n > max)
		n = max;
	p->in_at += n;
	return n;
}

/* What the socket holds may be no octets of the client's, but TLS's own. */
static bool peek_secure(struct peer *p)
{
	char c;
	bool is_there;

	(void)fcntl(p->fd, F_SETFL, O_NONBLOCK);
	is_there = SSL_peek(p->ssl, &c, 1) == 1;
	(void)fcntl(p->fd, F_SETFL, 0);
	ERR_clear_error();
	return is_there;
}

bool peer_has_input(struct peer *p)
{
	char c;

	if (p->in_at < p->in.len)
		return true;
	if (p->ssl)
		return peek_secure(p);
	return recv(p->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
}

void peer_write(struct peer *p, struct span data)
{
	if (p->out.len + data.len > PEER_OUTPUT_MAX)
		peer_flush(p);
	buf_add_span(&p->out, data);
}

void peer_say(struct peer *p, const char *fmt, ...)
{
	struct buf line = BUF_INIT(LOG_LINE_MAX);
	va_list args;

	va_start(args, fmt);
	buf_vaddf(&line, fmt, args);
	va_end(args);
	peer_log(p, '>', buf_span(&line));
	buf_add_str(&line, "\r\n");
	peer_write(p, buf_span(&line));
	buf_release(&line);
}

void peer_flush(struct peer *p)
{
	size_t sent = 0;

	if (p->out.len && p->receiver->delay_ms)
		(void)poll(NULL, 0, (int)p->receiver->delay_ms); /* only to wait */
	while (sent < p->out.len && !p->is_gone) {
		ssize_t n = transmit(p, p->out.data + sent, p->out.len - sent);

		if (n > 0)
			sent += (size_t)n;
		else if (p->ssl || errno != EINTR)
			p->is_gone = true;
	}
	buf_reset(&p->out);
}

bool peer_start_tls(struct peer *p)
{
	const char *name;

	peer_flush(p);
	p->ssl = SSL_new(p->receiver->tls);
	if (!p->ssl || !SSL_set_fd(p->ssl, p->fd))
		errx(2, "out of memory");
	ERR_clear_error();
	if (SSL_accept(p->ssl) != 1) {
		name = ERR_reason_error_string(ERR_peek_error());
		peer_logf(p, "no TLS: %s", name ? name : "client closed");
		p->is_gone = true;
		return false;
	}
	name = SSL_get_servername(p->ssl, TLSEXT_NAMETYPE_host_name);
	peer_logf(p, "TLS: %s%s%s%s", SSL_get_version(p->ssl), name ? " for " : "",
		name ? name : "", SSL_session_reused(p->ssl) ? " resumed" : "");
	return true;
}

void peer_log(const struct peer *p, char mark, struct span text)
{
	struct buf line = BUF_INIT(LOG_LINE_MAX);

	if (p->receiver->log < 0)
		return;
	buf_addf(&line, "%u %c ", p->number, mark);
	text_clean(&line, span_head(text, LOG_LINE_MAX / 8));
	buf_add_char(&line, '\n');
	(void)!write(p->receiver->log, line.data, line.len); /* one line, for a person */
	buf_release(&line);
}

void peer_logf(const struct peer *p, const char *fmt, ...)
{
	struct buf text = BUF_INIT(LOG_LINE_MAX);
	va_list args;

	va_start(args, fmt);
	buf_vaddf(&text, fmt, args);
	va_end(args);
	peer_log(p, '*', buf_span(&text));
	buf_release(&text);
}

/* What the client still says, to nobody's interest but the log's. */
static bool hear(struct peer *p)
{
	struct pollfd wait = {.fd = p->fd, .events = POLLIN};
	char rest[READ_SIZE];
	ssize_t n;

	if (poll(&wait, 1, CLOSE_PATIENCE_MS) <= 0)
		return false;
	n = receive(p, rest, sizeof(rest));
	if (n > 0)
		peer_log(p, '<', (struct span){rest, (size_t)n});
	return n > 0;
}

void peer_close(struct peer *p)
{
	peer_flush(p);
	/*
	 * close(2) with input unread is a reset, and a reset may overtake the reply
	 * that was sent before: stop talking, and hear the client out.
	 */
	if (p->ssl && !p->is_gone)
		(void)SSL_shutdown(p->ssl);
	if (!p->is_gone && shutdown(p->fd, SHUT_WR) == 0)
		while (hear(p))
			;
	SSL_free(p->ssl);
	p->ssl = NULL;
	file_close(p->fd);
	p->is_gone = true;
}

void peer_reset(struct peer *p)
{
	struct linger now = {.l_onoff = 1};

	peer_flush(p);
	if (setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now)) < 0)
		err(2, "setsockopt");
	peer_logf(p, "resetting");
	file_close(p->fd);
	p->is_gone = true;
}
