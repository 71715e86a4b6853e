/*
 * A header section as text (RFC 5322 2.2): taken apart into fields, each with its place in
 * the original so that what is kept is kept byte for byte, and fields to be added. Knows
 * the shape of fields, not the meaning of any.
 */
#ifndef MAIL_HEADER_H
#define MAIL_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/span.h"

/* a line has at most 998 octets (RFC 5322 2.1.1), so what has no colon there is no field */
#define HEADER_NAME_MAX   998
#define HEADER_LINE_MAX   76  /* of added fields, where they can be folded: RFC 2047 2 */
#define HEADER_PHRASE_MAX 256 /* octets of a display name before encoding */

/*
 * Parts of the text it was found in. `value` begins right behind the colon and keeps its
 * folding; the field's last line end is in `whole` only.
 */
struct header_field {
	struct span name; /* without blanks before the colon (RFC 5322 4.5.8) */
	struct span value;
	struct span whole;
};

/*
 * The length of the field name that `line` begins with, a colon behind it (blanks may stand
 * between), all within HEADER_NAME_MAX octets; 0 when the line does not begin a field.
 */
size_t header_name_length(struct span line);

/*
 * Take the next field, with its continuation lines, off `*rest`. Lines end in LF or CRLF,
 * the last one perhaps in nothing. Returns false, leaving `*rest`, at the end of the text,
 * at the empty line and at a line that does not begin a field.
 */
bool header_next(struct span *rest, struct header_field *ret);

/* Whether the field has this name; case does not matter. */
bool header_is(const struct header_field *field, const char *name);

/* Whether the value is nothing but blanks. */
bool header_is_blank(const struct header_field *field);

/* Append a value as one line: the line ends are left out (RFC 5322 2.2.3). */
void header_unfold(struct buf *out, struct span value);

/*
 * Append "name: value" CRLF, folded in front of spaces where a line would get longer than
 * HEADER_LINE_MAX. `value` is one line without control octets; anything else is a BUG.
 */
void header_add(struct buf *out, const char *name, struct span value);

/*
 * Append text of one line (any octets) as RFC 2047 encoded-words that may stand in a phrase
 * as well as in text, each short enough for the first line of a field. What is not UTF-8
 * is labelled so that nobody takes it for what it is not.
 */
void header_add_encoded(struct buf *out, struct span s);

/*
 * Append a display name (any octets) as a phrase: as it is where atoms can say it, as a
 * quoted-string, or outside ASCII as RFC 2047 encoded-words. Blanks around it are dropped;
 * nothing left appends nothing. Control octets, and more than HEADER_PHRASE_MAX octets, are
 * a fault of FAULT_DATA; nothing is appended then.
 */
int header_add_phrase(struct buf *out, struct span name, struct fault *f);

#endif
