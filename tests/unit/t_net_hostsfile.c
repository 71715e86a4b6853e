#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "net/hostsfile.h"

static const char text[] = "# comment a.test\n"
			   "192.0.2.1 a.test short # c.test\n"
			   "\t192.0.2.2\tb.test\tA.TEST  \r\n"
			   "2001:db8::1 a.test\n"
			   "192.0.2.300 a.test\n"
			   "fe80::1%eth0 a.test\n"
			   "a.test 192.0.2.4\n"
			   "192.0.2.5\n"
			   "\n"
			   "192.0.2.6 last";

static void test_names(void **state)
{
	static const char *const cases[][2] = {
		{"a.test", "192.0.2.1 192.0.2.2 2001:db8::1"},
		{"SHORT", "192.0.2.1"},
		{"b.test", "192.0.2.2"},
		{"last", "192.0.2.6"},
		{"c.test", ""},
		{"#", ""},
		{"192.0.2.4", ""},
		{"", ""},
		{"test", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct netaddr_list found = {0};
		struct buf shown = BUF_INIT(1024);
		char one[NETADDR_TEXT_MAX];

		hostsfile_find(span_of(text), cases[i][0], &found);
		for (size_t k = 0; k < found.count; k++) {
			netaddr_format(&found.items[k], one);
			buf_addf(&shown, "%s%s", k ? " " : "", one);
		}
		assert_string_equal(buf_str(&shown), cases[i][1]);
		netaddr_list_release(&found);
		buf_release(&shown);
	}
}

static void test_an_empty_file(void **state)
{
	struct netaddr_list found = {0};

	(void)state;
	hostsfile_find(SPAN_NONE, "a.test", &found);
	assert_int_equal(found.count, 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_an_empty_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
