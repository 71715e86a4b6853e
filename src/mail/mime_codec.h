/*
 * The body encodings of MIME as filters (RFC 2045 6.7, 6.8): octets in, cut anywhere, octets
 * out. What comes out does not depend on the cuts. Of use to mail/mime.c and
 * mail/compose.c only.
 */
#ifndef MAIL_MIME_CODEC_H
#define MAIL_MIME_CODEC_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

#define MIME_QP_LINE     76 /* RFC 2045 6.7 rule 5 */
#define MIME_BASE64_LINE 76 /* RFC 2045 6.8 */
#define MIME_BASE64_STEP 57 /* octets of such a line */

enum mime_coding {
	MIME_CODING_NONE, /* octets pass as they are */
	MIME_CODING_QP,
	/*
	 * What is quoted-printable already but broken, or is no content at all: octets
	 * over 127 and NULs are escaped, lines over MIME_LINE_MAX get soft breaks.
	 */
	MIME_CODING_QP_MENDED,
	MIME_CODING_BASE64,
	/* base64 already: the same in lines of MIME_BASE64_LINE, and nothing else */
	MIME_CODING_BASE64_MENDED,
};

struct mime_coder {
	enum mime_coding coding;
	char held[2]; /* what they become depends on the next octet */
	size_t held_len;
	size_t column;     /* of the output line */
	bool is_continued; /* that line is begun by a soft break */
	unsigned char group[MIME_BASE64_STEP];
	size_t group_len;
};

/* Begin a body; what was held of another one is forgotten. */
void mime_coder_begin(struct mime_coder *c, enum mime_coding coding);

/* At most 8 * data.len + 16 octets are appended. */
void mime_coder_add(struct mime_coder *c, struct span data, struct buf *out);

/*
 * The body has ended; a multipart's delimiter follows when `is_delimited`: then the last line
 * end is the delimiter's and no content (RFC 2046 5.1.1).
 */
void mime_coder_finish(struct mime_coder *c, bool is_delimited, struct buf *out);

#endif
