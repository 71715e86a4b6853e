/*
 * What the commands of nullmta-flush make of the configuration: the world, and where mail
 * goes.
 */
#ifndef CMD_NETWORK_H
#define CMD_NETWORK_H

#include "base/fault.h"
#include "conf/conf.h"
#include "deliver/world.h"
#include "policy/route.h"

/* The real world with the name servers of [dns]. 0, or -1 and a fault. */
int network_open(struct world *ret, const struct conf *conf, struct fault *f);

/* [relay] and [delivery] port; borrows from `conf`. */
struct route_options network_route(const struct conf *conf);

#endif
