/*
 * Dates in header fields (RFC 5322 3.3), as programs write them: only looked at.
 */
#ifndef MAIL_DATE_H
#define MAIL_DATE_H

#include <stdbool.h>

#include "base/span.h"

/*
 * Whether the value of a Date field is one that a strict reader understands; folds, comments
 * and the obsolete forms of years and zones (RFC 5322 4.3) included. Not whether the day
 * of the week is right, or a month has so many days.
 */
bool date_is_valid(struct span value);

#endif
