#include "cmd/option_value.h"

#include <string.h>

#include "base/span.h"

bool option_value_take(
	const struct option_value *option, char **argv, int *at, const char **ret_value)
{
	const char *letter = option->letter, *name = option->name;
	struct span word = span_of(argv[*at]);

	if ((letter && span_is(word, letter)) || (name && span_is(word, name)))
		*ret_value = argv[++*at];
	else if (name && span_starts(word, name) && word.data[strlen(name)] == '=')
		*ret_value = word.data + strlen(name) + 1;
	else if (letter && span_starts(word, letter))
		*ret_value = word.data + strlen(letter);
	else
		return false;
	return true;
}
