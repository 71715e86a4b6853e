#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "base/mem.h"
#include "net/resolvconf.h"

/* "192.0.2.1 ::1 | example.org": the servers, and the search list */
static void describe(const struct resolvconf *c, char *to, size_t size)
{
	char text[NETADDR_TEXT_MAX];
	size_t used = 0;

	to[0] = '\0';
	for (int i = 0; i < c->server_count; i++) {
		assert_int_equal(netaddr_port(&c->servers[i]), 53);
		netaddr_format(&c->servers[i], text);
		used += (size_t)snprintf(to + used, size - used, "%s ", text);
	}
	used += (size_t)snprintf(to + used, size - used, "|");
	for (size_t i = 0; i < c->search.count; i++)
		used += (size_t)snprintf(
			to + used, size - used, " %s", c->search.items[i]);
}

static void what_it_says(void **state)
{
	static const struct {
		const char *why;
		const char *text;
		const char *means;
	} cases[] = {
		{"nothing", "", "127.0.0.1 |"},
		{"the usual", "search example.org example.net\nnameserver 192.0.2.1\n",
			"192.0.2.1 | example.org example.net"},
		{"no line end, and tabs", "nameserver\t2001:db8::1", "2001:db8::1 |"},
		{"CRLF", "domain example.org\r\nnameserver 192.0.2.1\r\n",
			"192.0.2.1 | example.org"},
		{"the last list counts",
			"domain a.example\nsearch b.example c.example.\n",
			"127.0.0.1 | b.example c.example"},
		{"comments",
			"# nameserver 192.0.2.1\n;search x\nnameserver 192.0.2.2 #\n",
			"192.0.2.2 |"},
		{"what is no address", "nameserver ns.example.org\nnameserver\n",
			"127.0.0.1 |"},
		{"another's zone", "nameserver fe80::1%eth0\nnameserver 192.0.2.2\n",
			"192.0.2.2 |"},
		{"a fourth server",
			"nameserver ::1\nnameserver ::2\nnameserver ::3\nnameserver "
			"::4\n",
			"::1 ::2 ::3 |"},
		{"a seventh domain", "search a b c d e f g\n", "127.0.0.1 | a b c d e f"},
		{"what is no domain", "search . a..b example.org\n",
			"127.0.0.1 | example.org"},
		{"what it does not know", "options trust-ad\nsortlist 192.0.2.0\n",
			"127.0.0.1 |"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct resolvconf c;
		char means[512];

		resolvconf_parse(span_of(cases[i].text), &c);
		describe(&c, means, sizeof(means));
		print_message("%s\n", cases[i].why);
		assert_string_equal(means, cases[i].means);
		assert_false(c.is_trusted);
		resolvconf_release(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
