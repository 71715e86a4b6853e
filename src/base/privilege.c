#include "base/privilege.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/secret.h"
#include "base/span.h"
#include "base/strv.h"

#define MEMORY_MAX      ((rlim_t)512 * 1024 * 1024)
#define DESCRIPTORS_MAX 1024

#if defined(__SANITIZE_ADDRESS__)
#define HAS_SHADOW_MEMORY 1 /* terabytes of it */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HAS_SHADOW_MEMORY 1
#endif
#endif

static int fail(struct fault *f, const char *what)
{
	fault_set(f, FAULT_SYSTEM, errno, "cannot drop privileges: %s", what);
	return -1;
}

static int stay(struct fault *f, const char *what)
{
	fault_set(f, FAULT_SYSTEM, 0, "privileges are not gone: %s", what);
	return -1;
}

/* setresuid(2) took them from all but root; for root, and to be sure, once more */
static int drop_capabilities(struct fault *f)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};

	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	if (syscall(SYS_capset, &head, data) != 0)
		return fail(f, "capabilities");
	if (syscall(SYS_capget, &head, data) != 0)
		return fail(f, "capabilities");
	for (size_t i = 0; i < ARRAY_LEN(data); i++)
		if (data[i].effective || data[i].permitted || data[i].inheritable)
			return stay(f, "capabilities");
	return 0;
}

/* The groups are the one that was asked for, or none. */
static int check_groups(const gid_t *also, struct fault *f)
{
	gid_t group;

	if (getgroups(0, NULL) != (also != NULL) ||
		(also && (getgroups(1, &group) != 1 || group != *also)))
		return stay(f, "groups");
	return 0;
}

static int check_ids(uid_t uid, gid_t gid, struct fault *f)
{
	uid_t uids[3];
	gid_t gids[3];

	if (getresuid(&uids[0], &uids[1], &uids[2]) != 0 ||
		getresgid(&gids[0], &gids[1], &gids[2]) != 0)
		return fail(f, "ids");
	for (size_t i = 0; i < ARRAY_LEN(uids); i++)
		if (uids[i] != uid || gids[i] != gid)
			return stay(f, "ids");
	return 0;
}

/* What must fail from now on is tried. */
static int check_no_way_back(uid_t uid, gid_t gid, struct fault *f)
{
	if (uid != 0 && (setuid(0) == 0 || seteuid(0) == 0 ||
				setresuid((uid_t)-1, 0, (uid_t)-1) == 0))
		return stay(f, "a way back to root");
	if (gid != 0 && (setgid(0) == 0 || setegid(0) == 0))
		return stay(f, "a way back to the group of root");
	if (setgroups(1, &gid) == 0)
		return stay(f, "a way to other groups");
	return 0;
}

int privilege_drop(uid_t uid, gid_t gid, struct fault *f)
{
	return privilege_drop_with(uid, gid, USER_NO_GROUP, f);
}

int privilege_drop_with(uid_t uid, gid_t gid, gid_t also, struct fault *f)
{
	const gid_t *group = also == USER_NO_GROUP || also == gid ? NULL : &also;

	if (uid == (uid_t)-1 || gid == (gid_t)-1 || also == (gid_t)-1)
		return stay(f, "-1 is no user and no group");
	if (setgroups(group != NULL, group) != 0)
		return fail(f, "groups");
	if (setresgid(gid, gid, gid) != 0)
		return fail(f, "group");
	if (setresuid(uid, uid, uid) != 0)
		return fail(f, "user");
	if (drop_capabilities(f) < 0 || check_ids(uid, gid, f) < 0 ||
		check_groups(group, f) < 0)
		return -1;
	return check_no_way_back(uid, gid, f);
}

static struct rlimit lowered(struct rlimit limit, rlim_t to)
{
	if (limit.rlim_max > to)
		limit.rlim_max = to;
	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_cur = limit.rlim_max;
	return limit;
}

/* C libraries differ in the type of a resource: only constants fit all of them */
static void lower_limits(void)
{
	struct rlimit limit;

#ifndef HAS_SHADOW_MEMORY
	if (getrlimit(RLIMIT_DATA, &limit) == 0) {
		limit = lowered(limit, MEMORY_MAX);
		(void)setrlimit(RLIMIT_DATA, &limit); /* it only lowers */
	}
#endif
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit = lowered(limit, DESCRIPTORS_MAX);
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/*
 * Not RLIMIT_FSIZE, for a mailbox may have any size, nor RLIMIT_NPROC, which counts what the
 * user runs elsewhere.
 */
int privilege_confine(struct fault *f)
{
	secret_protect_process();
	lower_limits();
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return fail(f, "no_new_privs");
	return 0;
}

void privilege_die_with(pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent) /* it ended before we asked */
		_exit(0);
}

static void close_range_of(unsigned first, unsigned last)
{
	if (first <= last)
		(void)syscall(SYS_close_range, first, last, 0); /* musl has no other */
}

/* The lowest of them that is not below `from`, or ~0. */
static unsigned next_kept(const int keep[PRIVILEGE_KEPT], unsigned from)
{
	unsigned next = ~0U;

	for (size_t i = 0; i < PRIVILEGE_KEPT; i++)
		if (keep[i] >= 0 && (unsigned)keep[i] >= from && (unsigned)keep[i] < next)
			next = (unsigned)keep[i];
	return next;
}

int privilege_detach(const int keep[PRIVILEGE_KEPT], struct fault *f)
{
	unsigned from = STDERR_FILENO + 1;
	unsigned next;
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
		return fail(f, "/dev/null");
	(void)setsid(); /* fails for who leads a session, which has no terminal of ours */
	while ((next = next_kept(keep, from)) != ~0U) {
		close_range_of(from, next - 1);
		from = next + 1;
	}
	close_range_of(from, ~0U);
	return 0;
}

static bool is_kept(const char *entry, const char *const *kept)
{
	for (; *kept; kept++)
		if (span_starts(span_of(entry), *kept))
			return true;
	return false;
}

void privilege_clear_environment(const char *const *kept)
{
	struct strv entries = {0};

	for (char **entry = environ; entry && *entry; entry++) {
		if (is_kept(*entry, kept))
			strv_add(&entries, span_of(*entry));
		/* where execve(2) has put it, it would stay, in all children, too */
		explicit_bzero(*entry, strlen(*entry));
	}
	(void)clearenv();
	for (size_t i = 0; i < entries.count; i++) {
		char *value = strchr(entries.items[i], '=');

		if (!value)
			continue;
		*value = '\0';
		(void)setenv(entries.items[i], value + 1, 0);
	}
	(void)setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	(void)setenv("LC_ALL", "C", 1);
	strv_release(&entries);
}
