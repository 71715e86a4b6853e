#include "cmd/flush_all.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/privilege.h"
#include "base/secret.h"
#include "cmd/exit_code.h"
#include "cmd/kick.h"
#include "cmd/local_service.h"
#include "cmd/refusals.h"
#include "cmd/turns.h"
#include "spool/spool_root.h"

#define PROGRAM "nullmta flush --all"

/* With a socket: end after so long without a kick. systemd takes offence at short starts. */
#define LINGER_MS ((int64_t)20 * 1000)

/*
 * While kicks, or the long run of one user, keep us alive: what has become due for others
 * meanwhile. A timer does not start what still runs.
 */
#define WALK_EVERY_MS ((int64_t)300 * 1000)

/* Kicks were lost: everybody may be meant. Not more often than this. */
#define WALK_GAP_MS ((int64_t)5 * 1000)

/* a fork that failed is tried again */
#define FORK_GAP_MS 1000

/* names in the root that are no spools, told in one walk */
#define REFUSALS_MAX 20

struct flush_all {
	const struct flush_options *options;
	struct setup system;
	struct vault vault;
	char *log_target;
	int refusals_fd;
	struct flush_tally *tally;
	struct flush_owner owner;
	struct turns turns;
	struct local_service local;
	int signal_fd;
	int kick_fd; /* -1: there is none */
	bool is_walk_for_kicks;
	bool is_stopping;
	int64_t walked_ms;
	int64_t walk_ms; /* the next one */
	int64_t kicked_ms;
	int64_t busy_since_ms; /* of the line that sums up */
	size_t refused;
};

/* --- configuration --------------------------------------------------------------- */

static void release_system(struct flush_all *a)
{
	setup_release(&a->system);
	vault_release(&a->vault);
	free(a->log_target);
	a->log_target = NULL;
}

static void tell_problems(const struct setup *checked)
{
	setup_print_problems(checked, PROGRAM);
	log_event(LOG_LEVEL_ERROR, "configuration",
		LOG_NUMBER("problems", (int64_t)checked->problems.errors),
		LOG_TEXT("hint", "mail stays queued; see nullmta config check"));
}

/*
 * What holds for all. Twice: as it is without anybody's own file, to see whether it is right
 * and where the log is; and unfinished, for the children to put such a file on top. By the
 * former the secrets are read that the children, who are not root, cannot read. 0, or -1
 * where it is wrong, which is told.
 */
static int load_system(struct flush_all *a)
{
	struct setup checked;
	struct user nobody = {.name = mem_string("")};
	int rc = 0;

	setup_load_system(&checked, a->options->conf_file);
	setup_take_user(&checked, &nobody);
	if (!checked.problems.errors || !a->log_target)
		setup_open_log(&checked.conf);
	if (checked.problems.errors) {
		tell_problems(&checked);
		rc = -1;
	} else {
		release_system(a);
		a->log_target = mem_string(checked.conf.log.target);
		vault_load(&a->vault, &checked.conf);
		a->vault.refusals_fd = a->refusals_fd;
		setup_load_system(&a->system, a->options->conf_file);
	}
	setup_release(&checked);
	return rc;
}

/* --- who has mail ---------------------------------------------------------------- */

static void note_owner(void *ctx, uid_t uid)
{
	struct flush_all *a = ctx;

	if (a->is_walk_for_kicks)
		turns_kick(&a->turns, uid, clock_mono_ms());
	else
		turns_ask(&a->turns, uid, clock_mono_ms());
}

static void note_refused(void *ctx, const char *name, const char *why)
{
	struct flush_all *a = ctx;

	if (a->refused++ < REFUSALS_MAX)
		log_event(LOG_LEVEL_WARNING, "spool-refused",
			LOG_TEXT("root", PLACE_ROOT), LOG_TEXT("name", name),
			LOG_TEXT("why", why));
}

static void plan_walk(struct flush_all *a)
{
	a->walked_ms = clock_mono_ms();
	a->walk_ms = a->walked_ms +
		     (a->options->every_s ? 1000 * a->options->every_s : WALK_EVERY_MS);
}

