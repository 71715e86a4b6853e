/* sources: tests/support/fake_world.c tests/support/spool_dir.c tests/support/zone_resolver.c */
/* sources: tests/support/fake_door.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "deliver/agenda.h"
#include "deliver/worker.h"
#include "tests/support/fake_door.h"
#include "tests/support/fake_world.h"

#define HOUR_S 3600

/* What an agent says up to the reply to the final dot. */
#define SAYS_TO_DOT                                                                \
	"220 mailbox ESMTP\r\n|250-mailbox\r\n250-PIPELINING\r\n250 8BITMIME\r\n|" \
	"250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go on\r\n|"

/* A machine on which Joe and Ann have a mailbox, which is one Maildir: who reads here. */
struct scene {
	struct fake_world w;
	struct fake_door door;
	struct alias_scope scope;
	struct route_local local;
	struct hosts hosts;
	struct agenda agenda;
	int wake;
	char maildir[128];
};

static int find_user(void *ctx, const char *name, struct fault *f)
{
	(void)ctx, (void)f;
	return strcmp(name, "joe") == 0 || strcmp(name, "ann") == 0;
}

static int make_scene(void **state)
{
	static const struct strv none;
	struct scene *s = mem_alloc(sizeof(*s));

	fake_world_make(&s->w, NULL);
	(void)snprintf(s->maildir, sizeof(s->maildir), "%s/Maildir/", s->w.dir.root);
	fake_door_init(&s->door, s->maildir);
	s->scope = (struct alias_scope){
		.own = &none, .hostname = "client.test", .domain = "client.test"};
	s->local = (struct route_local){.scope = &s->scope, .find_user = find_user};
	s->w.flush.route.local = &s->local;
	s->w.flush.local = &s->door.face;
	hosts_init(&s->hosts);
	agenda_init(&s->agenda, &s->w.flush, &s->hosts);
	s->wake = open("/dev/null", O_WRONLY | O_CLOEXEC);
	*state = s;
	return 0;
}

static int remove_scene(void **state)
{
	struct scene *s = *state;

	agenda_release(&s->agenda);
	hosts_release(&s->hosts);
	file_close(s->wake);
	fake_door_release(&s->door);
	fake_world_remove(&s->w);
	free(s);
	return 0;
}

/* Everything is for one user: serve that mailbox as a worker does. */
static struct destination *serve(struct scene *s)
{
	struct worker_task task = {
		.flush = &s->w.flush, .wake_fd = s->wake, .hosts = &s->hosts};
	struct fault f;

	if (agenda_scan(&s->agenda, &f) < 0)
		fail_msg("%s", f.text);
	agenda_plan(&s->agenda);
	assert_int_equal(s->agenda.plan.count, 1);
	task.destination = s->agenda.plan.items[0];
	task.shared = s->agenda.shared;
	assert_int_equal(task.destination->route.kind, ROUTE_MAILBOX);
	worker_run(&task);
	return task.destination;
}

static void next_run(struct scene *s)
{
	agenda_release(&s->agenda);
	s->w.flush.started_s = s->w.world.now_s();
	agenda_init(&s->agenda, &s->w.flush, &s->hosts);
}

static struct spool_entry mail_to(struct scene *s, const char *to)
{
	return fake_world_mail(&s->w, &(struct fake_mail){.to = {to}});
}

static void one_agent_takes_all_that_is_there(void **state)
{
	enum { COUNT = 20 };
	struct scene *s = *state;
	struct destination *d;
	struct buf text;

	for (int i = 0; i < COUNT; i++)
		(void)mail_to(s, i % 2 ? "joe@client.test" : "Joe+list@localhost");
	d = serve(s);
	assert_int_equal(d->slot->delivered, COUNT);
	assert_int_equal(d->slot->state, BOARD_UP);
	assert_int_equal(s->door.opened, 1);
	assert_string_equal(s->door.user, "joe");
	assert_int_equal(fake_world_report_count(&s->w), COUNT);
	text = fake_world_reports(&s->w);
	assert_non_null(strstr(buf_str(&text), "Return-Path: <a@example.org>\n"));
	assert_non_null(strstr(buf_str(&text), "Delivered-To: Joe+list@localhost\n"));
	buf_release(&text);
	assert_int_equal(spool_dir_count(&s->w.dir.spool, "new"), 0);
	assert_int_equal(spool_dir_count(&s->w.dir.spool, "cur"), 0);
	assert_int_equal(spool_dir_count(&s->w.dir.spool, "journal"), 0);
	assert_int_equal(fake_world_logged(&s->w, "remote=mailbox:joe"), COUNT + 1);
}

