/*
 * The order of SRV records (RFC 2782). Pure.
 */
#ifndef POLICY_SRV_H
#define POLICY_SRV_H

#include "net/dnsmsg.h"
#include "policy/mx.h"

/*
 * Drop what can be no host, and put the rest in the order to try it: by priority, within one
 * by chance in proportion to the weights. A target "." says that the service is not there
 * (RFC 6186 3.4): where all do, `answer` becomes DNS_NO_DATA without records.
 */
void srv_order(struct dns_answer *answer, const struct mx_options *options);

#endif