static int walk(struct flush_all *a, struct fault *f)
{
	const struct spool_root_visitor visitor = {note_owner, note_refused, a};
	int rc;

	a->refused = 0;
	rc = spool_root_walk(PLACE_ROOT, &visitor, f);
	if (a->refused > REFUSALS_MAX)
		log_event(LOG_LEVEL_WARNING, "spool-refused",
			LOG_TEXT("root", PLACE_ROOT),
			LOG_NUMBER("more", (int64_t)a->refused - REFUSALS_MAX));
	a->is_walk_for_kicks = false;
	return rc;
}

/* A later one: what fails now may succeed with the next. */
static void walk_again(struct flush_all *a)
{
	struct fault f;

	plan_walk(a);
	if (load_system(a) == 0 && walk(a, &f) < 0)
		log_event(LOG_LEVEL_ERROR, "run-failed", LOG_TEXT("why", f.text));
}

static void take_kicks(struct flush_all *a)
{
	struct kicks kicks;
	int64_t now_ms = clock_mono_ms();

	kick_receive(a->kick_fd, &kicks);
	if (kicks.count || kicks.has_lost)
		a->kicked_ms = now_ms;
	for (size_t i = 0; i < kicks.count; i++)
		if (spool_root_has(PLACE_ROOT, kicks.uids[i]))
			turns_kick(&a->turns, kicks.uids[i], now_ms);
	if (kicks.has_lost) {
		a->is_walk_for_kicks = true;
		if (a->walk_ms > a->walked_ms + WALK_GAP_MS)
			a->walk_ms = a->walked_ms + WALK_GAP_MS;
	}
	kicks_release(&kicks);
}

/* --- children -------------------------------------------------------------------- */

static void start_children(struct flush_all *a)
{
	struct turn *turn;

	while ((turn = turns_next(&a->turns, clock_mono_ms())) != NULL) {
		int channel = local_service_invite(&a->local, turn->uid);
		pid_t pid = fork();

		if (pid == 0)
			flush_owner_run(&a->owner, turn->uid, channel);
		local_service_forked(&a->local, channel, pid);
		if (pid < 0) {
			log_event(LOG_LEVEL_WARNING, "fork-failed",
				LOG_TEXT("why", strerror(errno)));
			turns_postpone(turn, clock_mono_ms() + FORK_GAP_MS);
			break;
		}
		turns_start(&a->turns, turn, pid, clock_mono_ms());
	}
	a->tally->others_wait = turns_is_crowded(&a->turns, clock_mono_ms());
}

static void note_end(struct flush_all *a, pid_t pid, int status)
{
	const struct turn *turn = turns_end(&a->turns, pid, clock_mono_ms());

	local_service_note_end(&a->local, pid);
	if (turn && WIFSIGNALED(status))
		log_event(LOG_LEVEL_ERROR, "user-run-died",
			LOG_NUMBER("uid", (int64_t)turn->uid),
			LOG_NUMBER("signal", WTERMSIG(status)));
}

static void reap(struct flush_all *a)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		note_end(a, pid, status);
}

static void tell_overdue(struct flush_all *a)
{
	const struct turn *turn;
	int number;

	while ((turn = turns_overdue(&a->turns, clock_mono_ms(), &number)) != NULL) {
		/* its workers are in the group that it leads, and take leave by themselves */
		(void)kill(number == SIGKILL ? -turn->pid : turn->pid, number);
		if (number == SIGKILL)
			log_event(LOG_LEVEL_WARNING, "user-run-killed",
				LOG_NUMBER("uid", (int64_t)turn->uid),
				LOG_TEXT("why", "it did not stop when it was asked to"));
	}
}

/* --- the loop -------------------------------------------------------------------- */

static void take_signals(struct flush_all *a)
{
	struct signalfd_siginfo info;

	while (read(a->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGHUP)
			a->walk_ms = clock_mono_ms();
		else if (info.ssi_signo != SIGCHLD)
			a->is_stopping = true;
	}
	if (a->is_stopping)
		turns_stop(&a->turns);
	reap(a);
}

