#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/file.h"

/* --- Landlock ------------------------------------------------------------------- */

/* What headers of Debian 12 lack; the kernel's numbers never change. */
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#define ACCESS_NET_BIND_TCP   (1ULL << 0)
#define SCOPE_ABSTRACT_SOCKET (1ULL << 0)
#define SCOPE_SIGNAL          (1ULL << 1)
#define RULE_NET_PORT         2

/* versions of the interface that brought it */
#define VERSION_REFER    2
#define VERSION_TRUNCATE 3
#define VERSION_NETWORK  4
#define VERSION_SCOPE    6

/* struct landlock_ruleset_attr as it is now: an older kernel is given less of it */
struct ruleset {
	uint64_t files;
	uint64_t network;
	uint64_t scoped;
};

struct port_rule {
	uint64_t access;
	uint64_t port;
};

#define WRITE_FILE (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)
#define WRITE_TREE                                                                     \
	(WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
		LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |            \
		LANDLOCK_ACCESS_FS_MAKE_SYM | LANDLOCK_ACCESS_FS_MAKE_SOCK |           \
		LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_CHAR |          \
		LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_REFER)

static uint64_t known_to(int version, uint64_t access)
{
	return version < VERSION_TRUNCATE ? access & ~LANDLOCK_ACCESS_FS_TRUNCATE
					  : access;
}

static size_t size_known_to(int version)
{
	if (version < VERSION_NETWORK)
		return offsetof(struct ruleset, network);
	if (version < VERSION_SCOPE)
		return offsetof(struct ruleset, scoped);
	return sizeof(struct ruleset);
}

static int make_ruleset(const struct sandbox_rules *rules, int version)
{
	const struct ruleset set = {
		.files = known_to(version, WRITE_TREE) |
			 (rules->may_execute ? 0 : LANDLOCK_ACCESS_FS_EXECUTE),
		.network = ACCESS_NET_BIND_TCP,
		.scoped = SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL,
	};

	return (int)syscall(SYS_landlock_create_ruleset, &set, size_known_to(version), 0);
}

static void allow_path(int ruleset, int version, const char *path)
{
	struct landlock_path_beneath_attr rule = {
		.parent_fd = open(path, O_PATH | O_CLOEXEC)};
	struct stat st;

	if (rule.parent_fd >= 0 && fstat(rule.parent_fd, &st) == 0) {
		rule.allowed_access =
			known_to(version, S_ISDIR(st.st_mode) ? WRITE_TREE : WRITE_FILE);
		(void)syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
			&rule, 0);
	}
	file_close(rule.parent_fd);
}

