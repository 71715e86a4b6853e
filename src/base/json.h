/*
 * Text for machines.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"
#include "base/span.h"

/*
 * Append a string with its quotes (RFC 8259 section 7). Octets that are not UTF-8 become
 * U+FFFD, as section 8.1 allows nothing else.
 */
void json_add_string(struct buf *out, struct span s);

/* The same for a C string; NULL is null. */
void json_add_text(struct buf *out, const char *s);

#endif
