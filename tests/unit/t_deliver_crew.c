/* sources: tests/support/fake_world.c tests/support/spool_dir.c tests/support/zone_resolver.c */
/* ldflags: -Wl,--wrap=fork */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/mem.h"
#include "deliver/crew.h"
#include "tests/support/fake_world.h"

#define DEST "mx:dest.example:25"

/* What workers tell this process. */
struct news {
	atomic_uint dialled;
	atomic_uint claims; /* messages that the last one had open */
};

static struct news *news;
static bool cannot_fork;

pid_t __real_fork(void);
pid_t __wrap_fork(void);

pid_t __wrap_fork(void)
{
	errno = EAGAIN;
	return cannot_fork ? -1 : __real_fork();
}

/* Messages that this process holds open. */
static unsigned count_claims(void)
{
	char link[64], target[256];
	unsigned count = 0;
	DIR *dir = opendir("/proc/self/fd");

	for (const struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
		ssize_t n;

		(void)snprintf(link, sizeof(link), "/proc/self/fd/%.20s", e->d_name);
		n = readlink(link, target, sizeof(target) - 1);
		target[n > 0 ? n : 0] = '\0';
		count += strstr(target, "/spool/cur/") != NULL;
	}
	if (dir)
		(void)closedir(dir);
	return count;
}

/* A host that never answers: the worker stays until it is killed. */
static int dial_for_ever(struct stream **ret, const struct netaddr *to, struct fault *f)
{
	(void)ret;
	(void)to;
	(void)f;
	news->claims = count_claims();
	news->dialled++;
	for (;;)
		(void)pause();
	return -1;
}

struct run {
	struct fake_world w;
	struct hosts hosts;
	struct agenda agenda;
	struct crew crew;
};

static int make_run(void **state)
{
	struct run *r = mem_alloc(sizeof(*r));
	struct fault f;

	news = mmap(NULL, sizeof(*news), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(news != MAP_FAILED);
	cannot_fork = false;
	fake_world_make(&r->w, "dest.example A 127.0.0.1\n"
			       "one.example A 127.0.0.1\n"
			       "two.example A 127.0.0.1\n"
			       "three.example A 127.0.0.1\n"
			       "d0.example A 127.0.0.1\nd1.example A 127.0.0.1\n"
			       "d2.example A 127.0.0.1\nd3.example A 127.0.0.1\n"
			       "d4.example A 127.0.0.1\n");
	r->w.world.dial = dial_for_ever;
	hosts_init(&r->hosts);
	agenda_init(&r->agenda, &r->w.flush, &r->hosts);
	assert_int_equal(crew_init(&r->crew, &r->w.flush, &r->agenda, &r->hosts, &f), 0);
	*state = r;
	return 0;
}

static void kill_all(struct run *r)
{
	for (size_t i = 0; i < r->crew.count; i++)
		(void)kill(r->crew.members[i].pid, SIGKILL);
	while (r->crew.count)
		crew_wait(&r->crew, 1000);
}

static int remove_run(void **state)
{
	struct run *r = *state;

	kill_all(r);
	crew_release(&r->crew);
	agenda_release(&r->agenda);
	hosts_release(&r->hosts);
	fake_world_remove(&r->w);
	free(r);
	return munmap(news, sizeof(*news));
}

static void plan_all(struct run *r)
{
	struct fault f;

	assert_int_equal(agenda_scan(&r->agenda, &f), 0);
	agenda_plan(&r->agenda);
}

static void add_mail(struct run *r, const char *to, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		(void)fake_world_mail(&r->w, &(struct fake_mail){.to = {to}});
}

/* Help comes only to a host that has greeted us, one more worker for each 20 waiting. */
static void help_comes_when_the_host_is_up_and_many_wait(void **state)
{
	static const struct {
		unsigned waiting;
		unsigned per_destination;
		size_t workers;
	} cases[] = {
		{1, 4, 1}, {19, 4, 1}, {20, 4, 2}, {45, 4, 3}, {100, 4, 4}, {100, 1, 1}};
	struct run *r = *state;
	struct destination *d;

	add_mail(r, "r@dest.example", 100);
	plan_all(r);
	d = r->agenda.plan.items[0];
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		r->w.conf.delivery.per_destination = cases[i].per_destination;
		d->slot->next_job = 100 - cases[i].waiting;
		d->slot->state = BOARD_UNTRIED;
		d->fruitless = 0;
		assert_true(crew_has_work(&r->crew));
		crew_start(&r->crew);
		crew_start(&r->crew);
		assert_int_equal(r->crew.count, 1);
		assert_false(crew_has_work(&r->crew));
		d->slot->state = BOARD_UP;
		crew_start(&r->crew);
		if (r->crew.count != cases[i].workers)
			fail_msg("%u waiting: %zu workers", cases[i].waiting,
				r->crew.count);
		kill_all(r);
	}
}