static int enter_landlock(const struct sandbox_rules *rules)
{
	const struct port_rule any_port = {ACCESS_NET_BIND_TCP, 0};
	int version = (int)syscall(
		SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	int ruleset = version < VERSION_REFER ? -1 : make_ruleset(rules, version);
	long rc;

	if (ruleset < 0)
		return 0;
	allow_path(ruleset, version, "/dev/null");
	for (size_t i = 0; i < rules->writable->count; i++)
		allow_path(ruleset, version, rules->writable->items[i]);
	if (version >= VERSION_NETWORK)
		(void)syscall(
			SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &any_port, 0);
	rc = syscall(SYS_landlock_restrict_self, ruleset, 0);
	file_close(ruleset);
	return rc == 0 ? version : 0;
}

/* --- seccomp -------------------------------------------------------------------- */

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#define FOREIGN_BIT  0x40000000U /* x32: the same calls by other numbers */
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define ARCHITECTURE AUDIT_ARCH_RISCV64
#endif

#ifdef ARCHITECTURE
static const uint32_t denied_calls[] = {
	SYS_acct,
	SYS_add_key,
	SYS_bpf,
	SYS_chroot,
	SYS_delete_module,
	SYS_finit_module,
	SYS_fsconfig,
	SYS_fsmount,
	SYS_fsopen,
	SYS_fspick,
	SYS_init_module,
	SYS_io_uring_enter,
	SYS_io_uring_register,
	SYS_io_uring_setup,
	SYS_kcmp,
	SYS_kexec_load,
	SYS_keyctl,
	SYS_mount,
	SYS_move_mount,
	SYS_name_to_handle_at,
	SYS_open_by_handle_at,
	SYS_open_tree,
	SYS_perf_event_open,
	SYS_personality,
	SYS_pidfd_getfd,
	SYS_pivot_root,
	SYS_process_madvise,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_ptrace,
	SYS_quotactl,
	SYS_reboot,
	SYS_request_key,
	SYS_setns,
	SYS_swapoff,
	SYS_swapon,
	SYS_umount2,
	SYS_unshare,
	SYS_userfaultfd,
	SYS_vhangup,
};

static const uint32_t exec_calls[] = {SYS_execve, SYS_execveat};

static const uint32_t socket_families[] = {1, 2, 10, 16}; /* UNIX INET INET6 NETLINK */

#define DENY      (SECCOMP_RET_ERRNO | EPERM)
#define STEPS_MAX (2 * (ARRAY_LEN(denied_calls) + ARRAY_LEN(exec_calls)) + 40)

struct program {
	struct sock_filter steps[STEPS_MAX];
	unsigned short count;
};

static void add(struct program *p, struct sock_filter step)
{
	if (p->count == STEPS_MAX)
		BUG("the filter of system calls is longer than foreseen");
	p->steps[p->count++] = step;
}

static void load(struct program *p, size_t offset)
{
	add(p, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void give(struct program *p, uint32_t verdict)
{
	add(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

/* The verdict where what is loaded equals `value`, else go on. */
static void give_if(struct program *p, uint32_t value, uint32_t verdict)
{
	add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1));
	give(p, verdict);
}

static void add_architecture(struct program *p)
{
	load(p, offsetof(struct seccomp_data, arch));
	add(p, (struct sock_filter)BPF_JUMP(
		       BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0));
	give(p, DENY);
	load(p, offsetof(struct seccomp_data, nr));
#ifdef FOREIGN_BIT
	add(p, (struct sock_filter)BPF_JUMP(
		       BPF_JMP | BPF_JGE | BPF_K, FOREIGN_BIT, 0, 1));
	give(p, DENY);
#endif
}

/* clone3(2) hides its flags behind a pointer: without it the C library uses clone(2) */
static void add_clone(struct program *p)
{
	give_if(p, SYS_clone3, SECCOMP_RET_ERRNO | ENOSYS);
	add(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone, 0, 4));
	load(p, offsetof(struct seccomp_data, args[0]));
	add(p, (struct sock_filter)BPF_JUMP(
		       BPF_JMP | BPF_JSET | BPF_K, CLONE_NEWUSER, 0, 1));
	give(p, DENY);
	give(p, SECCOMP_RET_ALLOW);
}

static void add_socket(struct program *p)
{
	unsigned char behind = (unsigned char)(2 + 2 * ARRAY_LEN(socket_families));

	add(p, (struct sock_filter)BPF_JUMP(
		       BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, behind));
	load(p, offsetof(struct seccomp_data, args[0]));
	for (size_t i = 0; i < ARRAY_LEN(socket_families); i++)
		give_if(p, socket_families[i], SECCOMP_RET_ALLOW);
	give(p, DENY);
}

static bool enter_seccomp(const struct sandbox_rules *rules)
{
	struct program p = {.count = 0};
	struct sock_fprog filter = {.filter = p.steps};

	add_architecture(&p);
	for (size_t i = 0; i < ARRAY_LEN(denied_calls); i++)
		give_if(&p, denied_calls[i], DENY);
	for (size_t i = 0; i < ARRAY_LEN(exec_calls) && !rules->may_execute; i++)
		give_if(&p, exec_calls[i], DENY);
	add_clone(&p);
	add_socket(&p);
	give(&p, SECCOMP_RET_ALLOW);
	filter.len = p.count;
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}
#else
static bool enter_seccomp(const struct sandbox_rules *rules)
{
	(void)rules;
	return false; /* an architecture that nobody has tried it on */
}
#endif

void sandbox_enter(const struct sandbox_rules *rules, struct sandbox_level *ret)
{
	ret->landlock = enter_landlock(rules);
	ret->has_seccomp = enter_seccomp(rules);
}
