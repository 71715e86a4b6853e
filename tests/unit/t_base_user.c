#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/mem.h"
#include "base/user.h"

static void full_names_are_taken_from_gecos(void **state)
{
	static const struct {
		const char *gecos;
		const char *want;
		const char *why;
	} cases[] = {
		{"Jane Doe,,,", "Jane Doe", "up to the first comma"},
		{"& Doe", "Jane Doe", "the ampersand"},
		{"", "", "nothing"},
		{"a\x01\nb", "ab", "control characters go"},
		{"J\xc3\xb6rg", "J\xc3\xb6rg", "UTF-8 stays"},
	};
	char flood[400];
	struct user u = {.name = mem_string("jane")};
	struct buf b = BUF_INIT(1000);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		u.gecos = mem_string(cases[i].gecos);
		buf_reset(&b);
		user_full_name(&u, &b);
		if (strcmp(buf_str(&b), cases[i].want) != 0)
			fail_msg("%s: %s", cases[i].why, buf_str(&b));
		free(u.gecos);
	}
	memset(flood, 'x', sizeof(flood));
	flood[sizeof(flood) - 1] = '\0';
	u.gecos = mem_string(flood);
	buf_reset(&b);
	user_full_name(&u, &b);
	assert_int_equal(b.len, 0);
	buf_release(&b);
	user_release(&u);
}

static void a_uid_without_an_entry_is_a_user_too(void **state)
{
	struct user u;

	(void)state;
	assert_int_equal(setenv("HOME", "/somewhere", 1), 0);
	user_lookup(&u, 3999999999U);
	assert_false(u.has_entry);
	assert_string_equal(u.name, "uid3999999999");
	assert_string_equal(u.home, "/somewhere");
	assert_string_equal(u.gecos, "");
	user_release(&u);
	assert_int_equal(setenv("HOME", "relative", 1), 0);
	user_lookup(&u, 3999999999U);
	assert_null(u.home);
	user_release(&u);
	/* everybody has root, and HOME says nothing about him */
	user_lookup(&u, 0);
	assert_true(u.has_entry);
	assert_string_equal(u.name, "root");
	assert_true(u.home && u.home[0] == '/');
	user_release(&u);
}

static void users_have_names(void **state)
{
	(void)state;
	assert_true(user_exists("root"));
	assert_false(user_exists("no-such-user@here"));
	assert_false(user_exists(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_names_are_taken_from_gecos),
		cmocka_unit_test(a_uid_without_an_entry_is_a_user_too),
		cmocka_unit_test(users_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
