/*
 * Whom an address stands for today: by the alias table, and for a user of this machine whose
 * mailbox it means by ~/.forward, one behind the other as often as they say so.
 */
#ifndef DELIVER_ADDRESSING_H
#define DELIVER_ADDRESSING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "base/span.h"
#include "deliver/flush.h"
#include "deliver/forwards.h"
#include "mail/alias.h"
#include "mail/outcome.h"
#include "policy/route.h"

#define ADDRESSING_DEPTH_MAX 10 /* of users who forward to users */

/* Who is told what is met on the way, in order. Each may be NULL. */
struct addressing_tracer {
	void (*alias)(void *ctx, struct span address, const struct alias_entry *entry);
	void (*forward)(void *ctx, struct span address, const struct forwards_answer *a);
	void *ctx;
};

/* All borrowed. */
struct addressing_rules {
	const struct alias_table *aliases; /* NULL: there are none */
	const struct alias_scope *scope;
	const struct route_options *route;
	struct forwards *forwards;              /* NULL: no ~/.forward counts */
	struct span sender;                     /* of the envelope: routes look at it */
	const struct addressing_tracer *tracer; /* or NULL */
};

/* Those of a flush, for mail from `sender`. */
struct addressing_rules addressing_rules_of(
	const struct flush *flush, struct span sender);

struct addressing_target {
	char *address;
	char *user;           /* whose mailbox it is; NULL: none of this machine */
	struct outcome *fate; /* nobody gets it now: this is why; else NULL */
	bool is_open;         /* whom it stands for cannot be known here and now */
};

struct addressing {
	struct addressing_target *items;
	size_t count;
};

/*
 * ALIAS_NONE: the address stays, and is the only item. ALIAS_FOUND: the items instead, in
 * order, each address and each mailbox once. ALIAS_DISCARD and ALIAS_BROKEN as alias_expand
 * has them, without an item.
 *
 * A user whose ~/.forward leads back, by whatever names, keeps the mail in the mailbox, and so
 * does one that is named as \user, or whose file only the flush of the system may ask for.
 * Where it cannot be read now, or has an alias behind it that is broken, that target alone
 * has to wait.
 */
enum alias_result addressing_find(const struct addressing_rules *rules,
	struct span address, struct addressing *ret, struct fault *ret_why);
void addressing_release(struct addressing *a);

#endif
