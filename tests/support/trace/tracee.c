#include "trace/tracee.h"

#include <elf.h>
#include <stddef.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "base/text.h"
#include "trace/calls.h"

#define SHOWN_MAX 60 /* octets of what is written, and as many of its end */

enum tracee_stop tracee_look(pid_t pid, struct tracee_call *ret)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) <= 0)
		return TRACEE_OTHER;
	if (info.op == PTRACE_SYSCALL_INFO_EXIT)
		return TRACEE_EXIT;
	if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return TRACEE_OTHER;
	ret->number = info.entry.nr;
	for (size_t i = 0; i < ARRAY_LEN(ret->args); i++)
		ret->args[i] = info.entry.args[i];
	return TRACEE_ENTRY;
}

#if defined(__x86_64__)

static bool set_register(pid_t pid, size_t offset, long value)
{
	return ptrace(PTRACE_POKEUSER, pid, offset, value) == 0;
}

bool tracee_skip(pid_t pid)
{
	return set_register(pid, offsetof(struct user_regs_struct, orig_rax), -1);
}

bool tracee_return(pid_t pid, long value)
{
	return set_register(pid, offsetof(struct user_regs_struct, rax), value);
}

static bool set_third(pid_t pid, uint64_t value)
{
	return set_register(pid, offsetof(struct user_regs_struct, rdx), (long)value);
}

#elif defined(__aarch64__)

#ifndef NT_ARM_SYSTEM_CALL
#define NT_ARM_SYSTEM_CALL 0x404
#endif

static bool set_general(pid_t pid, size_t number, uint64_t value)
{
	struct user_regs_struct regs;
	struct iovec all = {&regs, sizeof(regs)};

	if (ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &all) != 0)
		return false;
	regs.regs[number] = value;
	return ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &all) == 0;
}

bool tracee_skip(pid_t pid)
{
	int none = -1;
	struct iovec number = {&none, sizeof(none)};

	return ptrace(PTRACE_SETREGSET, pid, (void *)NT_ARM_SYSTEM_CALL, &number) == 0;
}

bool tracee_return(pid_t pid, long value)
{
	return set_general(pid, 0, (uint64_t)value);
}

static bool set_third(pid_t pid, uint64_t value)
{
	return set_general(pid, 2, value);
}

#else

bool tracee_skip(pid_t pid)
{
	(void)pid;
	return false;
}

bool tracee_return(pid_t pid, long value)
{
	(void)pid;
	(void)value;
	return false;
}

static bool set_third(pid_t pid, uint64_t value)
{
	(void)pid;
	(void)value;
	return false;
}

#endif

bool tracee_halve(pid_t pid, const struct tracee_call *call)
{
	uint64_t whole = call->args[2];

	return set_third(pid, whole > 1 ? whole / 2 : whole);
}

const char *tracee_call_name(uint64_t number)
{
	static char unknown[32];
	const struct call *c = call_find(number);

	if (c)
		return c->name;
	(void)snprintf(unknown, sizeof(unknown), "call-%llu", (unsigned long long)number);
	return unknown;
}

bool tracee_can_be_short(uint64_t number)
{
	const struct call *c = call_find(number);

	return c && (c->shape == CALL_READS || c->shape == CALL_WRITES);
}

/* What can be read of `n` octets there. */
static size_t copy_from(pid_t pid, uint64_t at, char *to, size_t n)
{
	struct iovec here = {to, n};
	struct iovec there = {(void *)(uintptr_t)at, n};
	ssize_t got = process_vm_readv(pid, &here, 1, &there, 1, 0);

	return got > 0 ? (size_t)got : 0;
}

/* A string may end just before a page that is not there: the rest of its page at a time. */
static void add_string(pid_t pid, uint64_t at, struct buf *ret)
{
	char text[TRACEE_TEXT_MAX];
	size_t have = 0;
	size_t got;

	do {
		size_t page = 4096 - (size_t)((at + have) % 4096);
		size_t room = sizeof(text) - have;

		got = copy_from(pid, at + have, text + have, page < room ? page : room);
		have += got;
	} while (got && have < sizeof(text) && !memchr(text, '\0', have));
	buf_add_char(ret, ' ');
	text_clean(ret, (struct span){text, strnlen(text, have)});
}

static void add_octets(pid_t pid, const struct tracee_call *call, struct buf *ret)
{
	uint64_t n = call->args[2];
	char text[SHOWN_MAX];
	size_t shown = n < sizeof(text) ? (size_t)n : sizeof(text);

	buf_addf(ret, " %llu \"", (unsigned long long)n);
	shown = copy_from(pid, call->args[1], text, shown);
	text_clean(ret, (struct span){text, shown});
	if (n > sizeof(text)) {
		buf_add_str(ret, "\"...\"");
		shown = copy_from(
			pid, call->args[1] + n - sizeof(text), text, sizeof(text));
		text_clean(ret, (struct span){text, shown});
	}
	buf_add_char(ret, '"');
}

void tracee_describe(pid_t pid, const struct tracee_call *call, struct buf *ret)
{
	const struct call *c = call_find(call->number);
	enum call_shape shape = c ? c->shape : CALL_PLAIN;

	buf_add_str(ret, tracee_call_name(call->number));
	if (shape != CALL_PLAIN && shape != CALL_NAME)
		buf_addf(ret, " %d", (int)call->args[0]);
	if (shape == CALL_NAME)
		add_string(pid, call->args[0], ret);
	if (shape == CALL_NAME_AT || shape == CALL_NAMES_AT)
		add_string(pid, call->args[1], ret);
	if (shape == CALL_NAMES_AT)
		add_string(pid, call->args[3], ret);
	if (shape == CALL_WRITES)
		add_octets(pid, call, ret);
}
