/* sources: tests/support/fake_world.c tests/support/spool_dir.c tests/support/zone_resolver.c */
/* sources: tests/support/fake_door.c */
/* ldflags: -Wl,--wrap=mailbox_find */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/mem.h"
#include "deliver/claim.h"
#include "deliver/notice.h"
#include "deliver/reader.h"
#include "tests/support/fake_door.h"
#include "tests/support/fake_world.h"

#define DAY_S 86400

/* The mbox is missing, and /var/mail is for a group that this process is not in. */
static bool mail_directory_is_closed;

int __real_mailbox_find(
	const struct mailbox_place *place, struct mailbox *ret, struct fault *f);
int __wrap_mailbox_find(
	const struct mailbox_place *place, struct mailbox *ret, struct fault *f);

int __wrap_mailbox_find(
	const struct mailbox_place *place, struct mailbox *ret, struct fault *f)
{
	if (!mail_directory_is_closed || place->path)
		return __real_mailbox_find(place, ret, f);
	fault_set(f, FAULT_ACCESS, 0, "user %s has no mailbox", place->user);
	return -1;
}

struct scene {
	struct fake_world w;
	struct fake_door door; /* not in use until a test has it open */
	char maildir[128];     /* behind the door */
};

static int make_scene(void **state)
{
	struct scene *s = mem_alloc(sizeof(*s));

	mail_directory_is_closed = true;
	fake_world_make(&s->w, NULL);
	(void)snprintf(s->maildir, sizeof(s->maildir), "%s/Maildir/", s->w.dir.root);
	fake_door_init(&s->door, s->maildir);
	*state = s;
	return 0;
}

static int remove_scene(void **state)
{
	struct scene *s = *state;

	fake_door_release(&s->door);
	fake_world_remove(&s->w);
	free(s);
	return 0;
}

/* From now on it is the flush of the system that works. */
static void become_system(struct scene *s)
{
	s->w.flush.is_systems = true;
	s->w.flush.successor = SUCCESSOR_NONE;
	s->w.flush.local = &s->door.face;
}

static void a_mailbox_that_cannot_be_made_here_is_for_who_can(void **state)
{
	static const char real[] = "a@example.org", local[] = "root@client.test";
	enum reached { BY_MAIL, BY_DOOR, LEFT, NOBODY };
	static const struct {
		const char *why;
		bool is_systems;
		enum flush_successor successor;
		const char *to; /* [bounce] to */
		const char *sender;
		enum reached reached;
	} cases[] = {
		{"the system has a door", true, SUCCESSOR_NONE, "auto", real, BY_DOOR},
		{"it comes at once", false, SUCCESSOR_LISTENS, "auto", real, LEFT},
		{"it may come", false, SUCCESSOR_LIKELY, "auto", real, BY_MAIL},
		{"it may come, and nobody else can", false, SUCCESSOR_LIKELY, "auto",
			local, LEFT},
		{"the user is asked for", false, SUCCESSOR_LIKELY, "user", real, LEFT},
		{"it does not come", false, SUCCESSOR_NONE, "auto", real, BY_MAIL},
		{"nor can anybody else", false, SUCCESSOR_NONE, "auto", local, NOBODY},
		{"nor anybody by name", false, SUCCESSOR_NONE, "user", real, NOBODY},
		{"the sender is asked for", true, SUCCESSOR_NONE, "sender", real,
			BY_MAIL},
	};
	struct scene *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct reader reader;
		struct fault f = {0};
		int rc;

		s->w.flush.is_systems = cases[i].is_systems;
		s->w.flush.successor = cases[i].successor;
		s->w.flush.local = &s->door.face;
		fake_world_set(&s->w.conf.bounce.to, cases[i].to);
		rc = reader_find(&s->w.flush, cases[i].sender, &reader, &f);
		if ((rc < 0) != (cases[i].reached >= LEFT))
			fail_msg("%s: %d", cases[i].why, rc);
		if (rc == 0 && reader.is_local != (cases[i].reached == BY_DOOR))
			fail_msg("%s: local", cases[i].why);
		if (rc == 0 && reader.is_local && !reader.is_behind_door)
			fail_msg("%s: no door", cases[i].why);
		if (rc < 0 && (f.kind == FAULT_ACCESS) != (cases[i].reached == LEFT))
			fail_msg("%s: %s", cases[i].why, f.text);
	}
	assert_int_equal(s->door.opened, 0);
}

/* a door is asked for by name */
static void who_has_no_name_has_no_door(void **state)
{
	struct scene *s = *state;
	struct reader reader;
	struct fault f;

	become_system(s);
	fake_world_set(&s->w.conf.bounce.to, "user");
	s->w.user.has_entry = false;
	assert_int_equal(reader_find(&s->w.flush, "", &reader, &f), -1);
	assert_int_equal(f.kind, FAULT_CREATE);
	s->w.user.has_entry = true;
	fake_world_set(&s->w.user.name, "a/b");
	assert_int_equal(reader_find(&s->w.flush, "", &reader, &f), -1);
	assert_int_equal(f.kind, FAULT_CREATE);
}

/* --- what becomes of a message that failed --- */

