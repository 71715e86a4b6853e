#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "deliver/feed.h"

/* A destination that is fed, and one that reads; both here, as if this were both sides. */
struct scene {
	struct plan plan;
	struct destination *d;
	struct feed_reader reader;
};

static void make(struct scene *s)
{
	struct route route = {.kind = ROUTE_MX, .port = 25, .name = "dest.example"};

	*s = (struct scene){0};
	s->d = plan_destination(&s->plan, &route);
	s->reader.d = s->d;
	s->reader.wake_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_true(feed_open(s->d));
	s->d->slot->may_wait = true;
}

static void release(struct scene *s)
{
	feed_close(s->d);
	file_close(s->reader.wake_fd);
	plan_release(&s->plan);
}

static void add(struct scene *s, unsigned from, unsigned to, uint32_t shared)
{
	struct spool_entry e = {.box = SPOOL_NEW};

	for (unsigned i = from; i < to; i++) {
		(void)snprintf(e.id, sizeof(e.id), "6%013u", i);
		plan_add_job(s->d, &e, shared);
	}
}

/* The reader gets the message of that number. */
static void expect(struct scene *s, unsigned number)
{
	struct plan_job job;
	char id[ENVELOPE_ID_LEN + 1];

	(void)snprintf(id, sizeof(id), "6%013u", number);
	assert_true(feed_take(&s->reader, false, &job));
	assert_string_equal(job.entry.id, id);
	assert_int_equal(job.shared, PLAN_NOT_SHARED);
}

/* A wait that is over at once makes a worker the reader. */
static void become_reader(struct scene *s)
{
	struct plan_job ignored;
	struct spool_entry end = {.id = ""};

	assert_int_equal(write(s->d->feed[1], &end, sizeof(end)), (ssize_t)sizeof(end));
	assert_false(feed_take(&s->reader, true, &ignored));
	assert_true(s->reader.is_reader);
}

static void jobs_come_in_order_and_once(void **state)
{
	struct scene s;
	struct plan_job ignored;

	(void)state;
	make(&s);
	add(&s, 0, 3, PLAN_NOT_SHARED);
	feed_give(s.d); /* nobody reads */
	assert_int_equal(plan_waiting(s.d), 3);
	become_reader(&s);
	feed_give(s.d);
	assert_int_equal(plan_waiting(s.d), 0);
	assert_true(feed_has_jobs(&s.reader));
	for (unsigned i = 0; i < 3; i++)
		expect(&s, i);
	assert_false(feed_has_jobs(&s.reader));
	assert_false(feed_take(&s.reader, false, &ignored));
	release(&s);
}

static void no_more_is_given_than_one_worker_should_have(void **state)
{
	struct scene s;

	(void)state;
	make(&s);
	become_reader(&s);
	add(&s, 0, 100, PLAN_NOT_SHARED);
	feed_give(s.d);
	assert_int_equal(s.d->slot->fed, FEED_RECORDS_MAX);
	assert_int_equal(plan_waiting(s.d), 100 - FEED_RECORDS_MAX);
	expect(&s, 0);
	feed_give(s.d);
	assert_int_equal(plan_waiting(s.d), 99 - FEED_RECORDS_MAX);
	release(&s);
}

static void there_is_one_reader(void **state)
{
	struct scene s;
	struct feed_reader other;
	struct plan_job job;

	(void)state;
	make(&s);
	become_reader(&s);
	other = (struct feed_reader){.d = s.d, .wake_fd = s.reader.wake_fd};
	add(&s, 0, 1, PLAN_NOT_SHARED);
	feed_give(s.d);
	assert_false(feed_take(&other, true, &job));
	assert_false(other.is_reader);
	assert_false(feed_has_jobs(&other));
	expect(&s, 0);
	release(&s);
}

static void what_was_not_read_waits_again(void **state)
{
	struct scene s;

	(void)state;
	make(&s);
	become_reader(&s);
	add(&s, 0, 4, PLAN_NOT_SHARED);
	feed_give(s.d);
	expect(&s, 0);
	feed_end(s.d);
	feed_close(s.d);
	assert_int_equal(plan_waiting(s.d), 3);
	assert_string_equal(s.d->jobs[s.d->slot->next_job].entry.id, "60000000000001");
	/* for the next worker all is as new */
	assert_true(feed_open(s.d));
	assert_int_equal(s.d->slot->has_reader, 0);
	assert_int_equal(s.d->slot->fed, 0);
	release(&s);
}

static void who_is_sent_home_waits_no_more(void **state)
{
	struct scene s;
	struct plan_job ignored;

	(void)state;
	make(&s);
	become_reader(&s);
	feed_end(s.d);
	feed_end(s.d); /* told once */
	add(&s, 0, 1, PLAN_NOT_SHARED);
	feed_give(s.d);
	assert_int_equal(plan_waiting(s.d), 1);
	assert_false(feed_take(&s.reader, true, &ignored));
	assert_false(feed_take(&s.reader, true, &ignored)); /* at once */
	release(&s);
}

static void what_is_shared_needs_another_worker(void **state)
{
	struct scene s;

	(void)state;
	make(&s);
	become_reader(&s);
	add(&s, 0, 1, PLAN_NOT_SHARED);
	add(&s, 1, 2, 7);
	add(&s, 2, 3, PLAN_NOT_SHARED);
	feed_give(s.d);
	expect(&s, 0);
	assert_int_equal(plan_waiting(s.d), 2);
	assert_true(s.d->slot->is_feed_over);
	assert_false(s.d->slot->may_wait);
	release(&s);
}

static void without_a_feed_nobody_waits(void **state)
{
	struct scene s;
	struct plan_job ignored;

	(void)state;
	make(&s);
	feed_close(s.d);
	assert_false(feed_take(&s.reader, true, &ignored));
	assert_false(s.reader.is_reader);
	release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_come_in_order_and_once),
		cmocka_unit_test(no_more_is_given_than_one_worker_should_have),
		cmocka_unit_test(there_is_one_reader),
		cmocka_unit_test(what_was_not_read_waits_again),
		cmocka_unit_test(who_is_sent_home_waits_no_more),
		cmocka_unit_test(what_is_shared_needs_another_worker),
		cmocka_unit_test(without_a_feed_nobody_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
