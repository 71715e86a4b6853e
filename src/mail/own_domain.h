/*
 * The domains that are names of this machine.
 */
#ifndef MAIL_OWN_DOMAIN_H
#define MAIL_OWN_DOMAIN_H

#include <stdbool.h>

#include "base/span.h"
#include "base/strv.h"

/*
 * Whether `domain` is one of `own`, letters alike in both cases; ".lan" there is everything
 * below lan.
 */
bool own_domain_has(const struct strv *own, struct span domain);

#endif
