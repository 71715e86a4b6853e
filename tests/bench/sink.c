/*
 * A fast SMTP receiver that keeps nothing:
 *
 *	sink [--port N] [--delay-ms N] [--messages N] [--seven-bits] [--tls FILE]
 *
 * One process, loopback only. Prints "port=N" once it listens (0, the default, takes a free
 * one). What arrives together is answered together, --delay-ms later, as a server that far
 * away would. With --seven-bits it lacks 8BITMIME. With --tls, a certificate and its key, TLS
 * begins with the first octet. Ends after --messages messages or at SIGTERM, and prints what
 * it saw:
 *
 *	messages=1000 seconds=0.304 connections=4 most_at_once=4 batches=1004
 *
 * seconds: from the first connection to the last message. batches: answers written, which
 * is the round trips that the client waited for.
 */
/* ldflags: -lssl -lcrypto */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS_MAX 1000
#define COMMAND_MAX 1000
#define REPLIES_MAX (64 * 1024)
#define READ_MAX    (256 * 1024)

struct client {
	SSL *ssl; /* or NULL */
	bool is_greeted;
	bool is_in_data;
	bool is_leaving;
	unsigned dot_state; /* octets of "\r\n.\r\n" seen */
	size_t line_len;
	size_t replies_len;
	int64_t due_us; /* when the replies are written */
	char line[COMMAND_MAX];
	char replies[REPLIES_MAX];
};

struct sink {
	struct pollfd polls[CLIENTS_MAX + 1]; /* the last one listens */
	struct client *clients[CLIENTS_MAX];
	size_t count;
	SSL_CTX *tls; /* or NULL */
	int64_t delay_us;
	bool is_seven;
	int64_t first_us;
	int64_t last_us;
	unsigned long messages;
	unsigned long messages_max;
	unsigned long connections;
	unsigned long batches;
	size_t most_at_once;
};

static volatile sig_atomic_t is_over;

static void on_signal(int number)
{
	is_over = number;
}

static int64_t now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void must(bool is_well, const char *what)
{
	if (is_well)
		return;
	perror(what);
	exit(1);
}

static void reply(struct sink *s, struct client *c, const char *text)
{
	size_t n = strlen(text);

	if (n > sizeof(c->replies) - c->replies_len) {
		(void)fprintf(stderr, "sink: a client does not read its replies\n");
		exit(1);
	}
	if (c->replies_len == 0)
		c->due_us = now_us() + s->delay_us;
	memcpy(c->replies + c->replies_len, text, n);
	c->replies_len += n;
}

static bool is_verb(const char *line, const char *verb)
{
	return strncasecmp(line, verb, 4) == 0;
}

static void command(struct sink *s, struct client *c, const char *line)
{
	if (is_verb(line, "EHLO")) {
		reply(s, c, "250-sink.example\r\n250-PIPELINING\r\n");
		if (!s->is_seven)
			reply(s, c, "250-8BITMIME\r\n");
		reply(s, c, "250-SIZE 0\r\n250-DSN\r\n250 ENHANCEDSTATUSCODES\r\n");
	} else if (is_verb(line, "DATA")) {
		c->is_in_data = true;
		c->dot_state = 2; /* an empty message ends with ".\r\n" alone */
		reply(s, c, "354 go on\r\n");
	} else if (is_verb(line, "QUIT")) {
		c->is_leaving = true;
		reply(s, c, "221 2.0.0 bye\r\n");
	} else if (is_verb(line, "MAIL") || is_verb(line, "RCPT") ||
		   is_verb(line, "RSET") || is_verb(line, "HELO") ||
		   is_verb(line, "NOOP")) {
		reply(s, c, "250 2.0.0 ok\r\n");
	} else {
		reply(s, c, "500 5.5.2 what?\r\n");
	}
}

static void message_ends(struct sink *s, struct client *c)
{
	c->is_in_data = false;
	s->messages++;
	s->last_us = now_us();
	reply(s, c, "250 2.0.0 kept nowhere\r\n");
}

