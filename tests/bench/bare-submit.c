/*
 * The least that a durable submission can cost: bare-submit DIRECTORY [OCTETS] <message
 *
 * Forks as a mailer's caller does, and in the child copies stdin to DIRECTORY/tmp/ID, syncs
 * it, renames it to DIRECTORY/new/ID and syncs that directory. With OCTETS it writes so
 * many of its own and reads nothing. What nullmta's submission is compared with.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BLOCK (64 * 1024)

static void must(int is_well, const char *what)
{
	if (is_well)
		return;
	perror(what);
	_exit(1);
}

static void write_all(int fd, const char *from, size_t n)
{
	while (n > 0) {
		ssize_t written = write(fd, from, n);

		must(written > 0, "write");
		from += written;
		n -= (size_t)written;
	}
}

static void write_message(int fd, size_t octets)
{
	static char block[BLOCK];
	ssize_t n;

	if (octets == 0) {
		while ((n = read(STDIN_FILENO, block, sizeof(block))) > 0)
			write_all(fd, block, (size_t)n);
		must(n == 0, "read");
	}
	while (octets > 0) {
		size_t part = octets < sizeof(block) ? octets : sizeof(block);

		write_all(fd, block, part);
		octets -= part;
	}
}

static void submit(const char *directory, size_t octets)
{
	struct timespec now;
	char id[64];
	int dir = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int to = openat(dir, "new", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int from = openat(dir, "tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd;

	must(dir >= 0 && to >= 0 && from >= 0, directory);
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)snprintf(
		id, sizeof(id), "%ld%09ld%d", (long)now.tv_sec, now.tv_nsec, getpid());
	fd = openat(from, id, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	must(fd >= 0, id);
	write_message(fd, octets);
	must(fsync(fd) == 0, "fsync");
	must(renameat(from, id, to, id) == 0, "rename");
	must(fsync(to) == 0, "fsync of the directory");
}

int main(int argc, char **argv)
{
	int status;
	pid_t child;

	if (argc < 2) {
		(void)fprintf(stderr, "usage: bare-submit DIRECTORY [OCTETS]\n");
		return 2;
	}
	child = fork();
	must(child >= 0, "fork");
	if (child == 0) {
		submit(argv[1], argc > 2 ? strtoul(argv[2], NULL, 10) : 0);
		_exit(0);
	}
	must(waitpid(child, &status, 0) == child, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
