/*
 * What a person can do about a delivery that failed: one plain sentence or two for an
 * enhanced status code (RFC 3463 and its registry), for reports and for `mailq`.
 */
#ifndef MAIL_ADVICE_H
#define MAIL_ADVICE_H

#include "mail/outcome.h"

/*
 * Plain ASCII text of at most ADVICE_MAX octets; never NULL. The class does not matter:
 * whether something can be mended does not depend on how long it was tried.
 */
#define ADVICE_MAX 256
const char *advice_find(struct outcome_status status);

#endif
