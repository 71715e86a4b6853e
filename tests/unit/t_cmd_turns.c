#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>

#include "cmd/turns.h"

#define SHARE_MS 30000

/* Start whoever is next as process `pid`; fails where nobody is, or another user. */
static void begins(struct turns *t, uid_t uid, pid_t pid, int64_t now_ms)
{
	struct turn *turn = turns_next(t, now_ms);

	assert_non_null(turn);
	assert_int_equal(turn->uid, uid);
	turns_start(t, turn, pid, now_ms);
}

static void ends(struct turns *t, pid_t pid, int64_t now_ms)
{
	assert_non_null(turns_end(t, pid, now_ms));
}

static void who_asks_first_begins_first(void **state)
{
	struct turns t;

	(void)state;
	turns_init(&t, 2, SHARE_MS);
	assert_true(turns_is_idle(&t));
	turns_ask(&t, 3, 0);
	turns_ask(&t, 1, 0);
	turns_ask(&t, 2, 0);
	turns_ask(&t, 3, 0); /* is in the row already */
	begins(&t, 3, 100, 0);
	begins(&t, 1, 101, 0);
	assert_null(turns_next(&t, 0)); /* two at a time */
	ends(&t, 100, 5);
	begins(&t, 2, 102, 5);
	ends(&t, 101, 6);
	ends(&t, 102, 6);
	assert_true(turns_is_idle(&t));
	assert_null(turns_end(&t, 102, 6));
	turns_release(&t);
}

static void a_long_run_gives_way_to_who_waits(void **state)
{
	struct turns t;
	struct turn *told;
	int number = 0;

	(void)state;
	turns_init(&t, 1, SHARE_MS);
	turns_ask(&t, 1, 0);
	begins(&t, 1, 100, 0);
	/* nobody waits: it may go on */
	assert_null(turns_overdue(&t, SHARE_MS + 1, &number));
	turns_ask(&t, 2, SHARE_MS + 1);
	assert_int_equal(turns_patience_ms(&t, SHARE_MS + 1), 0);
	told = turns_overdue(&t, SHARE_MS + 1, &number);
	assert_non_null(told);
	assert_int_equal(number, SIGTERM);
	assert_int_equal(told->pid, 100);
	assert_null(turns_overdue(&t, SHARE_MS + 1, &number));
	/* and while it waits for a last reply the other one begins */
	begins(&t, 2, 101, SHARE_MS + 2);
	ends(&t, 100, SHARE_MS + 3);
	assert_null(turns_next(&t, SHARE_MS + 3)); /* it comes again, behind */
	ends(&t, 101, SHARE_MS + 4);
	begins(&t, 1, 102, SHARE_MS + 4);
	turns_release(&t);
}

static void who_does_not_stop_is_killed(void **state)
{
	struct turns t;
	int number = 0;

	(void)state;
	turns_init(&t, 1, SHARE_MS);
	turns_ask(&t, 1, 0);
	begins(&t, 1, 100, 0);
	assert_int_equal(turns_patience_ms(&t, 0), TURNS_DEADLINE_MS);
	assert_non_null(turns_overdue(&t, TURNS_DEADLINE_MS, &number));
	assert_int_equal(number, SIGTERM);
	assert_int_equal(turns_patience_ms(&t, TURNS_DEADLINE_MS), TURNS_GRACE_MS);
	assert_null(turns_overdue(&t, TURNS_DEADLINE_MS + TURNS_GRACE_MS - 1, &number));
	assert_non_null(turns_overdue(&t, TURNS_DEADLINE_MS + TURNS_GRACE_MS, &number));
	assert_int_equal(number, SIGKILL);
	assert_null(turns_overdue(&t, TURNS_DEADLINE_MS + TURNS_GRACE_MS, &number));
	turns_release(&t);
}

static void those_that_hang_leave_room_up_to_a_limit(void **state)
{
	struct turns t;
	int number;

	(void)state;
	turns_init(&t, 1, SHARE_MS);
	for (pid_t i = 0; i < TURNS_FACTOR; i++) {
		int64_t now_ms = SHARE_MS * (int64_t)i;

		turns_ask(&t, (uid_t)i, now_ms);
		if (i > 0)
			assert_non_null(turns_overdue(&t, now_ms, &number));
		begins(&t, (uid_t)i, 100 + i, now_ms);
	}
	turns_ask(&t, 50, SHARE_MS * (int64_t)TURNS_FACTOR);
	assert_non_null(turns_overdue(&t, SHARE_MS * (int64_t)TURNS_FACTOR, &number));
	assert_null(turns_next(&t, SHARE_MS * (int64_t)TURNS_FACTOR));
	ends(&t, 100, SHARE_MS * (int64_t)TURNS_FACTOR);
	begins(&t, 50, 200, SHARE_MS * (int64_t)TURNS_FACTOR);
	turns_release(&t);
}

