/*
 * Which next hop a recipient takes. Pure: what the name resolves to is policy/mx.h.
 */
#ifndef POLICY_ROUTE_H
#define POLICY_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "mail/outcome.h"

#define ROUTE_NAME_SIZE 256
#define ROUTE_KEY_SIZE  288

enum route_kind {
	ROUTE_RELAY,   /* one host takes everything */
	ROUTE_MX,      /* as the domain's MX records say */
	ROUTE_LITERAL, /* user@[192.0.2.1] */
};

struct route {
	enum route_kind kind;
	uint16_t port;
	char name[ROUTE_NAME_SIZE]; /* host name or domain in A-labels, lower case; or a
				       numeric address without brackets */
};

struct route_options {
	const char *relay_host; /* name or numeric address; NULL or "": MX */
	uint16_t relay_port;
	uint16_t mx_port; /* for MX hosts and literals: 25 */
};

/*
 * The route of a canonical address (mail/address.h). Returns 0 and fills `*ret`; or -1
 * and `*ret_why`: FAILED for a domain that can never be reached (no host name, bad IDN,
 * bad literal), DEFERRED with scope ROUTE for a relay host that is no name: our
 * configuration's fault.
 */
int route_resolve(const struct route_options *options, struct span recipient,
	struct route *ret, struct outcome *ret_why);

/* A total order for sorting; 0 exactly for equal routes. */
int route_compare(const struct route *a, const struct route *b);

/*
 * One word for grouping and for the host memory: "mx:example.org:25",
 * "relay:[smtp.example.com]:587", "literal:[192.0.2.1]:25".
 */
void route_key(const struct route *route, char ret[ROUTE_KEY_SIZE]);

#endif
