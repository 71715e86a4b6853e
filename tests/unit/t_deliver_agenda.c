/* sources: tests/support/fake_world.c tests/support/spool_dir.c tests/support/zone_resolver.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "deliver/agenda.h"
#include "tests/support/fake_world.h"

struct run {
	struct fake_world w;
	struct hosts hosts;
	struct agenda agenda;
};

static int make_run(void **state)
{
	struct run *r = mem_alloc(sizeof(*r));

	fake_world_make(&r->w, NULL);
	hosts_init(&r->hosts);
	agenda_init(&r->agenda, &r->w.flush, &r->hosts);
	*state = r;
	return 0;
}

static int remove_run(void **state)
{
	struct run *r = *state;

	agenda_release(&r->agenda);
	hosts_release(&r->hosts);
	fake_world_remove(&r->w);
	free(r);
	return 0;
}

static void scan_and_plan(struct run *r)
{
	struct fault f;

	if (agenda_scan(&r->agenda, &f) < 0)
		fail_msg("%s", f.text);
	agenda_plan(&r->agenda);
	assert_true(agenda_is_planned(&r->agenda));
}

/* The destination of this key, or NULL. */
static struct destination *find(struct run *r, const char *key)
{
	struct plan *p = &r->agenda.plan;

	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->items[i]->key, key) == 0)
			return p->items[i];
	return NULL;
}

/* the same where it has to be there */
static struct destination *must_find(struct run *r, const char *key)
{
	struct destination *d = find(r, key);

	if (!d)
		BUG("no such destination");
	return d;
}

static uint32_t jobs_of(struct run *r, const char *key)
{
	struct destination *d = find(r, key);

	return d ? d->job_count : 0;
}

static void make_down(struct run *r, const char *key)
{
	struct outcome o =
		outcome_make(OUTCOME_DEFERRED, OUTCOME_HOST, "4.4.1", "refused");

	hosts_note_failure(&r->hosts, key, &o, FAKE_NOW - 10, 0);
	assert_true(hosts_is_down(&r->hosts, key, FAKE_NOW));
}

/* Let new/ look as if nothing had been done to it for a while. */
static void age_new(struct run *r)
{
	struct timespec times[2] = {{.tv_sec = FAKE_NOW - 60}, {.tv_sec = FAKE_NOW - 60}};

	assert_int_equal(utimensat(r->w.dir.spool.fd, "new", times, 0), 0);
}

