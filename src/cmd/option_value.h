/*
 * One option of a command line that has a value, in any of its forms: "-f VALUE", "-fVALUE",
 * "--from VALUE", "--from=VALUE".
 */
#ifndef CMD_OPTION_VALUE_H
#define CMD_OPTION_VALUE_H

#include <stdbool.h>

/* NULL for a form that it does not have. */
struct option_value {
	const char *letter; /* "-f" */
	const char *name;   /* "--from" */
};

/*
 * Whether the word at `*at` is this option. `*ret_value` is then its value, borrowed from
 * argv, NULL where argv ends before it; `*at` stands on the last word that was taken.
 */
bool option_value_take(
	const struct option_value *option, char **argv, int *at, const char **ret_value);

#endif
