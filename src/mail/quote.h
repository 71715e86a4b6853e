/*
 * Text that is not ours, made fit to stand in text that is. Each function is safe for any
 * octets and may be applied to what is clean already.
 */
#ifndef MAIL_QUOTE_H
#define MAIL_QUOTE_H

#include "base/buf.h"
#include "base/span.h"

/*
 * Append as one harmless line, as text_clean does, but with backslashes as they are: what
 * was cleaned where it entered stays word for word.
 */
void quote_line(struct buf *out, struct span s);

/* The same in ASCII: octets over 127 become \xNN. */
void quote_ascii(struct buf *out, struct span s);

/*
 * A host name or address literal: what cannot stand in one becomes '-', and what is longer
 * than any (RFC 1035 2.3.4) is cut.
 */
void quote_host(struct buf *out, struct span s);

/*
 * The lines of a message, in wire form whatever they were: CRLF, bare CR and bare LF each
 * end a line, the last line too.
 */
void quote_message(struct buf *out, struct span s);

#endif
