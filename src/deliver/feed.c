#include "deliver/feed.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/file.h"

static bool is_open(const struct destination *d)
{
	return d->feed[1] > 0;
}

bool feed_open(struct destination *d)
{
	/* below PIPE_BUF a record is written and read as a whole (pipe(7)) */
	return is_open(d) || pipe2(d->feed, O_CLOEXEC | O_NONBLOCK) == 0;
}

static bool put(const struct destination *d, const struct spool_entry *e)
{
	return write(d->feed[1], e, sizeof(*e)) == (ssize_t)sizeof(*e);
}

static bool get(const struct destination *d, struct spool_entry *ret)
{
	return read(d->feed[0], ret, sizeof(*ret)) == (ssize_t)sizeof(*ret);
}

/* The first job nobody has taken, for a list that grows in this process alone. */
static const struct plan_job *first_waiting(const struct destination *d)
{
	uint32_t at = d->slot->next_job;

	return at < d->job_count ? &d->jobs[at] : NULL;
}

void feed_give(struct destination *d)
{
	struct board_slot *slot = d->slot;
	const struct plan_job *job;
	uint32_t at;

	while (slot->has_reader && !slot->is_feed_over && slot->fed < FEED_RECORDS_MAX &&
		(job = first_waiting(d)) != NULL) {
		if (job->shared != PLAN_NOT_SHARED) {
			feed_end(d);
			return;
		}
		/* a worker that takes it from its list at this moment is the first */
		at = (uint32_t)(job - d->jobs);
		if (!atomic_compare_exchange_strong(&slot->next_job, &at, at + 1))
			continue;
		slot->fed++;
		if (!put(d, &job->entry)) {
			slot->fed--;
			plan_add_job(d, &job->entry, PLAN_NOT_SHARED);
			return;
		}
	}
}

void feed_end(struct destination *d)
{
	const struct spool_entry end = {.id = ""};

	d->slot->may_wait = false;
	/* told once; a worker whose feed is full has enough to look up for */
	if (d->slot->has_reader && !d->slot->is_feed_over)
		d->slot->is_feed_over = put(d, &end);
}

void feed_close(struct destination *d)
{
	struct spool_entry e;

	if (!is_open(d))
		return;
	while (get(d, &e))
		if (e.id[0])
			plan_add_job(d, &e, PLAN_NOT_SHARED);
	file_close(d->feed[0]);
	file_close(d->feed[1]);
	d->feed[0] = d->feed[1] = 0;
	d->slot->fed = 0;
	d->slot->has_reader = false;
	d->slot->is_feed_over = false;
}

static bool take_one(struct feed_reader *r, struct plan_job *ret)
{
	struct spool_entry e;

	if (!get(r->d, &e) || !e.id[0])
		return false;
	*ret = (struct plan_job){.entry = e, .shared = PLAN_NOT_SHARED};
	if (--r->d->slot->fed == 0) /* a full pipe is news enough for the run */
		(void)!write(r->wake_fd, "f", 1);
	return true;
}

static bool become_reader(struct feed_reader *r)
{
	uint32_t none = 0;

	r->is_reader =
		r->is_reader || (is_open(r->d) && r->d->slot->may_wait &&
					atomic_compare_exchange_strong(
						&r->d->slot->has_reader, &none, 1));
	return r->is_reader;
}

bool feed_take(struct feed_reader *r, bool may_wait, struct plan_job *ret)
{
	struct pollfd fd = {.fd = r->d->feed[0], .events = POLLIN};

	if (may_wait && become_reader(r) && r->d->slot->may_wait) {
		/* who waits for somebody to feed has to be known */
		(void)!write(r->wake_fd, "f", 1);
		(void)poll(&fd, 1, FEED_WAIT_MS);
	}
	return r->is_reader && take_one(r, ret);
}

bool feed_has_jobs(const struct feed_reader *r)
{
	return r->is_reader && r->d->slot->fed > 0;
}
