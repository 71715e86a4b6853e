/*
 * The variables NULLMTA_*.
 */
#ifndef CONF_ENVIRONMENT_H
#define CONF_ENVIRONMENT_H

#include "conf/conf.h"
#include "conf/problem.h"

/*
 * Lay the variables over `c`: one for each key (conf_key_variable), and three short ones
 * that a longer one overrides: NULLMTA_RELAY (all that [relay] host may be, or one
 * URL such as smtps://user@host:465; sets host, port and user, and no provider),
 * NULLMTA_SPOOL, NULLMTA_LOG. Each may have _FILE behind it and name a file, whose first line
 * is the value then; both at once is a problem. An empty variable is as good as none. One that no key has is a warning: it may be meant for another
 * version. `environment` as environ(7), NULL for none.
 */
void environment_apply(
	struct conf *c, char *const *environment, struct conf_problems *problems);

/* The value of a variable, or NULL where it is not there or empty. Borrowed. */
const char *environment_get(char *const *environment, const char *name);

#endif
