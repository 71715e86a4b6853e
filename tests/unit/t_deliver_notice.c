/* sources: tests/support/fake_world.c tests/support/spool_dir.c tests/support/zone_resolver.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "deliver/notice.h"
#include "tests/support/fake_world.h"

static const struct route_hop relay_hop = {.name = "relay.example", .port = 587};
static const struct route_way relay_way = {.kind = ROUTE_WAY_RELAY,
	.name = "",
	.hops = &relay_hop,
	.hop_count = 1,
	.identity = ""};

struct scene {
	struct fake_world w;
	struct destination relay, direct;
};

static void set_key(struct destination *d, enum route_kind kind)
{
	d->route = (struct route){.kind = kind, .way = &relay_way};
	if (kind == ROUTE_MX)
		d->route.way = NULL;
	(void)snprintf(d->route.name, sizeof(d->route.name), "dest.example");
	route_key(&d->route, d->key);
}

static int make_scene(void **state)
{
	struct scene *s = mem_alloc(sizeof(*s));

	fake_world_make(&s->w, NULL);
	s->w.flush.route =
		(struct route_options){.ways = &relay_way, .way_count = 1, .mx_port = 25};
	set_key(&s->relay, ROUTE_RELAY);
	set_key(&s->direct, ROUTE_MX);
	*state = s;
	return 0;
}

static int remove_scene(void **state)
{
	struct scene *s = *state;

	fake_world_remove(&s->w);
	free(s);
	return 0;
}

static struct outcome refusal(const char *status, int code, enum outcome_scope scope)
{
	struct outcome o =
		outcome_make(OUTCOME_DEFERRED, scope, status, "authentication failed");

	o.code = code;
	return o;
}

static void file(struct scene *s, const char *status, int code)
{
	struct outcome why = refusal(status, code, OUTCOME_ROUTE);

	notice_file(&s->w.flush, &s->relay, &why);
}

static void the_owner_is_told_once(void **state)
{
	struct scene *s = *state;
	struct buf text;

	for (int i = 0; i < 3; i++)
		file(s, "4.7.8", 535);
	assert_int_equal(fake_world_report_count(&s->w), 1);
	text = fake_world_reports(&s->w);
	assert_non_null(strstr(buf_str(&text), "Mail waits: trouble with [relay]"));
	assert_non_null(strstr(buf_str(&text), "535 authentication failed"));
	buf_release(&text);
}

static void another_trouble_is_news(void **state)
{
	struct scene *s = *state;

	file(s, "4.7.8", 535);
	file(s, "4.7.5", 0);
	file(s, "4.7.8", 535);
	file(s, "4.7.8", 0); /* the same, told from memory */
	assert_int_equal(fake_world_report_count(&s->w), 2);
}

static void what_worked_in_between_is_news(void **state)
{
	struct scene *s = *state;

	notice_forget(&s->w.flush, &s->relay); /* nothing there */
	file(s, "4.7.8", 535);
	notice_forget(&s->w.flush, &s->relay);
	file(s, "4.7.8", 535);
	assert_int_equal(fake_world_report_count(&s->w), 2);
}

/* hosts come and go by themselves, and the domains of others are not ours to mend */
static void only_our_relay_concerns_the_owner(void **state)
{
	struct scene *s = *state;
	struct outcome of_host = refusal("4.7.8", 535, OUTCOME_HOST);
	struct outcome of_route = refusal("4.7.8", 535, OUTCOME_ROUTE);

	notice_file(&s->w.flush, &s->relay, &of_host);
	notice_file(&s->w.flush, &s->direct, &of_route);
	assert_int_equal(fake_world_report_count(&s->w), 0);
	assert_false(spool_dir_has(&s->w.dir.spool, "state/notices"));
}

/* a notice must not wait behind the trouble that it tells of */
static void a_reader_behind_the_trouble_has_a_mailbox(void **state)
{
	struct scene *s = *state;

	fake_world_set(&s->w.conf.bounce.to, "boss@example.com");
	file(s, "4.7.8", 535);
	assert_int_equal(fake_world_report_count(&s->w), 1);
	assert_int_equal(spool_dir_count(&s->w.dir.spool, "new"), 0);
}

static void a_reader_on_another_way_gets_mail(void **state)
{
	struct scene *s = *state;

	fake_world_set(&s->w.conf.bounce.to, "boss@example.com");
	s->w.flush.route = (struct route_options){.mx_port = 25};
	file(s, "4.7.8", 535);
	assert_int_equal(fake_world_report_count(&s->w), 0);
	assert_int_equal(spool_dir_count(&s->w.dir.spool, "new"), 1);
}

static void where_nobody_reads_the_log_says_so(void **state)
{
	struct scene *s = *state;

	fake_world_lose_mailbox(&s->w);
	file(s, "4.7.8", 535);
	file(s, "4.7.8", 535);
	assert_int_equal(fake_world_logged(&s->w, "event=notice-failed"), 1);
}

static void a_damaged_file_tells_once_more(void **state)
{
	struct scene *s = *state;

	spool_dir_put(&s->w.dir.spool, "state/notices", SPAN_LIT("\n x\nrelay"));
	file(s, "4.7.8", 535);
	file(s, "4.7.8", 535);
	assert_int_equal(fake_world_report_count(&s->w), 1);
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, make_scene, remove_scene)
	const struct CMUnitTest tests[] = {
		TEST(the_owner_is_told_once),
		TEST(another_trouble_is_news),
		TEST(what_worked_in_between_is_news),
		TEST(only_our_relay_concerns_the_owner),
		TEST(a_reader_behind_the_trouble_has_a_mailbox),
		TEST(a_reader_on_another_way_gets_mail),
		TEST(where_nobody_reads_the_log_says_so),
		TEST(a_damaged_file_tells_once_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
