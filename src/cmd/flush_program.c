#include "cmd/flush_program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"

#ifndef LIBEXECDIR
#define LIBEXECDIR "/usr/local/libexec"
#endif

#define PROGRAM "nullmta-flush"

/* where the wait lock is handed over: the first number behind stderr */
#define WAIT_FD      3
#define WAIT_FD_TEXT "3"

void flush_program_path(char *out, size_t size)
{
	char own[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *slash;

	(void)snprintf(out, size, "%s/%s", LIBEXECDIR, PROGRAM);
	if (n <= 0)
		return;
	own[n] = '\0';
	for (int up = 0; up < 2; up++) {
		slash = strrchr(own, '/');
		if (!slash)
			return;
		*slash = '\0';
	}
	if (strlen(own) + sizeof("/libexec/" PROGRAM) > size)
		return;
	(void)snprintf(out, size, "%.*s/libexec/%s",
		(int)(size - sizeof("/libexec/" PROGRAM)), own, PROGRAM);
	if (access(out, X_OK) != 0)
		(void)snprintf(out, size, "%s/%s", LIBEXECDIR, PROGRAM);
}

/*
 * Start the program in a session of its own, with no descriptor of ours but `wait_fd`: a
 * caller that reads our stdout to its end must not wait for a delivery.
 */
static int spawn_detached(char *const argv[], int wait_fd)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	char path[PATH_MAX];
	pid_t pid;
	int err;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	flush_program_path(path, sizeof(path));
	if (posix_spawn_file_actions_init(&actions) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return ENOMEM;
	}
	(void)posix_spawn_file_actions_adddup2(&actions, wait_fd, WAIT_FD);
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		(void)posix_spawn_file_actions_addopen(&actions, fd, "/dev/null",
			fd == STDIN_FILENO ? O_RDONLY : O_WRONLY, 0);
	/* a caller's blocked or ignored signals are not the flush's */
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setsigdefault(&attributes, &all);
	(void)posix_spawnattr_setflags(&attributes,
		POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	file_close_on_exec(WAIT_FD);
	err = posix_spawn(&pid, path, &actions, &attributes, argv, environ);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return err;
}

void flush_program_kick(const struct spool *spool)
{
	char *argv[] = {PROGRAM, "flush", "--spool", (char *)(uintptr_t)spool->path,
		"--wait-fd", WAIT_FD_TEXT, NULL};
	struct fault f;
	int fd = openat(
		spool->fd, "wait", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	int locked = fd < 0 ? -1 : file_try_lock(fd, "wait", &f);
	int err = 0;

	/* 0, taken: whoever holds it has not begun to scan and will see our message */
	if (locked == 1)
		err = spawn_detached(argv, fd);
	else if (locked < 0)
		err = fd < 0 ? errno : f.err;
	file_close(fd);
	if (err)
		log_event(LOG_LEVEL_WARNING, "kick-failed",
			LOG_TEXT("spool", spool->path), LOG_TEXT("why", strerror(err)),
			LOG_TEXT("hint", "mail waits for the next run: nullmta flush"));
}

static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return EX_TEMPFAIL;
	if (!WIFEXITED(status))
		return EX_TEMPFAIL;
	switch (WEXITSTATUS(status)) {
	case EX_DATAERR: /* it is no longer there: another run was faster */
		return EX_OK;
	case EX_OK:
	case EX_NOUSER:
	case EX_UNAVAILABLE:
		return WEXITSTATUS(status);
	default:
		return EX_TEMPFAIL;
	}
}

int flush_program_message(const struct spool *spool, const char *id, bool is_verbose)
{
	char *argv[] = {PROGRAM, "flush", "--spool", (char *)(uintptr_t)spool->path,
		"--message", (char *)(uintptr_t)id, is_verbose ? "--verbose" : NULL,
		NULL};
	char path[PATH_MAX];
	pid_t pid;
	int err;

	/* a caller that ignores SIGCHLD would leave us nothing to wait for */
	(void)signal(SIGCHLD, SIG_DFL);
	flush_program_path(path, sizeof(path));
	err = posix_spawn(&pid, path, NULL, NULL, argv, environ);
	if (err) {
		log_event(LOG_LEVEL_WARNING, "flush-failed", LOG_TEXT("program", path),
			LOG_TEXT("why", strerror(err)));
		return EX_TEMPFAIL;
	}
	return wait_for(pid);
}

void flush_program_exec(char **argv, struct fault *f)
{
	char path[PATH_MAX];

	flush_program_path(path, sizeof(path));
	argv[0] = PROGRAM;
	(void)execv(path, argv);
	fault_set(f, FAULT_SYSTEM, errno, "cannot run %s", path);
	fault_append(f, "; is nullmta installed completely?");
}
