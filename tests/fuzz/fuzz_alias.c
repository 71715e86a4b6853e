/*
 * Any aliases, any included file: what comes out are canonical addresses, each once and not
 * too many, or a reason that a person can read. The aliases come up to the first NUL; what
 * stands behind it is in every file that can be included, and in none where there is no NUL.
 */
#include <stdint.h>
#include <string.h>

#include "base/bug.h"
#include "mail/address.h"
#include "mail/alias.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENTRIES_MAX 40 /* that are looked up */

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

static bool is_readable(const char *text)
{
	return *text && !span_has_control(span_of(text)) && span_is_utf8(span_of(text));
}

static void note(void *ctx, const char *file, unsigned line, const char *why)
{
	(void)ctx;
	check(file && line, "a note without a place");
	check(is_readable(why), "a note that cannot be read");
}

static int read_include(void *ctx, const char *path, struct buf *ret, struct fault *f)
{
	const struct span *text = ctx;

	check(path[0] == '/' && !span_has_control(span_of(path)), "path");
	if (text->data) {
		buf_add_span(ret, *text);
		return 0;
	}
	fault_set(f, FAULT_ABSENT, 0, "cannot be read");
	return -1;
}

static bool is_user(void *ctx, const char *name)
{
	(void)ctx;
	return name[0] == 'j';
}

static void check_found(const struct strv *found)
{
	check(found->count && found->count <= ALIAS_RESULTS_MAX, "how many");
	for (size_t i = 0; i < found->count; i++) {
		check(address_is_canonical(span_of(found->items[i])), "not canonical");
		for (size_t k = 0; k < i; k++)
			check(!address_is_same(
				      span_of(found->items[i]), span_of(found->items[k])),
				"twice");
	}
}

static void expand(
	const struct alias_table *t, const struct alias_scope *scope, struct span address)
{
	struct strv found = {0};
	struct fault why = {.text = ""};
	enum alias_result result = alias_expand(t, scope, address, &found, &why);

	if (result == ALIAS_FOUND)
		check_found(&found);
	else
		check(found.count == 0, "something is left");
	if (result == ALIAS_BROKEN)
		check(is_readable(why.text), "a reason that cannot be read");
	strv_release(&found);
}

static void look_up(const struct alias_table *t, const struct alias_scope *scope,
	const struct alias_entry *entry)
{
	struct buf address = BUF_INIT(2 * ADDRESS_OCTETS_MAX);
	struct buf shown = BUF_INIT(1 << 20);

	alias_entry_format(&shown, t, scope, entry);
	buf_addf(&address, "%s@box.lan", entry->name);
	if (address_is_canonical(span_of(entry->name)))
		expand(t, scope, span_of(entry->name));
	else if (address_is_canonical(buf_span(&address)))
		expand(t, scope, buf_span(&address));
	buf_release(&address);
	buf_release(&shown);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char *names[] = {"box.lan", "example.org", "localhost", ".home"};
	const struct strv own = {.items = names, .count = ARRAY_LEN(names)};
	const struct alias_scope scope = {.own = &own,
		.hostname = "box.lan",
		.domain = "example.org",
		.is_local_user = is_user};
	struct span included = {(const char *)data, size}, text;
	const struct alias_includer includer = {read_include, &included};
	const struct alias_critic critic = {.note = note};
	struct alias_table t;

	if (!span_cut(&included, '\0', &text))
		text = included;
	alias_table_init(&t);
	alias_parse(&t, text, "aliases", &includer, &critic);
	alias_check(&t, &scope, &critic);
	for (size_t i = 1; i < t.count; i++)
		check(strcmp(t.entries[i - 1].name, t.entries[i].name) < 0, "order");
	for (size_t i = 0; i < t.count && i < ENTRIES_MAX; i++)
		look_up(&t, &scope, &t.entries[i]);
	expand(&t, &scope, SPAN_LIT("any@box.lan"));
	expand(&t, &scope, SPAN_LIT("joe@example.org"));
	alias_table_release(&t);
	return 0;
}
