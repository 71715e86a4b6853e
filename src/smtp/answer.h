/*
 * What a server says: one reply line (RFC 5321 4.2, with the status of RFC 2034).
 */
#ifndef SMTP_ANSWER_H
#define SMTP_ANSWER_H

#include <stdarg.h>

#include "base/buf.h"
#include "base/fault.h"

#define SMTP_ANSWER_TEXT_MAX \
	480 /* a reply line has at most 512 octets: RFC 5321 4.5.3.1.5 */

struct smtp_answer {
	int code;
	char status[12]; /* "" for a reply that has none: greeting, EHLO, 3yz */
	char text[SMTP_ANSWER_TEXT_MAX + 1]; /* printable ASCII */
};

/* The text is made printable ASCII and cut where it is too long. */
struct smtp_answer smtp_answer_make(int code, const char *status, const char *fmt, ...)
	PRINTF_LIKE(3, 4);
struct smtp_answer smtp_answer_vmake(
	int code, const char *status, const char *fmt, va_list args);

/*
 * Why a message was not stored, as the client may know it: 4yz where another try may
 * succeed, 5yz where it is the message's fault. A status that the text of a FAULT_DATA
 * begins with ("5.3.4 the message ...") is taken from there.
 */
struct smtp_answer smtp_answer_of_fault(const struct fault *f);

/* Append the line with its CRLF. */
void smtp_answer_format(const struct smtp_answer *a, struct buf *out);

#endif
