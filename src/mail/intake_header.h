/*
 * The header section of a submitted message, completed (RFC 5322 3.6, RFC 6409 8). Of use
 * to mail/intake.c only.
 */
#ifndef MAIL_INTAKE_HEADER_H
#define MAIL_INTAKE_HEADER_H

#include "base/buf.h"
#include "base/fault.h"
#include "base/span.h"
#include "base/strv.h"
#include "mail/intake.h"

/*
 * Append the fields of `header` (wire form, no empty line) that go out, and those that are
 * missing. With -t, append to `*recipients`. What is odd is appended to `oddities`, of
 * INTAKE_ODDITIES_MAX. -1 and a fault of FAULT_DATA when the message cannot be accepted.
 */
int intake_header_complete(struct span header, const struct intake_options *options,
	struct buf *out, struct strv *recipients, struct buf *oddities, struct fault *f);

#endif
