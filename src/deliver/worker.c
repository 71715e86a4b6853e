#include "deliver/worker.h"

#include <unistd.h>

#include "base/log.h"
#include "deliver/feed.h"
#include "deliver/job.h"
#include "deliver/job_list.h"
#include "deliver/leave.h"
#include "deliver/login.h"
#include "deliver/narrate.h"
#include "deliver/notice.h"
#include "deliver/session.h"
#include "deliver/target_memory.h"
#include "policy/mx.h"

/* addresses tried in a row without getting anything done (protocol D3) */
#define ATTEMPTS_MAX 5

struct worker {
	const struct worker_task *task;
	struct destination *d;
	struct mx_list hosts;
	struct published published; /* about them */
	struct login login;         /* of the route, for all its hosts */
	struct feed_reader feed;    /* what comes behind the list */
	struct job_list waiting;    /* for the host that is tried now */
	struct job_list untried;    /* it closed before they were said to it */
	struct job_list undecided;  /* for the one after it */
	unsigned held;              /* jobs begun and not ended */
	struct outcome trouble;     /* of the hosts tried so far; PENDING: none */
	bool has_good_host;         /* one of them has served us to the end */
	bool has_served;            /* a message has been decided */
	bool is_live;               /* counted in slot->live */
};

/* What is waited for is waited for with the connection open, and nothing outstanding. */
static struct job *next_fresh(struct worker *w, bool may_wait)
{
	const struct plan_job *planned;
	struct plan_job fed;

	while (!flush_is_stopping() &&
		((planned = plan_take_job(w->d)) != NULL ||
			(feed_take(&w->feed, may_wait, &fed) && (planned = &fed)))) {
		struct job *job =
			job_begin(w->task->flush, w->d, planned, w->task->shared);

		if (job)
			return job;
	}
	return NULL;
}

/* The host has greeted us: tell the run once, it may send help now. */
static void note_up(struct worker *w)
{
	if (!w->is_live)
		w->d->slot->live++;
	w->is_live = true;
	if (w->d->slot->state == BOARD_UP)
		return;
	w->d->slot->state = BOARD_UP;
	/* a full pipe is news enough for the run */
	(void)!write(w->task->wake_fd, "u", 1);
}

static bool has_jobs_here(const struct worker *w)
{
	return w->waiting.count > 0 ||
	       (w->held < JOB_LIST_MAX &&
		       (plan_waiting(w->d) > 0 || feed_has_jobs(&w->feed)));
}

static struct job *next_job(void *ctx, bool is_idle)
{
	struct worker *w = ctx;
	struct job *job;

	note_up(w);
	job = job_list_shift(&w->waiting);
	if (job || w->held == JOB_LIST_MAX)
		return job;
	job = next_fresh(w, is_idle && w->held == 0);
	w->held += job != NULL;
	return job;
}

static void end_job(struct worker *w, struct job *job, uint32_t host_next_s)
{
	w->held--;
	job_end(job, host_next_s);
}

/* A fate that is the mail's own: the route works. */
static void note_served(struct worker *w)
{
	if (!w->has_served)
		notice_forget(w->task->flush, w->d);
	w->has_served = true;
}

static void job_done(void *ctx, struct job *job)
{
	struct worker *w = ctx;

	if (!job_is_undecided(job)) {
		note_served(w);
		end_job(w, job, 0);
	} else {
		job_list_push(job_is_untried(job) ? &w->untried : &w->undecided, job);
	}
}

/* No host is left that may take what is undecided. */
static void end_all(struct worker *w, const struct outcome *o, uint32_t host_next_s)
{
	struct job *job;

	while ((job = job_list_shift(&w->undecided)) != NULL) {
		job_give_up(job, o);
		end_job(w, job, host_next_s);
	}
}

/* The run is stopped: being stopped is no outcome, least of all the last one of a life. */
static void leave_all(struct worker *w)
{
	struct job *job;

	while ((job = job_list_shift(&w->undecided)) != NULL)
		job_leave(job);
}

