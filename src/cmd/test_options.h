/*
 * The command line of nullmta test.
 */
#ifndef CMD_TEST_OPTIONS_H
#define CMD_TEST_OPTIONS_H

#include <stdbool.h>

#include "base/fault.h"

struct test_options {
	bool wants_help;
	bool sends;         /* --send: a real message */
	bool is_json;       /* --json */
	const char *sender; /* -f, --from; NULL: the user's own */
	const char *route;  /* --route: a section's name, "relay"; NULL: as mail goes */
	const char *conf_file; /* -C */
	const char *address;   /* NULL only with wants_help */
};

/* Strings are borrowed from argv. 0, or -1 and a fault of FAULT_USAGE. */
int test_options_parse(struct test_options *ret, int argc, char **argv, struct fault *f);

#endif
