/*
 * What a mail reader makes of a message: its parts decoded, its header fields as a person sees
 * them. Two messages that mean the same give the same text.
 */
#ifndef SUPPORT_MIME_READER_H
#define SUPPORT_MIME_READER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

/*
 * Append to `out`: of each entity its fields but those of MIME, without blanks, quotes and
 * backslashes, which may change; and of each that has no parts its content, decoded. False
 * when it has more than MIME_PARTS_MAX parts, which nobody reads as such.
 */
bool mime_read(struct span message, struct buf *out);

#endif
