/*
 * What others have published about the hosts of one route, DANE records and the MTA-STS
 * policy of the domain: found out when it is first asked for, and once a worker.
 */
#ifndef DELIVER_PUBLISHED_H
#define DELIVER_PUBLISHED_H

#include "deliver/flush.h"
#include "policy/dane.h"
#include "policy/mtasts.h"
#include "policy/mx.h"
#include "policy/tlsresults.h"

/* About one host. */
struct published_host {
	bool has_dane; /* it was looked for */
	struct dane dane;
	bool has_failed_test; /* of an MTA-STS policy in testing */
};

struct published {
	const struct flush *flush;
	const struct route *route;
	const struct mx_list *hosts;
	struct published_host of_hosts[MX_TARGETS_MAX]; /* as they stand in `hosts` */
	bool has_sts;                                   /* it was looked for */
	struct mtasts_policy sts;
};

/* All borrowed until published_release. */
void published_init(struct published *ret, const struct flush *flush,
	const struct route *route, const struct mx_list *hosts);
void published_release(struct published *p);

/* The TLSA records of `target`, one of the hosts. Borrowed. */
const struct dane *published_dane(struct published *p, const struct mx_target *target);

/* The policy of the route's domain; NULL where none holds. May take a minute. Borrowed. */
const struct mtasts_policy *published_sts(struct published *p);

/*
 * A policy in testing has failed with `target`: published_has_failed_test from now on, for
 * one failure is enough to count, and mail is not to wait for it.
 */
void published_fail_test(struct published *p, const struct mx_target *target);
bool published_has_failed_test(const struct published *p, const struct mx_target *target);

/* Count how TLS went with `target` (RFC 8460). */
void published_count(const struct published *p, const struct mx_target *target,
	enum tlsresults_policy found, enum tlsresults_type result);

#endif
