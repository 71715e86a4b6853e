/*
 * The command line of nullmta explain.
 */
#ifndef CMD_EXPLAIN_OPTIONS_H
#define CMD_EXPLAIN_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"

struct explain_options {
	bool wants_help;
	bool has_no_dns;       /* --no-dns: ask nobody */
	const char *sender;    /* -f, --from; NULL: the user's own */
	const char *message;   /* -m, --message: a file, "-" stdin; NULL none */
	const char *conf_file; /* -C */
	char **recipients;     /* the words that are no options */
	size_t recipient_count;
};

/*
 * Strings are borrowed from argv, whose words are put in another order: recipients last. 0,
 * or -1 and a fault of FAULT_USAGE.
 */
int explain_options_parse(
	struct explain_options *ret, int argc, char **argv, struct fault *f);

#endif
