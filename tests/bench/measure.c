/*
 * Run a command many times and say what a run costs:
 *
 *	measure [-n TIMES] [-j AT_ONCE] [-i STDIN_FILE] [-o STDOUT_FILE] COMMAND [ARGUMENT…]
 *
 *	runs=100 failed=0 wall_ms=1.312 rate=762.1 cpu_ms=0.842 rss_kb=1492
 *
 * wall_ms: of one run, all runs' time divided by their number (with -j: what a caller waits
 * is AT_ONCE times that). cpu_ms: user and system, with the children that were waited for.
 * rss_kb: the largest. stdin is /dev/null without -i.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

struct tally {
	unsigned long runs;
	unsigned long failed;
	double cpu_s;
	long rss_kb;
};

static void must(bool is_well, const char *what)
{
	if (is_well)
		return;
	perror(what);
	exit(1);
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

static void start(const posix_spawn_file_actions_t *files, char **command)
{
	pid_t pid;

	must(posix_spawnp(&pid, command[0], files, NULL, command, environ) == 0,
		command[0]);
}

static void finish(struct tally *t)
{
	struct rusage used;
	int status;

	must(wait4(-1, &status, 0, &used) > 0, "wait4");
	t->runs++;
	t->failed += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
	t->cpu_s += seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
	if (used.ru_maxrss > t->rss_kb)
		t->rss_kb = used.ru_maxrss;
}

static void print(const struct tally *t, double wall_s)
{
	double runs = (double)t->runs;

	(void)printf(
		"runs=%lu failed=%lu wall_ms=%.3f rate=%.1f cpu_ms=%.3f rss_kb=%ld\n",
		t->runs, t->failed, 1000 * wall_s / runs, runs / wall_s,
		1000 * t->cpu_s / runs, t->rss_kb);
}

int main(int argc, char **argv)
{
	posix_spawn_file_actions_t files;
	struct tally t = {0};
	unsigned long times = 1;
	unsigned long at_once = 1;
	const char *from = "/dev/null";
	const char *to = "/dev/null";
	double begin;
	int option;

	while ((option = getopt(argc, argv, "+n:j:i:o:")) != -1) {
		switch (option) {
		case 'n':
			times = strtoul(optarg, NULL, 10);
			break;
		case 'j':
			at_once = strtoul(optarg, NULL, 10);
			break;
		case 'i':
			from = optarg;
			break;
		case 'o':
			to = optarg;
			break;
		default:
			return 2;
		}
	}
	if (optind == argc || times == 0 || at_once == 0) {
		(void)fprintf(stderr, "usage: measure [-n TIMES] [-j AT_ONCE] [-i FILE] "
				      "[-o FILE] COMMAND...\n");
		return 2;
	}
	(void)posix_spawn_file_actions_init(&files);
	(void)posix_spawn_file_actions_addopen(&files, STDIN_FILENO, from, O_RDONLY, 0);
	(void)posix_spawn_file_actions_addopen(
		&files, STDOUT_FILENO, to, O_WRONLY | O_CREAT | O_TRUNC, 0666);

	begin = now_s();
	for (unsigned long started = 0; started < times; started++) {
		if (started >= at_once)
			finish(&t);
		start(&files, argv + optind);
	}
	while (t.runs < times)
		finish(&t);
	print(&t, now_s() - begin);
	return t.failed > 0;
}