/* The order may have changed: what is down stands behind. */
static bool is_best(const struct worker *w, const struct mx_target *target)
{
	for (size_t i = 0; i < w->hosts.count; i++)
		if (w->hosts.targets[i].preference < target->preference)
			return false;
	return true;
}

/*
 * What several hosts said is one answer: it is final only when all of them say so. A
 * relay is our own configuration: its trouble never fails mail (protocol R19).
 */
static void note_trouble(
	struct worker *w, const struct mx_target *target, const struct outcome *trouble)
{
	struct outcome o = *trouble;

	if (w->d->route.kind == ROUTE_RELAY)
		o.kind = OUTCOME_DEFERRED;
	/* RFC 5321 5.1: we are what the domain's best MX names */
	else if (o.status.class == 4 && o.status.subject == 4 && o.status.detail == 6 &&
		 is_best(w, target)) {
		o.kind = OUTCOME_FAILED;
		o.status.class = 5;
	}
	if (w->trouble.kind == OUTCOME_PENDING || o.kind == OUTCOME_DEFERRED)
		w->trouble = o;
}

/* Of several hosts the next worker tries one that works first. */
static void remember(
	struct worker *w, const struct mx_target *target, const struct session_result *r)
{
	bool is_down = r->has_trouble && !r->is_up && r->trouble.scope == OUTCOME_HOST;

	if (w->task->memory && w->hosts.count > 1 && (is_down || r->is_up))
		target_memory_note(w->task->memory, target, is_down ? &r->trouble : NULL,
			w->task->flush->world->now_s());
}

/* Sessions until no job is left: a host may want a new connection after some messages. */
static bool run_sessions(struct worker *w, const struct mx_target *target,
	const struct outcome *tls_trouble, struct session_result *ret)
{
	const struct session_jobs jobs = {next_job, job_done, w};
	bool has_decided = false;

	do {
		session_run(&w->published, w->d, target, &jobs, tls_trouble, ret);
		if (w->is_live)
			w->d->slot->live--;
		w->is_live = false;
		job_list_prepend(&w->waiting, &w->untried);
		has_decided |= ret->has_decided;
	} while (!flush_is_stopping() &&
		 (ret->has_failed_test ||
			 (!ret->has_trouble && ret->has_advanced && has_jobs_here(w))));
	remember(w, target, ret);
	if (ret->has_trouble)
		note_trouble(w, target, &ret->trouble);
	else
		w->has_good_host = true;
	return has_decided;
}

/* Whether there is a message that has waited for TLS before. */
static bool has_tried_jobs(const struct worker *w)
{
	for (size_t i = 0; i < w->waiting.count; i++)
		if (job_was_tried(w->waiting.items[i]))
			return true;
	for (uint32_t i = w->d->slot->next_job; i < w->d->job_count; i++)
		if (w->d->jobs[i].entry.attempts > 0)
			return true;
	return false;
}

/*
 * All sessions with one host. TLS that is only better than nothing may fail for as long as
 * the host is broken: then mail goes on without it, on its second try (protocol T3), which
 * a short trouble on the way does not live to see.
 */
static bool serve_host(struct worker *w, const struct mx_target *target)
{
	struct session_result r;
	struct outcome tls_trouble;
	struct outcome barred;
	bool has_decided;

	if (!w->task->flush->is_trial &&
		login_is_barred(&w->login, w->task->flush, w->d, target, &barred)) {
		note_trouble(w, target, &barred);
		return false;
	}
	w->waiting = w->undecided;
	w->undecided.count = 0;
	has_decided = run_sessions(w, target, NULL, &r);
	/* nor is a login said in the clear where TLS was to be had (protocol T3) */
	if (r.may_do_without_tls && !w->login.is_given && has_tried_jobs(w) &&
		!flush_is_stopping()) {
		tls_trouble = r.trouble;
		has_decided |= run_sessions(w, target, &tls_trouble, &r);
	}
	/* what this host was not asked for goes to the next one, in front */
	job_list_prepend(&w->undecided, &w->waiting);
	return has_decided;
}

