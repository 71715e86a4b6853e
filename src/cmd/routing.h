/*
 * The ways of the configuration as policy/route.h wants them.
 */
#ifndef CMD_ROUTING_H
#define CMD_ROUTING_H

#include "base/user.h"
#include "conf/conf.h"
#include "policy/route.h"

struct routing {
	struct route_options options; /* its ways are in the order of struct conf, [relay]
					 last */
	struct route_way *ways;
	struct route_hop **hops;
	char **identities;
};

/* `conf` and `user` are borrowed until routing_release. */
void routing_load(struct routing *ret, const struct conf *conf, const struct user *user);
void routing_release(struct routing *r);

/* The number of a way in its options, and the section that it was made of. */
size_t routing_number(const struct routing *r, const struct route_way *way);
const struct conf_relay *routing_relay(
	const struct routing *r, const struct conf *conf, const struct route_way *way);

#endif
