/* sources: tests/support/fake_world.c tests/support/spool_dir.c tests/support/zone_resolver.c */
/* sources: tests/support/fake_door.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/mem.h"
#include "deliver/local_client.h"
#include "tests/support/fake_door.h"
#include "tests/support/fake_world.h"

#define EHLO "220 mailbox ESMTP\r\n|250-mailbox\r\n250-PIPELINING\r\n250 8BITMIME\r\n|"

struct scene {
	struct fake_world w;
	struct fake_door door;
	char maildir[128];
};

static int make_scene(void **state)
{
	struct scene *s = mem_alloc(sizeof(*s));

	fake_world_make(&s->w, NULL);
	(void)snprintf(s->maildir, sizeof(s->maildir), "%s/Maildir/", s->w.dir.root);
	fake_door_init(&s->door, s->maildir);
	s->w.flush.local = &s->door.face;
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

static int deliver(struct scene *s, struct span text, struct fault *f)
{
	return local_client_deliver(&s->w.flush, "joe", "joe@client.test", text, f);
}

static void it_is_in_the_mailbox_when_that_is_said(void **state)
{
	struct scene *s = *state;
	struct buf text;
	struct fault f;

	assert_int_equal(
		deliver(s, SPAN_LIT("Subject: \303\244\r\n\r\n.\r\n..dot\r\n"), &f), 0);
	assert_string_equal(s->door.user, "joe");
	assert_int_equal(fake_world_report_count(&s->w), 1);
	text = fake_world_reports(&s->w);
	assert_string_equal(buf_str(&text),
		"Return-Path: <>\nDelivered-To: joe@client.test\n"
		"Subject: \303\244\n\n.\n..dot\n");
	buf_release(&text);
}

/* more than a socket takes at once, and than the engine does */
static void its_size_is_no_matter(void **state)
{
	struct scene *s = *state;
	size_t len = 3 * 1024 * 1024;
	char *text = mem_alloc(len);
	struct buf laid_down;
	struct fault f;

	memset(text, 'x', len);
	for (size_t i = 0; i + 1 < len; i += 64)
		memcpy(text + i, "\r\n", 2);
	memcpy(text + len - 2, "\r\n", 2);
	assert_int_equal(deliver(s, (struct span){text, len}, &f), 0);
	assert_int_equal(deliver(s, SPAN_NONE, &f), 0);
	laid_down = fake_world_reports(&s->w);
	assert_in_range(laid_down.len, len - len / 64 - 64, len);
	buf_release(&laid_down);
	free(text);
}

static void what_is_not_said_to_be_there_is_a_fault(void **state)
{
	static const struct {
		const char *why;
		const char *says;
		const char *fault;
	} cases[] = {
		{"nobody is there", "", "joe"},
		{"it greets and goes", "220 mailbox\r\n", "joe"},
		{"it is no mailbox", "554 no\r\n", "no"},
		{"it goes before the message", EHLO "250 ok\r\n250 ok\r\n354 go on\r\n",
			"joe"},
		{"the mailbox is full",
			EHLO "250 ok\r\n250 ok\r\n354 go on\r\n|452 4.2.2 full\r\n|221 "
			     "bye\r\n",
			"4.2.2 full"},
	};
	struct scene *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fault f = {0};

		s->door.says = cases[i].says;
		if (deliver(s, SPAN_LIT("Subject: x\r\n\r\n"), &f) == 0)
			fail_msg("%s: delivered", cases[i].why);
		if (!strstr(f.text, cases[i].fault) || f.kind != FAULT_SYSTEM)
			fail_msg("%s: %s", cases[i].why, f.text);
	}
	assert_int_equal(fake_world_report_count(&s->w), 0);
}

static void a_door_that_stays_shut_says_why(void **state)
{
	struct scene *s = *state;
	struct fault f;

	s->door.is_stuck = true;
	assert_int_equal(deliver(s, SPAN_LIT("Subject: x\r\n\r\n"), &f), -1);
	assert_string_equal(f.text, "the door is stuck");
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, make_scene, remove_scene)
	const struct CMUnitTest tests[] = {
		TEST(it_is_in_the_mailbox_when_that_is_said),
		TEST(its_size_is_no_matter),
		TEST(what_is_not_said_to_be_there_is_a_fault),
		TEST(a_door_that_stays_shut_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
