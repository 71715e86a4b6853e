/*
 * Content-Transfer-Encodings as streams (RFC 2045 6.7, 6.8): the content comes in pieces,
 * cut anywhere, and goes out in lines that any host takes.
 */
#ifndef MAIL_ENCODER_H
#define MAIL_ENCODER_H

#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"

#define ENCODER_LINE_MAX 76 /* RFC 2045 6.7 rule 5, 6.8 */

/* What one call appends at most for `n` octets of content, and _finish for none. */
#define ENCODER_OUTPUT_MAX(n_) (4 * (n_) + 4 * ENCODER_LINE_MAX)

enum encoding {
	ENCODING_7BIT, /* as it is: the caller has looked at it */
	ENCODING_QUOTED_PRINTABLE,
	ENCODING_BASE64,
};

struct encoder {
	enum encoding encoding;
	char held[ENCODER_LINE_MAX]; /* octets that wait for what follows them */
	size_t held_count;
	size_t column;
};

#define ENCODER_INIT(encoding_) ((struct encoder){.encoding = (encoding_)})

/* "7bit", "quoted-printable", "base64" */
const char *encoding_name(enum encoding encoding);

/*
 * Append more content, encoded. For quoted-printable it is text: LF and CRLF end a line,
 * any other CR is an octet like others.
 */
void encoder_add(struct encoder *e, struct span content, struct buf *out);

/*
 * The content ends here: append what was held. The last line has no line end unless the
 * content has one there.
 */
void encoder_finish(struct encoder *e, struct buf *out);

#endif