static void settle(struct scene *s, const char *id, bool fails_now)
{
	const struct outcome o =
		outcome_make(OUTCOME_FAILED, OUTCOME_RECIPIENT, "5.1.1", "no such user");
	struct spool_entry e;
	struct claim c;
	struct fault f;

	s->w.flush.started_s = s->w.world.now_s();
	assert_true(fake_world_find(&s->w, id, &e));
	if (claim_take(&c, &s->w.flush, &e, &f) != MESSAGE_OPEN)
		fail_msg("%s", f.text);
	assert_int_equal(claim_is_pending(&c, 0), fails_now);
	if (fails_now)
		claim_record(&c, &s->w.flush, 0, &o);
	claim_settle(&c, &s->w.flush);
}

static void the_system_files_through_the_door(void **state)
{
	struct scene *s = *state;
	struct spool_entry e = fake_world_mail(&s->w, &(struct fake_mail){0});
	struct buf text;

	become_system(s);
	settle(s, e.id, true);
	assert_string_equal(fake_world_box(&s->w, e.id), "gone");
	assert_int_equal(fake_world_report_count(&s->w), 1);
	assert_string_equal(s->door.user, "tester");
	text = fake_world_reports(&s->w);
	assert_non_null(strstr(buf_str(&text), "Delivered-To: tester@client.test\n"));
	assert_non_null(strstr(buf_str(&text), "Return-Path: <>\n"));
	assert_non_null(strstr(buf_str(&text), "no such user"));
	buf_release(&text);
	assert_int_equal(fake_world_logged(&s->w, "event=bounced id=") +
				 fake_world_logged(&s->w, "mailbox=/var/mail/tester"),
		2);
}

static void what_a_user_leaves_the_system_reports_once(void **state)
{
	struct scene *s = *state;
	struct fake_mail mail = {.sender = "root@client.test"};
	struct spool_entry e = fake_world_mail(&s->w, &mail);

	s->w.flush.successor = SUCCESSOR_LIKELY;
	settle(s, e.id, true);
	assert_string_equal(fake_world_box(&s->w, e.id), "cur");
	assert_in_range(-fake_world_wait_s(&s->w, e.id), 0, 1);
	assert_int_equal(fake_world_logged(&s->w, "event=report-left"), 1);
	/* the next run of the user can do no more, and has no more to say */
	fake_world_advance(60);
	settle(s, e.id, false);
	assert_int_equal(fake_world_logged(&s->w, "event=report-left"), 1);
	assert_int_equal(fake_world_logged(&s->w, "event=report-failed"), 0);
	assert_string_equal(fake_world_box(&s->w, e.id), "cur");
	become_system(s);
	settle(s, e.id, false);
	assert_string_equal(fake_world_box(&s->w, e.id), "gone");
	assert_int_equal(fake_world_report_count(&s->w), 1);
}

static void what_nobody_comes_for_is_parked_in_the_end(void **state)
{
	struct scene *s = *state;
	struct fake_mail mail = {.sender = "root@client.test", .age_s = 11 * DAY_S};
	struct spool_entry e = fake_world_mail(&s->w, &mail);

	s->w.flush.successor = SUCCESSOR_LISTENS;
	settle(s, e.id, true);
	assert_string_equal(fake_world_box(&s->w, e.id), "failed");
	assert_int_equal(fake_world_logged(&s->w, "event=parked"), 1);
}

static void a_door_that_stays_shut_is_tried_again(void **state)
{
	struct scene *s = *state;
	struct spool_entry e = fake_world_mail(&s->w, &(struct fake_mail){0});

	become_system(s);
	s->door.is_stuck = true;
	settle(s, e.id, true);
	assert_string_equal(fake_world_box(&s->w, e.id), "cur");
	assert_int_equal(fake_world_logged(&s->w, "event=report-failed"), 1);
	assert_true(fake_world_wait_s(&s->w, e.id) > 0);
	s->door.is_stuck = false;
	s->door.says = ""; /* it opens, and nobody is there */
	settle(s, e.id, false);
	assert_string_equal(fake_world_box(&s->w, e.id), "cur");
	s->door.says = NULL;
	settle(s, e.id, false);
	assert_string_equal(fake_world_box(&s->w, e.id), "gone");
	assert_int_equal(fake_world_report_count(&s->w), 1);
}

/* --- notices --- */

static void a_notice_is_left_without_a_word(void **state)
{
	static const struct route_way way = {
		.kind = ROUTE_WAY_RELAY, .name = "", .identity = ""};
	struct scene *s = *state;
	struct destination d = {
		.route = {.kind = ROUTE_RELAY, .way = &way}, .key = "relay"};
	const struct outcome why =
		outcome_make(OUTCOME_DEFERRED, OUTCOME_ROUTE, "4.7.8", "refused");

	s->w.flush.route.ways = &way;
	s->w.flush.route.way_count = 1;
	s->w.flush.successor = SUCCESSOR_LIKELY;
	notice_file(&s->w.flush, &d, &why);
	assert_int_equal(fake_world_logged(&s->w, "event="), 0);
	become_system(s);
	for (int i = 0; i < 2; i++)
		notice_file(&s->w.flush, &d, &why);
	assert_int_equal(fake_world_report_count(&s->w), 1);
	assert_int_equal(fake_world_logged(&s->w, "event=route-notice"), 1);
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, make_scene, remove_scene)
	const struct CMUnitTest tests[] = {
		TEST(a_mailbox_that_cannot_be_made_here_is_for_who_can),
		TEST(who_has_no_name_has_no_door),
		TEST(the_system_files_through_the_door),
		TEST(what_a_user_leaves_the_system_reports_once),
		TEST(what_nobody_comes_for_is_parked_in_the_end),
		TEST(a_door_that_stays_shut_is_tried_again),
		TEST(a_notice_is_left_without_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
