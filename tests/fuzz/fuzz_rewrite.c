/*
 * Rewriting any header section with any rules: what comes out are fields in wire form, as many
 * as rules and section allow; what was rewritten can be read, and a second time nothing more
 * changes. The first octet chooses the rules; the generic map comes up to the first NUL,
 * the section behind it.
 */
#include <stdint.h>
#include <string.h>

#include "base/bug.h"
#include "mail/address.h"
#include "mail/header.h"
#include "mail/rewrite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OUT_MAX (1 << 24)

static void note(void *ctx, unsigned line, const char *why)
{
	(void)why;
	*(unsigned *)ctx = line;
}

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

/* As intake leaves it: lines with CRLF, the first one begins a field. */
static void to_section(struct span text, struct buf *section)
{
	struct span line;

	buf_add_str(section, "X: y\r\n");
	while (text.len && span_cut(&text, '\n', &line)) {
		size_t before = section->len;

		for (size_t i = 0; i < line.len; i++)
			if (line.data[i] != '\r' && line.data[i] != '\0')
				buf_add_char(section, line.data[i]);
		if (section->len > before)
			buf_add_str(section, "\r\n");
	}
}

/* Whoever may be named: addresses of one rule for all are that one. */
static void check_field(const struct rewrite *r, const struct header_field *field)
{
	struct address_places places;
	struct fault f;

	if (!r->from || r->map->count || header_is(field, "Reply-To"))
		return;
	check(address_field_places(field->value, r->own_domain, &places, &f) == 0,
		"unreadable");
	check(places.count == 1 && strcmp(places.addresses.items[0], r->from) == 0,
		"another sender");
	address_places_release(&places);
}

static void check_section(const struct rewrite *r, struct span section)
{
	struct header_field field;

	check(span_ends(section, "\r\n"), "no line end");
	while (header_next(&section, &field))
		if (header_is(&field, "From") || header_is(&field, "Sender") ||
			header_is(&field, "Resent-From"))
			check_field(r, &field);
}

static void check_map(const struct generic_map *map)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct generic_entry *entry = &map->entries[i];

		check(entry->value[0] == '@' ||
				address_is_canonical(span_of(entry->value)),
			"a value of the map");
		check(i == 0 || strcmp(entry[-1].key, entry->key) < 0,
			"the order of the map");
	}
}

/* As [generic] does: the line's first word, and what is behind it. */
static void set_entry(struct generic_map *map, struct span line)
{
	static const struct generic_map_place place = {"conf", 1};
	struct span key;
	struct fault f;

	if (span_word(&line, &key))
		(void)generic_map_set(map, key, span_trim(line), &place, &f);
}

static void check_sender(const struct rewrite *r, struct span address)
{
	struct buf out = BUF_INIT(1000);

	if (!address_is_canonical(address))
		return;
	rewrite_sender(r, address, &out);
	check(address_is_canonical(buf_span(&out)), "a sender");
	buf_release(&out);
}

static void run(const struct rewrite *r, struct span text)
{
	struct buf section = BUF_INIT(OUT_MAX), once = BUF_INIT(OUT_MAX),
		   twice = BUF_INIT(OUT_MAX);

	check_sender(r, text);
	to_section(text, &section);
	rewrite_header(r, buf_span(&section), "ID", &once);
	check_section(r, buf_span(&once));
	rewrite_header(r, buf_span(&once), "ID", &twice);
	/* templates and maps may be applied again and again with new results */
	if (!r->name && !r->map->count && !r->added)
		check(span_eq(buf_span(&once), buf_span(&twice)), "changed again");
	buf_release(&section);
	buf_release(&once);
	buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *own_items[] = {"box.lan", ".below"}, *added_items[] = {"X-Host: %h %i"},
	     *set_items[] = {"X: %u"}, *removed_items[] = {"Subject"};
	const struct strv own = {own_items, ARRAY_LEN(own_items), 0};
	const struct strv added = {added_items, 1, 0}, set = {set_items, 1, 0},
			  removed = {removed_items, 1, 0};
	struct rewrite r = {.own = &own,
		.own_domain = "box.lan",
		.hostname = "host.box.lan",
		.user = "joe"};
	struct span rest = {(const char *)data + 1, size - 1}, map_text, line;
	unsigned wrong_line = 0;
	const struct generic_map_critic critic = {note, &wrong_line};
	struct generic_map map;

	if (size < 2)
		return 0;
	(void)span_cut(&rest, '\0', &map_text);
	generic_map_parse(&map, NULL, map_text, &critic);
	check_map(&map);
	while (map_text.len && span_cut(&map_text, '\n', &line))
		set_entry(&map, line);
	check_map(&map);
	r.map = &map;
	r.from = data[0] & 1 ? "o@out.test" : NULL;
	r.domain = data[0] & 2 ? "z.test" : NULL;
	r.name = data[0] & 4 ? "%n via \"%h\" (%a)" : NULL;
	r.keeps_original = data[0] & 8;
	r.added = data[0] & 16 ? &added : NULL;
	r.set = data[0] & 32 ? &set : NULL;
	r.removed = data[0] & 64 ? &removed : NULL;
	run(&r, rest);
	generic_map_release(&map);
	return 0;
}
