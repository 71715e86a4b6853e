#include "deliver/agenda.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"

/* messages for several destinations that are claimed at a time: two descriptors each */
#define SHARED_CLAIMED_MAX 100

/* messages that one agenda_plan looks at */
#define PLAN_BATCH 1000

void agenda_init(struct agenda *a, const struct flush *flush, struct hosts *hosts)
{
	*a = (struct agenda){.flush = flush, .hosts = hosts};
}

void agenda_release(struct agenda *a)
{
	for (size_t i = 0; i < a->shared_count; i++) {
		if (a->shared[i])
			claim_release(a->shared[i]);
		free(a->shared[i]);
	}
	free(a->shared);
	free(a->shared_open);
	free(a->later);
	free(a->due);
	seen_release(&a->seen);
	plan_release(&a->plan);
}

static void add_due(struct agenda *a, const struct spool_entry *e)
{
	if (a->due_count == a->due_cap) {
		a->due_cap = a->due_cap ? a->due_cap * 2 : 64;
		a->due = mem_regrow(a->due, a->due_cap, sizeof(*a->due));
	}
	a->due[a->due_count++] = *e;
}

static void add_later(struct agenda *a, const struct spool_entry *e)
{
	if (a->later_count == a->later_cap) {
		a->later_cap = a->later_cap ? a->later_cap * 2 : 64;
		a->later = mem_regrow(a->later, a->later_cap, sizeof(*a->later));
	}
	a->later[a->later_count++] = *e;
}

static bool visit(void *ctx, const struct spool_entry *e)
{
	struct agenda *a = ctx;

	if (a->flush->only && !selection_may_have(a->flush->only, e->id))
		return !flush_is_stopping();
	if (e->box == SPOOL_NEW) {
		if (seen_add(&a->seen, e->id))
			add_due(a, e);
	} else if (a->flush->is_now ||
		   schedule_is_due(&a->flush->retry, e->next_s, a->flush->started_s)) {
		add_due(a, e);
	}
	return !flush_is_stopping();
}

static void visit_odd(void *ctx, enum spool_box box, const char *name)
{
	(void)ctx;
	log_event(LOG_LEVEL_WARNING, "odd-name", LOG_TEXT("box", spool_box_name(box)),
		LOG_TEXT("name", name));
}

