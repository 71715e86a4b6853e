#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "deliver/board.h"

#define SLOTS 200 /* several chunks */

static void slots_are_zeroed_and_stay_where_they_are(void **state)
{
	struct board b = {0};
	struct board_slot *slots[SLOTS];

	(void)state;
	for (uint32_t i = 0; i < SLOTS; i++) {
		slots[i] = board_add(&b);
		assert_int_equal(slots[i]->next_job, 0);
		assert_int_equal(slots[i]->state, BOARD_UNTRIED);
		assert_int_equal(slots[i]->trouble.kind, OUTCOME_PENDING);
		slots[i]->next_job = i;
	}
	for (uint32_t i = 0; i < SLOTS; i++)
		assert_int_equal(slots[i]->next_job, i);
	board_release(&b);
	board_release(&b);
}

static void wait_for_all(void)
{
	int status;

	while (wait(&status) > 0)
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* what workers write is seen by the run and by other workers, and nothing gets lost */
static void slots_are_shared_across_fork(void **state)
{
	enum { CHILDREN = 4, TURNS = 10000 };
	struct board b = {0};
	struct board_slot *first = board_add(&b);
	struct board_slot *last = first;

	(void)state;
	for (int i = 1; i < SLOTS; i++)
		last = board_add(&b);
	for (int i = 0; i < CHILDREN; i++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid > 0)
			continue;
		for (int turn = 0; turn < TURNS; turn++) {
			first->delivered++;
			last->next_job++;
		}
		_exit(0);
	}
	wait_for_all();
	assert_int_equal(first->delivered, CHILDREN * TURNS);
	assert_int_equal(last->next_job, CHILDREN * TURNS);
	board_release(&b);
}

static void an_outcome_comes_back_from_a_child(void **state)
{
	struct board b = {0};
	struct board_slot *slot = board_add(&b);
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		slot->trouble = outcome_make(
			OUTCOME_DEFERRED, OUTCOME_HOST, "4.4.1", "cannot connect");
		slot->down_s = 1795419407;
		slot->state = BOARD_DOWN;
		_exit(0);
	}
	wait_for_all();
	assert_int_equal(slot->state, BOARD_DOWN);
	assert_int_equal(slot->down_s, 1795419407);
	assert_string_equal(slot->trouble.text, "cannot connect");
	board_release(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(slots_are_zeroed_and_stay_where_they_are),
		cmocka_unit_test(slots_are_shared_across_fork),
		cmocka_unit_test(an_outcome_comes_back_from_a_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