static void every_destination_comes_before_any_help(void **state)
{
	struct run *r = *state;

	r->w.conf.delivery.connections = 3;
	add_mail(r, "r@one.example", 100);
	plan_all(r);
	crew_start(&r->crew);
	r->agenda.plan.items[0]->slot->state = BOARD_UP;
	add_mail(r, "r@two.example", 1);
	agenda_look_again(&r->agenda);
	agenda_plan(&r->agenda);
	crew_start(&r->crew);
	assert_int_equal(r->crew.count, 3);
	assert_int_equal(r->agenda.plan.items[0]->workers, 2);
	assert_int_equal(r->agenda.plan.items[1]->workers, 1);
}

/* Who waits for a host that may be dead does not keep others waiting. */
static void a_silent_host_does_not_count_as_a_connection(void **state)
{
	struct run *r = *state;

	r->w.conf.delivery.connections = 2;
	add_mail(r, "r@one.example", 1);
	add_mail(r, "r@two.example", 1);
	add_mail(r, "r@three.example", 1);
	add_mail(r, "r@dest.example", 1);
	plan_all(r);
	crew_start(&r->crew);
	assert_int_equal(r->crew.count, 2);
	assert_true(crew_has_work(&r->crew));
	/* one of them turns out to be up: it goes on counting */
	r->agenda.plan.items[0]->slot->state = BOARD_UP;
	fake_world_advance(3);
	crew_start(&r->crew);
	assert_int_equal(r->crew.count, 3);
	fake_world_advance(3);
	crew_start(&r->crew);
	assert_int_equal(r->crew.count, 4);
	assert_false(crew_has_work(&r->crew));
}

static void there_is_an_end_to_silent_hosts(void **state)
{
	struct run *r = *state;

	r->w.conf.delivery.connections = 1;
	for (unsigned i = 0; i < 10; i++) {
		char to[32];

		(void)snprintf(to, sizeof(to), "r@d%u.example", i);
		add_mail(r, to, 1);
	}
	plan_all(r);
	for (unsigned i = 0; i < 10; i++) {
		crew_start(&r->crew);
		fake_world_advance(3);
	}
	assert_int_equal(r->crew.count, 5);
}

static void wait_until_dialled(unsigned count)
{
	while (news->dialled < count)
		(void)sched_yield();
}

static void a_worker_that_is_killed_takes_nothing_with_it(void **state)
{
	struct run *r = *state;
	struct destination *d;

	add_mail(r, "r@dest.example", 2);
	plan_all(r);
	d = r->agenda.plan.items[0];
	for (unsigned i = 1; i <= 3; i++) {
		assert_true(crew_has_work(&r->crew));
		crew_start(&r->crew);
		wait_until_dialled(i);
		kill_all(r);
		assert_int_equal(d->workers, 0);
	}
	/* three of them got nowhere: there is no end to it but the next run */
	assert_false(crew_has_work(&r->crew));
	crew_start(&r->crew);
	assert_int_equal(r->crew.count, 0);
	assert_int_equal(spool_dir_count(&r->w.dir.spool, "new"), 2);
	assert_int_equal(fake_world_logged(&r->w, "event=worker-died"), 3);
}

