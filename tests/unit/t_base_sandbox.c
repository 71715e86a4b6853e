/* sources: tests/support/scratch.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sandbox.h"
#include "scratch.h"

struct world {
	struct scratch scratch;
	char inside[SCRATCH_PATH_MAX];
	char outside[SCRATCH_PATH_MAX];
};

static int make_world(void **state)
{
	static struct world world;

	scratch_init(&world.scratch);
	scratch_mkdir(&world.scratch, "in");
	scratch_mkdir(&world.scratch, "in/a");
	scratch_mkdir(&world.scratch, "in/b");
	scratch_mkdir(&world.scratch, "out");
	scratch_write(&world.scratch, "out/file", SPAN_LIT("text"), 0600);
	(void)snprintf(world.inside, sizeof(world.inside), "%s",
		scratch_path(&world.scratch, "in"));
	(void)snprintf(world.outside, sizeof(world.outside), "%s",
		scratch_path(&world.scratch, "out"));
	*state = &world;
	return 0;
}

static int remove_world(void **state)
{
	struct world *world = *state;

	scratch_release(&world->scratch);
	return 0;
}

#define NO_LANDLOCK 100
#define NO_SECCOMP  101

static int enter(const struct world *w, bool may_execute, struct sandbox_level *level)
{
	struct strv writable = {0};
	const struct sandbox_rules rules = {&writable, may_execute};

	strv_add(&writable, span_of(w->inside));
	strv_add(&writable, SPAN_LIT("/there/is/none"));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	sandbox_enter(&rules, level);
	strv_release(&writable);
	return 0;
}

static int in_child(const struct world *w, int (*claims)(const struct world *w))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(claims(w));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == NO_LANDLOCK || WEXITSTATUS(status) == NO_SECCOMP) {
		print_message("this kernel has no %s\n",
			WEXITSTATUS(status) == NO_LANDLOCK ? "Landlock" : "seccomp");
		skip();
	}
	return WEXITSTATUS(status);
}

static int opens(const char *directory, const char *name, int flags)
{
	char path[2 * SCRATCH_PATH_MAX];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, flags | O_CLOEXEC, 0600);
	return fd >= 0 && close(fd) == 0;
}

static int bind_port(in_port_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int rc = bind(fd, (const struct sockaddr *)&to, sizeof(to));

	(void)close(fd);
	return rc;
}

static int write_here_and_there(const struct world *w)
{
	struct sandbox_level level;
	char from[2 * SCRATCH_PATH_MAX], to[2 * SCRATCH_PATH_MAX];

	if (enter(w, false, &level) < 0)
		return 1;
	if (level.landlock == 0)
		return NO_LANDLOCK;
	if (!opens(w->inside, "a/new", O_WRONLY | O_CREAT | O_EXCL) ||
		!opens(w->inside, "a/new", O_WRONLY | O_TRUNC))
		return 2;
	/* from tmp/ to new/: what version 1 of Landlock could not allow */
	(void)snprintf(from, sizeof(from), "%s/a/new", w->inside);
	(void)snprintf(to, sizeof(to), "%s/b/new", w->inside);
	if (rename(from, to) != 0 || unlink(to) != 0)
		return 3;
	if (opens(w->outside, "new", O_WRONLY | O_CREAT) || errno != EACCES)
		return 4;
	if (opens(w->outside, "file", O_WRONLY) || !opens(w->outside, "file", O_RDONLY))
		return 5;
	(void)snprintf(to, sizeof(to), "%s/file", w->outside);
	if (unlink(to) == 0 || !opens("/dev", "null", O_RDWR))
		return 6;
	if (level.landlock >= 4 && (bind_port(54399) == 0 || bind_port(0) != 0))
		return 7;
	return 0;
}

static void files_are_written_in_few_places(void **state)
{
	assert_int_equal(in_child(*state, write_here_and_there), 0);
}

static int is_denied(long rc)
{
	return rc == -1 && errno == EPERM;
}

static int call_what_is_denied(const struct world *w)
{
	struct sandbox_level level;
	char *argv[] = {"true", NULL};
	int status;
	pid_t pid;

	if (enter(w, false, &level) < 0)
		return 1;
	if (!level.has_seccomp)
		return NO_SECCOMP;
	if (!is_denied(ptrace(PTRACE_TRACEME, 0, NULL, NULL)))
		return 2;
	if (!is_denied(syscall(SYS_bpf, 0, NULL, 0)) ||
		!is_denied(syscall(SYS_keyctl, 0, 0, 0, 0, 0)) ||
		!is_denied(syscall(SYS_io_uring_setup, 1, NULL)) ||
		!is_denied(syscall(SYS_userfaultfd, 0)))
		return 3;
	if (!is_denied(unshare(CLONE_NEWUSER)) ||
		!is_denied(
			syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0)))
		return 4;
	if (!is_denied(socket(AF_PACKET, SOCK_RAW, 0)) ||
		!is_denied(socket(AF_ALG, SOCK_SEQPACKET, 0)))
		return 5;
	if (!is_denied(execv("/bin/true", argv)))
		return 6;
#ifdef __x86_64__
	if (!is_denied(syscall(0x40000000 + SYS_getpid)))
		return 7;
#endif
	/* and what a delivery needs */
	pid = fork();
	if (pid == 0)
		_exit(3);
	if (waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 3)
		return 8;
	for (int family = AF_UNIX; family <= AF_NETLINK; family++) {
		int fd = family == AF_UNIX || family == AF_INET || family == AF_NETLINK
				 ? socket(family, SOCK_DGRAM, 0)
				 : 0;

		if (fd < 0)
			return 9;
		if (fd > 0)
			(void)close(fd);
	}
	return 0;
}

static void what_only_attackers_ask_is_denied(void **state)
{
	assert_int_equal(in_child(*state, call_what_is_denied), 0);
}

static int execute(const struct world *w)
{
	struct sandbox_level level;
	char *argv[] = {"true", NULL};

	if (enter(w, true, &level) < 0)
		return 1;
	(void)execv("/bin/true", argv);
	return 2;
}

static void who_may_execute_can(void **state)
{
	assert_int_equal(in_child(*state, execute), 0);
}

#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, make_world, remove_world)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_WORLD(files_are_written_in_few_places),
		WITH_WORLD(what_only_attackers_ask_is_denied),
		WITH_WORLD(who_may_execute_can),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
