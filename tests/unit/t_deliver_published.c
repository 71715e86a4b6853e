/* sources: tests/support/fake_world.c tests/support/spool_dir.c tests/support/zone_resolver.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/text.h"
#include "deliver/published.h"
#include "tests/support/fake_world.h"
#include "tests/support/zone_resolver.h"

#define RECORD "_25._tcp.mx.d.test"
#define DIGEST "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

struct scene {
	struct fake_world w;
	struct route route;
	struct mx_list hosts;
	struct published published;
};

static int set_up(void **state)
{
	static struct scene s;

	s = (struct scene){.route = {.kind = ROUTE_MX, .port = 25, .name = "d.test"}};
	fake_world_make(&s.w, RECORD " TLSA 3 1 1 " DIGEST "\n" RECORD " SECURE\n"
				     "_mta-sts.d.test TXT v=STSv1; id=one;\n");
	s.hosts = (struct mx_list){
		.targets = {{.host = "mx.d.test",
				    .canonical = "mx.d.test",
				    .is_secure = true,
				    .address = netaddr_v4(
					    (const unsigned char *)"\300\0\2\1", 25)},
			{.host = "mx2.d.test",
				.canonical = "mx2.d.test",
				.address = netaddr_v4(
					(const unsigned char *)"\300\0\2\2", 25)}},
		.count = 2};
	published_init(&s.published, &s.w.flush, &s.route, &s.hosts);
	*state = &s;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *s = *state;

	published_release(&s->published);
	fake_world_remove(&s->w);
	return 0;
}

static void records_are_looked_up_once(void **state)
{
	struct scene *s = *state;
	const struct dane *dane = NULL;

	for (int i = 0; i < 3; i++)
		dane = published_dane(&s->published, &s->hosts.targets[0]);
	assert_int_equal(dane->result, DANE_USABLE);
	assert_int_equal(zone_resolver_lookups(s->w.world.resolver, RECORD), 1);
	dane = published_dane(&s->published, &s->hosts.targets[1]);
	assert_int_equal(dane->result, DANE_NONE);
}

/* nobody has an address that this policy could be fetched from: it is missed once */
static void the_policy_is_looked_up_once(void **state)
{
	struct scene *s = *state;

	for (int i = 0; i < 3; i++)
		assert_null(published_sts(&s->published));
	assert_int_equal(
		zone_resolver_lookups(s->w.world.resolver, "_mta-sts.d.test"), 1);
	assert_int_equal(fake_world_logged(&s->w, "event=mta-sts-failed"), 1);
}

static void only_domains_have_policies(void **state)
{
	struct scene *s = *state;

	s->route.kind = ROUTE_LITERAL;
	assert_null(published_sts(&s->published));
	s->route.kind = ROUTE_MX;
	s->w.conf.mta_sts.is_enabled = false;
	assert_null(published_sts(&s->published));
	assert_int_equal(
		zone_resolver_lookups(s->w.world.resolver, "_mta-sts.d.test"), 0);
}

static void a_test_fails_for_one_host(void **state)
{
	struct scene *s = *state;

	published_fail_test(&s->published, &s->hosts.targets[1]);
	assert_false(published_has_failed_test(&s->published, &s->hosts.targets[0]));
	assert_true(published_has_failed_test(&s->published, &s->hosts.targets[1]));
}

static void only_hosts_of_domains_are_counted(void **state)
{
	struct scene *s = *state;
	const struct spool *spool = &s->w.dir.spool;

	s->route.kind = ROUTE_RELAY;
	published_count(&s->published, &s->hosts.targets[0], TLSRESULTS_NO_POLICY,
		TLSRESULTS_SUCCESS);
	assert_false(spool_dir_has(spool, "state/tls-results"));
	s->route.kind = ROUTE_MX;
	published_count(&s->published, &s->hosts.targets[0], TLSRESULTS_NO_POLICY,
		TLSRESULTS_SUCCESS);
	assert_true(spool_dir_has(spool, "state/tls-results"));
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, set_up, tear_down)
	static const struct CMUnitTest tests[] = {
		TEST(records_are_looked_up_once),
		TEST(the_policy_is_looked_up_once),
		TEST(only_domains_have_policies),
		TEST(a_test_fails_for_one_host),
		TEST(only_hosts_of_domains_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
