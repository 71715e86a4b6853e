#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/bug.h"
#include "spool/batch.h"

#define COUNT 1009 /* prime, so that every step meets all */

static struct spool_entry entry(unsigned number)
{
	struct spool_entry e = {.box = SPOOL_CUR};

	(void)snprintf(e.id, sizeof(e.id), "6C3O2HDS%06u", number);
	return e;
}

/* `count` messages in an order that `step` makes, by batches of `max`: how many there were. */
static unsigned list(unsigned count, unsigned step, size_t max)
{
	unsigned batches = 0, next = 0;
	struct spool_batch b;

	spool_batch_init(&b, max);
	while (spool_batch_next(&b)) {
		for (unsigned i = 0; i < count; i++) {
			const struct spool_entry e = entry(i * step % count);

			spool_batch_add(&b, &e);
		}
		spool_batch_sort(&b);
		assert_true(b.count <= max && b.cap <= (max < 8192 ? max : 2 * max));
		for (size_t i = 0; i < b.count; i++)
			assert_string_equal(b.entries[i].id, entry(next++).id);
		batches++;
	}
	assert_int_equal(next, count);
	spool_batch_release(&b);
	return batches;
}

static void all_come_in_order(void **state)
{
	static const unsigned steps[] = {1, 7, 13, 501, COUNT - 1};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		for (size_t max = 2; max <= 4096; max *= 2)
			(void)list(COUNT, steps[i], max);
	for (unsigned count = 0; count < 20; count++)
		(void)list(count, 1, 4);
}

static void there_are_no_more_batches_than_needed(void **state)
{
	(void)state;
	assert_int_equal(list(0, 1, 10), 1);
	assert_int_equal(list(10, 1, 10), 1);
	assert_int_equal(list(11, 1, 10), 2);
	assert_true(list(1000, 1, 100) <= 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_come_in_order),
		cmocka_unit_test(there_are_no_more_batches_than_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
