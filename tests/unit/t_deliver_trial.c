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

#include <string.h>

#include "base/mem.h"
#include "deliver/trial.h"
#include "tests/support/fake_world.h"
#include "tests/support/smtp_child.h"

static const char zone[] = "dest.example     MX  10 mx1.dest.example\n"
			   "dest.example     MX  20 mx2.dest.example\n"
			   "mx1.dest.example A   127.0.0.1\n"
			   "mx2.dest.example A   127.0.0.2\n"
			   "null.example     MX  0 .\n"
			   "lost.example     MX  !servfail\n";

static int make_world(void **state)
{
	struct fake_world *w = mem_alloc(sizeof(*w));

	fake_world_make(w, zone);
	*state = w;
	return 0;
}

static int remove_world(void **state)
{
	fake_world_remove(*state);
	free(*state);
	return 0;
}

static void try(struct claim *ret, struct fake_world *w, const char *recipient)
{
	const struct trial_request request = {
		.sender = "a@example.org", .recipient = recipient, .octets = 300};

	trial_run(ret, &w->flush, &request);
}

/* Nothing of it is anywhere: not in the queue, not in reports, not in the log. */
static void assert_no_trace(struct fake_world *w)
{
	static const char *const boxes[] = {"new", "cur", "journal", "failed", "held"};

	for (size_t i = 0; i < ARRAY_LEN(boxes); i++)
		assert_int_equal(spool_dir_count(&w->dir.spool, boxes[i]), 0);
	assert_int_equal(fake_world_report_count(w), 0);
	assert_int_equal(fake_world_logged(w, "event=delivered"), 0);
	assert_int_equal(fake_world_logged(w, "event=deferred"), 0);
	assert_int_equal(fake_world_logged(w, "event=failed"), 0);
	assert_int_equal(fake_world_logged(w, "event=destination-down"), 0);
	assert_false(w->flush.is_trial);
}

static void what_would_be_taken_is_not_sent(void **state)
{
	struct fake_world *w = *state;
	struct smtp_child peer;
	struct claim c;

	smtp_child_start(&peer, &(struct smtp_child_options){0});
	w->flush.route.mx_port = (uint16_t)peer.port;
	try(&c, w, "r@dest.example");
	assert_int_equal(c.addressees.count, 1);
	assert_int_equal(c.answers[0].kind, OUTCOME_DELIVERED);
	assert_int_equal(c.answers[0].code, 250);
	assert_int_equal(smtp_child_connections(&peer), 1);
	assert_int_equal(smtp_child_letters(&peer), 0);
	assert_no_trace(w);
	claim_release(&c);
	smtp_child_stop(&peer);
}

static void the_second_host_is_asked_where_the_first_is_down(void **state)
{
	struct fake_world *w = *state;
	struct smtp_child second;
	struct claim c;

	smtp_child_start(&second, &(struct smtp_child_options){.address = "127.0.0.2"});
	w->flush.route.mx_port = (uint16_t)second.port;
	try(&c, w, "r@dest.example");
	assert_int_equal(c.answers[0].kind, OUTCOME_DELIVERED);
	assert_non_null(strstr(c.answers[0].remote, "mx2.dest.example"));
	claim_release(&c);
	smtp_child_stop(&second);
}

static void what_stands_in_the_way_is_told(void **state)
{
	static const struct {
		const char *recipient;
		enum outcome_kind kind;
		unsigned subject, detail;
		const char *why;
	} cases[] = {
		{"r@null.example", OUTCOME_FAILED, 1, 10, "the domain takes no mail"},
		{"r@nosuch.example", OUTCOME_FAILED, 1, 2, "there is no such domain"},
		{"r@lost.example", OUTCOME_DEFERRED, 4, 3, "DNS does not say"},
		{"r@dest.example", OUTCOME_DEFERRED, 4, 1, "nobody listens"},
		{"r@[no]", OUTCOME_FAILED, 1, 2, "no host is ever asked"},
	};
	struct fake_world *w = *state;

	w->flush.route.mx_port = (uint16_t)smtp_child_free_port();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct claim c;

		try(&c, w, cases[i].recipient);
		if (c.answers[0].kind != cases[i].kind ||
			c.answers[0].status.subject != cases[i].subject ||
			c.answers[0].status.detail != cases[i].detail)
			fail_msg("%s: %s", cases[i].why, c.answers[0].text);
		claim_release(&c);
	}
	assert_no_trace(w);
	assert_int_equal(spool_dir_count(&w->dir.spool, "state"), 0);
}

static void fail_on_problem(void *ctx, const char *file, unsigned line, const char *why)
{
	(void)ctx;
	fail_msg("%s:%u: %s", file, line, why);
}

static size_t count_answers(const struct claim *c, enum outcome_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < c->addressees.count; i++)
		count += c->addressees.items[i].is_active && c->answers[i].kind == kind;
	return count;
}

static void each_address_of_an_alias_has_its_answer(void **state)
{
	static const char *const rules[] = {"rcpt bad@* 550 5.1.1 no such user", NULL};
	static const char aliases[] = "root: r@dest.example, bad@dest.example\n";
	struct fake_world *w = *state;
	const struct alias_critic critic = {fail_on_problem, NULL};
	struct strv own = {0};
	struct alias_scope scope = {
		.own = &own, .hostname = "box.test", .domain = "box.test"};
	struct alias_table table;
	struct smtp_child peer;
	struct claim c;

	smtp_child_start(&peer, &(struct smtp_child_options){.rules = rules});
	w->flush.route.mx_port = (uint16_t)peer.port;
	strv_add(&own, SPAN_LIT("box.test"));
	alias_table_init(&table);
	alias_parse(&table, span_of(aliases), "aliases", NULL, &critic);
	w->flush.aliases = &table;
	w->flush.alias_scope = &scope;
	try(&c, w, "root@box.test");
	assert_int_equal(count_answers(&c, OUTCOME_DELIVERED), 1);
	assert_int_equal(count_answers(&c, OUTCOME_FAILED), 1);
	assert_int_equal(smtp_child_connections(&peer), 1);
	assert_int_equal(smtp_child_letters(&peer), 0);
	assert_no_trace(w);
	claim_release(&c);
	alias_table_release(&table);
	strv_release(&own);
	smtp_child_stop(&peer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_would_be_taken_is_not_sent, make_world, remove_world),
		cmocka_unit_test_setup_teardown(
			the_second_host_is_asked_where_the_first_is_down, make_world,
			remove_world),
		cmocka_unit_test_setup_teardown(
			what_stands_in_the_way_is_told, make_world, remove_world),
		cmocka_unit_test_setup_teardown(each_address_of_an_alias_has_its_answer,
			make_world, remove_world),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
