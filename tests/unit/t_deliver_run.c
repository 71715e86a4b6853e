/* sources: tests/support/fake_world.c tests/support/spool_dir.c tests/support/zone_resolver.c */
/* sources: tests/support/smtp_child.c tests/support/lib/loopback.c */
/* sources: tests/support/receiver/letter.c tests/support/receiver/path.c */
/* sources: tests/support/receiver/peer.c tests/support/receiver/receiver.c */
/* sources: tests/support/receiver/rules.c tests/support/receiver/script.c */
/* sources: tests/support/receiver/session.c tests/support/receiver/verbs.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "deliver/run.h"
#include "tests/support/fake_world.h"
#include "tests/support/smtp_child.h"

static const char zone[] = "one.example      MX  10 mx.example\n"
			   "two.example      MX  10 mx.example\n"
			   "three.example    MX  10 mx.example\n"
			   "dest.example     MX  10 mx.example\n"
			   "dead.example     MX  10 mx2.example\n"
			   "null.example     MX  0 .\n"
			   "mx.example       A   127.0.0.1\n"
			   "mx2.example      A   127.0.0.2\n";

static struct fake_world *world; /* for what happens amid a run */
static pid_t runner;
static int events;

static int make_world(void **state)
{
	world = mem_alloc(sizeof(*world));
	fake_world_make(world, zone);
	runner = getpid();
	events = 0;
	*state = world;
	return 0;
}

static int remove_world(void **state)
{
	fake_world_remove(*state);
	free(*state);
	return 0;
}

static void start_peer(struct smtp_child *peer, const char *const *rules)
{
	smtp_child_start(peer, &(struct smtp_child_options){.rules = rules});
	world->flush.route.mx_port = (uint16_t)peer->port;
}

static struct run_result run(struct fake_world *w)
{
	struct run_result result;
	struct fault f;

	if (run_queue(&w->flush, NULL, &result, &f) < 0)
		fail_msg("%s", f.text);
	return result;
}

static size_t waiting(const struct fake_world *w)
{
	return spool_dir_count(&w->dir.spool, "new") +
	       spool_dir_count(&w->dir.spool, "cur");
}

static size_t open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t count = 0;

	assert_non_null(dir);
	while (readdir(dir))
		count++;
	(void)closedir(dir);
	return count;
}

static void an_empty_queue_is_no_news(void **state)
{
	struct run_result r = run(*state);

	assert_int_equal(r.delivered + r.deferred + r.failed, 0);
	assert_int_equal(fake_world_logged(*state, "event=run"), 0);
}

static void mail_for_several_destinations_leaves(void **state)
{
	static const char *const to[] = {
		"r@one.example", "r@two.example", "r@three.example"};
	struct fake_world *w = *state;
	size_t descriptors = open_descriptors();
	struct smtp_child peer;
	struct run_result r;

	start_peer(&peer, NULL);
	for (size_t i = 0; i < 30; i++)
		(void)fake_world_mail(w, &(struct fake_mail){.to = {to[i % 3]}});
	r = run(w);
	assert_int_equal(r.delivered, 30);
	assert_int_equal(r.deferred + r.failed, 0);
	assert_int_equal(smtp_child_letters(&peer), 30);
	/* one connection each: nobody was in need of help */
	assert_int_equal(smtp_child_connections(&peer), 3);
	assert_int_equal(waiting(w), 0);
	assert_int_equal(spool_dir_count(&w->dir.spool, "journal"), 0);
	assert_int_equal(fake_world_logged(w, "event=run messages=30 destinations=3"), 1);
	smtp_child_stop(&peer);
	assert_int_equal(open_descriptors(), descriptors);
}

static void one_message_for_several_destinations_is_settled_once(void **state)
{
	static const char *const rules[] = {
		"rcpt c@* 550 5.1.1 no such user", "rcpt d@* 450 4.7.1 later", NULL};
	struct fake_world *w = *state;
	struct fake_mail mail = {.to = {"a@one.example", "b@two.example",
					 "c@three.example", "d@dest.example"}};
	struct spool_entry e = fake_world_mail(w, &mail);
	struct smtp_child peer;
	struct run_result r;
	struct buf env;

	start_peer(&peer, rules);
	r = run(w);
	assert_int_equal(r.delivered, 2);
	assert_int_equal(r.deferred, 1);
	assert_int_equal(r.failed, 1);
	assert_string_equal(r.last_failure.text, "5.1.1 no such user");
	assert_string_equal(fake_world_box(w, e.id), "cur");
	assert_int_equal(fake_world_report_count(w), 1);
	smtp_child_stop(&peer);

	/* the next run is about the last one alone */
	fake_world_advance(3600);
	start_peer(&peer, NULL);
	r = run(w);
	assert_int_equal(r.delivered, 1);
	env = smtp_child_file(&peer, "0001.env");
	assert_non_null(strstr(buf_str(&env), "to <d@dest.example>"));
	buf_release(&env);
	assert_int_equal(waiting(w), 0);
	assert_int_equal(fake_world_report_count(w), 1);
	smtp_child_stop(&peer);
}

