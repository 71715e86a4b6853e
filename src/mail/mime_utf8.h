/*
 * Whether text that comes in pieces is UTF-8 (RFC 3629). Of use to mail/mime.c only.
 */
#ifndef MAIL_MIME_UTF8_H
#define MAIL_MIME_UTF8_H

#include <stdbool.h>

#include "base/span.h"

struct mime_utf8 {
	char begun[4]; /* of a character that the last piece ended in */
	size_t begun_len;
	bool is_not;
};

#define MIME_UTF8_INIT ((struct mime_utf8){0})

/* The next piece, cut anywhere. */
void mime_utf8_add(struct mime_utf8 *u, struct span text);

/* Of all that was added. */
bool mime_utf8_is(const struct mime_utf8 *u);

#endif
