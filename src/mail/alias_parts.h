/*
 * The parts of aliases. Of use to mail/alias*.c, and to mail/forward.c, which reads lists of
 * the same items.
 */
#ifndef MAIL_ALIAS_PARTS_H
#define MAIL_ALIAS_PARTS_H

#include <stdbool.h>

#include "mail/alias.h"

/* The same as alias_find without the wildcard. */
const struct alias_entry *alias_find_exact(const struct alias_table *t,
	const struct alias_scope *scope, struct span address);

/* Whether the wildcard may take this address. */
bool alias_is_for_wildcard(const struct alias_scope *scope, struct span address);

/* Whether this is the wildcard's entry. */
bool alias_is_wildcard(const struct alias_entry *entry);

/*
 * Append the canonical address that an ALIAS_NAME or ALIAS_ADDRESS means. False, nothing
 * appended, where the domain makes it too long.
 */
bool alias_target_address(const struct alias_scope *scope,
	const struct alias_target *target, struct buf *out);

/*
 * Take the next part of a list between commas, which do not count within quotes, comments
 * and angle brackets; trimmed, never empty. False when none is left.
 */
bool alias_list_next(struct span *rest, struct span *ret_item);

/*
 * The length of a line without the comment behind its entry ("joe # the boss"): '#' behind a
 * blank, outside quotes, and no '<' behind it, for then it is in a name. Else its own length.
 */
size_t alias_comment_start(struct span line);

/* The first ':' that is not within quotes; -1: none. */
ptrdiff_t alias_colon(struct span line);

/* One item of a list. */
struct alias_item {
	bool is_include; /* `text` is the path; else of the kind: */
	enum alias_target_kind kind;
	bool is_final;
	const char *why; /* of what is wrong, in a few words without the item's own */
	/* as a target has it; why, without file and line. To be released */
	struct buf text;
};

/* Read one item, which is not empty. Cannot fail: what is wrong is ALIAS_REFUSED. */
void alias_item_parse(struct alias_item *ret, struct span text);

/* Append a left side in lower case. -1 and a fault of FAULT_DATA. */
int alias_name_parse(struct span text, struct buf *out, struct fault *f);

#endif