static void a_kick_is_never_missed(void **state)
{
	struct turns t;

	(void)state;
	turns_init(&t, 1, SHARE_MS);
	turns_kick(&t, 1, 0);
	begins(&t, 1, 100, 0);
	/* its last look may be over: one more run; a walk alone wants none */
	turns_kick(&t, 1, 5);
	turns_kick(&t, 1, 6);
	ends(&t, 100, 7);
	assert_false(turns_is_idle(&t));
	begins(&t, 1, 101, 7 + 250);
	turns_ask(&t, 1, 300);
	ends(&t, 101, 400);
	assert_true(turns_is_idle(&t));
	turns_release(&t);
}

/* How many children a user gets who is kicked every 5 ms for a minute. */
static unsigned count_children_in_a_storm(int64_t run_ms)
{
	struct turns t;
	unsigned children = 0;
	int64_t end_ms = -1;
	pid_t pid = 0;

	turns_init(&t, 8, SHARE_MS);
	for (int64_t now_ms = 0; now_ms < 60000; now_ms += 5) {
		struct turn *turn;

		turns_kick(&t, 1, now_ms);
		if (pid && now_ms >= end_ms) {
			ends(&t, pid, now_ms);
			pid = 0;
		}
		turn = turns_next(&t, now_ms);
		if (!turn)
			continue;
		pid = (pid_t)++children;
		end_ms = now_ms + run_ms;
		turns_start(&t, turn, pid, now_ms);
	}
	turns_release(&t);
	return children;
}

static void a_storm_of_kicks_is_a_handful_of_runs(void **state)
{
	(void)state;
	assert_in_range(count_children_in_a_storm(10), 2, 70);
	assert_in_range(count_children_in_a_storm(1000), 2, 70);
}

static void it_is_crowded_where_somebody_could_begin(void **state)
{
	struct turns t;

	(void)state;
	turns_init(&t, 1, SHARE_MS);
	turns_kick(&t, 1, 0);
	assert_false(turns_is_crowded(&t, 0)); /* there is room */
	begins(&t, 1, 100, 0);
	assert_false(turns_is_crowded(&t, 0));
	turns_kick(&t, 1, 5); /* that one follows itself */
	assert_false(turns_is_crowded(&t, 5));
	turns_ask(&t, 2, 10);
	assert_true(turns_is_crowded(&t, 10));
	ends(&t, 100, 20);
	assert_false(turns_is_crowded(&t, 20));
	turns_release(&t);
}

static void calm_forgets_the_storm(void **state)
{
	struct turns t;

	(void)state;
	turns_init(&t, 1, SHARE_MS);
	turns_kick(&t, 1, 0);
	begins(&t, 1, 100, 0);
	ends(&t, 100, 10);
	turns_kick(&t, 1, 20);
	assert_null(turns_next(&t, 20));
	assert_int_equal(turns_patience_ms(&t, 20), 240);
	begins(&t, 1, 101, 260);
	ends(&t, 101, 270);
	turns_kick(&t, 1, 60000);
	begins(&t, 1, 102, 60000);
	turns_release(&t);
}

static void who_stops_starts_nobody(void **state)
{
	struct turns t;
	int number = 0;

	(void)state;
	turns_init(&t, 1, SHARE_MS);
	turns_ask(&t, 1, 0);
	turns_ask(&t, 2, 0);
	begins(&t, 1, 100, 0);
	turns_stop(&t);
	assert_null(turns_next(&t, 1));
	assert_non_null(turns_overdue(&t, 1, &number));
	assert_int_equal(number, SIGTERM);
	assert_null(turns_overdue(&t, 2, &number));
	ends(&t, 100, 3);
	assert_true(turns_is_idle(&t));
	turns_release(&t);
}

static void a_failed_start_is_put_off(void **state)
{
	struct turns t;

	(void)state;
	turns_init(&t, 1, SHARE_MS);
	turns_ask(&t, 1, 0);
	turns_postpone(turns_next(&t, 0), 1000);
	assert_null(turns_next(&t, 999));
	assert_int_equal(turns_patience_ms(&t, 999), 1);
	begins(&t, 1, 100, 1000);
	turns_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_asks_first_begins_first),
		cmocka_unit_test(a_long_run_gives_way_to_who_waits),
		cmocka_unit_test(who_does_not_stop_is_killed),
		cmocka_unit_test(those_that_hang_leave_room_up_to_a_limit),
		cmocka_unit_test(a_kick_is_never_missed),
		cmocka_unit_test(a_storm_of_kicks_is_a_handful_of_runs),
		cmocka_unit_test(it_is_crowded_where_somebody_could_begin),
		cmocka_unit_test(calm_forgets_the_storm),
		cmocka_unit_test(who_stops_starts_nobody),
		cmocka_unit_test(a_failed_start_is_put_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