static int sooner(int64_t a_ms, int64_t b_ms)
{
	int64_t soonest_ms = a_ms < 0 || (b_ms >= 0 && b_ms < a_ms) ? b_ms : a_ms;

	return soonest_ms > INT32_MAX ? INT32_MAX : (int)soonest_ms;
}

static int64_t left_ms(int64_t at_ms, int64_t now_ms)
{
	return at_ms > now_ms ? at_ms - now_ms : 0;
}

static void wait_for_news(struct flush_all *a)
{
	struct pollfd fds[] = {
		{.fd = a->signal_fd, .events = POLLIN},
		{.fd = a->is_stopping ? -1 : a->kick_fd, .events = POLLIN},
		{.fd = local_service_fd(&a->local), .events = POLLIN},
	};
	int64_t now_ms = clock_mono_ms();
	int64_t other_ms = -1;

	if (!a->is_stopping)
		other_ms = left_ms(a->walk_ms, now_ms);
	if (a->kick_fd >= 0 && !a->options->every_s && turns_is_idle(&a->turns))
		other_ms = sooner(other_ms, left_ms(a->kicked_ms + LINGER_MS, now_ms));
	(void)poll(fds, ARRAY_LEN(fds),
		sooner(turns_patience_ms(&a->turns, now_ms), other_ms));
	if (fds[1].revents)
		take_kicks(a);
	if (fds[2].revents)
		local_service_serve(&a->local);
	take_signals(a);
}

/* One line for what was done since the last time that nothing was left to do. */
static void sum_up(struct flush_all *a)
{
	struct flush_tally *t = a->tally;

	if (t->messages)
		log_event(LOG_LEVEL_INFO, "flush-all", LOG_NUMBER("users", t->users),
			LOG_NUMBER("messages", t->messages),
			LOG_NUMBER("delivered", t->delivered),
			LOG_NUMBER("deferred", t->deferred),
			LOG_NUMBER("failed", t->failed),
			LOG_NUMBER("landlock", t->landlock),
			LOG_NUMBER("seccomp", t->seccomp),
			LOG_NUMBER("ms", clock_mono_ms() - a->busy_since_ms));
	t->users = 0;
	t->messages = 0;
	t->delivered = 0;
	t->deferred = 0;
	t->failed = 0;
}

static bool is_over(struct flush_all *a)
{
	if (!turns_is_idle(&a->turns))
		return false;
	sum_up(a);
	a->busy_since_ms = clock_mono_ms();
	if (a->is_stopping)
		return true;
	if (a->options->every_s ||
		(a->kick_fd >= 0 && clock_mono_ms() - a->kicked_ms < LINGER_MS))
		return false;
	/* who was kicked while we made up our mind must not wait for the next start */
	if (a->kick_fd >= 0)
		take_kicks(a);
	return turns_is_idle(&a->turns) && !a->is_walk_for_kicks;
}

static void loop(struct flush_all *a)
{
	a->busy_since_ms = clock_mono_ms();
	a->kicked_ms = a->busy_since_ms;
	while (!is_over(a)) {
		start_children(a);
		wait_for_news(a);
		tell_overdue(a);
		if (!a->is_stopping && clock_mono_ms() >= a->walk_ms)
			walk_again(a);
	}
}

/* --- the beginning --------------------------------------------------------------- */

static int open_signals(struct flush_all *a, struct fault *f)
{
	sigset_t ours;

	(void)signal(SIGCHLD, SIG_DFL); /* ignored, it would leave nothing to wait for */
	(void)sigemptyset(&ours);
	(void)sigaddset(&ours, SIGCHLD);
	(void)sigaddset(&ours, SIGTERM);
	(void)sigaddset(&ours, SIGINT);
	(void)sigaddset(&ours, SIGHUP);
	(void)sigprocmask(SIG_BLOCK, &ours, NULL);
	a->signal_fd = signalfd(-1, &ours, SFD_CLOEXEC | SFD_NONBLOCK);
	if (a->signal_fd >= 0)
		return 0;
	fault_set(f, FAULT_SYSTEM, errno, "no descriptor for signals");
	return -1;
}

