/*
 * Content on its way through DATA: dot-stuffing (RFC 5321 4.5.2) over blocks cut
 * anywhere. What leaves matches ^([^\r\n]*\r\n)*$ whatever came in, and never holds a
 * line of one dot: no content can end the DATA phase before its end, also not for a
 * server that takes a bare LF or CR for a line end ("SMTP smuggling").
 */
#ifndef SMTP_BODY_H
#define SMTP_BODY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"

struct smtp_body {
	bool is_amid_line; /* something of the current line has been written */
	bool has_cr;       /* the last block ended in CR; it is not written yet */
};

#define SMTP_BODY_INIT ((struct smtp_body){0})

/*
 * Append the next block to `out`: at most twice its octets, and one. Wire form (CRLF line ends) passes unchanged but for
 * the stuffed dots; a bare LF becomes CRLF, a bare CR a space (RFC 5321 2.3.8).
 */
void smtp_body_encode(struct smtp_body *b, struct span block, struct buf *out);

/* Append what is missing of the last line's end, and the dot that ends the content. */
void smtp_body_finish(struct smtp_body *b, struct buf *out);

#endif
