/*
 * A process that is traced (ptrace(2)), stopped at the entry or the end of a system call.
 */
#ifndef SUPPORT_TRACE_TRACEE_H
#define SUPPORT_TRACE_TRACEE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"

#define TRACEE_TEXT_MAX 4096

/* A system call at its entry. */
struct tracee_call {
	uint64_t number;
	uint64_t args[6];
};

enum tracee_stop { TRACEE_ENTRY, TRACEE_EXIT, TRACEE_OTHER };

/* Which stop this is; `ret` is filled at an entry. */
enum tracee_stop tracee_look(pid_t pid, struct tracee_call *ret);

/* At the entry: the call is not carried out. False where this machine cannot do that. */
bool tracee_skip(pid_t pid);

/* At the end of a call that was skipped: it returns this (-EIO, …). */
bool tracee_return(pid_t pid, long value);

/* At the entry of read, write and the like: half of the octets, at least one. */
bool tracee_halve(pid_t pid, const struct tracee_call *call);

/* "openat", or "call-NUMBER". Valid until the next one. */
const char *tracee_call_name(uint64_t number);

/* Whether it is a read, a write or the like, which may do less than was asked. */
bool tracee_can_be_short(uint64_t number);

/*
 * What people want to know of a call: names of files, the descriptor and the octets that
 * are written, cleaned and cut.
 */
void tracee_describe(pid_t pid, const struct tracee_call *call, struct buf *ret);

#endif
