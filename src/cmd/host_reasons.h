/*
 * Why mail waits for a host: read from the host memory, for people.
 */
#ifndef CMD_HOST_REASONS_H
#define CMD_HOST_REASONS_H

#include "cmd/aliases.h"
#include "cmd/routing.h"
#include "cmd/setup.h"
#include "policy/hosts.h"
#include "spool/spool.h"

struct host_reasons {
	struct routing routing;
	struct hosts hosts;
	struct aliases aliases; /* read only where a host is down */
};

/* Read the memory of `spool`; without one there are no reasons. Do not copy it. */
void host_reasons_load(
	struct host_reasons *ret, const struct setup *setup, const struct spool *spool);
void host_reasons_release(struct host_reasons *r);

/*
 * What is known against the next hop of a message with the envelope `e` to a canonical
 * address, or NULL. Borrowed until the release. Resolves nothing: a domain outside ASCII
 * has no reason here.
 */
const struct host *host_reasons_find(
	const struct host_reasons *r, const struct envelope *e, const char *address);

#endif
