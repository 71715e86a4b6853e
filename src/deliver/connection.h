/*
 * A connection to one host of a route, in the clear: by TCP or to a unix socket, from the
 * address and by the proxy that the route has; or to who serves a user's mailbox.
 */
#ifndef DELIVER_CONNECTION_H
#define DELIVER_CONNECTION_H

#include "deliver/flush.h"
#include "policy/mx.h"

/*
 * Connect, and wait for it, each step no longer than [delivery] connect_timeout. 0; or -1
 * and `*ret_why`, without a remote: DEFERRED 4.4.1, of scope ROUTE where it is our own
 * proxy that cannot be used, else HOST.
 */
int connection_make(struct stream **ret, const struct flush *flush,
	const struct route *route, const struct mx_target *target,
	struct outcome *ret_why);

#endif
