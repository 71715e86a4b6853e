#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/privilege.h"

#define UID 54321
#define GID 54322

/* the child's own exit code says which of its claims is wrong */
static int in_child(int (*claims)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(claims());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void needs_root(void)
{
	if (geteuid() == 0)
		return;
	print_message("needs root\n");
	skip();
}

static int drop_and_look(void)
{
	const gid_t groups[] = {0, 4, 8};
	struct fault f;
	uid_t r, e, s;

	if (setgroups(3, groups) != 0)
		return 1;
	if (privilege_drop(UID, GID, &f) < 0)
		return 2;
	if (getresuid(&r, &e, &s) != 0 || r != UID || e != UID || s != UID)
		return 3;
	if (getegid() != GID || getgroups(0, NULL) != 0)
		return 4;
	if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0 ||
		setgroups(3, groups) == 0)
		return 5;
	/* what only root reads */
	if (open("/etc/shadow", O_RDONLY) >= 0)
		return 6;
	return 0;
}

static void rights_are_dropped_for_good(void **state)
{
	(void)state;
	needs_root();
	assert_int_equal(in_child(drop_and_look), 0);
}

static int drop_with_one_group(void)
{
	const gid_t groups[] = {0, 4, 8};
	struct fault f;
	gid_t group;

	if (setgroups(3, groups) != 0)
		return 1;
	if (privilege_drop_with(UID, GID, 8, &f) < 0)
		return 2;
	if (getgroups(0, NULL) != 1 || getgroups(1, &group) != 1 || group != 8)
		return 3;
	return setuid(0) == 0 || setgroups(3, groups) == 0 ? 4 : 0;
}

static int drop_with_the_own_group(void)
{
	struct fault f;

	if (privilege_drop_with(UID, GID, GID, &f) < 0)
		return 1;
	return getgroups(0, NULL) != 0 ? 2 : 0;
}

static void one_group_may_be_kept(void **state)
{
	(void)state;
	needs_root();
	assert_int_equal(in_child(drop_with_one_group), 0);
	assert_int_equal(in_child(drop_with_the_own_group), 0);
}

static int drop_root(void)
{
	struct fault f;

	if (privilege_drop(0, 0, &f) < 0)
		return 1;
	/* root without its capabilities may become nobody else */
	return setuid(UID) == 0 ? 2 : 0;
}

static void root_keeps_only_its_files(void **state)
{
	(void)state;
	needs_root();
	assert_int_equal(in_child(drop_root), 0);
}

static int drop_to_minus_one(void)
{
	struct fault f;

	if (privilege_drop((uid_t)-1, GID, &f) == 0)
		return 1;
	if (privilege_drop_with(UID, GID, (gid_t)-1, &f) == 0)
		return 3;
	return privilege_drop(UID, (gid_t)-1, &f) == 0 ? 2 : 0;
}

static void minus_one_is_nobody(void **state)
{
	(void)state;
	assert_int_equal(in_child(drop_to_minus_one), 0);
}

static int drop_without_rights(void)
{
	struct fault f = {0};

	if (geteuid() == 0 && setresuid(UID, UID, UID) != 0)
		return 1;
	if (privilege_drop(UID + 1, GID, &f) == 0)
		return 2;
	return strstr(f.text, "cannot drop") ? 0 : 3;
}

static void who_has_no_rights_cannot_change_them(void **state)
{
	(void)state;
	assert_int_equal(in_child(drop_without_rights), 0);
}

static int confine_and_look(void)
{
	const struct rlimit lowest = {1024, 1024};
	struct rlimit limit;
	struct fault f;

	if (privilege_confine(&f) < 0)
		return 1;
	if (prctl(PR_GET_DUMPABLE) != 0)
		return 2;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 3;
	if (getrlimit(RLIMIT_CORE, &limit) != 0 || limit.rlim_cur || limit.rlim_max)
		return 4;
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 5;
	/* valgrind lets nobody lower this one */
	return limit.rlim_max > 1024 && setrlimit(RLIMIT_NOFILE, &lowest) == 0 ? 6 : 0;
}

