#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bug.h"
#include "mail/own_domain.h"

static void domains_are_ours_or_not(void **state)
{
	static char *names[] = {"box.lan", "localhost", ".home.arpa"};
	static const struct {
		const char *domain;
		bool is_own;
		const char *why;
	} cases[] = {
		{"box.lan", true, "the name"},
		{"BOX.Lan", true, "in other letters"},
		{"x.box.lan", false, "below it"},
		{"lan", false, "above it"},
		{"pc.home.arpa", true, "below a domain"},
		{"a.pc.Home.arpa", true, "far below"},
		{"home.arpa", false, "the domain itself"},
		{"xhome.arpa", false, "only the letters"},
		{"other.test", false, "another"},
	};
	const struct strv own = {.items = names, .count = ARRAY_LEN(names)};
	const struct strv none = {0};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (own_domain_has(&own, span_of(cases[i].domain)) != cases[i].is_own)
			fail_msg("%s: %s", cases[i].why, cases[i].domain);
		assert_false(own_domain_has(&none, span_of(cases[i].domain)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(domains_are_ours_or_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