/* Content up to the final dot. Returns how many octets of `from` it took. */
static size_t content(struct sink *s, struct client *c, const char *from, size_t n)
{
	static const char end[] = "\r\n.\r\n";
	size_t i = 0;

	while (i < n) {
		if (c->dot_state == 0) {
			const char *cr = memchr(from + i, '\r', n - i);

			if (!cr)
				return n;
			i = (size_t)(cr - from);
		}
		if (from[i] == end[c->dot_state])
			c->dot_state++;
		else
			c->dot_state = from[i] == '\r';
		i++;
		if (c->dot_state == 5) {
			message_ends(s, c);
			break;
		}
	}
	return i;
}

static size_t line(struct sink *s, struct client *c, const char *from, size_t n)
{
	const char *lf = memchr(from, '\n', n);
	size_t taken = lf ? (size_t)(lf - from) + 1 : n;

	if (taken >= sizeof(c->line) - c->line_len) {
		(void)fprintf(stderr, "sink: a line is too long\n");
		exit(1);
	}
	memcpy(c->line + c->line_len, from, taken);
	c->line_len += taken;
	if (lf) {
		c->line[c->line_len] = '\0';
		c->line_len = 0;
		command(s, c, c->line);
	}
	return taken;
}

static void drop_client(struct sink *s, size_t i)
{
	(void)close(s->polls[i].fd);
	SSL_free(s->clients[i]->ssl);
	free(s->clients[i]);
	s->count--;
	s->clients[i] = s->clients[s->count];
	s->polls[i] = s->polls[s->count];
}

static void greet(struct sink *s, struct client *c)
{
	c->is_greeted = true;
	reply(s, c, "220 sink.example ESMTP\r\n");
}

/* The handshake is what reading begins with. */
static void begin_tls(struct sink *s, struct client *c, int fd)
{
	must(fcntl(fd, F_SETFL, O_NONBLOCK) == 0, "fcntl");
	c->ssl = SSL_new(s->tls);
	must(c->ssl && SSL_set_fd(c->ssl, fd) == 1, "SSL_new");
	SSL_set_accept_state(c->ssl);
}

