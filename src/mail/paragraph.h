/*
 * Text for a person, in lines that a terminal holds.
 */
#ifndef MAIL_PARAGRAPH_H
#define MAIL_PARAGRAPH_H

#include "base/buf.h"
#include "base/span.h"

/*
 * Append `text`, clean UTF-8 on one line (mail/quote.h), as lines of at most 76 octets in
 * wire form, each with `indent` in front. A word that is longer stands alone, and is broken
 * where no line may be so long (RFC 5322 2.1.1).
 */
void paragraph_add(struct buf *out, const char *indent, struct span text);

#endif
