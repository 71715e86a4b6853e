#include "mail/mime_lexer.h"

#include <string.h>

static size_t quoted_length(struct span s)
{
	size_t i = 1;

	while (i < s.len && s.data[i] != '"')
		i += s.data[i] == '\\' ? 2 : 1;
	return i < s.len ? i + 1 : 0;
}

static size_t comment_length(struct span s)
{
	size_t depth = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] == '\\')
			i++;
		else if (s.data[i] == '(')
			depth++;
		else if (s.data[i] == ')' && --depth == 0)
			return i + 1;
	}
	return 0;
}

size_t mime_lexer_unit(struct mime_lexer *l, size_t at)
{
	struct span s = span_from(l->rest, at);
	size_t n = 1;

	if (s.data[0] == '"' && !l->has_open_quote) {
		n = quoted_length(s);
		l->has_open_quote = n == 0;
	} else if (s.data[0] == '(' && !l->has_open_comment) {
		n = comment_length(s);
		l->has_open_comment = n == 0;
	}
	return n ? n : 1;
}

size_t mime_lexer_until(struct mime_lexer *l, const char *specials)
{
	size_t n = 0;

	while (n < l->rest.len && !(l->rest.data[n] && strchr(specials, l->rest.data[n])))
		n += mime_lexer_unit(l, n);
	return n;
}

struct span mime_lexer_take(struct mime_lexer *l, size_t n)
{
	struct span taken = span_head(l->rest, n);

	l->rest = span_from(l->rest, n);
	return taken;
}
