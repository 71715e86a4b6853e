#include "trace/calls.h"

#include <stddef.h>
#include <sys/syscall.h>

#include "base/bug.h"

#define CALL(name, shape)                \
	{                                \
#name, SYS_##name, shape \
	}

static const struct call calls[] = {
	CALL(openat, CALL_NAME_AT),
	CALL(newfstatat, CALL_NAME_AT),
	CALL(faccessat, CALL_NAME_AT),
	CALL(mkdirat, CALL_NAME_AT),
	CALL(unlinkat, CALL_NAME_AT),
	CALL(execve, CALL_NAME),
#ifdef SYS_open /* calls that newer machines never had */
	CALL(open, CALL_NAME),
	CALL(stat, CALL_NAME),
	CALL(lstat, CALL_NAME),
	CALL(access, CALL_NAME),
	CALL(mkdir, CALL_NAME),
	CALL(unlink, CALL_NAME),
	CALL(readlink, CALL_NAME),
	CALL(poll, CALL_PLAIN),
	CALL(fork, CALL_PLAIN),
	CALL(vfork, CALL_PLAIN),
	CALL(arch_prctl, CALL_PLAIN),
	CALL(pipe, CALL_PLAIN),
#endif
#ifdef SYS_renameat
	CALL(renameat, CALL_NAMES_AT),
#endif
	CALL(renameat2, CALL_NAMES_AT),
	CALL(linkat, CALL_NAMES_AT),
	CALL(readlinkat, CALL_NAME_AT),
	CALL(read, CALL_READS),
	CALL(pread64, CALL_READS),
	CALL(recvfrom, CALL_READS),
	CALL(getdents64, CALL_FD),
	CALL(write, CALL_WRITES),
	CALL(pwrite64, CALL_WRITES),
	CALL(sendto, CALL_WRITES),
	CALL(fsync, CALL_FD),
	CALL(syncfs, CALL_FD),
	CALL(fallocate, CALL_FD),
	CALL(ftruncate, CALL_FD),
	CALL(flock, CALL_FD),
	CALL(fcntl, CALL_FD),
	CALL(fstat, CALL_FD),
	CALL(fstatfs, CALL_FD),
	CALL(lseek, CALL_FD),
	CALL(close, CALL_FD),
	CALL(close_range, CALL_FD),
	CALL(connect, CALL_FD),
	CALL(bind, CALL_FD),
	CALL(getsockname, CALL_FD),
	CALL(getsockopt, CALL_FD),
	CALL(setsockopt, CALL_FD),
	CALL(recvmsg, CALL_FD),
	CALL(sendmsg, CALL_FD),
	CALL(dup3, CALL_FD),
	CALL(socket, CALL_PLAIN),
	CALL(pipe2, CALL_PLAIN),
	CALL(signalfd4, CALL_PLAIN),
	CALL(ppoll, CALL_PLAIN),
	CALL(clone, CALL_PLAIN),
	CALL(clone3, CALL_PLAIN),
	CALL(wait4, CALL_PLAIN),
	CALL(kill, CALL_PLAIN),
	CALL(exit_group, CALL_PLAIN),
	CALL(mmap, CALL_PLAIN),
	CALL(mremap, CALL_PLAIN),
	CALL(munmap, CALL_PLAIN),
	CALL(mprotect, CALL_PLAIN),
	CALL(madvise, CALL_PLAIN),
	CALL(brk, CALL_PLAIN),
	CALL(getrandom, CALL_PLAIN),
	CALL(getpid, CALL_PLAIN),
	CALL(getppid, CALL_PLAIN),
	CALL(gettid, CALL_PLAIN),
	CALL(geteuid, CALL_PLAIN),
	CALL(setsid, CALL_PLAIN),
	CALL(umask, CALL_PLAIN),
	CALL(uname, CALL_PLAIN),
	CALL(prctl, CALL_PLAIN),
	CALL(prlimit64, CALL_PLAIN),
	CALL(futex, CALL_PLAIN),
	CALL(rseq, CALL_PLAIN),
	CALL(set_tid_address, CALL_PLAIN),
	CALL(set_robust_list, CALL_PLAIN),
	CALL(clock_nanosleep, CALL_PLAIN),
	CALL(rt_sigaction, CALL_PLAIN),
	CALL(rt_sigprocmask, CALL_PLAIN),
	CALL(rt_sigreturn, CALL_PLAIN),
};

const struct call *call_find(uint64_t number)
{
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		if ((uint64_t)calls[i].number == number)
			return &calls[i];
	return NULL;
}
