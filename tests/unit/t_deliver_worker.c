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

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "deliver/agenda.h"
#include "deliver/worker.h"
#include "tests/support/fake_world.h"
#include "tests/support/smtp_child.h"
#include "tests/support/zone_resolver.h"

static const char zone[] = "dest.example     MX  10 mx1.dest.example\n"
			   "dest.example     MX  20 mx2.dest.example\n"
			   "one.example      MX  10 mx1.dest.example\n"
			   "mx1.dest.example A   127.0.0.1\n"
			   "mx2.dest.example A   127.0.0.2\n"
			   "null.example     MX  0 .\n"
			   "lost.example     MX  !servfail\n";

/* The world, what is to be done in it, and what is known of hosts. */
struct run {
	struct fake_world w;
	struct hosts hosts;
	struct agenda agenda;
	int wake;
};

static int make_run(void **state)
{
	struct run *r = mem_alloc(sizeof(*r));

	fake_world_make(&r->w, zone);
	hosts_init(&r->hosts);
	agenda_init(&r->agenda, &r->w.flush, &r->hosts);
	r->wake = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_true(r->wake >= 0);
	*state = r;
	return 0;
}

static int remove_run(void **state)
{
	struct run *r = *state;

	agenda_release(&r->agenda);
	hosts_release(&r->hosts);
	file_close(r->wake);
	fake_world_remove(&r->w);
	free(r);
	return 0;
}

static struct destination *plan_all(struct run *r)
{
	struct fault f;

	if (agenda_scan(&r->agenda, &f) < 0)
		fail_msg("%s", f.text);
	agenda_plan(&r->agenda);
	assert_true(r->agenda.plan.count > 0);
	return r->agenda.plan.items[0];
}

/* Everything goes to one destination: serve it as a worker does. */
static struct destination *serve(struct run *r)
{
	struct destination *d = plan_all(r);
	const struct worker_task task = {
		.flush = &r->w.flush,
		.destination = d,
		.shared = r->agenda.shared,
		.wake_fd = r->wake,
		.hosts = &r->hosts,
	};

	assert_int_equal(r->agenda.plan.count, 1);
	d->chance = 7;
	worker_run(&task);
	return d;
}

static void send_to(struct run *r, const struct smtp_child *peer)
{
	r->w.flush.route.mx_port = (uint16_t)peer->port;
}

static void the_second_host_is_tried_when_the_first_is_down(void **state)
{
	struct run *r = *state;
	struct smtp_child second;
	struct destination *d;

	smtp_child_start(&second, &(struct smtp_child_options){.address = "127.0.0.2"});
	send_to(r, &second);
	for (int i = 0; i < 3; i++)
		(void)fake_world_mail(&r->w, &(struct fake_mail){0});
	d = serve(r);
	assert_int_equal(d->slot->delivered, 3);
	assert_int_equal(d->slot->state, BOARD_UP);
	assert_int_equal(d->slot->live, 0);
	assert_int_equal(smtp_child_letters(&second), 3);
	assert_int_equal(smtp_child_connections(&second), 1);
	assert_int_equal(spool_dir_count(&r->w.dir.spool, "cur"), 0);
	assert_int_equal(spool_dir_count(&r->w.dir.spool, "journal"), 0);
	/* a domain is resolved once a run */
	assert_int_equal(zone_resolver_lookups(r->w.world.resolver, "dest.example"), 1);
	smtp_child_stop(&second);
}

/* Mail that came while it was found down does not bring another connection. */
static void what_was_found_down_is_not_tried_again_in_the_run(void **state)
{
	struct run *r = *state;
	struct smtp_child peer;
	struct spool_entry e;
	struct destination *d;

	smtp_child_start(&peer, &(struct smtp_child_options){0});
	send_to(r, &peer);
	e = fake_world_mail(&r->w, &(struct fake_mail){.to = {"r@one.example"}});
	d = plan_all(r);
	d->is_down = true;
	d->slot->trouble =
		outcome_make(OUTCOME_DEFERRED, OUTCOME_HOST, "4.4.1", "cannot connect");
	assert_ptr_equal(serve(r), d);
	assert_int_equal(d->slot->deferred, 1);
	assert_int_equal(smtp_child_connections(&peer), 0);
	assert_string_equal(fake_world_box(&r->w, e.id), "cur");
	assert_non_null(hosts_find(&r->hosts, d->key));
	smtp_child_stop(&peer);
}

