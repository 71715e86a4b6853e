#include "deliver/run.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "deliver/agenda.h"
#include "deliver/crew.h"
#include "deliver/feed.h"
#include "deliver/host_memory.h"
#include "deliver/mtasts_cache.h"

/* new/ is looked at this often while workers are busy */
#define LOOK_AGAIN_MS 1000

/*
 * Where mail comes in again and again it is looked for that often: less often where it takes
 * a new worker each time, or where reading new/ takes long.
 */
#define GAP_MIN_MS 100
#define GAP_MAX_MS 2000
#define GAP_FACTOR 10

/* A run that stays for more mail ends after so long without, or with so much in memory. */
#define STAY_MS  FEED_WAIT_MS
#define STAY_MAX 50000

/* what was learned of hosts is saved this often, for mailq and for other runs */
#define SAVE_EVERY_MS 10000

/* leftovers that one run removes at most */
#define SWEEP_MAX     1000
#define SWEEP_EVERY_S 3600

struct run {
	struct flush *flush;
	struct hosts hosts;
	struct agenda agenda;
	struct crew crew;
	int64_t saved_ms;  /* when the host memory was saved last */
	int64_t looked_ms; /* when new/ was looked at last */
	int64_t gap_ms;    /* between two looks; 0: nothing has come since we began */
	int64_t news_ms;   /* when something was found last */
	size_t started;    /* workers, then */
	bool is_one;       /* a single message: do not look for others */
};

static void save_news(struct run *r)
{
	if (r->crew.has_news)
		host_memory_save(&r->hosts, r->flush->spool);
	r->crew.has_news = false;
}

/* A slow destination may keep a run busy for hours: others wait with a reason, meanwhile. */
static void save_news_now_and_then(struct run *r)
{
	int64_t now_ms = r->flush->world->mono_ms();

	if (!r->crew.has_news || now_ms < r->saved_ms + SAVE_EVERY_MS)
		return;
	save_news(r);
	r->saved_ms = now_ms;
}

/* Whether more mail is waited for: some has come meanwhile, a moment ago. */
static bool stays(const struct run *r)
{
	const struct flush *flush = r->flush;

	return flush->may_stay && r->gap_ms && !flush_is_stopping() &&
	       !(flush->others_wait && *flush->others_wait) &&
	       r->agenda.due_count < STAY_MAX &&
	       flush->world->mono_ms() - r->news_ms < STAY_MS;
}

/* Of hundreds of messages a second none shall get a process of its own. */
static void note_news(struct run *r)
{
	int64_t cost_ms = GAP_FACTOR * (r->flush->world->mono_ms() - r->looked_ms);

	if (!r->gap_ms || r->crew.started == r->started)
		r->gap_ms = GAP_MIN_MS;
	else
		r->gap_ms = 2 * r->gap_ms < GAP_MAX_MS ? 2 * r->gap_ms : GAP_MAX_MS;
	if (r->gap_ms < cost_ms)
		r->gap_ms = cost_ms;
	r->started = r->crew.started;
	r->news_ms = r->flush->world->mono_ms();
}

static int64_t until_look_ms(const struct run *r)
{
	int64_t left_ms = r->looked_ms + r->gap_ms - r->flush->world->mono_ms();

	if (!agenda_is_planned(&r->agenda))
		return 0;
	if (!stays(r))
		return LOOK_AGAIN_MS;
	return left_ms > 0 ? left_ms : 0;
}

static void look_again(struct run *r)
{
	size_t found_before = r->agenda.due_count;

	if (r->is_one || !agenda_is_planned(&r->agenda) ||
		(stays(r) && until_look_ms(r) > 0))
		return;
	r->looked_ms = r->flush->world->mono_ms();
	agenda_look_again(&r->agenda);
	if (r->agenda.due_count > found_before)
		note_news(r);
}

/*
 * Until nothing is left to do now: no worker, nothing planned, nothing to plan. The last
 * worker's end may be what makes room for messages for several destinations.
 */
static void work(struct run *r)
{
	size_t planned;

	do {
		planned = agenda_plan(&r->agenda);
		crew_let_wait(&r->crew, stays(r));
		crew_start(&r->crew);
		if (r->crew.count || stays(r))
			crew_wait(&r->crew, (int)until_look_ms(r));
		look_again(r);
		save_news_now_and_then(r);
		/* what can neither be planned nor served now is left to the next run */
	} while (r->crew.count ||
		 (!flush_is_stopping() &&
			 (crew_has_work(&r->crew) || planned ||
				 !agenda_is_planned(&r->agenda) || stays(r))));
}

