#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "deliver/plan.h"

static struct route route_to(const char *domain)
{
	struct route r = {.kind = ROUTE_MX, .port = 25};

	assert_true(text_copy(r.name, sizeof(r.name), span_of(domain)));
	return r;
}

static struct spool_entry entry_of(unsigned number)
{
	struct spool_entry e = {.box = SPOOL_NEW};

	(void)snprintf(e.id, sizeof(e.id), "6%013u", number);
	return e;
}

static void one_route_is_one_destination(void **state)
{
	struct plan p = {0};
	struct route a = route_to("a.example");
	struct route b = route_to("b.example");
	struct route other_port = route_to("a.example");
	static const struct route_hop hop = {.name = "a.example", .port = 25};
	static const struct route_way ways[] = {
		{.name = "", .hops = &hop, .hop_count = 1, .identity = ""},
		{.name = "b", .hops = &hop, .hop_count = 1, .identity = ""},
	};
	struct route relay = {.kind = ROUTE_RELAY, .way = &ways[0]};
	struct route other_way = {.kind = ROUTE_RELAY, .way = &ways[1]};
	struct destination *d = plan_destination(&p, &a);

	(void)state;
	other_port.port = 26;
	assert_ptr_equal(plan_destination(&p, &a), d);
	assert_ptr_not_equal(plan_destination(&p, &b), d);
	assert_ptr_not_equal(plan_destination(&p, &other_port), d);
	assert_ptr_not_equal(plan_destination(&p, &relay), d);
	assert_ptr_not_equal(
		plan_destination(&p, &other_way), plan_destination(&p, &relay));
	assert_int_equal(p.count, 5);
	assert_string_equal(d->key, "mx:a.example:25");
	assert_false(d->is_unroutable);
	plan_release(&p);
	assert_int_equal(p.count, 0);
}

static void what_has_no_route_is_kept_together(void **state)
{
	struct plan p = {0};
	struct destination *none = plan_destination(&p, NULL);
	struct route named_none = route_to("none");

	(void)state;
	assert_true(none->is_unroutable);
	assert_ptr_equal(plan_destination(&p, NULL), none);
	assert_ptr_not_equal(plan_destination(&p, &named_none), none);
	plan_release(&p);
}

static void thousands_of_destinations_are_found_again(void **state)
{
	enum { COUNT = 3000 };
	struct plan p = {0};
	char name[32];

	(void)state;
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < COUNT; i++) {
			struct route r;
			struct destination *d;

			(void)snprintf(name, sizeof(name), "d%u.example", i);
			r = route_to(name);
			d = plan_destination(&p, &r);
			assert_ptr_equal(p.items[i], d); /* in order of their first job */
			d->slot->delivered++;
		}
	assert_int_equal(p.count, COUNT);
	for (unsigned i = 0; i < COUNT; i++)
		assert_int_equal(p.items[i]->slot->delivered, 2);
	plan_release(&p);
}

static void jobs_stay_in_order_and_wait_until_taken(void **state)
{
	enum { COUNT = 100 };
	struct plan p = {0};
	struct route a = route_to("a.example");
	struct destination *d = plan_destination(&p, &a);

	(void)state;
	assert_int_equal(plan_waiting(d), 0);
	for (unsigned i = 0; i < COUNT; i++) {
		struct spool_entry e = entry_of(i);

		plan_add_job(d, &e, i % 2 ? i : PLAN_NOT_SHARED);
	}
	assert_int_equal(plan_waiting(d), COUNT);
	for (unsigned i = 0; i < COUNT; i++) {
		struct spool_entry e = entry_of(i);

		assert_string_equal(d->jobs[i].entry.id, e.id);
		assert_int_equal(d->jobs[i].shared, i % 2 ? i : PLAN_NOT_SHARED);
	}
	d->slot->next_job = COUNT - 1;
	assert_int_equal(plan_waiting(d), 1);
	d->slot->next_job = COUNT;
	assert_int_equal(plan_waiting(d), 0);
	/* a worker that was forked earlier knows fewer jobs than have been taken since */
	d->slot->next_job = COUNT + 5;
	assert_int_equal(plan_waiting(d), 0);
	plan_release(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_route_is_one_destination),
		cmocka_unit_test(what_has_no_route_is_kept_together),
		cmocka_unit_test(thousands_of_destinations_are_found_again),
		cmocka_unit_test(jobs_stay_in_order_and_wait_until_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
