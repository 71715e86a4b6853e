/*
 * A login goes only where the source that gave it sends it. What a later source, the user's
 * own file or the environment, changes of a section's host, or of anything else that
 * decides where a connection goes and whom it trusts (KEY_DIRECTS), costs that section the
 * login that it had before: the secret of the system's file would reach a server that
 * somebody else names.
 */
#ifndef CONF_GUARD_H
#define CONF_GUARD_H

#include "conf/conf.h"
#include "conf/problem.h"

struct conf_guard {
	struct guarded *items; /* the sections that have a login */
	size_t count;
};

/* Before a later source is laid over `c`: note what has a login, and where it goes. */
void conf_guard_begin(struct conf_guard *guard, struct conf *c);

/*
 * Behind it: say in conf_relay.keeps_login which section was left alone, and drop the login (KEY_IS_LOGIN) of a section that goes elsewhere now, but what
 * the source itself gave; conf_relay.has_lost_login is set, and a warning added at the
 * place that redirects it. Releases the guard.
 */
void conf_guard_end(
	struct conf_guard *guard, struct conf *c, struct conf_problems *problems);

#endif
