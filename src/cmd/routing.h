/*
 * The ways of the configuration as policy/route.h wants them.
 */
#ifndef CMD_ROUTING_H
#define CMD_ROUTING_H

#include "base/user.h"
#include "conf/conf.h"
#include "mail/alias.h"
#include "policy/route.h"

struct routing {
	struct route_options options; /* its ways are in the order of struct conf, [relay]
					 last */
	struct route_way *ways;
	struct route_hop **hops;
	char **identities;
	struct route_local local; /* routing_set_local */
	struct route_way local_way;
	struct route_hop *local_hops;
	struct conf_relay
		local_relay; /* of local_way: its hop and nothing else, borrowed */
};

/* `conf` and `user` are borrowed until routing_release. */
void routing_load(struct routing *ret, const struct conf *conf, const struct user *user);
void routing_release(struct routing *r);

/*
 * Add where the mail of local users goes, as [local] deliver says; `scope` is borrowed as
 * well. What was loaded stays where it is from then on.
 */
void routing_set_local(
	struct routing *r, const struct conf *conf, const struct alias_scope *scope);

/* Whether a route is one of those: a mailbox, or what stands for it. */
bool routing_is_local(const struct routing *r, const struct route *route);

/* Whether that is another way than all other mail takes. */
bool routing_has_local(const struct conf *conf);

/* The number of a way in its options, and the section that it was made of. */
size_t routing_number(const struct routing *r, const struct route_way *way);
const struct conf_relay *routing_relay(
	const struct routing *r, const struct conf *conf, const struct route_way *way);

#endif