/* more of them than are claimed at a time: a third of them waits for another, and so on */
static void a_run_does_all_that_is_for_several_destinations(void **state)
{
	enum { COUNT = 250 };
	struct fake_world *w = *state;
	struct smtp_child peer;
	struct run_result r;

	start_peer(&peer, NULL);
	for (size_t i = 0; i < COUNT; i++)
		(void)fake_world_mail(
			w, &(struct fake_mail){.to = {"r@one.example", "r@two.example"}});
	r = run(w);
	assert_int_equal(r.delivered, 2 * COUNT);
	assert_int_equal(waiting(w), 0);
	smtp_child_stop(&peer);
}

static void many_for_one_destination_get_help(void **state)
{
	struct fake_world *w = *state;
	struct smtp_child peer;
	struct run_result r;

	w->conf.delivery.per_destination = 3;
	start_peer(&peer, NULL);
	for (size_t i = 0; i < 120; i++)
		(void)fake_world_mail(w, &(struct fake_mail){0});
	r = run(w);
	assert_int_equal(r.delivered, 120);
	assert_int_equal(smtp_child_letters(&peer), 120);
	/* two helpers at most */
	assert_in_range(smtp_child_connections(&peer), 1, 3);
	assert_int_equal(waiting(w), 0);
	smtp_child_stop(&peer);
}

static void a_dead_destination_is_tried_once_and_remembered(void **state)
{
	struct fake_world *w = *state;
	struct smtp_child peer;
	struct run_result r;

	start_peer(&peer, NULL);
	for (size_t i = 0; i < 50; i++)
		(void)fake_world_mail(w, &(struct fake_mail){.to = {"r@dead.example"}});
	(void)fake_world_mail(w, &(struct fake_mail){0});
	r = run(w);
	assert_int_equal(r.delivered, 1);
	assert_int_equal(r.deferred, 50);
	assert_int_equal(r.last_trouble.kind, OUTCOME_DEFERRED);
	assert_int_equal(fake_world_logged(w, "event=connection-failed"), 1);
	assert_true(spool_dir_has(&w->dir.spool, "state/hosts"));
	/* its reason stands once, not in each of the journals */
	assert_int_equal(spool_dir_count(&w->dir.spool, "journal"), 0);

	/* what is new does not try it again before it is time */
	(void)fake_world_mail(w, &(struct fake_mail){.to = {"r@dead.example"}});
	r = run(w);
	assert_int_equal(r.deferred, 0);
	assert_int_equal(fake_world_logged(w, "event=connection-failed"), 1);
	assert_int_equal(fake_world_logged(w, "postponed=1"), 1);

	/* all of them at the same time, when the host is tried again */
	fake_world_advance(70);
	r = run(w);
	assert_int_equal(r.deferred, 51);
	assert_int_equal(fake_world_logged(w, "event=connection-failed"), 2);
	smtp_child_stop(&peer);
}

static void a_host_that_is_back_is_forgotten(void **state)
{
	struct fake_world *w = *state;
	struct smtp_child peer;
	struct run_result r;

	(void)fake_world_mail(w, &(struct fake_mail){0});
	w->flush.route.mx_port = (uint16_t)smtp_child_free_port();
	(void)run(w);
	smtp_child_start(
		&peer, &(struct smtp_child_options){.port = w->flush.route.mx_port});
	fake_world_advance(70);
	r = run(w);
	assert_int_equal(r.delivered, 1);
	(void)fake_world_mail(w, &(struct fake_mail){0});
	r = run(w);
	assert_int_equal(r.delivered, 1);
	assert_int_equal(fake_world_logged(w, "postponed=0"), 3);
	smtp_child_stop(&peer);
}

