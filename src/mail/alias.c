#include "mail/alias.h"

#include <stdlib.h>
#include <string.h>

#include "base/hostname.h"
#include "base/mem.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/alias_parts.h"
#include "mail/own_domain.h"

#define SHOWN_MAX 20 /* targets of an entry */

void alias_table_init(struct alias_table *t)
{
	*t = (struct alias_table){0};
}

void alias_table_release(struct alias_table *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->entries[i].name);
	for (size_t i = 0; i < t->target_count; i++)
		free(t->targets[i].text);
	free(t->entries);
	free(t->targets);
	free(t->file);
	free(t->gap);
	alias_table_init(t);
}

void alias_table_set_gap(struct alias_table *t, const char *why)
{
	if (!t->gap)
		t->gap = mem_string(why);
}

bool alias_is_wildcard(const struct alias_entry *entry)
{
	return strcmp(entry->name, "*") == 0;
}

static int compare_name(const void *key, const void *entry)
{
	return strcmp(key, ((const struct alias_entry *)entry)->name);
}

static const struct alias_entry *look_up(const struct alias_table *t, struct span key)
{
	struct buf lower = BUF_INIT(ADDRESS_OCTETS_MAX);
	const struct alias_entry *found = NULL;

	text_add_lower(&lower, key);
	if (t->count)
		found = bsearch(buf_str(&lower), t->entries, t->count,
			sizeof(*t->entries), compare_name);
	buf_release(&lower);
	return found;
}

const struct alias_entry *alias_find_exact(
	const struct alias_table *t, const struct alias_scope *scope, struct span address)
{
	const struct alias_entry *found = NULL;

	if (own_domain_has(scope->own, address_domain(address))) {
		found = look_up(t, address);
		if (!found)
			found = look_up(t, address_local(address));
	}
	return found;
}

bool alias_is_this_machine(const struct alias_scope *scope, struct span domain)
{
	struct span hostname = span_of(scope->hostname), rest = hostname, label;

	return span_ieq(domain, hostname) || hostname_is_localhost(domain) ||
	       span_iis(domain, "localhost.localdomain") ||
	       (span_cut(&rest, '.', &label) && span_ieq(domain, label));
}

bool alias_is_for_wildcard(const struct alias_scope *scope, struct span address)
{
	struct span domain = address_domain(address);
	struct buf name = BUF_INIT(ADDRESS_OCTETS_MAX);
	bool is_user;

	if (!own_domain_has(scope->own, domain))
		return false;
	if (alias_is_this_machine(scope, domain))
		return true;
	if (!scope->is_local_user)
		return false;
	text_add_lower(&name, address_local(address));
	is_user = scope->is_local_user(scope->ctx, buf_str(&name));
	buf_release(&name);
	return is_user;
}

const struct alias_entry *alias_find(
	const struct alias_table *t, const struct alias_scope *scope, struct span address)
{
	const struct alias_entry *found = alias_find_exact(t, scope, address);

	if (found)
		return found;
	found = look_up(t, SPAN_LIT("*"));
	return found && alias_is_for_wildcard(scope, address) ? found : NULL;
}

bool alias_target_address(const struct alias_scope *scope,
	const struct alias_target *target, struct buf *out)
{
	struct buf address = BUF_INIT(ADDRESS_OCTETS_MAX);
	bool is_address;

	buf_add_str(&address, target->text);
	if (target->kind == ALIAS_NAME)
		buf_addf(&address, "@%s", scope->domain);
	is_address = !address.is_overfull && address_is_canonical(buf_span(&address));
	if (is_address)
		buf_add_span(out, buf_span(&address));
	buf_release(&address);
	return is_address;
}

static void format_target(struct buf *out, const struct alias_scope *scope,
	const struct alias_target *target)
{
	switch (target->kind) {
	case ALIAS_NAME:
	case ALIAS_ADDRESS:
		if (!alias_target_address(scope, target, out))
			buf_add_str(out, target->text);
		buf_add_str(out, target->is_final ? " itself" : "");
		break;
	case ALIAS_NOTHING:
		buf_add_str(out, "/dev/null");
		break;
	case ALIAS_REFUSED:
	case ALIAS_UNKNOWN:
		buf_addf(out, "(not usable: %s)", target->text);
		break;
	}
}

void alias_entry_format(struct buf *out, const struct alias_table *t,
	const struct alias_scope *scope, const struct alias_entry *entry)
{
	for (size_t i = 0; i < entry->count && i < SHOWN_MAX; i++) {
		buf_add_str(out, i ? ", " : "");
		format_target(out, scope, &t->targets[entry->first + i]);
	}
	if (entry->count > SHOWN_MAX)
		buf_addf(out, " and %zu more", entry->count - SHOWN_MAX);
}
