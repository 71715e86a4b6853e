#include "mail/address_lexer.h"

#include <string.h>

#include "base/text.h"
#include "mail/address.h"

static bool is_line_end(char c)
{
	return c == '\r' || c == '\n';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_special(char c)
{
	return c != '\0' && strchr(".@,;:<>", c) != NULL;
}

/* an atom's octet; over 127 by RFC 6532, whether valid UTF-8 shows later */
static bool is_atom_octet(char c)
{
	return (unsigned char)c >= 0x80 || address_is_atext(c);
}

/* The length of the fold that `s` begins with: a line end and the blanks behind it. */
static size_t fold_length(struct span s)
{
	size_t n = s.len && s.data[0] == '\r' ? 1 : 0;
	size_t line_end;

	if (n >= s.len || s.data[n] != '\n')
		return 0;
	line_end = ++n;
	while (n < s.len && is_blank(s.data[n]))
		n++;
	return n > line_end ? n : 0;
}

const char *address_control_error(struct span s, bool allows_tabs)
{
	while (s.len) {
		size_t n = fold_length(s);

		if (n == 0) {
			if (is_line_end(s.data[0]))
				return "a line break that is not folding";
			if (s.data[0] == '\t' && !allows_tabs)
				return "a tab";
			if (s.data[0] != '\t' && text_is_control(s.data[0]))
				return "a control character";
			n = 1;
		}
		s = span_from(s, n);
	}
	return NULL;
}

/* The length of the comment that `s` begins with (RFC 5322 3.2.2); 0 and an error. */
static size_t comment_length(struct span s, const char **ret_error)
{
	size_t depth = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.data[i] == '\\') {
			i++;
		} else if (s.data[i] == '(') {
			if (++depth > ADDRESS_NESTING_MAX) {
				*ret_error = "comments are nested too deeply";
				return 0;
			}
		} else if (s.data[i] == ')' && --depth == 0) {
			return i + 1;
		}
	}
	*ret_error = "a '(' without its ')'";
	return 0;
}

/* The length up to `close`, which a backslash escapes; 0 when there is none. */
static size_t enclosed_length(struct span s, char close)
{
	for (size_t i = 1; i < s.len; i++) {
		if (s.data[i] == '\\')
			i++;
		else if (s.data[i] == close)
			return i + 1;
	}
	return 0;
}

static bool skip_blanks_and_comments(struct address_lexer *lexer)
{
	while (lexer->rest.len && !lexer->error) {
		char c = lexer->rest.data[0];
		size_t n = 1;

		if (c == '(')
			n = comment_length(lexer->rest, &lexer->error);
		else if (!is_blank(c) && !is_line_end(c))
			break;
		lexer->rest = span_from(lexer->rest, n);
	}
	return !lexer->error;
}

static size_t token_length(struct address_lexer *lexer, enum address_token_kind *ret_kind)
{
	struct span s = lexer->rest;
	size_t n = 0;

	if (s.data[0] == '"') {
		*ret_kind = ADDRESS_QUOTED;
		n = enclosed_length(s, '"');
		lexer->error = n ? NULL : "a '\"' without its second one";
	} else if (s.data[0] == '[') {
		*ret_kind = ADDRESS_LITERAL;
		n = enclosed_length(s, ']');
		lexer->error = n ? NULL : "a '[' without its ']'";
	} else if (is_special(s.data[0])) {
		*ret_kind = ADDRESS_SPECIAL;
		n = 1;
	} else {
		*ret_kind = ADDRESS_ATOM;
		while (n < s.len && is_atom_octet(s.data[n]))
			n++;
		lexer->error = n ? NULL : "a ')', ']' or '\\' outside quotes";
	}
	return n;
}

struct address_token address_lexer_next(struct address_lexer *lexer)
{
	struct address_token token = {.kind = ADDRESS_BAD, .text = SPAN_NONE};
	enum address_token_kind kind;
	size_t n;

	if (!skip_blanks_and_comments(lexer))
		return token;
	if (lexer->rest.len == 0) {
		token.kind = ADDRESS_END;
		return token;
	}
	n = token_length(lexer, &kind);
	if (lexer->error)
		return token;
	token.kind = kind;
	token.text = span_head(lexer->rest, n);
	lexer->rest = span_from(lexer->rest, n);
	return token;
}

bool address_token_is(struct address_token token, char special)
{
	return token.kind == ADDRESS_SPECIAL && token.text.data[0] == special;
}

void address_unquote(struct buf *out, struct span quoted)
{
	for (size_t i = 1; i + 1 < quoted.len; i++) {
		if (quoted.data[i] == '\\')
			i++;
		if (!is_line_end(quoted.data[i]))
			buf_add_char(out, quoted.data[i]);
	}
}
