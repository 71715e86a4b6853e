/*
 * The arguments of MAIL and RCPT (RFC 5321 4.1.2): <path> and parameters.
 */
#ifndef RECEIVER_PATH_H
#define RECEIVER_PATH_H

#include <stdbool.h>

#include "base/span.h"

struct path {
	struct span address;    /* between the angle brackets */
	struct span parameters; /* behind them */
};

/*
 * Parse what stands behind "MAIL FROM:". Strict: no space before '<', no control
 * character, a space only in a quoted string, and one space before each parameter.
 * Everything is borrowed. False when it is no path.
 */
bool path_parse(struct span s, struct path *ret);

/* The next "KEY" or "KEY=VALUE" of `*parameters`; false at the end. */
bool path_parameter(
	struct span *parameters, struct span *ret_key, struct span *ret_value);

#endif
