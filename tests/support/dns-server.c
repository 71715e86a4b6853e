/*
 * dns-server: a DNS server on loopback for tests, by UDP and TCP, that says what its zone
 * file says, lies included. See tests/support/README.md.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "dns/answer.h"
#include "dns/name.h"
#include "dns/rdata.h"
#include "dns/zone.h"
#include "lib/loopback.h"

/* how often another port is tried until UDP and TCP are both free */
#define PORT_TRIES   20
#define LOG_LINE_MAX 2048

/* bursts of queries from many workers must not be dropped by the kernel */
#define RECEIVE_BUFFER (1024 * 1024)

static const char usage[] = "usage: dns-server --zone FILE [--listen 127.0.0.1:0] "
			    "[--port-file FILE] [--log FILE]\n";

struct server {
	struct zone zone;
	struct loopback at;
	int udp;
	int tcp;
	int log;
};

static void log_query(
	const struct server *s, const struct question *q, const char *protocol)
{
	struct buf line = BUF_INIT(LOG_LINE_MAX);

	if (s->log < 0)
		return;
	name_to_text(&line, buf_span(&q->name));
	buf_add_char(&line, ' ');
	zone_add_type_name(&line, q->type);
	buf_addf(&line, " %s\n", protocol);
	(void)!write(
		s->log, line.data, line.len); /* one line; a test that counts notices */
	buf_release(&line);
}

/* The reply of a query; empty for none. */
static void answer(
	const struct server *s, struct span query, bool is_udp, struct answer *ret)
{
	struct question q;

	*ret = (struct answer){.reply = BUF_INIT(ANSWER_MAX)};
	if (!question_parse(query, &q))
		return;
	log_query(s, &q, is_udp ? "udp" : "tcp");
	answer_make(&s->zone, &q, is_udp, ret);
	question_release(&q);
}

static void nap(unsigned ms)
{
	(void)poll(NULL, 0, (int)ms); /* only to wait */
}

static void serve_udp(const struct server *s)
{
	struct loopback client = {.len = sizeof(client.addr)};
	char query[ANSWER_MAX];
	struct answer a;
	ssize_t n =
		recvfrom(s->udp, query, sizeof(query), 0, &client.addr.any, &client.len);

	if (n < 0)
		return;
	answer(s, (struct span){query, (size_t)n}, true, &a);
	/* who waits must not make the others wait */
	if (a.wait_ms == 0 || fork() == 0) {
		nap(a.wait_ms);
		if (a.reply.len)
			(void)sendto(s->udp, a.reply.data, a.reply.len, 0,
				&client.addr.any, client.len); /* lost is lost */
		if (a.wait_ms)
			_exit(0);
	}
	answer_release(&a);
}

static bool read_exactly(int fd, char *to, size_t n)
{
	while (n) {
		ssize_t got = read(fd, to, n);

		if (got <= 0)
			return false;
		to += got;
		n -= (size_t)got;
	}
	return true;
}

/* Queries, each behind two octets of its length, until the client closes (RFC 7766). */
static void serve_tcp_client(const struct server *s, int fd)
{
	unsigned char head[2];
	char query[ANSWER_MAX];
	struct fault f;

	while (read_exactly(fd, (char *)head, 2)) {
		size_t len = (size_t)head[0] << 8 | head[1];
		struct buf framed = BUF_INIT(ANSWER_MAX + 2);
		struct answer a;

		if (!read_exactly(fd, query, len))
			return;
		answer(s, (struct span){query, len}, false, &a);
		nap(a.wait_ms);
		rdata_add_u16(&framed, (unsigned)a.reply.len);
		buf_add_span(&framed, buf_span(&a.reply));
		if (a.reply.len && file_write_all(fd, buf_span(&framed), "reply", &f) < 0)
			return;
		buf_release(&framed);
		answer_release(&a);
	}
}

static void accept_one(const struct server *s)
{
	int fd = accept4(s->tcp, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return; /* the client did not wait */
	if (fork() == 0) {
		loopback_die_with_parent();
		serve_tcp_client(s, fd);
		_exit(0);
	}
	file_close(fd);
}

/* The same port for both. */
static void listen_on_both(struct server *s)
{
	struct loopback asked = s->at;

	for (int i = 0; i < PORT_TRIES; i++) {
		s->at = asked;
		s->udp = loopback_listen(&s->at, SOCK_DGRAM, RECEIVE_BUFFER);
		s->tcp = loopback_try_listen(&s->at, SOCK_STREAM, 0);
		if (s->tcp >= 0)
			return;
		file_close(s->udp);
	}
	errx(2, "no port is free for both UDP and TCP");
}

static void parse_options(
	struct server *s, const char **ret_port_file, int argc, char **argv)
{
	static const struct option table[] = {
		{"zone", required_argument, NULL, 'z'},
		{"listen", required_argument, NULL, 'l'},
		{"port-file", required_argument, NULL, 'p'},
		{"log", required_argument, NULL, 'g'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (option == 'z')
			zone_load(&s->zone, optarg);
		else if (option == 'l')
			s->at = loopback_parse(optarg);
		else if (option == 'p')
			*ret_port_file = optarg;
		else if (option == 'g')
			s->log = open(
				optarg, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
		else
			errx(2, "%s", usage);
		if (option == 'g' && s->log < 0)
			err(2, "%s", optarg);
	}
	if (optind != argc || !s->zone.records)
		errx(2, "%s", usage);
}

int main(int argc, char **argv)
{
	struct server s = {.at = loopback_parse("127.0.0.1:0"), .log = -1};
	const char *port_file = NULL;
	struct pollfd wait[2];

	loopback_die_with_parent();
	(void)signal(SIGCHLD, SIG_IGN); /* children are not waited for */
	(void)signal(SIGPIPE, SIG_IGN); /* a client may go before its answer comes */
	parse_options(&s, &port_file, argc, argv);
	listen_on_both(&s);
	loopback_announce(loopback_port(&s.at), port_file);
	wait[0] = (struct pollfd){.fd = s.udp, .events = POLLIN};
	wait[1] = (struct pollfd){.fd = s.tcp, .events = POLLIN};
	for (;;) {
		if (poll(wait, 2, -1) < 0 && errno != EINTR)
			err(2, "poll");
		if (wait[0].revents)
			serve_udp(&s);
		if (wait[1].revents)
			accept_one(&s);
	}
}