static void what_one_host_cannot_take_goes_to_the_other(void **state)
{
	struct run *r = *state;
	struct smtp_child first, second;
	struct destination *d;

	smtp_child_start(&first, &(struct smtp_child_options){.size_max = 150});
	smtp_child_start(&second,
		&(struct smtp_child_options){.address = "127.0.0.2", .port = first.port});
	send_to(r, &first);
	(void)fake_world_mail(&r->w, &(struct fake_mail){.content = "a\r\n"});
	(void)fake_world_mail(&r->w,
		&(struct fake_mail){.content = "a line that makes it larger than "
					       "what the first host will take\r\n"});
	d = serve(r);
	assert_int_equal(d->slot->delivered, 2);
	assert_int_equal(d->slot->failed, 0);
	assert_int_equal(smtp_child_letters(&first), 1);
	assert_int_equal(smtp_child_letters(&second), 1);
	smtp_child_stop(&first);
	smtp_child_stop(&second);
}

static void what_no_host_can_take_fails_and_nobody_is_down(void **state)
{
	struct run *r = *state;
	struct smtp_child peer;
	struct spool_entry e;
	struct destination *d;

	smtp_child_start(&peer, &(struct smtp_child_options){.size_max = 100});
	send_to(r, &peer);
	e = fake_world_mail(&r->w, &(struct fake_mail){.to = {"r@one.example"}});
	d = serve(r);
	assert_int_equal(d->slot->failed, 1);
	assert_int_equal(d->slot->last_failure.status.subject, 3);
	assert_int_equal(d->slot->state, BOARD_UP);
	assert_string_equal(fake_world_box(&r->w, e.id), "gone");
	assert_int_equal(fake_world_report_count(&r->w), 1);
	smtp_child_stop(&peer);
}

/* more of them than are carried from host to host at a time */
static void many_that_one_host_cannot_take_all_go_to_the_other(void **state)
{
	enum { COUNT = 80 };
	struct run *r = *state;
	struct smtp_child first, second;

	smtp_child_start(&first, &(struct smtp_child_options){.size_max = 100});
	smtp_child_start(&second,
		&(struct smtp_child_options){.address = "127.0.0.2", .port = first.port});
	send_to(r, &first);
	for (int i = 0; i < COUNT; i++)
		(void)fake_world_mail(&r->w, &(struct fake_mail){0});
	(void)serve(r);
	/* what is left is served by the next worker of the same run */
	for (int round = 0; plan_waiting(r->agenda.plan.items[0]) && round < 10;
		round++) {
		const struct worker_task task = {.flush = &r->w.flush,
			.destination = r->agenda.plan.items[0],
			.wake_fd = r->wake,
			.hosts = &r->hosts};

		worker_run(&task);
	}
	assert_int_equal(smtp_child_letters(&second), COUNT);
	assert_int_equal(fake_world_report_count(&r->w), 0);
	assert_int_equal(spool_dir_count(&r->w.dir.spool, "cur"), 0);
	assert_int_equal(spool_dir_count(&r->w.dir.spool, "new"), 0);
	smtp_child_stop(&first);
	smtp_child_stop(&second);
}

static void a_host_that_is_up_stays_up_while_another_one_is_down(void **state)
{
	struct run *r = *state;
	struct smtp_child second;
	struct spool_entry large;
	struct destination *d;

	/* the first host is down, the second one cannot take this message */
	smtp_child_start(&second,
		&(struct smtp_child_options){.address = "127.0.0.2", .size_max = 150});
	send_to(r, &second);
	large = fake_world_mail(&r->w,
		&(struct fake_mail){.content = "a line that makes it larger than "
					       "what the second host will take, "
					       "trace field and all of that too\r\n"});
	(void)fake_world_mail(&r->w, &(struct fake_mail){.content = "a\r\n"});
	d = serve(r);
	assert_int_equal(d->slot->delivered, 1);
	assert_int_equal(d->slot->deferred, 1);
	assert_int_equal(d->slot->failed, 0);
	assert_string_equal(fake_world_box(&r->w, large.id), "cur");
	/* new mail must not wait for the host that is down */
	assert_int_equal(d->slot->state, BOARD_UP);
	assert_null(hosts_find(&r->hosts, d->key));
	smtp_child_stop(&second);
}

