#include "cmd/rounds.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "cmd/process_one.h"
#include "deliver/flush.h"

/* SIGCHLD, blocked from here on; -1, which poll(2) passes over, where there is none */
static int open_children(void)
{
	sigset_t child;

	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &child, NULL);
	return signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void reap(int child_fd)
{
	struct signalfd_siginfo info;

	while (read(child_fd, &info, sizeof(info)) > 0)
		;
	process_one_reap();
}

/*
 * Until then, or until a signal. Those that end the wait are blocked but while ppoll(2)
 * waits: one that came between the look and the wait would be noticed too late.
 */
static void wait_until(int64_t mono_ms, int child_fd)
{
	struct pollfd child = {.fd = child_fd, .events = POLLIN};
	sigset_t ends, before;
	int64_t left_ms;

	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	(void)sigaddset(&ends, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &ends, &before);
	while (!flush_is_stopping() && (left_ms = mono_ms - clock_mono_ms()) > 0) {
		struct timespec left = {left_ms / 1000, left_ms % 1000 * 1000000};

		(void)ppoll(&child, 1, &left, &before);
		reap(child_fd);
	}
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
}

static bool is_reloading(void)
{
	bool has_come = flush_take_reload();

	if (has_come)
		log_event(LOG_LEVEL_INFO, "reload", LOG_TEXT("why", "SIGHUP"));
	return has_come;
}

static int run(const struct rounds *r, int child_fd)
{
	bool is_first = true;

	do {
		int64_t next_ms = clock_mono_ms() + 1000 * r->every_s;
		int code = r->flush(r->ctx);

		if (is_first && code == EX_CONFIG)
			return code;
		is_first = false;
		/* one that came while it ran has stopped it, and is answered at once */
		if (!is_reloading())
			wait_until(next_ms, child_fd);
	} while (!flush_is_stopping() || is_reloading());
	return EX_OK;
}

int rounds_run(const struct rounds *r)
{
	int child_fd = open_children();
	int code = run(r, child_fd);

	file_close(child_fd);
	return code;
}
