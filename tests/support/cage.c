/*
 * Run one test so that nothing of it stays: cage SECONDS COMMAND [ARGUMENT…]
 *
 * Every process that the command starts is ours in the end, however it detached itself
 * (PR_SET_CHILD_SUBREAPER). When the command ends, or the time is over, whatever is left
 * is killed and named on stderr. Exits as the command did; 124 when the time was over,
 * 128 + N for signal N.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/span.h"

#define SECONDS_MAX 3600
#define STAT_MAX    4096
#define EXIT_TIME   124
#define EXIT_SIGNAL 128

/*
 * Whether /proc/PID/stat, "PID (NAME) STATE PPID …", is of a living child of ours; NAME
 * may hold anything. Afterwards `stat` is "PID (NAME)".
 */
static bool is_our_child(pid_t pid, struct buf *stat)
{
	struct fault f;
	struct span rest;
	struct span state;
	struct span word;
	uint64_t parent;
	size_t name_len;
	bool is_ours;
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	buf_reset(stat);
	/* a fault: the process is gone */
	if (file_read(AT_FDCWD, path, stat, &f) < 0)
		return false;
	rest = buf_span(stat);
	while (span_find(rest, ')') >= 0)
		rest = span_from(rest, (size_t)span_find(rest, ')') + 1);
	name_len = stat->len - rest.len;
	is_ours = span_word(&rest, &state) && !span_is(state, "Z") &&
		  span_word(&rest, &word) &&
		  span_to_uint(word, INT32_MAX, &parent) == 0 &&
		  (pid_t)parent == getpid();
	buf_truncate(stat, name_len);
	return is_ours;
}

static void kill_children(void)
{
	struct buf stat = BUF_INIT(STAT_MAX);
	const struct dirent *entry;
	uint64_t pid;
	DIR *proc = opendir("/proc");

	while (proc && (entry = readdir(proc)) != NULL) {
		if (span_to_uint(span_of(entry->d_name), INT32_MAX, &pid) < 0)
			continue;
		if (!is_our_child((pid_t)pid, &stat))
			continue;
		(void)fprintf(stderr, "cage: left behind: %s\n", buf_str(&stat));
		(void)kill((pid_t)pid, SIGKILL);
	}
	if (proc)
		(void)closedir(proc);
	buf_release(&stat);
}

/* What a killed child had started becomes our child next: repeat until there is none. */
static void kill_all(void)
{
	pid_t pid;

	for (;;) {
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			continue;
		if (pid < 0)
			return;
		kill_children();
		(void)waitpid(-1, NULL, 0);
	}
}

/* The command's exit code once it has ended, -1 while it runs. Reaps what else ended. */
static int reap(pid_t command)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != command)
			continue;
		return WIFEXITED(status) ? WEXITSTATUS(status)
					 : EXIT_SIGNAL + WTERMSIG(status);
	}
	return -1;
}

static int wait_for(pid_t command, int64_t until_ms, const sigset_t *signals)
{
	for (;;) {
		int64_t left_ms = until_ms - clock_mono_ms();
		struct timespec patience = {left_ms / 1000, left_ms % 1000 * 1000000};
		int code = reap(command);
		int signal_number;

		if (code >= 0)
			return code;
		if (left_ms <= 0) {
			(void)fprintf(stderr, "cage: the time is over\n");
			return EXIT_TIME;
		}
		signal_number = sigtimedwait(signals, NULL, &patience);
		if (signal_number > 0 && signal_number != SIGCHLD)
			return EXIT_SIGNAL + signal_number;
	}
}

int main(int argc, char **argv)
{
	uint64_t seconds;
	sigset_t signals;
	sigset_t before;
	pid_t command;
	int code;

	if (argc < 3 || span_to_uint(span_of(argv[1]), SECONDS_MAX, &seconds) < 0) {
		(void)fprintf(stderr, "usage: cage SECONDS COMMAND [ARGUMENT...]\n");
		return 2;
	}
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGCHLD);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &signals, &before) < 0 ||
		prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || (command = fork()) < 0) {
		perror("cage");
		return 2;
	}
	if (command == 0) {
		(void)sigprocmask(SIG_SETMASK, &before, NULL);
		(void)setsid();
		(void)execvp(argv[2], argv + 2);
		perror(argv[2]);
		_exit(127);
	}
	code = wait_for(command, clock_mono_ms() + (int64_t)seconds * 1000, &signals);
	kill_all();
	return code;
}
