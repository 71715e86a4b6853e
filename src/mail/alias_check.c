#include <stdlib.h>

#include "base/mem.h"
#include "mail/address.h"
#include "mail/alias_parts.h"
#include "mail/own_domain.h"

#define WHY_MAX 1024

enum colour { WHITE /* not yet seen */, GREY /* on the way here */, BLACK /* done */ };

/* A walk from entry to entry, depth first; the way is kept here, not on the stack. */
struct walk {
	const struct alias_table *table;
	const struct alias_scope *scope;
	const struct alias_critic *critic;
	unsigned char *colours; /* of each entry */
	size_t *next;           /* target of each entry to look at */
	size_t *path;           /* entries that are GREY */
	size_t depth;
};

PRINTF_LIKE(3, 4)
static void note(
	const struct walk *w, const struct alias_entry *entry, const char *fmt, ...)
{
	struct buf why = BUF_INIT(WHY_MAX);
	va_list args;

	va_start(args, fmt);
	buf_vaddf(&why, fmt, args);
	va_end(args);
	w->critic->note(w->critic->ctx, w->table->file, entry->line, buf_str(&why));
	buf_release(&why);
}

/*
 * The entry that a target leads to, or NULL. The wildcard is left out: where it is part of a
 * loop, there is no doubt what is meant.
 */
static const struct alias_entry *entry_of(
	const struct walk *w, const struct alias_target *target)
{
	struct buf address = BUF_INIT(ADDRESS_OCTETS_MAX);
	const struct alias_entry *found = NULL;

	if ((target->kind == ALIAS_NAME || target->kind == ALIAS_ADDRESS) &&
		!target->is_final && alias_target_address(w->scope, target, &address))
		found = alias_find_exact(w->table, w->scope, buf_span(&address));
	buf_release(&address);
	return found;
}

static void enter(struct walk *w, size_t i)
{
	w->colours[i] = GREY;
	w->path[w->depth++] = i;
}

/* Look at one more target of the entry at the end of the path, or leave it. */
static void advance(struct walk *w)
{
	size_t from = w->path[w->depth - 1], to;
	const struct alias_entry *entry = &w->table->entries[from], *found;

	if (w->next[from] == entry->count) {
		w->colours[from] = BLACK;
		w->depth--;
		return;
	}
	found = entry_of(w, &w->table->targets[entry->first + w->next[from]++]);
	if (!found || found == entry)
		return;
	to = (size_t)(found - w->table->entries);
	if (w->colours[to] == WHITE)
		enter(w, to);
	else if (w->colours[to] == GREY)
		note(w, entry,
			"%s leads back to %s (line %u), whose mail stays there; take one "
			"of them out",
			entry->name, found->name, found->line);
}

static void find_loops(struct walk *w)
{
	for (size_t i = 0; i < w->table->count; i++) {
		if (w->colours[i] == WHITE)
			enter(w, i);
		while (w->depth)
			advance(w);
	}
}

/* The domain of a left side, or empty: a quoted name may have an '@' of its own. */
static struct span domain_of(struct span name)
{
	struct span domain = address_domain(name);

	return span_ends(name, "\"") || domain.len == name.len ? SPAN_NONE : domain;
}

static void find_foreign(const struct walk *w)
{
	for (size_t i = 0; i < w->table->count; i++) {
		const struct alias_entry *entry = &w->table->entries[i];
		struct span domain = domain_of(span_of(entry->name));

		if (domain.len && !own_domain_has(w->scope->own, domain))
			note(w, entry,
				"%s is never used: its domain is not of this machine; "
				"[rewrite] domains in nullmta.conf may name it",
				entry->name);
	}
}

void alias_check(const struct alias_table *t, const struct alias_scope *scope,
	const struct alias_critic *critic)
{
	struct walk w = {
		.table = t,
		.scope = scope,
		.critic = critic,
		.colours = mem_array(t->count + 1, sizeof(*w.colours)),
		.next = mem_array(t->count + 1, sizeof(*w.next)),
		.path = mem_array(t->count + 1, sizeof(*w.path)),
	};

	find_foreign(&w);
	find_loops(&w);
	free(w.colours);
	free(w.next);
	free(w.path);
}
