/*
 * The line ends of input: LF and CRLF become CRLF, any other CR a space (a CR or LF alone
 * never leaves this machine: RFC 5321 2.3.8), the last line is completed. And the dots of
 * a `sendmail` without -i. Of use to mail/intake.c only.
 */
#ifndef MAIL_INTAKE_LINES_H
#define MAIL_INTAKE_LINES_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

/* octets that were read and cannot be written before the next one is known */
enum intake_held {
	INTAKE_HELD_NOTHING,
	INTAKE_HELD_CR,
	INTAKE_HELD_DOT,    /* the first octet of a line */
	INTAKE_HELD_DOT_CR, /* the first two */
};

struct intake_lines {
	bool dot_ends; /* as in struct intake_options */
	enum intake_held held;
	bool is_inside; /* something of a line was written, its end not yet */
	bool has_ended; /* by a lone dot */
};

/*
 * Append the wire form of more input, at most 2 * data.len + 2 octets (less room is a
 * BUG). What follows a lone dot is ignored.
 */
void intake_lines_feed(struct intake_lines *lines, struct span data, struct buf *out);

/* The input has ended: append what is held, and the end of a line begun. */
void intake_lines_finish(struct intake_lines *lines, struct buf *out);

#endif
