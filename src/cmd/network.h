/*
 * What the commands of nullmta-flush make of the configuration: the world.
 */
#ifndef CMD_NETWORK_H
#define CMD_NETWORK_H

#include "base/fault.h"
#include "base/user.h"
#include "conf/conf.h"
#include "deliver/world.h"

/* The real world with what [dns] says. 0, or -1 and a fault. */
int network_open(struct world *ret, const struct conf *conf, const struct user *user,
	struct fault *f);

#endif