static void limits_only_fall(void **state)
{
	(void)state;
	assert_int_equal(in_child(confine_and_look), 0);
}

static int detach_and_look(void)
{
	int kept = open("/dev/null", O_WRONLY);
	int other = open("/dev/zero", O_RDONLY);
	const int all[PRIVILEGE_KEPT] = {20, -1, 18};
	const int none[PRIVILEGE_KEPT] = {-1, STDERR_FILENO, -1};
	struct fault f;
	char octet;

	if (kept < 0 || other < 0)
		return 1;
	/* not side by side, so that all ranges are there */
	if (dup2(kept, 18) != 18 || dup2(kept, 20) != 20 || dup2(other, 19) != 19 ||
		dup2(other, 21) != 21)
		return 2;
	if (privilege_detach(all, &f) < 0)
		return 3;
	for (int fd = STDERR_FILENO + 1; fd < 64; fd++)
		if ((fcntl(fd, F_GETFD) >= 0) != (fd == 18 || fd == 20))
			return 4;
	if (read(STDIN_FILENO, &octet, 1) != 0)
		return 5;
	if (privilege_detach(none, &f) < 0 || fcntl(20, F_GETFD) >= 0)
		return 6;
	return open("/dev/tty", O_RDONLY) >= 0 ? 7 : 0;
}

static void nothing_is_inherited_but_what_is_kept(void **state)
{
	(void)state;
	assert_int_equal(in_child(detach_and_look), 0);
}

static int clear_and_look(void)
{
	static const char *const kept[] = {"NULLMTA_", "LISTEN_", NULL};
	static char secret[] = "SECRET=of-root";

	(void)putenv(secret);
	(void)setenv("NULLMTA_RELAY", "a=b", 1);
	(void)setenv("LD_PRELOAD", "/tmp/evil.so", 1);
	(void)setenv("OPENSSL_CONF", "/tmp/evil.cnf", 1);
	(void)setenv("PATH", "/tmp", 1);
	privilege_clear_environment(kept);
	if (secret[0] || secret[sizeof(secret) - 2])
		return 4;
	if (getenv("LD_PRELOAD") || getenv("OPENSSL_CONF") || getenv("HOME"))
		return 1;
	if (!getenv("NULLMTA_RELAY") || strcmp(getenv("NULLMTA_RELAY"), "a=b") != 0)
		return 2;
	return strcmp(getenv("PATH"), "/usr/sbin:/usr/bin:/sbin:/bin") != 0 ? 3 : 0;
}

static void the_environment_is_forgotten(void **state)
{
	(void)state;
	assert_int_equal(in_child(clear_and_look), 0);
}

static int wait_for_parent(void)
{
	int fds[2];
	char octet;
	pid_t pid;

	if (pipe(fds) != 0)
		return 1;
	pid = fork();
	if (pid == 0) {
		/* ends by SIGTERM as soon as its parent has, and the pipe with it */
		privilege_die_with(getppid());
		(void)!write(fds[1], "r", 1);
		for (;;)
			(void)pause();
	}
	return read(fds[0], &octet, 1) == 1 ? 0 : 2;
}

static void a_child_dies_with_its_parent(void **state)
{
	int fds[2];
	char octet;

	(void)state;
	/* whoever still lives holds the other end */
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(in_child(wait_for_parent), 0);
	assert_int_equal(close(fds[1]), 0);
	assert_int_equal(read(fds[0], &octet, 1), 0);
	assert_int_equal(close(fds[0]), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rights_are_dropped_for_good),
		cmocka_unit_test(one_group_may_be_kept),
		cmocka_unit_test(root_keeps_only_its_files),
		cmocka_unit_test(minus_one_is_nobody),
		cmocka_unit_test(who_has_no_rights_cannot_change_them),
		cmocka_unit_test(limits_only_fall),
		cmocka_unit_test(nothing_is_inherited_but_what_is_kept),
		cmocka_unit_test(the_environment_is_forgotten),
		cmocka_unit_test(a_child_dies_with_its_parent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
