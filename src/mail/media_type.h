/*
 * Media types (RFC 2046) of files, by the ends of their names.
 */
#ifndef MAIL_MEDIA_TYPE_H
#define MAIL_MEDIA_TYPE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

/* for what is not known (RFC 2046 4.5.1) */
#define MEDIA_TYPE_UNKNOWN "application/octet-stream"

#define MEDIA_TYPE_MAX 127 /* octets that media_type_search takes (RFC 6838 4.2) */

/*
 * The type of a file of this name, or NULL. The last end counts, in capitals too: what is
 * compressed has the type of its compression.
 */
const char *media_type_find(struct span file_name);

/*
 * Look the name up in the text of a mime.types file: lines of a type and the ends that it
 * has, '#' for comments. Replaces `*ret` and returns true when it is there. Types that
 * must not be encoded (message/…, multipart/…; RFC 2045 6.4) are as good as not there.
 */
bool media_type_search(struct span table, struct span file_name, struct buf *ret);

#endif
