/*
 * What hides specials in a structured field value on one line (RFC 5322 3.2.2, 3.2.4). Of use
 * to the mime files of this room only.
 */
#ifndef MAIL_MIME_LEXER_H
#define MAIL_MIME_LEXER_H

#include <stdbool.h>

#include "base/span.h"

struct mime_lexer {
	struct span rest;
	bool has_open_quote; /* a '"' or '(' was seen that is never closed: from there on */
	bool has_open_comment; /* they are octets like others; so is time linear */
};

/*
 * The length of what stands at octet `at` of `rest`: a whole quoted string or comment, or one
 * octet.
 */
size_t mime_lexer_unit(struct mime_lexer *l, size_t at);

/*
 * The octets of `rest` in front of the first of `specials` that no quoted string or comment
 * hides; all when there is none.
 */
size_t mime_lexer_until(struct mime_lexer *l, const char *specials);

/* Take the first `n` octets. */
struct span mime_lexer_take(struct mime_lexer *l, size_t n);

#endif
