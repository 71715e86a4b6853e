/*
 * The generic map: by which addresses the users of this machine are known outside. Entries
 * are set one by one, or read from text, one line an entry, as other mailers have it in
 * /etc/email-addresses or a generic table:
 *
 *	# a comment
 *	root           ops@example.org      root at any name of this machine
 *	joe: joe.doe@example.org            the colon may stand
 *	www@box.lan    web@example.org      this address only
 *	@box.lan       @example.org         all of a domain; the local part stays
 *
 * Keys match without regard to case. What is more exact comes first: an address, then a
 * user, then a domain.
 */
#ifndef MAIL_GENERIC_MAP_H
#define MAIL_GENERIC_MAP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/span.h"

#define GENERIC_MAP_OCTETS_MAX  ((size_t)1 << 20)
#define GENERIC_MAP_ENTRIES_MAX 10000

struct generic_entry {
	char *key;   /* lower case: "user", "user@domain" or "@domain" */
	char *value; /* a canonical address, or "@domain" */
	const char
		*where; /* the file it is from, borrowed; NULL: a variable or nobody's */
	unsigned line;
};

struct generic_map {
	struct generic_entry *entries; /* sorted by key */
	size_t count;
	size_t cap;
};

/* Who is told of wrong lines: what is wrong with this one, what would be right. */
struct generic_map_critic {
	void (*complain)(void *ctx, unsigned line, const char *why);
	void *ctx;
};

/* Where an entry stands. */
struct generic_map_place {
	const char *where; /* as in struct generic_entry */
	unsigned line;
};

/*
 * Read a whole file's text. Wrong lines are left out and told to `critic`, and so is a
 * second line with the same key. `where` is borrowed as long as the map lives, may be NULL.
 * Release with generic_map_release.
 */
void generic_map_parse(struct generic_map *ret, const char *where, struct span text,
	const struct generic_map_critic *critic);
void generic_map_release(struct generic_map *map);

/*
 * Put one entry in, in the place of one with the same key. -1: `key` or `value` is not what
 * it has to be.
 */
int generic_map_set(struct generic_map *map, struct span key, struct span value,
	const struct generic_map_place *place, struct fault *f);

/*
 * The entry that decides about a canonical address; NULL where there is none. `is_own`: its
 * domain is one of this machine, so that entries of users count.
 */
const struct generic_entry *generic_map_find(
	const struct generic_map *map, struct span address, bool is_own);

/* Append what the entry makes of a canonical address: itself where that got too long. */
void generic_entry_apply(
	const struct generic_entry *entry, struct span address, struct buf *out);

#endif
