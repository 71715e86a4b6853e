/*
 * The words of address lists (RFC 5322 3.2, 3.4, 4.4), which dates have too. Of use to
 * mail/address_list.c and mail/date.c only.
 */
#ifndef MAIL_ADDRESS_LEXER_H
#define MAIL_ADDRESS_LEXER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

enum address_token_kind {
	ADDRESS_END,
	ADDRESS_ATOM,    /* atext and octets over 127 */
	ADDRESS_QUOTED,  /* a quoted-string with its quotes */
	ADDRESS_LITERAL, /* a domain-literal with its brackets */
	ADDRESS_SPECIAL, /* one of . @ , ; : < > */
	ADDRESS_BAD,     /* lexer->error says why; what follows is ADDRESS_BAD again */
};

struct address_token {
	enum address_token_kind kind;
	struct span text; /* as it stands; empty for ADDRESS_END and _BAD */
};

/* Begin with `rest` set to the text; copy it to look ahead. */
struct address_lexer {
	struct span rest;
	const char *error; /* a constant */
};

/*
 * Why the control octets of `s` forbid it as a list, NULL when they do not: allowed is
 * folding (LF or CRLF, then a blank), and tabs elsewhere if `allows_tabs`.
 */
const char *address_control_error(struct span s, bool allows_tabs);

/* The next token; blanks and comments before it are skipped. */
struct address_token address_lexer_next(struct address_lexer *lexer);

/* Whether it is this special. */
bool address_token_is(struct address_token token, char special);

/* Append what is between the quotes of an ADDRESS_QUOTED, unescaped and unfolded. */
void address_unquote(struct buf *out, struct span quoted);

#endif
