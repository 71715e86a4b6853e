/*
 * The parts of a report, for report.c alone: see mail/report.h.
 */
#ifndef MAIL_REPORT_PARTS_H
#define MAIL_REPORT_PARTS_H

#include "mail/report.h"

/* Part 1: what happened, in UTF-8 lines for a person. */
void report_add_text(const struct report *r, struct buf *out);

/* Part 2: the fields of message/delivery-status (RFC 3464 section 2), ASCII. */
void report_add_status(const struct report *r, struct buf *out);

/* A time as it stands in a Date field, no line end. */
void report_add_date(struct buf *out, int64_t time_s);

#endif
