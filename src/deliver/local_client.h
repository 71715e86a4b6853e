/*
 * One message of ours into the mailbox of a user, by a process that may write to it: the
 * client of deliver/local_agent.h.
 */
#ifndef DELIVER_LOCAL_CLIENT_H
#define DELIVER_LOCAL_CLIENT_H

#include "deliver/flush.h"

/*
 * Have `text`, in wire form and with the null sender, laid down for `user`, who is called
 * `address`, through flush->local. 0: it is on disk. -1 and a fault: it is not, as far as
 * anybody has said; nothing of that is for good.
 */
int local_client_deliver(const struct flush *flush, const char *user, const char *address,
	struct span text, struct fault *f);

#endif