static void what_a_dead_worker_leaves_is_noted(void **state)
{
	struct run *r = *state;
	struct destination *d;

	add_mail(r, "r@dest.example", 1);
	plan_all(r);
	d = r->agenda.plan.items[0];
	crew_start(&r->crew);
	d->slot->trouble =
		outcome_make(OUTCOME_DEFERRED, OUTCOME_HOST, "4.4.1", "refused");
	d->slot->down_s = FAKE_NOW;
	d->slot->state = BOARD_DOWN;
	d->slot->live = 1;
	kill_all(r);
	assert_true(r->crew.has_news);
	assert_true(hosts_is_down(&r->hosts, DEST, FAKE_NOW));
	/* new mail does not meet it as down, and its dead sessions do not count */
	assert_int_equal(d->slot->state, BOARD_UNTRIED);
	r->crew.has_news = false;
	crew_start(&r->crew);
	assert_int_equal(d->slot->live, 0);
	d->slot->state = BOARD_UP;
	kill_all(r);
	assert_null(hosts_find(&r->hosts, DEST));
	assert_true(r->crew.has_news);
}

static void a_worker_holds_only_messages_of_its_own(void **state)
{
	struct run *r = *state;

	(void)fake_world_mail(
		&r->w, &(struct fake_mail){.to = {"a@one.example", "b@two.example"}});
	(void)fake_world_mail(
		&r->w, &(struct fake_mail){.to = {"c@two.example", "d@three.example"}});
	(void)fake_world_mail(
		&r->w, &(struct fake_mail){.to = {"e@two.example", "f@three.example"}});
	plan_all(r);
	assert_int_equal(count_claims(), 3);
	r->w.conf.delivery.connections = 1;
	crew_start(&r->crew); /* for one.example */
	wait_until_dialled(1);
	assert_int_equal(news->claims, 1);
	fake_world_advance(3);
	crew_start(&r->crew); /* for two.example */
	wait_until_dialled(2);
	assert_int_equal(news->claims, 3);
	assert_int_equal(count_claims(), 3);
}

/* RLIMIT_NPROC: the run must end, not spin. */
static void without_processes_the_run_is_left_to_the_next_one(void **state)
{
	struct run *r = *state;

	add_mail(r, "r@one.example", 1);
	add_mail(r, "r@two.example", 1);
	plan_all(r);
	cannot_fork = true;
	crew_start(&r->crew);
	assert_int_equal(r->crew.count, 0);
	assert_false(crew_has_work(&r->crew));
	assert_int_equal(fake_world_logged(&r->w, "event=fork-failed"), 1);
	/* with a worker around there may be room for another one later */
	cannot_fork = false;
	r->w.conf.delivery.connections = 1;
	crew_start(&r->crew);
	assert_int_equal(r->crew.count, 1);
	cannot_fork = true;
	fake_world_advance(3);
	crew_start(&r->crew);
	assert_int_equal(r->crew.count, 1);
	assert_true(crew_has_work(&r->crew));
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, make_run, remove_run)
	const struct CMUnitTest tests[] = {
		TEST(help_comes_when_the_host_is_up_and_many_wait),
		TEST(every_destination_comes_before_any_help),
		TEST(a_silent_host_does_not_count_as_a_connection),
		TEST(there_is_an_end_to_silent_hosts),
		TEST(a_worker_that_is_killed_takes_nothing_with_it),
		TEST(what_a_dead_worker_leaves_is_noted),
		TEST(a_worker_holds_only_messages_of_its_own),
		TEST(without_processes_the_run_is_left_to_the_next_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
