/*
 * One DNS question by TCP (RFC 7766), for answers that do not fit a datagram. libresolv
 * could do it, but waits without a limit where a firewall drops TCP to port 53.
 */
#ifndef NET_DNSTCP_H
#define NET_DNSTCP_H

#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "net/netaddr.h"

/*
 * Send `query` to `server` and append the answer, a packet with the query's ID, to
 * `*ret`. Everything is done by `deadline_ms` (clock_mono_ms). Returns 0, or -1 and a
 * fault that says what went wrong.
 */
int dnstcp_ask(const struct netaddr *server, struct span query, int64_t deadline_ms,
	struct buf *ret, struct fault *f);

#endif
