/*
 * One SMTP session with a server on standard input and output: session COUNT FILE COMMAND...
 *
 * Starts COMMAND and hands it the message in FILE (lines end in LF, none begins with a dot)
 * COUNT times, MAIL, RCPT and DATA as one group each, until COMMAND has ended. Prints
 *
 *	messages=1000 wall_ms=0.512
 *
 * where wall_ms is of one message, the start and the end of COMMAND included.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ENVELOPE "MAIL FROM:<a@bench.example>\r\nRCPT TO:<a@dest.example>\r\nDATA\r\n"

#define MESSAGE_MAX (64 * 1024)

struct session {
	int fd;
	size_t have;
	char input[16 * 1024];
	size_t content_len;
	char content[2 * MESSAGE_MAX + 3]; /* with CRLF and the final dot */
};

static void must(bool is_well, const char *what)
{
	if (is_well)
		return;
	(void)fprintf(stderr, "session: %s\n", what);
	exit(1);
}

static void read_content(struct session *s, const char *name)
{
	FILE *file = fopen(name, "r");
	int c;

	must(file != NULL, name);
	while ((c = getc(file)) != EOF) {
		must(s->content_len < 2 * (size_t)MESSAGE_MAX,
			"the message is too large");
		if (c == '\n')
			s->content[s->content_len++] = '\r';
		s->content[s->content_len++] = (char)c;
	}
	(void)fclose(file);
	memcpy(s->content + s->content_len, ".\r\n", 3);
	s->content_len += 3;
}

static pid_t start(struct session *s, char **command)
{
	int ends[2];
	pid_t child;

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
	child = fork();
	must(child >= 0, "fork");
	if (child == 0) {
		(void)dup2(ends[1], STDIN_FILENO);
		(void)dup2(ends[1], STDOUT_FILENO);
		(void)execv(command[0], command);
		_exit(127);
	}
	(void)close(ends[1]);
	s->fd = ends[0];
	return child;
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

static void talk(struct session *s, unsigned long count)
{
	expect(s, '2');
	say(s, "EHLO bench.example\r\n", 20);
	expect(s, '2');
	while (count-- > 0) {
		say(s, ENVELOPE, sizeof(ENVELOPE) - 1);
		expect(s, '2');
		expect(s, '2');
		expect(s, '3');
		say(s, s->content, s->content_len);
		expect(s, '2');
	}
	say(s, "QUIT\r\n", 6);
	expect(s, '2');
}

static double now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

int main(int argc, char **argv)
{
	static struct session s;
	unsigned long count;
	double begin;
	int status;
	pid_t child;

	must(argc > 3, "usage: session COUNT FILE COMMAND...");
	count = strtoul(argv[1], NULL, 10);
	must(count > 0, "no message to send");
	read_content(&s, argv[2]);
	begin = now_ms();
	child = start(&s, argv + 3);
	talk(&s, count);
	must(waitpid(child, &status, 0) == child && status == 0, "the server failed");
	(void)printf(
		"messages=%lu wall_ms=%.3f\n", count, (now_ms() - begin) / (double)count);
	return 0;
}
