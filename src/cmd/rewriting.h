/*
 * The rules of [rewrite] and [header] with the files and names that belong to them, and
 * those of the ways that have one sender for all.
 */
#ifndef CMD_REWRITING_H
#define CMD_REWRITING_H

#include <stdbool.h>

#include "base/user.h"
#include "conf/conf.h"
#include "conf/identity.h"
#include "conf/problem.h"
#include "mail/rewrite.h"

struct rewriting {
	struct rewrite rules; /* borrow from the rest, and from what they were made of */
	/* of each way that has its own `from`, else NULL; in the order of cmd/routing.h */
	const struct rewrite **ways;
	struct rewrite *way_rules;
	char **way_froms;
	size_t way_count;
	struct strv own;
	struct generic_map map;
	char *map_path;
	char *from;
	bool is_needed; /* there is any rule */
};

/*
 * Read the generic map, which is that file and over it [generic], and put the rules
 * together. What is wrong with it or with an address
 * is added to `problems`, and the rules do without. `conf`, `identity` and `user` are
 * borrowed until rewriting_release. `ret` stays where it is: do not copy it.
 */
void rewriting_load(struct rewriting *ret, const struct conf *conf,
	const struct identity *identity, const struct user *user,
	struct conf_problems *problems);
void rewriting_release(struct rewriting *r);

#endif
