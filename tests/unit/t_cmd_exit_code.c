#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <sysexits.h>

#include "cmd/exit_code.h"

static void each_kind_of_trouble_has_its_code(void **state)
{
	static const struct {
		enum fault_kind kind;
		int code;
		const char *why;
	} cases[] = {
		{FAULT_SYSTEM, EX_TEMPFAIL, "a full disk passes: try again"},
		{FAULT_USAGE, EX_USAGE, "the command line"},
		{FAULT_DATA, EX_DATAERR, "the message or an address"},
		{FAULT_INPUT, EX_IOERR, "stdin cannot be read to its end"},
		{FAULT_CREATE, EX_CANTCREAT, "no spool"},
		{FAULT_ACCESS, EX_NOPERM, "not allowed"},
		{FAULT_CONFIG, EX_CONFIG, "the configuration"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct fault f = {.kind = cases[i].kind, .text = "x"};

		if (exit_code_of(&f) != cases[i].code)
			fail_msg("%s: %d", cases[i].why, exit_code_of(&f));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_trouble_has_its_code),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
