/*
 * By which domains mail of this machine may call itself.
 */
#ifndef CMD_OWN_NAMES_H
#define CMD_OWN_NAMES_H

#include "base/strv.h"
#include "conf/conf.h"
#include "conf/identity.h"

/*
 * Append the host name, its first label, the domain of bare names, localhost, and those of
 * [rewrite] domains, of which ".lan" is everything below lan.
 */
void own_names_list(
	struct strv *ret, const struct conf *conf, const struct identity *identity);

#endif
