/* ldflags: -Wl,--wrap=getpwnam_r */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pwd.h>
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

static void somebody_is_found_by_name(void **state)
{
	struct user u;
	struct fault f;

	(void)state;
	assert_int_equal(user_find(&u, "root", &f), 1);
	assert_int_equal(u.uid, 0);
	assert_true(u.has_entry);
	assert_string_equal(u.name, "root");
	assert_true(u.home && u.home[0] == '/');
	user_release(&u);
}

static void nobody_is_called_like_this(void **state)
{
	static const struct {
		const char *name;
		const char *why;
	} cases[] = {
		{"", "empty"},
		{"0", "a uid is no name"},
		{"root:x", "the separator of passwd"},
		{"root\n", "an end of line"},
		{"Root", "names have case"},
		{"roo", "a beginning"},
	};
	char flood[USER_NAME_MAX + 2];
	struct user u;
	struct fault f;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (user_find(&u, cases[i].name, &f) != 0)
			fail_msg("%s", cases[i].why);
	memset(flood, 'x', sizeof(flood));
	flood[sizeof(flood) - 1] = '\0';
	assert_int_equal(user_find(&u, flood, &f), 0);
}

/* What a name service says. Users of /etc/passwd are found without it. */
static int name_service_result;

int __wrap_getpwnam_r(const char *name, struct passwd *entry, char *memory, size_t size,
	struct passwd **ret);
int __wrap_getpwnam_r(const char *name, struct passwd *entry, char *memory, size_t size,
	struct passwd **ret)
{
	*ret = NULL;
	if (name_service_result)
		return name_service_result;
	if (size < 5000)
		return ERANGE;
	if (strcmp(name, "far") == 0) {
		memcpy(memory, "far", 4);
		*entry =
			(struct passwd){.pw_name = memory, .pw_uid = 7, .pw_dir = memory};
		*ret = entry;
	}
	return 0;
}

static void a_name_service_that_is_down_is_no_answer(void **state)
{
	static const int troubles[] = {
		ENOENT, ESRCH, EBADF, EPERM, EIO, EMFILE, EAGAIN, ERANGE, ECONNREFUSED};
	struct user u;
	struct fault f;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(troubles); i++) {
		name_service_result = troubles[i];
		assert_int_equal(user_find(&u, "far", &f), -1);
		assert_int_equal(f.kind, FAULT_SYSTEM);
		assert_int_equal(f.err, troubles[i]);
		assert_false(user_exists("far"));
	}
	name_service_result = 0;
}

static void a_name_service_has_users_too(void **state)
{
	struct user u;
	struct fault f;

	(void)state;
	assert_int_equal(user_find(&u, "far", &f), 1);
	assert_int_equal(u.uid, 7);
	assert_string_equal(u.gecos, "");
	assert_null(u.home); /* a relative one is none */
	user_release(&u);
	assert_int_equal(user_find(&u, "nobody-at-all", &f), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_names_are_taken_from_gecos),
		cmocka_unit_test(a_uid_without_an_entry_is_a_user_too),
		cmocka_unit_test(users_have_names),
		cmocka_unit_test(somebody_is_found_by_name),
		cmocka_unit_test(nobody_is_called_like_this),
		cmocka_unit_test(a_name_service_that_is_down_is_no_answer),
		cmocka_unit_test(a_name_service_has_users_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
