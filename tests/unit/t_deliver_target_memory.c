#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "deliver/target_memory.h"

#define NOW 1795419407

static struct mx_target target(const char *host, const char *address, uint16_t port)
{
	struct mx_target t = {.port = port};

	(void)text_copy(t.host, sizeof(t.host), span_of(host));
	if (address[0] == '/')
		assert_int_equal(netaddr_unix(span_of(address), &t.address), 0);
	else if (address[0])
		assert_int_equal(netaddr_parse(span_of(address), port, &t.address), 0);
	return t;
}

static struct outcome refused(void)
{
	return outcome_make(OUTCOME_DEFERRED, OUTCOME_HOST, "4.4.1", "refused");
}

struct key_case {
	const char *host, *address;
	const char *key;
};

static void test_keys(void **state)
{
	static const struct key_case cases[] = {
		{"a.test", "192.0.2.1", "at:[192.0.2.1]:25"},
		{"", "2001:db8::1", "at:[2001:db8::1]:25"},
		{"", "/run/l m\ttp", "at:/run/l?m?tp"},
		{"a.test", "", "at:a.test:25"},
	};
	struct outcome o = refused();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct mx_target t = target(cases[i].host, cases[i].address, 25);
		struct target_memory *m = target_memory_new();
		struct hosts hosts;
		size_t seen = 0;

		hosts_init(&hosts);
		target_memory_note(m, &t, &o, NOW);
		assert_true(target_memory_read(m, &seen, &hosts, 0));
		assert_int_equal(hosts.count, 1);
		assert_string_equal(hosts.items[0].key, cases[i].key);
		assert_false(target_memory_read(m, &seen, &hosts, 0));
		hosts_release(&hosts);
		target_memory_free(m);
	}
}

/* What a child notes its parent reads; that it works again is news, too. */
static void test_news_of_another_process(void **state)
{
	struct mx_target t = target("a.test", "192.0.2.1", 25);
	struct target_memory *m = target_memory_new();
	struct outcome o = refused();
	struct hosts hosts;
	size_t seen = 0;
	int status;

	(void)state;
	hosts_init(&hosts);
	assert_false(target_memory_read(m, &seen, &hosts, 0));
	if (fork() == 0) {
		target_memory_note(m, &t, &o, NOW);
		_exit(0);
	}
	assert_true(wait(&status) > 0);
	assert_true(target_memory_read(m, &seen, &hosts, 0));
	assert_true(hosts_is_down(&hosts, "at:[192.0.2.1]:25", NOW));
	target_memory_note(m, &t, NULL, NOW);
	assert_true(target_memory_read(m, &seen, &hosts, 0));
	assert_int_equal(hosts.count, 0);
	hosts_release(&hosts);
	target_memory_free(m);
}

static void test_what_is_too_much_is_forgotten(void **state)
{
	struct mx_target t = target("a.test", "192.0.2.1", 25);
	struct target_memory *m = target_memory_new();
	struct outcome o = refused();
	struct hosts hosts;
	size_t seen = 0;

	(void)state;
	hosts_init(&hosts);
	for (uint16_t port = 1; port <= TARGET_NOTES_MAX + 10; port++) {
		t.port = port;
		netaddr_set_port(&t.address, port);
		target_memory_note(m, &t, &o, NOW);
	}
	assert_true(target_memory_read(m, &seen, &hosts, 0));
	assert_int_equal(hosts.count, TARGET_NOTES_MAX);
	hosts_release(&hosts);
	target_memory_free(m);
	target_memory_free(NULL);
}

static void test_what_is_down_stands_behind(void **state)
{
	struct target_memory *m = target_memory_new();
	struct outcome o = refused();
	struct mx_list list = {.count = 4, .is_secure = true};
	struct hosts hosts;
	size_t seen = 0;

	(void)state;
	for (unsigned i = 0; i < list.count; i++)
		list.targets[i] = target("a.test", "192.0.2.1", (uint16_t)(i + 1));
	hosts_init(&hosts);
	target_memory_note(m, &list.targets[0], &o, NOW);
	target_memory_note(m, &list.targets[2], &o, NOW);
	(void)target_memory_read(m, &seen, &hosts, 0);
	target_memory_sort(&hosts, NOW, &list);
	assert_int_equal(list.count, 4);
	assert_true(list.is_secure);
	assert_int_equal(list.targets[0].port, 2);
	assert_int_equal(list.targets[1].port, 4);
	assert_int_equal(list.targets[2].port, 1);
	assert_int_equal(list.targets[3].port, 3);
	hosts_release(&hosts);
	target_memory_free(m);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_news_of_another_process),
		cmocka_unit_test(test_what_is_too_much_is_forgotten),
		cmocka_unit_test(test_what_is_down_stands_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