/* The clock is asked amid a run: then another submission comes. */
static int64_t mono_with_submissions(void)
{
	if (getpid() == runner && events < 3) {
		static const char *const to[] = {
			"r@dest.example", "r@two.example", "r@null.example"};

		(void)fake_world_mail(world, &(struct fake_mail){.to = {to[events]}});
		events++;
	}
	return clock_mono_ms();
}

static void what_comes_amid_a_run_leaves_with_it(void **state)
{
	struct fake_world *w = *state;
	struct smtp_child peer;
	struct run_result r;

	start_peer(&peer, NULL);
	(void)fake_world_mail(w, &(struct fake_mail){0});
	w->world.mono_ms = mono_with_submissions;
	r = run(w);
	assert_int_equal(events, 3);
	assert_int_equal(r.delivered, 3);
	assert_int_equal(r.failed, 1);
	assert_int_equal(waiting(w), 0);
	smtp_child_stop(&peer);
}

static _Atomic uint32_t others_wait;

/* Whenever all that came has left, another one comes, eight in all. */
static int64_t mono_with_one_after_another(void)
{
	if (getpid() != runner)
		return clock_mono_ms();
	if (events < 8 && waiting(world) == 0) {
		(void)fake_world_mail(world, &(struct fake_mail){0});
		events++;
	} else if (events == 8 && waiting(world) == 0) {
		others_wait = 1;
	}
	return clock_mono_ms();
}

static void while_mail_comes_a_run_stays_with_its_connection(void **state)
{
	struct fake_world *w = *state;
	struct smtp_child peer;
	struct run_result r;

	others_wait = 0;
	start_peer(&peer, NULL);
	w->flush.may_stay = true;
	w->flush.others_wait = &others_wait;
	(void)fake_world_mail(w, &(struct fake_mail){0});
	w->world.mono_ms = mono_with_one_after_another;
	r = run(w);
	assert_int_equal(r.delivered, 9);
	assert_int_equal(smtp_child_letters(&peer), 9);
	/* the first worker may have ended before anybody knew that more would come */
	assert_true(smtp_child_connections(&peer) <= 2);
	assert_int_equal(fake_world_logged(w, "event=run "), 1);
	smtp_child_stop(&peer);
}

/* What is shared with others is settled when its workers have ended: they must not wait. */
static void a_run_that_stays_settles_what_is_shared(void **state)
{
	struct fake_world *w = *state;
	struct smtp_child peer;
	struct run_result r;

	others_wait = 0;
	start_peer(&peer, NULL);
	w->flush.may_stay = true;
	w->flush.others_wait = &others_wait;
	for (int i = 0; i < 2; i++)
		(void)fake_world_mail(
			w, &(struct fake_mail){.to = {"a@one.example", "b@two.example"}});
	w->world.mono_ms = mono_with_one_after_another;
	r = run(w);
	assert_int_equal(r.delivered, 12);
	assert_int_equal(waiting(w), 0);
	smtp_child_stop(&peer);
}

/* The time of a long run: the slow worker waits for the reason why the other mail waits. */
static int64_t mono_of_hours(void)
{
	events += 20000;
	return clock_mono_ms() + events;
}

static int dial_slowly(struct stream **ret, const struct netaddr *to, struct fault *f)
{
	if (to->v4.sin_addr.s_addr == htonl(INADDR_LOOPBACK))
		while (!spool_dir_has(&world->dir.spool, "state/hosts"))
			(void)sched_yield();
	return stream_new(ret, to, f);
}

static void what_is_learned_is_saved_while_others_are_slow(void **state)
{
	struct fake_world *w = *state;
	struct smtp_child peer;
	struct run_result r;

	start_peer(&peer, NULL);
	(void)fake_world_mail(w, &(struct fake_mail){.to = {"r@dead.example"}});
	(void)fake_world_mail(w, &(struct fake_mail){0});
	w->world.mono_ms = mono_of_hours;
	w->world.dial = dial_slowly;
	w->conf.delivery.connect_timeout_s = 86400;
	r = run(w);
	assert_int_equal(r.delivered, 1);
	assert_int_equal(r.deferred, 1);
	smtp_child_stop(&peer);
}

static void one_message_is_tried_alone(void **state)
{
	struct fake_world *w = *state;
	struct spool_entry other = fake_world_mail(w, &(struct fake_mail){0});
	struct spool_entry e =
		fake_world_mail(w, &(struct fake_mail){.attempts = 3, .next_s = 999});
	struct smtp_child peer;
	struct run_result r;
	struct fault f;

	start_peer(&peer, NULL);
	assert_int_equal(run_queue(&w->flush, e.id, &r, &f), 0);
	assert_int_equal(r.delivered, 1);
	assert_string_equal(fake_world_box(w, e.id), "gone");
	assert_string_equal(fake_world_box(w, other.id), "new");
	assert_int_equal(run_queue(&w->flush, e.id, &r, &f), -1);
	assert_int_equal(f.kind, FAULT_DATA);
	smtp_child_stop(&peer);
}

