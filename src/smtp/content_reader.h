/*
 * The content of a message as a client sends it, behind DATA or in the chunks of BDAT.
 * Only CRLF "." CRLF ends DATA: a server that takes a bare LF for a line end, while one
 * behind it does not, lets a sender hide a second message in the first (RFC 5321 2.3.8 and
 * 4.1.1.4; CVE-2023-51764). So a CR or LF alone spoils the content, and ends nothing.
 *
 * With `allows_lf`, for clients that speak LF throughout, a line ends in LF or CRLF.
 */
#ifndef SMTP_CONTENT_READER_H
#define SMTP_CONTENT_READER_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

enum smtp_content_place {
	SMTP_CONTENT_LINE_START,
	SMTP_CONTENT_INSIDE,
	SMTP_CONTENT_CR,  /* and nothing behind it yet */
	SMTP_CONTENT_DOT, /* at the start of a line */
	SMTP_CONTENT_DOT_CR,
};

/* All zero, with the first two set as needed, is the start of a content. */
struct smtp_content_reader {
	bool allows_lf;
	bool has_dots; /* DATA: dots are stuffed, a lone one ends it (RFC 5321 4.5.2) */
	enum smtp_content_place place;
	bool is_spoilt; /* a CR or LF alone was seen */
	bool has_ended; /* by the lone dot */
};

/*
 * Take octets off the front of `*data`, all or up to the end, and append the content they
 * hold, without stuffed dots, to `out`: at most data->len + 1 octets. Nothing is appended
 * once the content is spoilt.
 */
void smtp_content_reader_feed(
	struct smtp_content_reader *r, struct span *data, struct buf *out);

/* Nothing follows the last chunk (BDAT): a line end that is half said spoils it. */
void smtp_content_reader_finish(struct smtp_content_reader *r);

#endif
