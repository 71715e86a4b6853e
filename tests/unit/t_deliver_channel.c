/* sources: tests/support/fake_world.c tests/support/spool_dir.c tests/support/zone_resolver.c */
/* sources: tests/support/smtp_child.c tests/support/lib/loopback.c */
/* sources: tests/support/receiver/letter.c tests/support/receiver/path.c */
/* sources: tests/support/receiver/peer.c tests/support/receiver/receiver.c */
/* sources: tests/support/receiver/rules.c tests/support/receiver/script.c */
/* sources: tests/support/receiver/session.c tests/support/receiver/verbs.c */
/* TLS that fails where it is not a must: who may go without it, and who waits. */
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

static const char zone[] = "dest.example     MX  10 mx1.dest.example\n"
			   "mx1.dest.example A   127.0.0.1\n"
			   "both.example     MX  10 mx1.dest.example\n"
			   "both.example     MX  20 mx2.dest.example\n"
			   "mx2.dest.example A   127.0.0.2\n";

/* A host whose TLS is broken on its first connection, which has no other one with TLS. */
#define BREAKS_TLS(connection_)                                              \
	"connection " connection_ "\nsend 220 mx\nexpect EHLO *\n"           \
	"raw 250-mx\\r\\n250 STARTTLS\\r\\n\nexpect STARTTLS\nsend 220 go\n" \
	"read 100\nraw not TLS at all\nhold\n"

struct run {
	struct fake_world w;
	struct hosts hosts;
	struct agenda agenda;
	int wake;
	struct tls_options tls;
};

