/*
 * What the tests of intake have in common: options, and the fields that they cause.
 */
#ifndef TESTS_INTAKE_CASE_H
#define TESTS_INTAKE_CASE_H

#include "mail/intake.h"

/* the fields that are added, with intake_case_hide_random; TZ is UTC */
#define DATE "Date: Thu, 1 Jan 1970 00:00:00 +0000\r\n"
#define ID   "Message-ID: <0.********************************@host.test>\r\n"
#define FROM "From: Joe User <joe@here.test>\r\n"

/* fields that keep any from being added: as input, and what becomes of them */
#define TRIO     "From: a@x\nDate: d\nMessage-ID: <m>\n"
#define TRIO_OUT "From: a@x\r\nDate: d\r\nMessage-ID: <m>\r\n"

struct intake_options intake_case_options(void);

/* The random part of added message ids becomes stars, so that results compare. */
void intake_case_hide_random(struct buf *wire);

#endif