static void add_up(const struct plan *plan, struct run_result *ret)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct board_slot *slot = plan->items[i]->slot;

		ret->delivered += slot->delivered;
		ret->deferred += slot->deferred;
		ret->failed += slot->failed;
		if (slot->failed)
			ret->last_failure = slot->last_failure;
		if (slot->trouble.kind == OUTCOME_DEFERRED)
			ret->last_trouble = slot->trouble;
	}
}

static int find_work(struct run *r, const char *id, struct fault *f)
{
	int found;

	if (!id)
		return agenda_scan(&r->agenda, f);
	found = agenda_take_one(&r->agenda, id, f);
	if (found == 0)
		fault_set(f, FAULT_DATA, 0, "no message %s is waiting", id);
	return found == 1 ? 0 : -1;
}

static void log_run(
	const struct run *r, const struct run_result *result, int64_t begun_ms)
{
	if (r->agenda.due_count == 0)
		return; /* a timer that finds nothing to do is no news */
	log_event(LOG_LEVEL_INFO, "run",
		LOG_NUMBER("messages", (int64_t)r->agenda.due_count),
		LOG_NUMBER("destinations", (int64_t)r->agenda.plan.count),
		LOG_NUMBER("delivered", result->delivered),
		LOG_NUMBER("deferred", result->deferred),
		LOG_NUMBER("failed", result->failed),
		LOG_NUMBER("postponed", r->agenda.postponed),
		LOG_NUMBER("ms", r->flush->world->mono_ms() - begun_ms));
}

/* It lists tmp/ and journal/, which is too much for each of a hundred kicks a second. */
static bool is_sweep_due(const struct spool *spool, int64_t now_s)
{
	struct stat st;
	/* O_NONBLOCK: what its owner has put there may be a FIFO */
	int fd = openat(spool->fd, "state/swept",
		O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	bool is_due = fd < 0 || fstat(fd, &st) != 0 || st.st_size == 0 ||
		      st.st_mtim.tv_sec > now_s ||
		      now_s - st.st_mtim.tv_sec >= SWEEP_EVERY_S;

	/* the time of the file is what counts; a failure means one sweep more */
	if (fd >= 0 && is_due)
		(void)!pwrite(fd, "\n", 1, 0);
	file_close(fd);
	return is_due;
}

static void sweep_now_and_then(const struct spool *spool, int64_t now_s)
{
	struct fault ignored; /* what stays is there for the next one */

	if (!is_sweep_due(spool, now_s))
		return;
	(void)spool_sweep(spool, now_s, SWEEP_MAX, &ignored);
	mtasts_cache_sweep(spool, now_s, SWEEP_MAX);
}

struct look {
	const struct schedule *retry;
	int64_t now_s;
	bool has_found;
};

/* An odd name is worth a run, which logs it. */
static void find_odd(void *ctx, enum spool_box box, const char *name)
{
	struct look *look = ctx;

	(void)box;
	(void)name;
	look->has_found = true;
}

static bool find_due(void *ctx, const struct spool_entry *e)
{
	struct look *look = ctx;

	look->has_found |= e->box == SPOOL_NEW ||
			   schedule_is_due(look->retry, e->next_s, look->now_s);
	return !look->has_found;
}

bool run_is_needed(const struct spool *spool, const struct schedule *retry, int64_t now_s)
{
	struct look look = {.retry = retry, .now_s = now_s};
	const struct spool_visitor visitor = {find_due, find_odd, &look};
	struct fault ignored; /* the run meets it again, and tells */

	sweep_now_and_then(spool, now_s);
	return spool_scan(spool, SPOOL_NEW, &visitor, &ignored) < 0 || look.has_found ||
	       spool_scan(spool, SPOOL_CUR, &visitor, &ignored) < 0 || look.has_found;
}

int run_queue(
	struct flush *flush, const char *id, struct run_result *ret, struct fault *f)
{
	int64_t begun_ms = flush->world->mono_ms();
	struct run r = {.flush = flush,
		.saved_ms = begun_ms,
		.looked_ms = begun_ms,
		.is_one = id != NULL};
	int rc;

	*ret = (struct run_result){0};
	flush->started_s = flush->world->now_s();
	host_memory_load(&r.hosts, flush->spool, flush->started_s);
	agenda_init(&r.agenda, flush, &r.hosts);
	rc = crew_init(&r.crew, flush, &r.agenda, &r.hosts, f);
	if (rc == 0) {
		rc = find_work(&r, id, f);
		if (rc == 0)
			work(&r);
		save_news(&r);
		crew_release(&r.crew);
		ret->messages = (uint32_t)r.agenda.due_count;
		add_up(&r.agenda.plan, ret);
		log_run(&r, ret, begun_ms);
	}
	if (rc == 0 && !id)
		sweep_now_and_then(flush->spool, flush->started_s);
	agenda_release(&r.agenda);
	hosts_release(&r.hosts);
	return rc;
}
