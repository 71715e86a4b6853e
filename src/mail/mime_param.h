/*
 * Parameters of Content-Type and its like (RFC 2045 5.1): `; attribute=value`. Of use to the
 * mime files of this room only.
 */
#ifndef MAIL_MIME_PARAM_H
#define MAIL_MIME_PARAM_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"
#include "mail/mime_lexer.h"

/* What ends the value in front of the parameters (RFC 2045 5.1); careless tokens have others. */
#define MIME_TOKEN_ENDS " \t(\";"

/* Parts of the field's value. */
struct mime_param {
	struct span whole; /* what stands between two semicolons, blanks cut off */
	struct span name;  /* empty when `whole` is no parameter */
	struct span value; /* as it stands, perhaps quoted */
};

/*
 * Take what stands in front of the next ';'. The first time `l->rest` is the field's value on
 * one line, and what is taken is the value itself. False at the end.
 */
bool mime_param_next(struct mime_lexer *l, struct mime_param *ret);

/* Append the value: a token, or what is between the quotes with `\x` as `x`. */
void mime_param_unquote(struct buf *out, struct span value);

/*
 * Append `name*=charset''value` with octets as %XX, in sections where it is long
 * (RFC 2231 3, 4), joined by "; ". A name that ends in '*' has such a value already, of
 * which only control octets and octets over 126 become %XX.
 */
void mime_param_add_extended(struct buf *out, struct span name, struct span value);

#endif