/* One pass over the hosts, in order. Whether anything was decided. */
static bool serve_hosts(struct worker *w)
{
	bool has_decided = false;
	/* who lists relays wants each of them tried */
	size_t max = w->d->route.kind == ROUTE_RELAY ? MX_TARGETS_MAX : ATTEMPTS_MAX;
	size_t attempts = w->hosts.count < max ? w->hosts.count : max;

	w->trouble.kind = OUTCOME_PENDING;
	w->has_good_host = false;
	for (size_t i = 0; i < attempts && !flush_is_stopping(); i++) {
		has_decided |= serve_host(w, &w->hosts.targets[i]);
		if (w->undecided.count == 0 && plan_waiting(w->d) == 0)
			break;
	}
	/* every host was reached, and none of them takes these */
	if (w->trouble.kind == OUTCOME_PENDING && !flush_is_stopping())
		end_all(w, NULL, 0);
	return has_decided;
}

/*
 * The destination cannot be used in this run. The run, which hears of it by the board,
 * comes to the same time for the next try, since it has the same host memory and chance.
 */
static uint32_t mark_down(struct worker *w, const struct outcome *o)
{
	struct board_slot *slot = w->d->slot;
	struct hosts *hosts = w->task->hosts;
	char status[OUTCOME_STATUS_TEXT_MAX];

	outcome_status_format(o->status, status);
	slot->trouble = *o;
	slot->down_s = w->task->flush->world->now_s();
	slot->state = BOARD_DOWN;
	hosts_note_failure(hosts, w->d->key, o, slot->down_s, w->d->chance);
	/* for a trial nothing waits */
	if (!w->task->flush->is_trial)
		log_event(LOG_LEVEL_WARNING, "destination-down",
			LOG_TEXT("route", w->d->key),
			LOG_NUMBER("waiting", (int64_t)plan_waiting(w->d)),
			LOG_TEXT("remote", *o->remote ? o->remote : NULL),
			LOG_TEXT("status", status), LOG_TEXT("why", o->text));
	notice_file(w->task->flush, w->d, o);
	return (uint32_t)hosts_find(hosts, w->d->key)->next_try_s;
}

/* young mail behind a dead destination only gets another name */
static bool is_only_postponed(
	const struct worker *w, const struct plan_job *planned, const struct outcome *o)
{
	const struct conf *conf = w->task->flush->conf;
	int64_t age_s =
		w->task->flush->world->now_s() - spool_id_time_s(planned->entry.id);

	return o->kind == OUTCOME_DEFERRED && planned->shared == PLAN_NOT_SHARED &&
	       age_s < conf->spool.lifetime_s && age_s < conf->spool.bounce_lifetime_s &&
	       (conf->spool.warn_after_s == 0 || age_s < conf->spool.warn_after_s);
}

static void drain_one(struct worker *w, const struct plan_job *planned,
	const struct outcome *o, uint32_t next_s)
{
	const struct flush *flush = w->task->flush;
	struct fault ignored;
	struct job *job;

	if (is_only_postponed(w, planned, o)) {
		flush_show(flush, "=== %s deferred: %s", planned->entry.id, o->text);
		/* what cannot be renamed now is due again in the next run */
		(void)message_postpone(flush->spool, &planned->entry, next_s,
			planned->entry.attempts + 1U, &ignored);
		w->d->slot->deferred++;
		return;
	}
	job = job_begin(flush, w->d, planned, w->task->shared);
	if (!job)
		return;
	job_give_up(job, o);
	job_end(job, next_s);
}