static int make_run(void **state)
{
	struct run *r = mem_alloc(sizeof(*r));

	fake_world_make(&r->w, zone);
	hosts_init(&r->hosts);
	agenda_init(&r->agenda, &r->w.flush, &r->hosts);
	r->wake = open("/dev/null", O_WRONLY | O_CLOEXEC);
	assert_true(r->wake >= 0);
	r->tls.level = TLS_MAY;
	r->w.flush.way_tls = &r->tls;
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

/* Everything goes to one destination: serve it as a worker does. */
static struct destination *serve(struct run *r, const struct smtp_child *peer)
{
	struct worker_task task = {
		.flush = &r->w.flush, .wake_fd = r->wake, .hosts = &r->hosts};
	struct fault f;

	r->w.flush.route.mx_port = (uint16_t)peer->port;
	if (agenda_scan(&r->agenda, &f) < 0)
		fail_msg("%s", f.text);
	agenda_plan(&r->agenda);
	assert_int_equal(r->agenda.plan.count, 1);
	task.destination = r->agenda.plan.items[0];
	task.destination->chance = 7;
	task.shared = r->agenda.shared;
	worker_run(&task);
	return task.destination;
}

static void start_peer(struct smtp_child *peer, const char *script)
{
	smtp_child_start(peer, &(struct smtp_child_options){.script = script});
}

static void mail(struct run *r, unsigned attempts)
{
	(void)fake_world_mail(&r->w, &(struct fake_mail){.attempts = attempts});
}

/* Protocol T3: a short trouble, or somebody on the way, is worth one more try. */
static void a_new_message_waits_for_tls(void **state)
{
	struct run *r = *state;
	struct smtp_child peer;
	struct destination *d;

	start_peer(&peer, BREAKS_TLS("*"));
	mail(r, 0);
	mail(r, 0);
	d = serve(r, &peer);
	assert_int_equal(smtp_child_connections(&peer), 1);
	assert_int_equal(d->slot->deferred, 2);
	assert_int_equal(d->slot->state, BOARD_DOWN);
	assert_int_equal(fake_world_logged(&r->w, "status=4.7.5"), 1);
	smtp_child_stop(&peer);
}

static void one_that_was_tried_goes_without(void **state)
{
	struct run *r = *state;
	struct smtp_child peer;
	struct destination *d;
	struct buf violations;

	start_peer(&peer, BREAKS_TLS("1"));
	mail(r, 1);
	mail(r, 1);
	d = serve(r, &peer);
	assert_int_equal(smtp_child_connections(&peer), 2);
	assert_int_equal(smtp_child_letters(&peer), 2);
	assert_int_equal(d->slot->delivered, 2);
	violations = smtp_child_file(&peer, "violations");
	assert_int_equal(violations.len, 0);
	buf_release(&violations);
	smtp_child_stop(&peer);
}

/* On the same connection in the clear, what is new is held back. */
static void what_is_new_does_not_go_along(void **state)
{
	struct run *r = *state;
	struct smtp_child peer;
	struct destination *d;

	start_peer(&peer, BREAKS_TLS("1") BREAKS_TLS("3"));
	mail(r, 0);
	mail(r, 1);
	mail(r, 0);
	d = serve(r, &peer);
	assert_int_equal(smtp_child_letters(&peer), 1);
	assert_int_equal(d->slot->delivered, 1);
	assert_int_equal(d->slot->deferred, 2);
	smtp_child_stop(&peer);
}

static void where_tls_is_a_must_nothing_goes_without(void **state)
{
	static const enum tls_level levels[] = {TLS_ENCRYPT, TLS_VERIFY};

	for (size_t i = 0; i < ARRAY_LEN(levels); i++) {
		struct run *r;
		struct smtp_child peer;

		if (i > 0)
			(void)make_run(state);
		r = *state;
		r->tls.level = levels[i];
		start_peer(&peer, BREAKS_TLS("1"));
		mail(r, 3);
		(void)serve(r, &peer);
		assert_int_equal(smtp_child_connections(&peer), 1);
		assert_int_equal(smtp_child_letters(&peer), 0);
		smtp_child_stop(&peer);
		if (i + 1 < ARRAY_LEN(levels))
			(void)remove_run(state);
	}
}

/* W4: who cuts STARTTLS out of the reply gets nothing where it is a must. */
static void a_must_is_a_must_also_where_it_is_not_offered(void **state)
{
	struct run *r = *state;
	struct smtp_child peer;
	struct destination *d;

	r->tls.level = TLS_ENCRYPT;
	start_peer(&peer, NULL);
	mail(r, 3);
	d = serve(r, &peer);
	assert_int_equal(d->slot->deferred, 1);
	assert_int_equal(smtp_child_letters(&peer), 0);
	assert_int_equal(fake_world_logged(&r->w, "status=4.7.4"), 1);
	smtp_child_stop(&peer);
}

static void at_level_none_tls_is_left_alone(void **state)
{
	struct run *r = *state;
	struct smtp_child peer;

	r->tls.level = TLS_NONE;
	start_peer(&peer,
		"connection *\nsend 220 mx\nexpect EHLO *\n"
		"raw 250-mx\\r\\n250 STARTTLS\\r\\n\nexpect MAIL FROM:*\nsend 250 ok\n"
		"expect RCPT TO:*\nsend 250 ok\nexpect DATA\nsend 354 "
		"go\nmessage\nstore\n"
		"send 250 ok\nexpect QUIT\nsend 221 bye\n");
	mail(r, 0);
	(void)serve(r, &peer);
	assert_int_equal(smtp_child_letters(&peer), 1);
	smtp_child_stop(&peer);
}

/* A key that we cannot use is our own trouble: no host is bothered for it. */
static void our_own_files_are_looked_at_first(void **state)
{
	struct run *r = *state;
	struct smtp_child peer;
	struct destination *d;

	r->tls.cert_file = "/nowhere/me.pem";
	start_peer(&peer, NULL);
	mail(r, 0);
	d = serve(r, &peer);
	assert_int_equal(smtp_child_connections(&peer), 0);
	assert_int_equal(d->slot->deferred, 1);
	assert_int_equal(fake_world_logged(&r->w, "status=4.3.5"), 1);
	assert_true(fake_world_logged(&r->w, "/nowhere/me.pem") > 0);
	smtp_child_stop(&peer);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_run, remove_run)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_message_waits_for_tls),
		TEST(one_that_was_tried_goes_without),
		TEST(what_is_new_does_not_go_along),
		TEST(where_tls_is_a_must_nothing_goes_without),
		TEST(a_must_is_a_must_also_where_it_is_not_offered),
		TEST(at_level_none_tls_is_left_alone),
		TEST(our_own_files_are_looked_at_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
