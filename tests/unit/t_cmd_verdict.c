#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sysexits.h>

#include "base/bug.h"
#include "cmd/verdict.h"

static void each_outcome_has_its_code(void **state)
{
	static const struct {
		enum outcome_kind kind;
		enum outcome_scope scope;
		const char *status;
		int smtp, code;
		const char *advice; /* some words of it; NULL: none is needed */
		const char *why;
	} cases[] = {
		{OUTCOME_DELIVERED, OUTCOME_RECIPIENT, "2.1.5", 250, EX_OK, NULL,
			"taken"},
		{OUTCOME_DELIVERED, OUTCOME_RECIPIENT, "2.0.0", 0, EX_OK, NULL,
			"discarded"},
		{OUTCOME_FAILED, OUTCOME_RECIPIENT, "5.1.1", 550, EX_NOUSER, "mailbox",
			"the server does not know the recipient"},
		{OUTCOME_FAILED, OUTCOME_MESSAGE, "5.7.1", 554, EX_UNAVAILABLE, "rules",
			"the server refuses mail like this"},
		{OUTCOME_FAILED, OUTCOME_RECIPIENT, "5.1.2", 0, EX_NOHOST, "spelling",
			"no such domain"},
		{OUTCOME_FAILED, OUTCOME_RECIPIENT, "5.1.10", 0, EX_NOHOST, "null MX",
			"null MX"},
		{OUTCOME_FAILED, OUTCOME_RECIPIENT, "5.4.6", 0, EX_NOHOST, "loop",
			"mail would loop"},
		{OUTCOME_FAILED, OUTCOME_RECIPIENT, "5.7.1", 0, EX_UNAVAILABLE, "",
			"an error: route"},
		{OUTCOME_DEFERRED, OUTCOME_RECIPIENT, "4.7.1", 451, EX_TEMPFAIL, "wait",
			"greylisting"},
		{OUTCOME_DEFERRED, OUTCOME_HOST, "4.4.1", 0, EX_TEMPFAIL, "network",
			"cannot connect"},
		{OUTCOME_DEFERRED, OUTCOME_HOST, "4.4.2", 0, EX_TEMPFAIL, "network",
			"timed out"},
		{OUTCOME_DEFERRED, OUTCOME_HOST, "4.3.2", 421, EX_TEMPFAIL, "wait",
			"busy"},
		{OUTCOME_DEFERRED, OUTCOME_HOST, "4.5.0", 0, EX_TEMPFAIL, "wait",
			"nonsense"},
		{OUTCOME_DEFERRED, OUTCOME_ROUTE, "4.4.3", 0, EX_TEMPFAIL, "name servers",
			"DNS does not answer about the relay"},
		{OUTCOME_DEFERRED, OUTCOME_ROUTE, "4.4.4", 0, EX_CONFIG, "host",
			"the relay does not exist"},
		{OUTCOME_DEFERRED, OUTCOME_ROUTE, "4.3.5", 0, EX_CONFIG, NULL,
			"a key that cannot be read"},
		{OUTCOME_DEFERRED, OUTCOME_RECIPIENT, "4.3.5", 0, EX_CONFIG, NULL,
			"a broken alias"},
		{OUTCOME_DEFERRED, OUTCOME_ROUTE, "4.7.8", 0, EX_CONFIG, NULL,
			"no password"},
		{OUTCOME_DEFERRED, OUTCOME_ROUTE, "4.7.5", 0, EX_NOPERM, NULL,
			"the relay's certificate"},
		{OUTCOME_DEFERRED, OUTCOME_HOST, "4.7.5", 0, EX_NOPERM, NULL,
			"an MX host's certificate, by DANE or MTA-STS"},
		{OUTCOME_DEFERRED, OUTCOME_ROUTE, "4.7.4", 0, EX_NOPERM, NULL,
			"no STARTTLS, no mechanism"},
		{OUTCOME_DEFERRED, OUTCOME_ROUTE, "4.7.8", 535, EX_NOPERM, "password",
			"a wrong password"},
		{OUTCOME_DEFERRED, OUTCOME_ROUTE, "4.0.0", 535, EX_NOPERM, "password",
			"the same without a status"},
		{OUTCOME_DEFERRED, OUTCOME_ROUTE, "4.0.0", 530, EX_NOPERM, "",
			"it wants a login"},
		{OUTCOME_DEFERRED, OUTCOME_ROUTE, "4.3.2", 554, EX_UNAVAILABLE, "",
			"the relay does not want us"},
		{OUTCOME_PENDING, OUTCOME_HOST, "4.3.2", 0, EX_TEMPFAIL, "wait",
			"not asked"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct outcome o = outcome_make(
			cases[i].kind, cases[i].scope, cases[i].status, "some text");
		struct verdict v;

		o.code = cases[i].smtp;
		v = verdict_of(&o);
		if (v.code != cases[i].code)
			fail_msg("%s: %d", cases[i].why, v.code);
		if (cases[i].advice ? !strstr(v.advice, cases[i].advice) : *v.advice)
			fail_msg("%s: %s", cases[i].why, v.advice);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_outcome_has_its_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