static void a_door_that_stays_shut_is_a_host_that_is_down(void **state)
{
	struct scene *s = *state;
	struct spool_entry one = mail_to(s, "joe@localhost");
	struct spool_entry two = mail_to(s, "joe@localhost");
	struct destination *d;

	s->door.is_stuck = true;
	d = serve(s);
	assert_int_equal(d->slot->state, BOARD_DOWN);
	assert_int_equal(d->slot->deferred, 2);
	assert_int_equal(d->slot->failed, 0);
	assert_non_null(strstr(d->slot->trouble.text, "the door is stuck"));
	assert_string_equal(fake_world_box(&s->w, one.id), "cur");
	assert_int_equal(
		fake_world_wait_s(&s->w, one.id), fake_world_wait_s(&s->w, two.id));
	assert_true(fake_world_wait_s(&s->w, one.id) > 0);
	assert_int_equal(fake_world_report_count(&s->w), 0);
}

static void what_is_the_systems_is_not_touched(void **state)
{
	struct scene *s = *state;
	struct spool_entry e = mail_to(s, "ann@client.test");
	struct destination *d;

	s->door.is_left = true;
	d = serve(s);
	assert_int_equal(s->door.opened, 0);
	assert_int_equal(d->slot->deferred, 0);
	assert_string_equal(fake_world_box(&s->w, e.id), "new");
	assert_int_equal(spool_dir_count(&s->w.dir.spool, "journal"), 0);
	assert_int_equal(fake_world_logged(&s->w, "event=mailbox-of-another"), 1);
	assert_int_equal(fake_world_report_count(&s->w), 0);
}

/* Nobody seems to come for it: who sent it has to know. */
static void what_waits_too_long_for_the_system_is_told_once(void **state)
{
	struct scene *s = *state;
	struct fake_mail mail = {.to = {"ann@client.test"}, .age_s = 5 * HOUR_S};
	struct spool_entry e = fake_world_mail(&s->w, &mail);
	struct buf text;

	s->door.is_left = true;
	(void)serve(s);
	next_run(s);
	(void)serve(s);
	assert_string_equal(fake_world_box(&s->w, e.id), "new");
	assert_int_equal(fake_world_report_count(&s->w), 1);
	text = fake_world_reports(&s->w);
	assert_non_null(strstr(buf_str(&text), "may write to the mailbox of ann"));
	buf_release(&text);
}

static void a_mailbox_that_is_full_defers_and_is_not_down(void **state)
{
	struct scene *s = *state;
	struct spool_entry e = mail_to(s, "joe@localhost");
	struct destination *d;

	s->door.says = SAYS_TO_DOT "452 4.2.2 there is no space\r\n|221 2.0.0 bye\r\n";
	d = serve(s);
	assert_int_equal(d->slot->deferred, 1);
	assert_int_equal(d->slot->state, BOARD_UP);
	assert_string_equal(fake_world_box(&s->w, e.id), "cur");
	assert_int_equal(fake_world_logged(&s->w, "status=4.2.2"), 1);
	assert_in_range(fake_world_wait_s(&s->w, e.id), 54, 66);
	s->door.says = NULL;
	fake_world_advance(70);
	next_run(s);
	d = serve(s);
	assert_int_equal(d->slot->delivered, 1);
	assert_string_equal(fake_world_box(&s->w, e.id), "gone");
}

/* It was killed between the final dot and its reply: it may be there (RFC 1047). */
static void an_agent_that_dies_may_have_delivered(void **state)
{
	struct scene *s = *state;
	struct spool_entry e = mail_to(s, "joe@localhost");
	struct destination *d;

	s->door.says = SAYS_TO_DOT;
	d = serve(s);
	assert_int_equal(d->slot->deferred, 1);
	assert_string_equal(fake_world_box(&s->w, e.id), "cur");
	assert_int_equal(fake_world_logged(&s->w, "duplicate=possible"), 1);
	assert_true(fake_world_wait_s(&s->w, e.id) > 66);
}

static void an_agent_that_dies_before_has_not(void **state)
{
	struct scene *s = *state;
	struct spool_entry e = mail_to(s, "joe@localhost");

	s->door.says = "220 mailbox ESMTP\r\n|";
	(void)serve(s);
	assert_string_equal(fake_world_box(&s->w, e.id), "cur");
	assert_int_equal(fake_world_logged(&s->w, "duplicate=possible"), 0);
	assert_int_equal(fake_world_report_count(&s->w), 0);
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, make_scene, remove_scene)
	const struct CMUnitTest tests[] = {
		TEST(one_agent_takes_all_that_is_there),
		TEST(a_door_that_stays_shut_is_a_host_that_is_down),
		TEST(what_is_the_systems_is_not_touched),
		TEST(what_waits_too_long_for_the_system_is_told_once),
		TEST(a_mailbox_that_is_full_defers_and_is_not_down),
		TEST(an_agent_that_dies_may_have_delivered),
		TEST(an_agent_that_dies_before_has_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
