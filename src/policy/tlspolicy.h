/*
 * How the connection to one host is to be secured: from what the route is configured to, and
 * what the domain has published. Pure.
 *
 * A relay: as configured. An MX host: as configured, `may` as a rule, and that is raised by
 * DANE (RFC 7672) or, where a host has nothing of that, by MTA-STS (RFC 8461 2: a failing
 * DANE is never overridden by it). What was configured by fingerprint, or to no TLS at all,
 * stays so.
 */
#ifndef POLICY_TLSPOLICY_H
#define POLICY_TLSPOLICY_H

#include <stdbool.h>

#include "mail/outcome.h"
#include "mail/tls_wish.h"
#include "net/tls.h"
#include "policy/dane.h"
#include "policy/mtasts.h"
#include "policy/tlsresults.h"

/* All borrowed. */
struct tlspolicy_request {
	const struct tls_options
		*configured; /* for all hosts of the route; no name yet */
	const char *name;    /* the host to connect to: by name, or a numeric address */
	bool is_direct;      /* an MX host: nobody has configured its name */
	bool is_mx_secure;   /* and DNSSEC says that it is one (struct mx_list) */
	const struct dane *dane;         /* NULL: not looked for */
	const struct mtasts_policy *sts; /* of the domain; NULL: none */
	enum tls_wish wish;              /* of whoever sends the message */
};

struct tlspolicy {
	struct tls_options options;   /* borrows from the request */
	enum tlsresults_policy found; /* what decided */
	/* MTA-STS in testing: where it fails nothing but a count comes of it, and a new
	 * connection as configured */
	bool is_testing;
	/* The host breaks the policy already by its name, or by its records; else SUCCESS. */
	enum tlsresults_type trouble;
};

/*
 * Whether to look for DANE and MTA-STS at all: asking costs time, and a DNS that fails is
 * trouble only for those who want to know.
 */
bool tlspolicy_wants_dane(const struct tlspolicy_request *request);
bool tlspolicy_wants_sts(const struct tlspolicy_request *request);

/*
 * Decide. 0, `*ret` filled; or -1 and `*ret_why`: the host must not be used. `ret->found`
 * and `ret->trouble` are set then, too.
 *
 *	DEFERRED 4.4.3   DNS fails on its TLSA records
 *	DEFERRED 4.7.5   the policy of the domain does not name it; DANE is configured, and
 *	                 it has no records
 *	FAILED 5.7.30    REQUIRETLS: who it is could not be told (RFC 8689 4.2.1)
 *
 * Their scope is HOST, about a relay ROUTE.
 */
int tlspolicy_decide(const struct tlspolicy_request *request, struct tlspolicy *ret,
	struct outcome *ret_why);

#endif