static void all_hosts_down_postpones_all_to_one_time(void **state)
{
	struct run *r = *state;
	struct spool_entry e[3];
	struct destination *d;
	const struct host *host;

	r->w.flush.route.mx_port = (uint16_t)smtp_child_free_port();
	e[0] = fake_world_mail(&r->w, &(struct fake_mail){0});
	e[1] = fake_world_mail(&r->w, &(struct fake_mail){.attempts = 3});
	/* old enough for a delay notice: it is opened, not only renamed */
	e[2] = fake_world_mail(&r->w, &(struct fake_mail){.age_s = 5 * 3600});
	d = serve(r);
	assert_int_equal(d->slot->state, BOARD_DOWN);
	assert_int_equal(d->slot->deferred, 3);
	host = hosts_find(&r->hosts, d->key);
	assert_non_null(host);
	assert_true(host->next_try_s > FAKE_NOW);
	assert_non_null(strstr(host->text, "refused"));
	for (size_t i = 0; i < ARRAY_LEN(e); i++) {
		struct spool_entry now;

		assert_true(fake_world_find(&r->w, e[i].id, &now));
		assert_int_equal(now.next_s, host->next_try_s);
		assert_int_equal(now.attempts, e[i].attempts + 1);
	}
	assert_int_equal(fake_world_report_count(&r->w), 1);
	assert_int_equal(fake_world_logged(&r->w, "event=destination-down"), 1);
}

static void a_domain_that_takes_no_mail_fails_and_is_not_down(void **state)
{
	struct run *r = *state;
	struct spool_entry e =
		fake_world_mail(&r->w, &(struct fake_mail){.to = {"r@null.example"}});
	struct destination *d = serve(r);

	assert_int_equal(d->slot->failed, 1);
	assert_int_not_equal(d->slot->state, BOARD_DOWN);
	assert_int_equal(r->hosts.count, 0);
	assert_string_equal(fake_world_box(&r->w, e.id), "gone");
	assert_int_equal(fake_world_report_count(&r->w), 1);
}

static void dns_trouble_is_a_host_that_is_down(void **state)
{
	struct run *r = *state;
	struct spool_entry e =
		fake_world_mail(&r->w, &(struct fake_mail){.to = {"r@lost.example"}});
	struct destination *d = serve(r);

	assert_int_equal(d->slot->state, BOARD_DOWN);
	assert_int_equal(d->slot->trouble.status.subject, 4);
	assert_string_equal(fake_world_box(&r->w, e.id), "cur");
	assert_int_equal(fake_world_report_count(&r->w), 0);
}

static void what_cannot_be_routed_fails_each_with_its_reason(void **state)
{
	struct run *r = *state;
	struct buf reports;
	struct destination *d;

	(void)fake_world_mail(&r->w, &(struct fake_mail){.to = {"r@xn--a.example"}});
	(void)fake_world_mail(
		&r->w, &(struct fake_mail){.to = {"s@xn--a.example", "t@xn--b.example"}});
	d = serve(r);
	assert_true(d->is_unroutable);
	assert_int_equal(d->slot->failed, 3);
	assert_int_equal(fake_world_report_count(&r->w), 2);
	reports = fake_world_reports(&r->w);
	assert_non_null(strstr(buf_str(&reports), "t@xn--b.example"));
	buf_release(&reports);
	assert_int_equal(spool_dir_count(&r->w.dir.spool, "cur"), 0);
}

/* A helper that the host refuses, while another worker is served well, gives up quietly. */
static void a_helper_that_is_refused_keeps_the_destination_up(void **state)
{
	static const char *const rules[] = {"greeting * 421 4.7.0 too many", NULL};
	struct run *r = *state;
	struct smtp_child peer;
	struct destination *d;

	smtp_child_start(&peer, &(struct smtp_child_options){.rules = rules});
	send_to(r, &peer);
	(void)fake_world_mail(&r->w, &(struct fake_mail){.to = {"r@one.example"}});
	d = plan_all(r);
	d->slot->live = 1; /* the other worker's */
	d->slot->state = BOARD_UP;
	(void)serve(r);
	assert_int_equal(d->slot->state, BOARD_UP);
	assert_int_equal(d->slot->live, 1);
	assert_int_equal(r->hosts.count, 0);
	assert_int_equal(spool_dir_count(&r->w.dir.spool, "new"), 1);
	smtp_child_stop(&peer);
}

/*
 * A server that ends each session after one message is asked for a new one, with the
 * messages in their order, until all are through: the one that was already announced when
 * the session ended was not refused.
 */