static void accept_client(struct sink *s, int listener)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	struct client *c;
	int on = 1;

	must(fd >= 0, "accept");
	if (s->count == CLIENTS_MAX) {
		(void)close(fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	c = calloc(1, sizeof(*c));
	must(c != NULL, "calloc");
	if (s->tls)
		begin_tls(s, c, fd);
	else
		greet(s, c);
	s->polls[s->count] = (struct pollfd){.fd = fd, .events = POLLIN};
	s->clients[s->count++] = c;
	if (s->connections++ == 0)
		s->first_us = now_us();
	if (s->count > s->most_at_once)
		s->most_at_once = s->count;
}

/* Octets that have come; 0 when there is nothing for us yet; -1 when the client is gone. */
static ssize_t receive(struct sink *s, struct client *c, int fd, char *to, size_t n)
{
	int got;

	if (!c->ssl) {
		ssize_t len = read(fd, to, n);

		return len > 0 ? len : -1;
	}
	got = SSL_read(c->ssl, to, (int)n);
	if (!c->is_greeted && SSL_is_init_finished(c->ssl))
		greet(s, c);
	if (got > 0)
		return got;
	return SSL_get_error(c->ssl, got) == SSL_ERROR_WANT_READ ? 0 : -1;
}

static bool send_replies(struct client *c, int fd)
{
	size_t n = 0;

	if (!c->ssl)
		return write(fd, c->replies, c->replies_len) == (ssize_t)c->replies_len;
	return SSL_write_ex(c->ssl, c->replies, c->replies_len, &n) == 1 &&
	       n == c->replies_len;
}

/* False when the client is gone. */
static bool read_client(struct sink *s, size_t i)
{
	static char input[READ_MAX];
	struct client *c = s->clients[i];
	ssize_t n;

	do {
		n = receive(s, c, s->polls[i].fd, input, sizeof(input));
		for (ssize_t done = 0; done < n;) {
			size_t left = (size_t)(n - done);

			done += (ssize_t)(c->is_in_data
						  ? content(s, c, input + done, left)
						  : line(s, c, input + done, left));
		}
	} while (n > 0 && c->ssl && SSL_has_pending(c->ssl));
	return n >= 0;
}

/* Write what is due. False when the client is gone or has said QUIT. */
static bool answer_client(struct sink *s, size_t i)
{
	struct client *c = s->clients[i];

	if (c->replies_len == 0 || c->due_us > now_us())
		return true;
	/* loopback takes this much at once, or the client is broken */
	if (!send_replies(c, s->polls[i].fd))
		return false;
	c->replies_len = 0;
	s->batches++;
	return !c->is_leaving;
}

/* How long poll may wait for the next reply that is due, in ms; -1 without one. */
static int patience_ms(const struct sink *s)
{
	int64_t first_us = INT64_MAX;
	int64_t left_us;

	for (size_t i = 0; i < s->count; i++)
		if (s->clients[i]->replies_len > 0 && s->clients[i]->due_us < first_us)
			first_us = s->clients[i]->due_us;
	if (first_us == INT64_MAX)
		return -1;
	left_us = first_us - now_us();
	return left_us <= 0 ? 0 : (int)((left_us + 999) / 1000);
}

static bool is_finished(const struct sink *s)
{
	return is_over ||
	       (s->messages_max > 0 && s->messages >= s->messages_max && s->count == 0);
}

static void serve(struct sink *s, int listener)
{
	while (!is_finished(s)) {
		s->polls[s->count] = (struct pollfd){.fd = listener, .events = POLLIN};
		if (poll(s->polls, s->count + 1, patience_ms(s)) < 0) {
			must(errno == EINTR, "poll");
			continue;
		}
		if (s->polls[s->count].revents)
			accept_client(s, listener);
		for (size_t i = s->count; i-- > 0;)
			if ((s->polls[i].revents && !read_client(s, i)) ||
				!answer_client(s, i))
				drop_client(s, i);
	}
}

static int listen_on(unsigned short port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int on = 1;

	must(fd >= 0, "socket");
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	must(bind(fd, (struct sockaddr *)&address, size) == 0, "bind");
	must(listen(fd, 1024) == 0, "listen");
	must(getsockname(fd, (struct sockaddr *)&address, &size) == 0, "getsockname");
	(void)printf("port=%u\n", ntohs(address.sin_port));
	(void)fflush(stdout);
	return fd;
}

static SSL_CTX *load(const char *path)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (!ctx || SSL_CTX_use_certificate_chain_file(ctx, path) != 1 ||
		SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM) != 1) {
		(void)fprintf(stderr, "sink: %s: no certificate with its key\n", path);
		exit(1);
	}
	SSL_CTX_set_read_ahead(ctx, 1);
	return ctx;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"port", 1, NULL, 'p'},
		{"delay-ms", 1, NULL, 'd'}, {"messages", 1, NULL, 'm'},
		{"seven-bits", 0, NULL, '7'}, {"tls", 1, NULL, 't'}, {0}};
	static struct sink s;
	struct sigaction action = {.sa_handler = on_signal};
	unsigned short port = 0;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'p':
			port = (unsigned short)strtoul(optarg, NULL, 10);
			break;
		case 'd':
			s.delay_us = strtol(optarg, NULL, 10) * 1000;
			break;
		case 'm':
			s.messages_max = strtoul(optarg, NULL, 10);
			break;
		case '7':
			s.is_seven = true;
			break;
		case 't':
			s.tls = load(optarg);
			break;
		default:
			return 2;
		}
	}
	(void)sigaction(SIGTERM, &action, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	serve(&s, listen_on(port));
	(void)printf("messages=%lu seconds=%.3f connections=%lu most_at_once=%zu "
		     "batches=%lu\n",
		s.messages, (double)(s.last_us - s.first_us) / 1e6, s.connections,
		s.most_at_once, s.batches);
	return 0;
}
