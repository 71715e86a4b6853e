#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/secret.h"

static void a_secret_is_a_copy(void **state)
{
	char text[] = "pencil";
	struct secret s;

	(void)state;
	secret_copy(&s, span_of(text));
	memset(text, 'x', sizeof(text) - 1);
	assert_true(span_is(secret_span(&s), "pencil"));
	secret_wipe(&s);
	assert_int_equal(secret_span(&s).len, 0);
	assert_null(s.data);
	secret_wipe(&s); /* twice is once */
}

static void a_secret_may_be_empty(void **state)
{
	struct secret s;

	(void)state;
	secret_copy(&s, SPAN_NONE);
	assert_int_equal(secret_span(&s).len, 0);
	assert_non_null(secret_span(&s).data);
	secret_wipe(&s);
}

static void what_is_cut_off_is_overwritten(void **state)
{
	struct secret s;

	(void)state;
	secret_init(&s, 100);
	memcpy(s.data, "pencil\nrest", 11);
	s.len = 11;
	secret_truncate(&s, 6);
	assert_true(span_is(secret_span(&s), "pencil"));
	for (size_t i = 6; i < 100; i++)
		assert_int_equal(s.data[i], 0);
	secret_truncate(&s, 50);
	assert_int_equal(s.len, 6);
	secret_wipe(&s);
}

/* Whether the mapping that `at` lies in would be part of a core. */
static bool is_dumped(const void *at)
{
	FILE *f = fopen("/proc/self/smaps", "re");
	unsigned long address = (unsigned long)(uintptr_t)at;
	bool is_here = false, result = true;
	char line[512];

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		char *end;
		unsigned long from = strtoul(line, &end, 16);

		if (*end == '-')
			is_here = from <= address && address < strtoul(end + 1, NULL, 16);
		if (is_here && strncmp(line, "VmFlags:", 8) == 0)
			result = strstr(line, " dd") == NULL;
	}
	(void)fclose(f);
	return result;
}

static void a_secret_is_not_in_a_core(void **state)
{
	struct secret s;

	(void)state;
	secret_copy(&s, SPAN_LIT("pencil"));
	assert_false(is_dumped(s.data));
	secret_wipe(&s);
}

static void a_protected_process_leaves_no_core(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		struct rlimit limit;

		secret_protect_process();
		if (getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_cur ||
			limit.rlim_max)
			_exit(1);
		_exit(prctl(PR_GET_DUMPABLE) == 0 ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_is_a_copy),
		cmocka_unit_test(a_secret_may_be_empty),
		cmocka_unit_test(what_is_cut_off_is_overwritten),
		cmocka_unit_test(a_secret_is_not_in_a_core),
		cmocka_unit_test(a_protected_process_leaves_no_core),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