static int open_tally(struct flush_all *a, struct fault *f)
{
	void *memory = mmap(NULL, sizeof(*a->tally), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) {
		fault_set(f, FAULT_SYSTEM, errno, "no memory to share");
		return -1;
	}
	a->tally = memory;
	return 0;
}

/* The way of the children to the mailboxes of others. */
static int open_local(struct flush_all *a, struct fault *f)
{
	const struct local_process start = {
		.system = &a->system, .vault = &a->vault, .parent = getpid()};

	return local_service_init(&a->local, &start, f);
}

/* What root's environment has for us; where the spools are is not for it to say. */
static void clean_process(void)
{
	static const char *const kept[] = {
		"NULLMTA_", "CREDENTIALS_DIRECTORY=", "LISTEN_", NULL};

	privilege_clear_environment(kept);
	(void)unsetenv("NULLMTA_SPOOL");
	(void)unsetenv("NULLMTA_SPOOL_DIR");
	secret_protect_process();
	/* a name that cannot be resolved keeps no file system busy */
	(void)!chdir("/");
}

/* The name services are loaded once, and not by every child for itself. */
static void warm_up(void)
{
	const uid_t rarely_used = (uid_t)-2; /* so all of them are asked */
	struct user user;

	user_lookup(&user, rarely_used);
	user_release(&user);
}

static int begin(struct flush_all *a, struct fault *f)
{
	if (geteuid() != 0) {
		fault_set(f, FAULT_ACCESS, 0,
			"only root may; without --all it is your own mail");
		return -1;
	}
	clean_process();
	warm_up();
	a->kick_fd = kick_inherit(f);
	a->refusals_fd = refusals_open(RUNDIR "/nullmta");
	if (a->kick_fd == -2 || open_signals(a, f) < 0 || open_tally(a, f) < 0 ||
		open_local(a, f) < 0)
		return -1;
	a->owner = (struct flush_owner){
		.options = a->options,
		.system = &a->system,
		.vault = &a->vault,
		.log_target = (const char *const *)&a->log_target,
		.tally = a->tally,
		.parent = getpid(),
	};
	return 0;
}

/*
 * What cannot begin takes its time to end where there is a socket: for the kicks that wait it
 * is started again, and systemd gives a socket up where that happens a few times a second.
 * Then they are taken, for each beginning looks at every spool. A signal, of somebody who has
 * mended what was wrong, ends the wait: they stay, and it begins anew.
 */
static void end_slowly(const struct flush_all *a)
{
	struct pollfd signals = {.fd = a->signal_fd, .events = POLLIN};
	struct kicks kicks;

	if (a->kick_fd < 0 || poll(&signals, 1, (int)LINGER_MS) != 0)
		return;
	kick_receive(a->kick_fd, &kicks);
	kicks_release(&kicks);
}

int flush_all(const struct flush_options *options, flush_work work)
{
	struct flush_all a = {
		.options = options, .signal_fd = -1, .kick_fd = -1, .refusals_fd = -1};
	struct fault f;
	int code = EX_OK;

	if (begin(&a, &f) < 0)
		return exit_with(PROGRAM, &f);
	turns_init(&a.turns, options->users, 1000 * options->share_s);
	a.owner.work = work;
	plan_walk(&a);
	if (load_system(&a) < 0) {
		code = EX_CONFIG;
	} else if (walk(&a, &f) < 0) {
		log_event(LOG_LEVEL_ERROR, "run-failed", LOG_TEXT("why", f.text));
		code = exit_with(PROGRAM, &f);
	} else {
		loop(&a);
	}
	if (code != EX_OK)
		end_slowly(&a);
	turns_release(&a.turns);
	local_service_release(&a.local);
	release_system(&a);
	file_close(a.signal_fd);
	file_close(a.refusals_fd);
	return code;
}
