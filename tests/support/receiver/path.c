#include "receiver/path.h"

#include <stddef.h>

/* The index of the '>' that ends the path, or -1. */
static ptrdiff_t find_end(struct span s)
{
	bool is_quoted = false;

	for (size_t i = 1; i < s.len; i++) {
		char c = s.data[i];

		if (is_quoted && c == '\\')
			i++;
		else if (c == '"')
			is_quoted = !is_quoted;
		else if (is_quoted)
			continue;
		else if (c == '>')
			return (ptrdiff_t)i;
		else if (c == ' ' || c == '<')
			return -1;
	}
	return -1;
}

static bool parameters_are_spaced(struct span s)
{
	if (s.len == 0)
		return true;
	for (size_t i = 0; i + 1 < s.len; i++)
		if (s.data[i] == ' ' && s.data[i + 1] == ' ')
			return false;
	return s.data[0] == ' ' && s.data[s.len - 1] != ' ';
}

bool path_parse(struct span s, struct path *ret)
{
	ptrdiff_t end;

	if (!span_starts(s, "<") || span_has_control(s))
		return false;
	end = find_end(s);
	if (end < 0)
		return false;
	ret->address = span_from(span_head(s, (size_t)end), 1);
	ret->parameters = span_from(s, (size_t)end + 1);
	return parameters_are_spaced(ret->parameters);
}

bool path_parameter(struct span *parameters, struct span *ret_key, struct span *ret_value)
{
	struct span word = SPAN_NONE;
	ptrdiff_t equals;

	if (!span_word(parameters, &word))
		return false;
	equals = span_find(word, '=');
	*ret_key = equals < 0 ? word : span_head(word, (size_t)equals);
	*ret_value = equals < 0 ? SPAN_NONE : span_from(word, (size_t)equals + 1);
	return true;
}
