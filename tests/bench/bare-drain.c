/*
 * The least that a pipelined delivery can cost: bare-drain [-s] PORT DIRECTORY
 *
 * One connection to loopback sends every file of DIRECTORY as a message and removes it after
 * the reply. Each message's content, its final dot and the next message's MAIL, RCPT and
 * DATA leave in one write. With -s it keeps nullmta's promise as well: DIRECTORY is synced
 * after each removal, without which a crash would send the message again. Prints
 *
 *	messages=1000 seconds=0.243 rate=4115.2 cpu_ms=0.051
 *
 * where cpu_ms is the client's own, a message.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ENVELOPE "MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.net>\r\nDATA\r\n"
#define DOT      ".\r\n"

#define MESSAGE_MAX (64 * 1024)

struct session {
	int fd;
	size_t have;
	char input[16 * 1024];
};

static void must(bool is_well, const char *what)
{
	if (is_well)
		return;
	(void)fprintf(stderr, "bare-drain: %s\n", what);
	exit(1);
}

static int connect_to(unsigned short port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(fd >= 0, "socket");
	must(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0, "connect");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static void say(const struct session *s, const char *text, size_t n)
{
	while (n > 0) {
		ssize_t written = write(s->fd, text, n);

		must(written > 0, "write");
		text += written;
		n -= (size_t)written;
	}
}

/* Take the last line of the next reply; its code must begin with `digit`. */
static void expect(struct session *s, char digit)
{
	bool is_last = false;

	while (!is_last) {
		const char *lf = memchr(s->input, '\n', s->have);
		size_t len;

		if (!lf) {
			ssize_t n = read(
				s->fd, s->input + s->have, sizeof(s->input) - s->have);

			must(n > 0, "the server closed the connection");
			s->have += (size_t)n;
			continue;
		}
		must(s->input[0] == digit, "a command was refused");
		is_last = s->input[3] != '-';
		len = (size_t)(lf - s->input) + 1;
		s->have -= len;
		memmove(s->input, s->input + len, s->have);
	}
}

/* The content of a file, final dot and the next envelope: what goes out in one write. */
static size_t read_message(int dir, const char *name, char *block, size_t size)
{
	int fd = openat(dir, name, O_RDONLY);
	ssize_t n;

	must(fd >= 0, name);
	n = read(fd, block, size - sizeof(DOT ENVELOPE));
	must(n > 0, name);
	(void)close(fd);
	memcpy(block + n, DOT ENVELOPE, sizeof(DOT ENVELOPE) - 1);
	return (size_t)n + sizeof(DOT ENVELOPE) - 1;
}

static void remove_message(int dir, const char *name, bool is_synced)
{
	must(unlinkat(dir, name, 0) == 0, name);
	must(!is_synced || fsync(dir) == 0, "fsync");
}

static unsigned long drain(struct session *s, DIR *queue, bool is_synced)
{
	static char block[MESSAGE_MAX];
	const struct dirent *entry;
	unsigned long messages = 0;

	expect(s, '2');
	say(s, "EHLO bench.example\r\n", 20);
	expect(s, '2');
	say(s, ENVELOPE, sizeof(ENVELOPE) - 1);
	while ((entry = readdir(queue)) != NULL) {
		size_t len;

		if (entry->d_name[0] == '.')
			continue;
		len = read_message(dirfd(queue), entry->d_name, block, sizeof(block));
		expect(s, '2');
		expect(s, '2');
		expect(s, '3');
		say(s, block, len);
		expect(s, '2');
		remove_message(dirfd(queue), entry->d_name, is_synced);
		messages++;
	}
	return messages;
}

static double seconds_of(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double now_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct session s = {.fd = -1};
	struct rusage used;
	unsigned long messages;
	double start = now_s();
	double seconds;
	bool is_synced = false;
	DIR *queue;

	if (argc > 1 && strcmp(argv[1], "-s") == 0) {
		is_synced = true;
		argv++;
		argc--;
	}
	must(argc == 3, "usage: bare-drain [-s] PORT DIRECTORY");
	queue = opendir(argv[2]);
	must(queue != NULL, argv[2]);
	s.fd = connect_to((unsigned short)strtoul(argv[1], NULL, 10));
	messages = drain(&s, queue, is_synced);
	must(messages > 0, "no message in the directory");
	seconds = now_s() - start;
	(void)getrusage(RUSAGE_SELF, &used);
	(void)printf("messages=%lu seconds=%.3f rate=%.1f cpu_ms=%.3f\n", messages,
		seconds, (double)messages / seconds,
		1000 * (seconds_of(used.ru_utime) + seconds_of(used.ru_stime)) /
			(double)messages);
	return 0;
}
