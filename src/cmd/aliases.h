/*
 * The aliases of this machine: the file, and the names that it is about.
 */
#ifndef CMD_ALIASES_H
#define CMD_ALIASES_H

#include <stdbool.h>

#include "base/strv.h"
#include "base/user.h"
#include "conf/conf.h"
#include "conf/identity.h"
#include "conf/problem.h"
#include "mail/alias.h"

struct aliases {
	struct alias_table table;
	struct alias_scope scope; /* borrows from the rest */
	struct strv own;
	bool is_needed; /* there is anything to look up */
};

/*
 * Read [local] aliases. What is wrong with the file is added to `problems` as a warning:
 * other programs may share it, and mail for other names must not wait for it. Where it
 * cannot be read at all, names of this machine are ALIAS_BROKEN, so that their mail waits.
 * `conf`, `identity` and `user` are borrowed until aliases_release. `ret` stays where it
 * is: do not copy it.
 */
void aliases_load(struct aliases *ret, const struct conf *conf,
	const struct identity *identity, const struct user *user,
	struct conf_problems *problems);
void aliases_release(struct aliases *a);

/* Add as warnings what shows only when all entries are looked at together: loops. */
void aliases_check(const struct aliases *a, struct conf_problems *problems);

#endif
