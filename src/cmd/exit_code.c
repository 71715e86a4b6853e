#include "cmd/exit_code.h"

#include <errno.h>
#include <stdio.h>
#include <sysexits.h>

int exit_code_of(const struct fault *f)
{
	static const int codes[] = {
		[FAULT_SYSTEM] = EX_TEMPFAIL,
		[FAULT_USAGE] = EX_USAGE,
		[FAULT_DATA] = EX_DATAERR,
		[FAULT_INPUT] = EX_IOERR,
		[FAULT_ABSENT] = EX_NOINPUT,
		[FAULT_CREATE] = EX_CANTCREAT,
		[FAULT_ACCESS] = EX_NOPERM,
		[FAULT_CONFIG] = EX_CONFIG,
	};

	return codes[f->kind];
}

/* What the user can do about it, where the system's word for it does not tell. */
static const char *advice_for(int err)
{
	switch (err) {
	case EDQUOT:
		return "; your quota on that disk is used up: remove something of yours "
		       "and try again";
	case ENOSPC:
		return "; that disk is full: make room and try again";
	default:
		return "";
	}
}

int exit_with(const char *program, const struct fault *f)
{
	(void)fprintf(stderr, "%s: %s%s\n", program, f->text, advice_for(f->err));
	return exit_code_of(f);
}
