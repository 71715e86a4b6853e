/*
 * Host names and IP literals as text; no lookup.
 */
#ifndef CONF_HOST_H
#define CONF_HOST_H

#include <stdbool.h>

#include "base/span.h"

#define HOST_NAME_MAX_LEN 253 /* RFC 1035 2.3.4, as text */

/*
 * A host name that may stand on the wire: labels of letters, digits and inner hyphens, 1
 * to 63 octets each, at most HOST_NAME_MAX_LEN together, no final dot, and a last label
 * that is not a number (RFC 1123 2.1).
 */
bool host_is_name(struct span s);

/* An IPv4 or IPv6 address in the notation of inet_pton(3), no brackets, no scope. */
bool host_is_ipv4(struct span s);
bool host_is_ipv6(struct span s);

/*
 * A host that we connect to: an IP literal, or a host name in which "_" is a letter too,
 * as it is in names given to containers.
 */
bool host_is_target(struct span s);

/*
 * Split "host", "host:port", "[v6]", "[v6]:port" or a bare IPv6 literal. The host loses
 * its brackets and is a target; without a port `*ret_port` is 0. Returns 0 or -1.
 */
int host_split(struct span s, struct span *ret_host, unsigned *ret_port);

#endif
