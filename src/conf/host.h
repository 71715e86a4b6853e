/*
 * IP literals and hosts to connect to, as text; no lookup.
 */
#ifndef CONF_HOST_H
#define CONF_HOST_H

#include <stdbool.h>

#include "base/span.h"

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