static int scan_new(struct agenda *a, bool is_first, struct fault *f)
{
	const struct spool_visitor visitor = {
		.entry = visit, .odd = is_first ? visit_odd : NULL, .ctx = a};
	struct stat st;

	/*
	 * The time first: what comes while we read is seen by the next look. File systems
	 * count in ticks, so a time that is still running cannot be compared with.
	 */
	a->new_mtime = (struct timespec){0};
	if (fstatat(a->flush->spool->fd, "new", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		st.st_mtim.tv_sec < a->flush->world->now_s() - 1)
		a->new_mtime = st.st_mtim;
	return spool_scan(a->flush->spool, SPOOL_NEW, &visitor, f);
}

int agenda_scan(struct agenda *a, struct fault *f)
{
	const struct spool_visitor visitor = {.entry = visit, .odd = visit_odd, .ctx = a};

	if (scan_new(a, true, f) < 0)
		return -1;
	if (spool_scan(a->flush->spool, SPOOL_CUR, &visitor, f) < 0)
		return -1;
	spool_sort(a->due, a->due_count);
	return 0;
}

int agenda_take_one(struct agenda *a, const char *id, struct fault *f)
{
	struct spool_entry e;
	int rc = spool_find(a->flush->spool, id, &e, f);

	if (rc == 1 && e.box != SPOOL_NEW && e.box != SPOOL_CUR)
		rc = 0;
	if (rc == 1)
		add_due(a, &e);
	return rc;
}

void agenda_look_again(struct agenda *a)
{
	struct fault ignored;
	struct stat st;
	size_t from = a->due_count;

	if (fstatat(a->flush->spool->fd, "new", &st, AT_SYMLINK_NOFOLLOW) != 0)
		return;
	if (st.st_mtim.tv_sec == a->new_mtime.tv_sec &&
		st.st_mtim.tv_nsec == a->new_mtime.tv_nsec)
		return;
	/* what cannot be read now is there for the next run */
	(void)scan_new(a, false, &ignored);
	spool_sort(a->due + from, a->due_count - from);
}

static void log_unopened(const struct spool_entry *e, const struct fault *f)
{
	log_event(LOG_LEVEL_ERROR, "not-tried", LOG_TEXT("id", e->id),
		LOG_TEXT("why", f->text));
}

/* The destination of one addressee; NULL is never returned. */
static struct destination *destination_of(
	struct agenda *a, const struct envelope *e, const struct addressee *to)
{
	struct route route;
	struct outcome ignored;

	if (expansion_route(a->flush, e, to, &route, &ignored) < 0)
		return plan_destination(&a->plan, NULL);
	return plan_destination(&a->plan, &route);
}

static bool is_final(const struct journal_recipient *r)
{
	return r->kind == OUTCOME_DELIVERED || r->kind == OUTCOME_FAILED;
}

/*
 * The destinations of the addressees that are still to be tried, each once; the caller
 * frees.
 */
static struct destination **destinations_of(struct agenda *a, const struct envelope *e,
	const struct expansion *x, const struct journal_state *past, size_t *ret_count)
{
	struct destination **list = mem_array(x->count, sizeof(*list));
	size_t count = 0;

	for (size_t i = 0; i < x->count; i++) {
		struct destination *d;
		bool is_known = false;

		if (!x->items[i].is_active ||
			(i < past->count && is_final(&past->recipients[i])))
			continue;
		d = destination_of(a, e, &x->items[i]);
		for (size_t k = 0; k < count && !is_known; k++)
			is_known = list[k] == d;
		if (!is_known)
			list[count++] = d;
	}
	*ret_count = count;
	return list;
}

static const struct host *down_host(const struct agenda *a, const struct destination *d)
{
	if (a->flush->is_now || d->is_unroutable ||
		!hosts_is_down(a->hosts, d->key, a->flush->world->now_s()))
		return NULL;
	return hosts_find(a->hosts, d->key);
}

static void postpone(struct agenda *a, const struct spool_entry *e, int64_t until_s)
{
	struct fault f;
	uint32_t next_s = until_s > SPOOL_NEXT_MAX ? SPOOL_NEXT_MAX : (uint32_t)until_s;

	if (message_postpone(a->flush->spool, e, next_s, e->attempts, &f) ==
		MESSAGE_FAULT)
		log_unopened(e, &f);
	a->postponed++;
}

static uint32_t add_shared(struct agenda *a, struct claim *c)
{
	if (a->shared_count == a->shared_cap) {
		a->shared_cap = a->shared_cap ? a->shared_cap * 2 : 16;
		a->shared = mem_regrow(a->shared, a->shared_cap, sizeof(struct claim *));
		a->shared_open =
			mem_regrow(a->shared_open, a->shared_cap, sizeof(unsigned));
	}
	a->shared[a->shared_count] = c;
	a->shared_open[a->shared_count] = 0;
	a->shared_claimed++;
	return (uint32_t)a->shared_count++;
}

static void settle_shared(struct agenda *a, uint32_t number)
{
	struct claim *c = a->shared[number];
	struct fault f;

	/* the workers are done with it; what they did is in the journal */
	if (claim_reload(c, &f) == 0) {
		claim_settle(c, a->flush);
	} else {
		log_unopened(&c->message.entry, &f);
		claim_release(c);
	}
	free(c);
	a->shared[number] = NULL;
	a->shared_claimed--;
}

/* Several destinations: claimed here, and handed to all of them. */
static void plan_shared(struct agenda *a, const struct spool_entry *e)
{
	struct claim *c = mem_alloc(sizeof(*c));
	struct destination **list;
	struct fault f;
	uint32_t number;
	unsigned open = 0;
	size_t count;
	enum message_result result = claim_take(c, a->flush, e, &f);

	if (result != MESSAGE_OPEN) {
		if (result == MESSAGE_FAULT || result == MESSAGE_UNKNOWN)
			log_unopened(e, &f);
		free(c);
		return;
	}
	c->is_shared = true;
	c->journal.is_shared = true;
	/* opened here once: the workers append through this descriptor */
	if (claim_reserve(c, 2 * c->past.count, &f) < 0) {
		log_unopened(e, &f);
		claim_release(c);
		free(c);
		return;
	}
	number = add_shared(a, c);
	list = destinations_of(a, &c->message.envelope, &c->addressees, &c->past, &count);
	for (size_t i = 0; i < count; i++) {
		const struct host *down = down_host(a, list[i]);

		if (!down) {
			plan_add_job(list[i], &c->message.entry, number);
			open++;
		} else if (!c->host_next_s || down->next_try_s < c->host_next_s) {
			c->host_next_s = (uint32_t)down->next_try_s;
		}
	}
	free(list);
	a->shared_open[number] = open;
	if (open == 0)
		settle_shared(a, number);
	else
		c->host_next_s = 0; /* its other recipients say when */
}

/* Where the message still has to go, as far as it is known before it is claimed. */
static int look_up(struct agenda *a, const struct envelope *e, struct destination ***ret,
	size_t *ret_count, struct fault *f)
{
	struct journal_state past;
	struct expansion x;

	if (journal_load(a->flush->spool, e->id, e->recipient_count, &past, f) < 0)
		return -1;
	expansion_make(&x, a->flush, e, &past);
	*ret = destinations_of(a, e, &x, &past, ret_count);
	expansion_release(&x);
	journal_state_release(&past);
	return 0;
}

static void plan_opened(struct agenda *a, const struct message *m)
{
	const struct envelope *e = &m->envelope;
	size_t count;
	struct destination **list;
	const struct host *down;
	struct fault f;
	bool is_shared;

	if (a->flush->only && !selection_has(a->flush->only, e))
		return;
	/* without its journal nobody knows who has the message already */
	if (look_up(a, e, &list, &count, &f) < 0) {
		log_unopened(&m->entry, &f);
		return;
	}
	down = count == 1 ? down_host(a, list[0]) : NULL;
	/* none: only a report is left to file, for which no server has to be reached */
	is_shared = count != 1;
	if (is_shared && a->shared_claimed >= SHARED_CLAIMED_MAX)
		add_later(a, &m->entry);
	else if (is_shared)
		plan_shared(a, &m->entry);
	else if (down)
		postpone(a, &m->entry, down->next_try_s);
	else
		plan_add_job(list[0], &m->entry, PLAN_NOT_SHARED);
	free(list);
}

static void plan_entry(struct agenda *a, const struct spool_entry *e)
{
	struct message m;
	struct fault f;

	switch (message_open(&m, a->flush->spool, e, &f)) {
	case MESSAGE_OPEN:
		plan_opened(a, &m);
		message_close(&m);
		break;
	case MESSAGE_BAD:
		claim_set_aside(&m, f.text);
		break;
	case MESSAGE_GONE:
	case MESSAGE_BUSY:
		break;
	case MESSAGE_UNKNOWN:
	case MESSAGE_FAULT:
		log_unopened(e, &f);
		break;
	}
}

static bool may_claim_later(const struct agenda *a)
{
	return a->later_at < a->later_count && a->shared_claimed < SHARED_CLAIMED_MAX;
}

bool agenda_is_planned(const struct agenda *a)
{
	return a->due_at == a->due_count && !may_claim_later(a);
}

size_t agenda_plan(struct agenda *a)
{
	struct spool_entry e;
	size_t n = 0;

	while (n < PLAN_BATCH && !agenda_is_planned(a) && !flush_is_stopping()) {
		/* a copy: the lists may move while it is planned */
		e = may_claim_later(a) ? a->later[a->later_at++] : a->due[a->due_at++];
		plan_entry(a, &e);
		n++;
	}
	return n;
}

void agenda_note_done(struct agenda *a, struct destination *d)
{
	uint32_t done = d->slot->next_job;

	for (; d->settled < done && d->settled < d->job_count; d->settled++) {
		uint32_t number = d->jobs[d->settled].shared;

		if (number != PLAN_NOT_SHARED && --a->shared_open[number] == 0)
			settle_shared(a, number);
	}
}
