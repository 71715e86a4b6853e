#include "deliver/crew.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "deliver/feed.h"
#include "deliver/target_memory.h"
#include "deliver/worker.h"

/* one more worker for a destination for each so many waiting: a series stays in order */
#define WAITING_PER_WORKER 20

/* a worker that has not reached its host after this long does not count as a connection */
#define PROVEN_MS 2000

/* and of those there may be this many times [delivery] connections */
#define UNPROVEN_FACTOR 5

/* workers of one destination that may die or get nowhere before it is left to the next run */
#define CRASHES_MAX 3

/* destinations that are fed, two descriptors each; the others' workers end as ever */
#define FEEDS_MAX 32

int crew_init(struct crew *c, const struct flush *flush, struct agenda *agenda,
	struct hosts *hosts, struct fault *f)
{
	sigset_t child;

	*c = (struct crew){.flush = flush,
		.agenda = agenda,
		.hosts = hosts,
		.memory = target_memory_new(),
		.wake = {-1, -1},
		.signal_fd = -1};
	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	/* a caller that ignores SIGCHLD would make waitpid useless */
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigprocmask(SIG_BLOCK, &child, NULL);
	c->signal_fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	if (c->signal_fd < 0 || pipe2(c->wake, O_CLOEXEC | O_NONBLOCK) != 0) {
		fault_set(f, FAULT_SYSTEM, errno, "cannot start a queue run");
		crew_release(c);
		return -1;
	}
	return 0;
}

void crew_release(struct crew *c)
{
	file_close(c->signal_fd);
	file_close(c->wake[0]);
	file_close(c->wake[1]);
	free(c->members);
	target_memory_free(c->memory);
}

/* Messages that other destinations share keep no descriptor in this worker. */
static void close_foreign_claims(const struct crew *c, const struct destination *d)
{
	const struct agenda *a = c->agenda;
	bool *is_ours = mem_array(a->shared_count, sizeof(*is_ours));

	for (uint32_t i = 0; i < d->job_count; i++)
		if (d->jobs[i].shared != PLAN_NOT_SHARED)
			is_ours[d->jobs[i].shared] = true;
	for (size_t i = 0; i < a->shared_count; i++)
		if (a->shared[i] && !is_ours[i])
			claim_release(a->shared[i]);
	free(is_ours);
}

static void run_worker(struct crew *c, struct destination *d, pid_t run)
{
	const struct worker_task task = {
		.flush = c->flush,
		.destination = d,
		.shared = c->agenda->shared,
		.wake_fd = c->wake[1],
		.hosts = c->hosts,
		.memory = c->memory,
		.memory_seen = c->memory_seen,
	};
	sigset_t child;

	(void)sigemptyset(&child);
	(void)sigaddset(&child, SIGCHLD);
	(void)sigprocmask(SIG_UNBLOCK, &child, NULL);
	/* a run that is killed takes its workers along: the next one starts afresh */
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != run) /* it was killed before we asked */
		_exit(0);
	close_foreign_claims(c, d);
	worker_run(&task);
	_exit(0);
}

/* OpenSSL takes some milliseconds to begin: once here, not in every worker. */
static void warm_up_tls(const struct crew *c, const struct destination *d)
{
	const struct tls_options *options = flush_tls(c->flush, &d->route);
	struct fault ignored; /* the worker meets it again, and tells */

	if (!d->is_unroutable && !d->is_down && d->route.kind != ROUTE_MAILBOX &&
		options->level != TLS_NONE)
		(void)tls_cache_load(c->flush->world->tls, options, &ignored);
}

/* What is shared is settled when the worker has ended: that must not wait. */
static void let_wait(const struct crew *c, struct destination *d)
{
	d->slot->may_wait = c->may_wait && d->behind_shared <= d->settled;
}

static void open_feed(struct crew *c, struct destination *d)
{
	bool is_first = d->workers == 0;

	if (is_first && !d->is_unroutable && !d->is_down && c->feeds < FEEDS_MAX)
		c->feeds += feed_open(d);
	let_wait(c, d);
}

static void close_feed(struct crew *c, struct destination *d)
{
	c->feeds -= d->feed[1] > 0;
	feed_close(d);
}

static bool start_worker(struct crew *c, struct destination *d)
{
	pid_t run = getpid();
	pid_t pid;

	if (d->workers == 0)
		d->slot->live = 0; /* of workers that were killed */
	if (d->chance == 0)
		d->chance = 1 + c->flush->world->random(UINT32_MAX - 1);
	d->taken_before = d->slot->next_job;
	warm_up_tls(c, d);
	open_feed(c, d);
	pid = fork();
	if (pid == 0)
		run_worker(c, d, run);
	c->cannot_fork = pid < 0;
	c->started += pid > 0;
	if (pid < 0) {
		log_event(LOG_LEVEL_WARNING, "fork-failed",
			LOG_TEXT("why", strerror(errno)));
		if (d->workers == 0)
			close_feed(c, d);
		return false;
	}
	if (c->count == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 16;
		c->members = mem_regrow(c->members, c->cap, sizeof(*c->members));
	}
	c->members[c->count++] = (struct crew_member){
		.pid = pid, .destination = d, .forked_ms = c->flush->world->mono_ms()};
	d->workers++;
	return true;
}