static void a_server_of_one_message_a_session_gets_all_in_order(void **state)
{
	static const char script[] = "connection *\n"
				     "send 220 mx.test\n"
				     "expect EHLO *\n"
				     "send 250-mx.test\n"
				     "send 250 PIPELINING\n"
				     "expect MAIL *\n"
				     "send 250 ok\n"
				     "expect RCPT *\n"
				     "send 250 ok\n"
				     "expect DATA\n"
				     "send 354 go\n"
				     "message\n"
				     "store\n"
				     "send 250 ok\n"
				     "send 421 4.3.2 one message is enough\n"
				     "close\n";
	enum { COUNT = 5 };
	struct run *r = *state;
	struct smtp_child peer;
	struct destination *d;

	smtp_child_start(&peer, &(struct smtp_child_options){.script = script});
	send_to(r, &peer);
	for (int i = 0; i < COUNT; i++) {
		char content[32];

		(void)snprintf(content, sizeof(content), "Subject: %d of\r\n\r\n", i);
		(void)fake_world_mail(&r->w,
			&(struct fake_mail){.to = {"r@one.example"}, .content = content});
	}
	d = serve(r);
	assert_int_equal(d->slot->delivered, COUNT);
	assert_int_equal(d->slot->deferred, 0);
	assert_int_equal(smtp_child_letters(&peer), COUNT);
	for (int i = 0; i < COUNT; i++) {
		char name[16], subject[32];
		struct buf text;

		(void)snprintf(name, sizeof(name), "%04d.eml", i + 1);
		(void)snprintf(subject, sizeof(subject), "Subject: %d of", i);
		text = smtp_child_file(&peer, name);
		if (!strstr(buf_str(&text), subject))
			fail_msg("%s is not number %d", name, i);
		buf_release(&text);
	}
	smtp_child_stop(&peer);
}

static void greylisting_defers_and_the_host_is_up(void **state)
{
	static const char *const rules[] = {"rcpt * grey 450 4.7.1 later", NULL};
	struct run *r = *state;
	struct smtp_child peer;
	struct spool_entry e;
	struct destination *d;

	smtp_child_start(&peer, &(struct smtp_child_options){.rules = rules});
	send_to(r, &peer);
	e = fake_world_mail(&r->w, &(struct fake_mail){.to = {"r@one.example"}});
	d = serve(r);
	assert_int_equal(d->slot->deferred, 1);
	assert_int_equal(d->slot->state, BOARD_UP);
	assert_in_range(fake_world_wait_s(&r->w, e.id), 54, 66);
	smtp_child_stop(&peer);
}

static void a_relay_never_fails_mail_by_a_refused_session(void **state)
{
	static const char *const rules[] = {"greeting * 521 no mail here", NULL};
	struct route_hop hop = {.name = "127.0.0.1"};
	struct route_way way = {.kind = ROUTE_WAY_RELAY,
		.name = "",
		.hops = &hop,
		.hop_count = 1,
		.identity = ""};
	struct run *r = *state;
	struct smtp_child peer;
	struct spool_entry e;
	struct destination *d;

	smtp_child_start(&peer, &(struct smtp_child_options){.rules = rules});
	hop.port = (uint16_t)peer.port;
	r->w.flush.route = (struct route_options){.ways = &way, .way_count = 1};
	e = fake_world_mail(&r->w, &(struct fake_mail){0});
	d = serve(r);
	assert_int_equal(d->slot->failed, 0);
	assert_int_equal(d->slot->state, BOARD_DOWN);
	assert_string_equal(fake_world_box(&r->w, e.id), "cur");
	smtp_child_stop(&peer);
}

/* RFC 7504: the host takes no mail, and there is no other one */
static void an_mx_host_that_takes_no_mail_fails_it(void **state)
{
	static const char *const rules[] = {"greeting * 521 no mail here", NULL};
	struct run *r = *state;
	struct smtp_child peer;
	struct destination *d;

	smtp_child_start(&peer, &(struct smtp_child_options){.rules = rules});
	send_to(r, &peer);
	(void)fake_world_mail(&r->w, &(struct fake_mail){.to = {"r@one.example"}});
	d = serve(r);
	assert_int_equal(d->slot->failed, 1);
	assert_int_equal(fake_world_report_count(&r->w), 1);
	smtp_child_stop(&peer);
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, make_run, remove_run)
	const struct CMUnitTest tests[] = {
		TEST(the_second_host_is_tried_when_the_first_is_down),
		TEST(what_was_found_down_is_not_tried_again_in_the_run),
		TEST(what_one_host_cannot_take_goes_to_the_other),
		TEST(what_no_host_can_take_fails_and_nobody_is_down),
		TEST(many_that_one_host_cannot_take_all_go_to_the_other),
		TEST(a_host_that_is_up_stays_up_while_another_one_is_down),
		TEST(all_hosts_down_postpones_all_to_one_time),
		TEST(a_domain_that_takes_no_mail_fails_and_is_not_down),
		TEST(dns_trouble_is_a_host_that_is_down),
		TEST(what_cannot_be_routed_fails_each_with_its_reason),
		TEST(a_helper_that_is_refused_keeps_the_destination_up),
		TEST(a_server_of_one_message_a_session_gets_all_in_order),
		TEST(greylisting_defers_and_the_host_is_up),
		TEST(a_relay_never_fails_mail_by_a_refused_session),
		TEST(an_mx_host_that_takes_no_mail_fails_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
