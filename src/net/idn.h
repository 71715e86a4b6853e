/*
 * Internationalised domain names (RFC 5890, 5891): the form in which a domain is looked
 * up and sent. The sole user of libidn2. Built without -DHAVE_IDN2 it refuses domains that
 * are not ASCII.
 */
#ifndef NET_IDN_H
#define NET_IDN_H

#include "base/fault.h"
#include "base/span.h"

#define IDN_NAME_SIZE 256

/*
 * A domain (UTF-8 or ASCII, one trailing dot allowed) as A-labels in lower case, checked
 * to be a host name (base/hostname.h). U-labels by IDNA2008 with UTS 46 mapping, not
 * transitional; "xn--" labels have to be ones that IDNA2008 could have made. Returns 0,
 * or -1 and a fault of FAULT_DATA that says what is wrong with the domain.
 */
int idn_to_ascii(struct span domain, char ret[IDN_NAME_SIZE], struct fault *f);

#endif
