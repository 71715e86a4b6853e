/*
 * The one place where trouble becomes a sysexits code.
 */
#ifndef CMD_EXIT_CODE_H
#define CMD_EXIT_CODE_H

#include "base/fault.h"

/* The sysexits code that tells the truth about `f`. */
int exit_code_of(const struct fault *f);

/* Print "PROGRAM: text" to stderr and return exit_code_of. */
int exit_with(const char *program, const struct fault *f);

#endif
