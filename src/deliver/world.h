/*
 * Everything a delivery takes from outside: clocks, chance, DNS, connections. Made once in
 * `cmd`, replaced whole in tests.
 */
#ifndef DELIVER_WORLD_H
#define DELIVER_WORLD_H

#include <stdint.h>

#include "base/fault.h"
#include "net/netaddr.h"
#include "net/resolver.h"
#include "net/stream.h"

struct world {
	int64_t (*now_s)(void);             /* since the epoch; may jump */
	int64_t (*mono_ms)(void);           /* never jumps */
	uint32_t (*random)(uint32_t bound); /* below bound */
	int (*dial)(struct stream **ret, const struct netaddr *to, struct fault *f);
	int (*dial_from)(struct stream **ret, const struct netaddr *to,
		const struct netaddr *from, struct fault *f);
	struct resolver *resolver; /* owned */
	struct tls_cache *tls;     /* owned: what all connections of a process share */
};

/* The real one. 0, or -1 and a fault. */
int world_init(struct world *ret, const struct resolver_options *dns, struct fault *f);
void world_release(struct world *w);

#endif
