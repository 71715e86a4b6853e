/*
 * The logins of a configuration, for the workers of a run (deliver/login.h).
 */
#ifndef CMD_LOGINS_H
#define CMD_LOGINS_H

#include "cmd/credential.h"
#include "cmd/vault.h"
#include "conf/conf.h"
#include "deliver/login.h"

struct logins {
	struct credential_owner owner;
	const struct vault *vault;
	struct login_source source;
};

/*
 * Get ready to read what `conf` names; `user` is borrowed, `l` stays where it is. What root
 * has read already is in `vault`, borrowed too; NULL: nothing. Where there is a login the process leaves no core and cannot be traced from now on.
 */
void logins_init(struct logins *l, const struct conf *conf, const struct user *user,
	const struct vault *vault);

#endif
