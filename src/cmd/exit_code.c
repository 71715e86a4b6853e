#include "cmd/exit_code.h"

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

int exit_with(const char *program, const struct fault *f)
{
	(void)fprintf(stderr, "%s: %s\n", program, f->text);
	return exit_code_of(f);
}