static void what_is_due_is_taken_oldest_first(void **state)
{
	struct run *r = *state;
	struct spool_entry e[4];
	struct destination *d;

	e[2] = fake_world_mail(&r->w, &(struct fake_mail){.age_s = 10});
	e[0] = fake_world_mail(&r->w, &(struct fake_mail){.age_s = 30, .attempts = 2});
	e[1] = fake_world_mail(&r->w, &(struct fake_mail){.age_s = 20});
	e[3] = fake_world_mail(
		&r->w, &(struct fake_mail){.age_s = 40, .attempts = 1, .next_s = 1});
	scan_and_plan(r);
	d = must_find(r, "mx:dest.example:25");
	assert_int_equal(d->job_count, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_string_equal(d->jobs[i].entry.id, e[i].id);
	assert_int_equal(fake_world_wait_s(&r->w, e[3].id), 1);
}

static void a_run_that_is_asked_for_now_takes_all(void **state)
{
	struct run *r = *state;

	(void)fake_world_mail(&r->w, &(struct fake_mail){.attempts = 1, .next_s = 600});
	make_down(r, "mx:dest.example:25");
	r->w.flush.is_now = true;
	scan_and_plan(r);
	assert_int_equal(jobs_of(r, "mx:dest.example:25"), 1);
}

static void messages_are_sorted_by_destination(void **state)
{
	struct run *r = *state;

	(void)fake_world_mail(&r->w, &(struct fake_mail){.to = {"a@one.example"}});
	(void)fake_world_mail(&r->w, &(struct fake_mail){.to = {"b@two.example"}});
	(void)fake_world_mail(
		&r->w, &(struct fake_mail){.to = {"c@ONE.example", "d@one.EXAMPLE"}});
	(void)fake_world_mail(&r->w, &(struct fake_mail){.to = {"e@[192.0.2.1]"}});
	(void)fake_world_mail(&r->w, &(struct fake_mail){.to = {"f@xn--a.example"}});
	scan_and_plan(r);
	assert_int_equal(jobs_of(r, "mx:one.example:25"), 2);
	assert_int_equal(jobs_of(r, "mx:two.example:25"), 1);
	assert_int_equal(jobs_of(r, "literal:[192.0.2.1]:25"), 1);
	assert_int_equal(jobs_of(r, "none"), 1);
	/* one destination each: the workers claim them */
	assert_int_equal(r->agenda.shared_count, 0);
	assert_int_equal(spool_dir_count(&r->w.dir.spool, "new"), 5);
}

static void behind_a_dead_host_mail_only_gets_another_time(void **state)
{
	struct run *r = *state;
	struct spool_entry e[2];
	int64_t next_s;

	e[0] = fake_world_mail(&r->w, &(struct fake_mail){0});
	e[1] = fake_world_mail(&r->w, &(struct fake_mail){.attempts = 7});
	make_down(r, "mx:dest.example:25");
	next_s = hosts_find(&r->hosts, "mx:dest.example:25")->next_try_s;
	scan_and_plan(r);
	assert_int_equal(jobs_of(r, "mx:dest.example:25"), 0);
	assert_int_equal(r->agenda.postponed, 2);
	for (size_t i = 0; i < ARRAY_LEN(e); i++) {
		struct spool_entry now;

		assert_true(fake_world_find(&r->w, e[i].id, &now));
		assert_int_equal(now.next_s, next_s);
		assert_int_equal(now.attempts, e[i].attempts); /* it was not tried */
	}
}

/* Two recipients of a message, at two destinations. */
static struct spool_entry shared_mail(struct run *r)
{
	return fake_world_mail(
		&r->w, &(struct fake_mail){.to = {"a@one.example", "b@two.example"}});
}

static void a_message_for_several_destinations_is_claimed_once(void **state)
{
	struct run *r = *state;
	struct spool_entry e = shared_mail(r);
	struct destination *one, *two;
	struct spool_entry now;
	struct message other;
	struct fault f;

	scan_and_plan(r);
	one = must_find(r, "mx:one.example:25");
	two = must_find(r, "mx:two.example:25");
	assert_int_equal(one->jobs[0].shared, 0);
	assert_int_equal(two->jobs[0].shared, 0);
	assert_int_equal(r->agenda.shared_claimed, 1);
	assert_true(r->agenda.shared[0]->is_shared);
	assert_true(fake_world_find(&r->w, e.id, &now));
	assert_int_equal(
		message_claim(&other, &r->w.dir.spool, &now, 0, &f), MESSAGE_BUSY);
	/* room for what the workers will have to say */
	assert_true(r->agenda.shared[0]->journal.fd >= 0);

	one->slot->next_job = 1;
	agenda_note_done(&r->agenda, one);
	agenda_note_done(&r->agenda, one);
	assert_non_null(r->agenda.shared[0]);
	two->slot->next_job = 1;
	agenda_note_done(&r->agenda, two);
	assert_null(r->agenda.shared[0]);
	assert_int_equal(r->agenda.shared_claimed, 0);
	/* nobody has delivered it: it waits */
	assert_string_equal(fake_world_box(&r->w, e.id), "cur");
}

static void what_workers_wrote_settles_a_shared_message(void **state)
{
	struct run *r = *state;
	struct spool_entry e = shared_mail(r);
	struct outcome done =
		outcome_make(OUTCOME_DELIVERED, OUTCOME_MESSAGE, "2.0.0", "ok");
	struct journal j;
	struct fault f;

	scan_and_plan(r);
	journal_init(&j, &r->w.dir.spool, e.id);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(
			journal_append(&j, FAKE_NOW, i, JOURNAL_DELIVERED, &done, &f), 0);
	journal_close(&j);
	for (size_t i = 0; i < r->agenda.plan.count; i++) {
		r->agenda.plan.items[i]->slot->next_job = 1;
		agenda_note_done(&r->agenda, r->agenda.plan.items[i]);
	}
	assert_string_equal(fake_world_box(&r->w, e.id), "gone");
	assert_int_equal(spool_dir_count(&r->w.dir.spool, "journal"), 0);
}

static void a_dead_host_does_not_hold_up_the_other_recipients(void **state)
{
	struct run *r = *state;

	(void)shared_mail(r);
	make_down(r, "mx:two.example:25");
	scan_and_plan(r);
	assert_int_equal(jobs_of(r, "mx:one.example:25"), 1);
	assert_int_equal(jobs_of(r, "mx:two.example:25"), 0);
}

static void with_all_hosts_dead_a_shared_message_waits_for_the_first(void **state)
{
	struct run *r = *state;
	struct spool_entry e = shared_mail(r);

	make_down(r, "mx:one.example:25");
	make_down(r, "mx:two.example:25");
	r->hosts.items[1].next_try_s = FAKE_NOW + 33;
	scan_and_plan(r);
	assert_int_equal(r->agenda.shared_claimed, 0);
	assert_int_equal(fake_world_wait_s(&r->w, e.id), 33);
}

/* More of them than are claimed at a time: the rest is planned when the first are settled. */
static void shared_messages_are_claimed_as_far_as_descriptors_allow(void **state)
{
	enum { COUNT = 103 };
	struct run *r = *state;
	struct fault f;

	for (int i = 0; i < COUNT; i++)
		(void)shared_mail(r);
	/* younger than all of them, and not to be held up by them */
	(void)fake_world_mail(&r->w, &(struct fake_mail){0});
	assert_int_equal(agenda_scan(&r->agenda, &f), 0);
	assert_int_equal(agenda_plan(&r->agenda), COUNT + 1);
	assert_true(agenda_is_planned(&r->agenda));
	assert_int_equal(r->agenda.shared_claimed, 100);
	assert_int_equal(jobs_of(r, "mx:dest.example:25"), 1);
	for (size_t i = 0; i < 2; i++) {
		r->agenda.plan.items[i]->slot->next_job = 100;
		agenda_note_done(&r->agenda, r->agenda.plan.items[i]);
	}
	assert_int_equal(r->agenda.shared_claimed, 0);
	assert_false(agenda_is_planned(&r->agenda));
	assert_int_equal(agenda_plan(&r->agenda), 3);
	assert_true(agenda_is_planned(&r->agenda));
	assert_int_equal(r->agenda.shared_claimed, 3);
}

/* The first workers do not wait for the last of many messages. */
static void many_messages_are_planned_in_parts(void **state)
{
	enum { COUNT = 1003 };
	struct run *r = *state;
	struct fault f;

	for (int i = 0; i < COUNT; i++)
		(void)fake_world_mail(&r->w, &(struct fake_mail){0});
	assert_int_equal(agenda_scan(&r->agenda, &f), 0);
	assert_int_equal(agenda_plan(&r->agenda), 1000);
	assert_false(agenda_is_planned(&r->agenda));
	assert_int_equal(agenda_plan(&r->agenda), 3);
	assert_int_equal(agenda_plan(&r->agenda), 0);
	assert_int_equal(jobs_of(r, "mx:dest.example:25"), COUNT);
}

static void what_is_damaged_is_set_aside_the_rest_goes_on(void **state)
{
	struct run *r = *state;
	struct spool_entry bad = fake_world_mail(&r->w, &(struct fake_mail){0});
	struct spool_entry newer = fake_world_mail(&r->w, &(struct fake_mail){0});
	char name[SPOOL_NAME_MAX];

	spool_entry_path(&bad, name);
	spool_dir_put(&r->w.dir.spool, name, SPAN_LIT("nonsense"));
	spool_entry_path(&newer, name);
	spool_dir_put(&r->w.dir.spool, name, SPAN_LIT("nullmta 2\nanything\n\n"));
	spool_dir_put(&r->w.dir.spool, "new/README", SPAN_LIT("odd"));
	(void)fake_world_mail(&r->w, &(struct fake_mail){0});
	scan_and_plan(r);
	assert_string_equal(fake_world_box(&r->w, bad.id), "failed");
	assert_string_equal(fake_world_box(&r->w, newer.id), "new");
	assert_int_equal(jobs_of(r, "mx:dest.example:25"), 1);
	assert_int_equal(fake_world_logged(&r->w, "event=damaged"), 1);
	assert_int_equal(fake_world_logged(&r->w, "event=not-tried"), 1);
	assert_int_equal(fake_world_logged(&r->w, "event=odd-name"), 1);
}

static void what_another_process_delivers_is_left_alone(void **state)
{
	struct run *r = *state;
	struct spool_entry e = shared_mail(r);
	char name[SPOOL_NAME_MAX];
	int fd;

	spool_entry_path(&e, name);
	fd = openat(r->w.dir.spool.fd, name, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	scan_and_plan(r);
	assert_int_equal(r->agenda.shared_count, 0);
	assert_string_equal(fake_world_box(&r->w, e.id), "new");
	file_close(fd);
}

static void new_mail_is_found_by_another_look(void **state)
{
	struct run *r = *state;
	struct spool_entry late;

	(void)fake_world_mail(&r->w, &(struct fake_mail){0});
	age_new(r);
	scan_and_plan(r);
	agenda_look_again(&r->agenda);
	assert_int_equal(r->agenda.due_count, 1);
	late = fake_world_mail(&r->w, &(struct fake_mail){0});
	/* a directory that looks as it did is not read */
	age_new(r);
	agenda_look_again(&r->agenda);
	assert_int_equal(r->agenda.due_count, 1);
	r->agenda.new_mtime.tv_nsec++;
	agenda_look_again(&r->agenda);
	assert_int_equal(r->agenda.due_count, 2);
	assert_string_equal(r->agenda.due[1].id, late.id);
	assert_false(agenda_is_planned(&r->agenda));
	agenda_plan(&r->agenda);
	assert_int_equal(jobs_of(r, "mx:dest.example:25"), 2);
}

/* File systems count time in ticks: what comes within the tick must not be missed. */
static void a_directory_that_has_just_changed_is_read_again(void **state)
{
	static const int64_t times_s[] = {
		FAKE_NOW, FAKE_NOW - 1, FAKE_NOW + 86400}; /* and a clock that jumped */
	struct run *r = *state;

	for (size_t i = 0; i < ARRAY_LEN(times_s); i++) {
		struct timespec t[2] = {{.tv_sec = times_s[i]}, {.tv_sec = times_s[i]}};

		assert_int_equal(utimensat(r->w.dir.spool.fd, "new", t, 0), 0);
		agenda_look_again(&r->agenda);
		(void)fake_world_mail(&r->w, &(struct fake_mail){0});
		assert_int_equal(utimensat(r->w.dir.spool.fd, "new", t, 0), 0);
		agenda_look_again(&r->agenda);
		assert_int_equal(r->agenda.due_count, i + 1);
	}
}

static void one_message_is_taken_due_or_not(void **state)
{
	struct run *r = *state;
	struct spool_entry e =
		fake_world_mail(&r->w, &(struct fake_mail){.attempts = 1, .next_s = 99});
	struct fault f;

	(void)fake_world_mail(&r->w, &(struct fake_mail){0});
	assert_int_equal(agenda_take_one(&r->agenda, e.id, &f), 1);
	assert_int_equal(r->agenda.due_count, 1);
	assert_string_equal(r->agenda.due[0].id, e.id);
	assert_int_equal(agenda_take_one(&r->agenda, "6C3MK9G1NNHHL4", &f), 0);
	assert_int_equal(agenda_take_one(&r->agenda, "../../etc", &f), 0);
	spool_dir_put(&r->w.dir.spool, "held/6C3MK9G1NNHHL4", SPAN_LIT("x"));
	assert_int_equal(agenda_take_one(&r->agenda, "6C3MK9G1NNHHL4", &f), 0);
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, make_run, remove_run)
	const struct CMUnitTest tests[] = {
		TEST(what_is_due_is_taken_oldest_first),
		TEST(a_run_that_is_asked_for_now_takes_all),
		TEST(messages_are_sorted_by_destination),
		TEST(behind_a_dead_host_mail_only_gets_another_time),
		TEST(a_message_for_several_destinations_is_claimed_once),
		TEST(what_workers_wrote_settles_a_shared_message),
		TEST(a_dead_host_does_not_hold_up_the_other_recipients),
		TEST(with_all_hosts_dead_a_shared_message_waits_for_the_first),
		TEST(shared_messages_are_claimed_as_far_as_descriptors_allow),
		TEST(many_messages_are_planned_in_parts),
		TEST(what_is_damaged_is_set_aside_the_rest_goes_on),
		TEST(what_another_process_delivers_is_left_alone),
		TEST(new_mail_is_found_by_another_look),
		TEST(a_directory_that_has_just_changed_is_read_again),
		TEST(one_message_is_taken_due_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
