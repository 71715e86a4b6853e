/*
 * A message made from what a person gives: text, files, a subject, names (RFC 5322, 2045,
 * 2047, 2183, 2231). What comes out is for mail/intake.h, which adds what is always added
 * (Date, Message-ID, a From). Nothing given makes a field or a part that is not ours.
 *
 * In this order: compose_header; compose_text, then the text by compose_add and
 * compose_finish; for each file compose_attachment and the same; compose_end.
 */
#ifndef MAIL_COMPOSE_H
#define MAIL_COMPOSE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/span.h"
#include "base/strv.h"
#include "mail/mime_codec.h"

#define COMPOSE_HEADER_MAX (1024 * 1024)

/* What compose_add appends at most for `n` octets. */
#define COMPOSE_CONTENT_MAX(n_) (8 * (n_) + 128)

/* All strings are borrowed. */
struct compose_options {
	const struct strv *to;     /* address lists as people write them */
	const struct strv *cc;     /* also */
	const struct strv *fields; /* "Name: value" */
	const char *from;          /* one address with its name; NULL: none is made */
	const char *subject;       /* NULL none; control characters become spaces */
	const char *domain;        /* for bare names */
	const char *boundary;      /* between parts: letters and digits; NULL: no parts */
	bool is_html;              /* the text is HTML */
};

/* The content of a part on its way out, in pieces cut anywhere. */
struct compose_part {
	struct mime_coder coder;
	bool is_text; /* its line ends become CRLF */
	bool has_cr;  /* the octet before was one */
};

/*
 * Append the fields for people. 0, or -1 and a fault: FAULT_DATA for an address, a name or
 * a value that cannot be, FAULT_USAGE for a field that this module makes itself.
 */
int compose_header(const struct compose_options *o, struct buf *out, struct fault *f);

/*
 * How a text goes out that begins with `start`: 7bit if that is all of it and allows it,
 * else quoted-printable. *ret_charset is what it claims to be.
 */
enum mime_coding compose_choose(const struct compose_options *o, struct span start,
	bool is_whole, const char **ret_charset);

/* Begin the text: append what stands before it. */
void compose_text(const struct compose_options *o, enum mime_coding coding,
	const char *charset, struct compose_part *ret, struct buf *out);

/*
 * Begin a file, which goes out in base64: append what stands before it. `name` is any octets
 * without '/'; `start` is how the file begins: it tells the charset of text.
 */
void compose_attachment(const struct compose_options *o, struct span name,
	const char *type, struct span start, struct compose_part *ret, struct buf *out);

/* Append more content. For text LF and CRLF end a line, any other CR is like any octet. */
void compose_add(struct compose_part *part, struct span content, struct buf *out);

/* The content of the part ends here. */
void compose_finish(struct compose_part *part, struct buf *out);

/* Append what stands behind the last part. */
void compose_end(const struct compose_options *o, struct buf *out);

#endif