/* cron(8), some shells: then a child that ends is nobody's to wait for */
static void a_caller_that_ignores_sigchld_changes_nothing(void **state)
{
	struct fake_world *w = *state;
	struct smtp_child peer;
	struct run_result r;

	start_peer(&peer, NULL);
	(void)signal(SIGCHLD, SIG_IGN);
	(void)fake_world_mail(w, &(struct fake_mail){0});
	r = run(w);
	assert_int_equal(r.delivered, 1);
	assert_int_equal(fake_world_logged(w, "event=worker-died"), 0);
	smtp_child_stop(&peer);
}

static const char silent[] = "connection *\nhold\n";

static int64_t mono_with_kill(void)
{
	if (getpid() == runner && ++events == 2)
		(void)kill(0, SIGTERM);
	return clock_mono_ms();
}

/* As a program of its own: once it is to stop, it never forgets it. */
static int run_and_be_stopped(struct fake_world *w)
{
	struct run_result r;
	struct fault f;

	runner = getpid();
	(void)setpgid(0, 0);
	flush_catch_signals();
	w->world.mono_ms = mono_with_kill;
	if (run_queue(&w->flush, NULL, &r, &f) < 0)
		return 1;
	return r.delivered || r.failed ? 2 : 0;
}

static void sigterm_ends_a_run_and_loses_nothing(void **state)
{
	struct fake_world *w = *state;
	struct smtp_child peer;
	int status;
	pid_t pid;

	smtp_child_start(&peer, &(struct smtp_child_options){.script = silent});
	w->flush.route.mx_port = (uint16_t)peer.port;
	for (int i = 0; i < 5; i++)
		(void)fake_world_mail(
			w, &(struct fake_mail){.age_s = 6 * 86400, .attempts = 9});
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(run_and_be_stopped(w));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_int_equal(waiting(w), 5);
	assert_int_equal(fake_world_report_count(w), 0);
	assert_int_equal(fake_world_logged(w, "event=worker-died"), 0);
	smtp_child_stop(&peer);
}

static void old_leftovers_are_swept(void **state)
{
	struct fake_world *w = *state;
	const struct spool *s = &w->dir.spool;
	struct timespec old[2] = {
		{.tv_sec = FAKE_NOW - 2 * 86400}, {.tv_sec = FAKE_NOW - 2 * 86400}};

	spool_dir_put(s, "tmp/6C3MK9G1NNHHL4", SPAN_LIT("half a message"));
	spool_dir_put(
		s, "journal/6C3MK9G1NNHHL4", SPAN_LIT("of a message that is gone\n"));
	assert_int_equal(utimensat(s->fd, "tmp/6C3MK9G1NNHHL4", old, 0), 0);
	assert_int_equal(utimensat(s->fd, "journal/6C3MK9G1NNHHL4", old, 0), 0);
	/* a directory that is busy would be left to a later run */
	assert_int_equal(utimensat(s->fd, "cur", old, 0), 0);
	(void)run(w);
	assert_int_equal(spool_dir_count(s, "tmp"), 0);
	assert_int_equal(spool_dir_count(s, "journal"), 0);
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, make_world, remove_world)
	const struct CMUnitTest tests[] = {
		TEST(an_empty_queue_is_no_news),
		TEST(mail_for_several_destinations_leaves),
		TEST(one_message_for_several_destinations_is_settled_once),
		TEST(a_run_does_all_that_is_for_several_destinations),
		TEST(many_for_one_destination_get_help),
		TEST(a_dead_destination_is_tried_once_and_remembered),
		TEST(a_host_that_is_back_is_forgotten),
		TEST(what_comes_amid_a_run_leaves_with_it),
		TEST(while_mail_comes_a_run_stays_with_its_connection),
		TEST(a_run_that_stays_settles_what_is_shared),
		TEST(what_is_learned_is_saved_while_others_are_slow),
		TEST(one_message_is_tried_alone),
		TEST(a_caller_that_ignores_sigchld_changes_nothing),
		TEST(sigterm_ends_a_run_and_loses_nothing),
		TEST(old_leftovers_are_swept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
