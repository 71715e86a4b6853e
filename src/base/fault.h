/*
 * Trouble of this machine or with what it was given: one line of context. Functions
 * that can fail return 0 or -1 and fill a fault, their last parameter, before -1. Mail's
 * fate is never a fault (mail/outcome.h). `cmd` alone turns a fault into an exit code.
 */
#ifndef BASE_FAULT_H
#define BASE_FAULT_H

#include "base/bug.h"

#define FAULT_TEXT_MAX 512

enum fault_kind {
	FAULT_SYSTEM, /* this machine cannot just now: disk full, I/O error, no processes
		       */
	FAULT_USAGE,  /* the command line is wrong */
	FAULT_DATA,   /* the message or an address in it cannot be accepted */
	FAULT_INPUT,  /* what was to be read cannot be read to its end */
	FAULT_ABSENT, /* a file that the user has named cannot be read */
	FAULT_CREATE, /* the spool or a file cannot be made here */
	FAULT_ACCESS, /* not allowed */
	FAULT_CONFIG, /* the configuration is wrong */
};

struct fault {
	enum fault_kind kind;
	int err; /* errno, 0 if none */
	char text[FAULT_TEXT_MAX];
};

/*
 * Say what went wrong. `err`, if not 0, appends ": strerror". No newline. Names from
 * outside are cleaned here; secrets never get here.
 */
void fault_set(struct fault *f, enum fault_kind kind, int err, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

/* Put "context: " in front. */
void fault_prefix(struct fault *f, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Append text, such as what to do next. */
void fault_append(struct fault *f, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
