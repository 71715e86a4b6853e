/* ldflags: -Wl,--wrap=getpwnam_r -Wl,--wrap=getpwuid_r -Wl,--wrap=open */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

/* /etc/passwd of the test; NULL: that of the machine */
static const char *passwd_file;
static unsigned uid_questions; /* to name services */

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list args;

	if (flags & O_CREAT) {
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
	}
	if (passwd_file && strcmp(path, "/etc/passwd") == 0)
		path = passwd_file;
	return __real_open(path, flags, mode);
}

int __real_getpwuid_r(
	uid_t uid, struct passwd *entry, char *memory, size_t size, struct passwd **ret);
int __wrap_getpwuid_r(
	uid_t uid, struct passwd *entry, char *memory, size_t size, struct passwd **ret);
int __wrap_getpwuid_r(
	uid_t uid, struct passwd *entry, char *memory, size_t size, struct passwd **ret)
{
	uid_questions++;
	return __real_getpwuid_r(uid, entry, memory, size, ret);
}

/* Lines of different lengths, so that blocks end everywhere in them. */
static void write_passwd(FILE *file, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		(void)fprintf(file, "user%u:x:%u:%u:%.*s:/home/%u:/bin/sh\n", i,
			500000 + i, 600000 + i, (int)(i % 61),
			"a name that is somewhat longer than most people's names are....",
			i);
	assert_int_equal(fflush(file), 0);
}

static void a_long_file_is_read_to_its_end(void **state)
{
	enum { COUNT = 2000 };
	FILE *file = tmpfile();
	char path[64], name[32];
	struct user u;

	(void)state;
	assert_non_null(file);
	write_passwd(file, COUNT);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(file));
	passwd_file = path;
	uid_questions = 0;
	for (unsigned i = 0; i < COUNT; i++) {
		user_lookup(&u, 500000 + i);
		(void)snprintf(name, sizeof(name), "user%u", i);
		assert_true(u.has_entry);
		assert_string_equal(u.name, name);
		assert_int_equal(u.gid, 600000 + i);
		user_release(&u);
	}
	assert_int_equal(uid_questions, 0);
	user_lookup(&u, 500000 + COUNT);
	assert_false(u.has_entry);
	user_release(&u);
	assert_true(uid_questions > 0);
	passwd_file = NULL;
	(void)fclose(file);
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
		cmocka_unit_test(a_long_file_is_read_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