/* Whether there is room for one more process. */
static bool has_room(const struct crew *c)
{
	size_t limit = c->flush->conf->delivery.connections;
	int64_t now_ms = c->flush->world->mono_ms();
	size_t busy = 0;

	for (size_t i = 0; i < c->count; i++) {
		const struct crew_member *m = &c->members[i];

		busy += m->destination->slot->state == BOARD_UP ||
			now_ms - m->forked_ms < PROVEN_MS;
	}
	return busy < limit && c->count < UNPROVEN_FACTOR * limit;
}

static bool wants_worker(const struct crew *c, const struct destination *d)
{
	uint32_t waiting = plan_waiting(d);

	if (waiting == 0 || d->fruitless >= CRASHES_MAX)
		return false;
	if (d->workers == 0)
		return true;
	/* a second one would only wait for the first one's lock on the mailbox */
	return d->slot->state == BOARD_UP && d->route.kind != ROUTE_MAILBOX &&
	       d->workers < c->flush->conf->delivery.per_destination &&
	       d->workers < 1 + waiting / WAITING_PER_WORKER;
}

/* Who waits for mail of one destination must not keep the connections of others. */
static void send_home(const struct crew *c)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->members[i].destination->slot->fed == 0)
			feed_end(c->members[i].destination);
}

static void feed_all(const struct crew *c)
{
	for (size_t i = 0; i < c->count; i++)
		feed_give(c->members[i].destination);
}

void crew_let_wait(struct crew *c, bool may_wait)
{
	bool is_news = may_wait && !c->may_wait;

	c->may_wait = may_wait;
	if (!may_wait)
		send_home(c);
	for (size_t i = 0; is_news && i < c->count; i++)
		let_wait(c, c->members[i].destination);
}

void crew_start(struct crew *c)
{
	struct plan *plan = &c->agenda->plan;

	if (flush_is_stopping())
		return;
	feed_all(c);
	/* every destination its first worker before any gets a second one */
	for (int is_help = 0; is_help < 2; is_help++)
		for (size_t i = 0; i < plan->count; i++) {
			struct destination *d = plan->items[i];

			while ((is_help || d->workers == 0) && wants_worker(c, d)) {
				if (!has_room(c))
					send_home(c);
				if (!has_room(c) || !start_worker(c, d))
					return;
			}
		}
}

bool crew_has_work(const struct crew *c)
{
	const struct plan *plan = &c->agenda->plan;

	/* with workers around a fork may succeed later; alone, leave it to the next run */
	if (c->cannot_fork && c->count == 0)
		return false;
	for (size_t i = 0; i < plan->count; i++)
		if (wants_worker(c, plan->items[i]))
			return true;
	return false;
}

/* What the last worker of a destination leaves behind. */
static void note_result(struct crew *c, struct destination *d)
{
	struct board_slot *slot = d->slot;

	d->is_down = slot->state == BOARD_DOWN;
	if (d->is_down) {
		hosts_note_failure(
			c->hosts, d->key, &slot->trouble, slot->down_s, d->chance);
		c->has_news = true;
	} else if (slot->state == BOARD_UP && hosts_find(c->hosts, d->key)) {
		hosts_note_success(c->hosts, d->key);
		c->has_news = true;
	}
	c->has_news |=
		target_memory_read(c->memory, &c->memory_seen, c->hosts, d->chance);
	slot->state = BOARD_UNTRIED;
	agenda_note_done(c->agenda, d);
}

static void note_end(struct crew *c, pid_t pid, int status)
{
	struct destination *d;
	size_t at = 0;

	while (at < c->count && c->members[at].pid != pid)
		at++;
	if (at == c->count)
		return;
	d = c->members[at].destination;
	c->members[at] = c->members[--c->count];
	d->workers--;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		log_event(LOG_LEVEL_ERROR, "worker-died", LOG_TEXT("route", d->key),
			LOG_NUMBER("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0));
	d->fruitless = d->slot->next_job == d->taken_before ? d->fruitless + 1 : 0;
	if (d->workers == 0) {
		note_result(c, d);
		close_feed(c, d);
	}
}

/* Again and again: one that came between a worker's look and its wait is not noticed. */
static void stop_members(const struct crew *c)
{
	for (size_t i = 0; i < c->count; i++)
		(void)kill(c->members[i].pid, SIGTERM);
}

static void drain_fd(int fd)
{
	char sink[512];

	while (read(fd, sink, sizeof(sink)) > 0)
		;
}

void crew_wait(struct crew *c, int timeout_ms)
{
	struct pollfd fds[] = {
		{.fd = c->signal_fd, .events = POLLIN},
		{.fd = c->wake[0], .events = POLLIN},
	};
	int status;
	pid_t pid;

	/* an interrupted poll is news as well: SIGTERM */
	(void)poll(fds, ARRAY_LEN(fds), timeout_ms);
	drain_fd(c->signal_fd);
	drain_fd(c->wake[0]);
	if (flush_is_stopping())
		stop_members(c);
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		note_end(c, pid, status);
}
