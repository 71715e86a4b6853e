/*
 * How the ways of the configuration are secured, as net/tls.h wants it.
 */
#ifndef CMD_SECURING_H
#define CMD_SECURING_H

#include "base/strv.h"
#include "base/user.h"
#include "conf/conf.h"
#include "net/tls.h"

struct securing {
	struct tls_options
		*ways;     /* in the order of struct routing; nobody's name in them */
	struct strv paths; /* made absolute; the ways borrow from it */
};

/*
 * `conf` is borrowed until securing_release. A path that cannot be made absolute is one of
 * `problems`, and so is DANE in a build that has none; whether the files can be used shows when they are.
 */
void securing_load(struct securing *ret, const struct conf *conf, const struct user *user,
	struct conf_problems *problems);
void securing_release(struct securing *s);

#endif