/* Everything that waits for this destination shares its outcome. */
static void drain(struct worker *w, const struct outcome *o)
{
	const struct plan_job *planned;
	/* a domain that does not exist is not a host that is down */
	uint32_t next_s = o->kind == OUTCOME_DEFERRED ? mark_down(w, o) : 0;

	end_all(w, o, next_s);
	while (!flush_is_stopping() && (planned = plan_take_job(w->d)) != NULL)
		drain_one(w, planned, o, next_s);
}

/* recipients that no host is asked for: each has its own reason */
static void fail_unroutable(struct worker *w)
{
	struct job *job;

	while ((job = next_fresh(w, false)) != NULL) {
		for (size_t i = 0; i < job->count; i++) {
			struct route ignored;
			struct outcome why;

			if (expansion_route(w->task->flush, &job->claim->message.envelope,
				    &job->claim->addressees.items[job->numbers[i]],
				    &ignored, &why) < 0)
				job->undecided[i] = why;
		}
		job_give_up(job, NULL);
		job_end(job, 0);
	}
}

static void serve(struct worker *w)
{
	while (serve_hosts(w) && !flush_is_stopping())
		if (w->undecided.count == 0 && plan_waiting(w->d) == 0)
			return;
	/*
	 * A host that limits our connections refuses this worker while it serves another
	 * one well: then it is not down, and the others do the work. Nor is a destination
	 * down whose other host does not take just these messages.
	 */
	if (flush_is_stopping())
		leave_all(w);
	else if (w->trouble.kind == OUTCOME_PENDING)
		end_all(w, NULL, 0);
	else if (w->has_good_host || w->d->slot->live)
		end_all(w, &w->trouble, 0);
	else
		drain(w, &w->trouble);
}

/* What other workers of this run have found out, and runs before it. */
static void recall(struct worker *w)
{
	const struct worker_task *task = w->task;
	size_t seen = task->memory_seen;

	if (!task->memory || w->hosts.count < 2)
		return;
	(void)target_memory_read(task->memory, &seen, task->hosts, w->d->chance);
	target_memory_sort(task->hosts, task->flush->world->now_s(), &w->hosts);
}

static void find_hosts_and_serve(struct worker *w)
{
	const struct flush *flush = w->task->flush;
	const struct mx_options options = {
		.own_name =
			flush->identity->is_qualified ? flush->identity->hostname : NULL,
		.own_addresses = &flush->own_addresses,
		.may_use_local = flush->conf->delivery.has_local_hosts,
	};
	struct outcome why;

	if (mx_resolve(flush->world->resolver, &w->d->route, &options, &w->hosts, &why) <
		0) {
		drain(w, &why);
		return;
	}
	recall(w);
	narrate_hosts(flush, &w->d->route, &w->hosts);
	published_init(&w->published, flush, &w->d->route, &w->hosts);
	serve(w);
	published_release(&w->published);
}

static void log_in_and_serve(struct worker *w)
{
	struct outcome why;

	switch (login_open(&w->login, w->task->flush, w->d, &why)) {
	case LOGIN_READY:
		w->d->login = &w->login;
		find_hosts_and_serve(w);
		break;
	case LOGIN_USELESS:
		drain(w, &why);
		break;
	case LOGIN_FORBIDDEN:
		leave_secret(w->task->flush, w->d, &why);
		break;
	}
	w->d->login = NULL;
	login_close(&w->login);
}

void worker_run(const struct worker_task *task)
{
	struct worker w = {.task = task,
		.d = task->destination,
		.feed = {.d = task->destination, .wake_fd = task->wake_fd}};
	struct outcome why;

	if (w.d->is_unroutable) {
		fail_unroutable(&w);
		return;
	}
	/* one attempt a host and run, whatever comes for it meanwhile */
	if (w.d->is_down) {
		why = w.d->slot->trouble;
		drain(&w, &why);
		return;
	}
	if (w.d->route.kind == ROUTE_MAILBOX && !leave_is_ours(task->flush, w.d))
		leave_mailbox(task->flush, w.d);
	else
		log_in_and_serve(&w);
}
