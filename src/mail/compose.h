/*
 * A message made from what a person gives: text, files, a subject, names (RFC 5322, 2045,
 * 2047, 2183, 2231). What comes out is for mail/intake.h, which adds what is always added
 * (Date, Message-ID, a From). Nothing given makes a field or a part that is not ours.
 *
 * In this order: compose_header; compose_text, then the text through its encoder;
 * for each file compose_attachment, then the file through its encoder; compose_end.
 */
#ifndef MAIL_COMPOSE_H
#define MAIL_COMPOSE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/span.h"
#include "base/strv.h"
#include "mail/encoder.h"

#define COMPOSE_HEADER_MAX (1024 * 1024)

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

/*
 * Append the fields for people. 0, or -1 and a fault: FAULT_DATA for an address, a name or
 * a value that cannot be, FAULT_USAGE for a field that this module makes itself.
 */
int compose_header(const struct compose_options *o, struct buf *out, struct fault *f);

/*
 * How a text goes out that begins with `start`: 7bit if that is all of it and allows it,
 * else quoted-printable. *ret_charset is what it claims to be.
 */
enum encoding compose_choose(const struct compose_options *o, struct span start,
	bool is_whole, const char **ret_charset);

/* Append what stands before the text. */
void compose_text(const struct compose_options *o, enum encoding encoding,
	const char *charset, struct buf *out);

/*
 * Append what stands before a file in base64. `name` is any octets without '/'; `start` is
 * how the file begins: it tells the charset of text.
 */
void compose_attachment(const struct compose_options *o, struct span name,
	const char *type, struct span start, struct buf *out);

/* Append what stands behind the last part. */
void compose_end(const struct compose_options *o, struct buf *out);

#endif
