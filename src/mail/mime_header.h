/*
 * A header section that any host takes: ASCII, no NUL, no line over MIME_LINE_MAX. Fields
 * that are so already are left as they are, octet by octet. Of use to mail/mime.c only.
 */
#ifndef MAIL_MIME_HEADER_H
#define MAIL_MIME_HEADER_H

#include <stdbool.h>

#include "mail/header.h"
#include "mail/mime.h"

/* Whether the lines `s` of a header section have a NUL, or one of them is too long. */
bool mime_header_is_broken(struct span s);

/* Whether octets over 127 in `s` are more than `target` takes. */
bool mime_header_is_foreign(struct span s, const struct mime_target *target);

/*
 * Append the field, changed: octets over 127 as encoded-words in text, phrases and comments
 * (RFC 2047 5), by RFC 2231 in parameters, domains of addresses as A-labels; folded in
 * front of blanks, and where there is none in 998 octets, elsewhere. Returns false when
 * the local part of an address is UTF-8, which only SMTPUTF8 can say (RFC 6531); it
 * became an encoded-word, too.
 */
bool mime_header_add_fit(struct buf *out, const struct header_field *field,
	const struct mime_target *target);

#endif
