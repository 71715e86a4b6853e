#include "mail/generic_map.h"

#include <stdlib.h>
#include <string.h>

#include "base/fault.h"
#include "base/mem.h"
#include "base/text.h"
#include "mail/address.h"

#define LINE_MAX_LEN 1000 /* as in nullmta.conf */
#define WRONG_MAX    (FAULT_TEXT_MAX + 64)

struct map_parser {
	struct generic_map *map;
	const char *where;
	const struct generic_map_critic *critic;
	unsigned line;
};

static void complain(struct map_parser *p, const char *what, const char *why)
{
	struct buf text = BUF_INIT(WRONG_MAX);

	buf_addf(&text, "%s%s", what, why);
	p->critic->complain(p->critic->ctx, p->line, buf_str(&text));
	buf_release(&text);
}

/* "@domain": append it as it is. */
static int parse_domain(struct span s, struct buf *out, struct fault *f)
{
	struct buf address = BUF_INIT(ADDRESS_OCTETS_MAX);
	int rc = address_compose(SPAN_LIT("x"), span_from(s, 1), &address, f);

	if (rc == 0)
		buf_add_span(out, s);
	buf_release(&address);
	return rc;
}

/* "*" or "*@domain" would be a user of that name, which nobody means. */
static bool is_wildcard(struct span s)
{
	return span_is(s, "*") || span_starts(s, "*@");
}

static int refuse(struct fault *f, const char *why)
{
	fault_set(f, FAULT_DATA, 0, "%s", why);
	return -1;
}

/* Append "user", "user@domain" or "@domain". */
static int parse_key(struct span s, struct buf *out, struct fault *f)
{
	struct buf address = BUF_INIT(ADDRESS_OCTETS_MAX);
	int rc = 0;

	if (is_wildcard(s))
		return refuse(f, "a * means nobody; @box.lan is all of a domain, and "
				 "[rewrite] from is for all mail");
	if (span_starts(s, "@"))
		return parse_domain(s, out, f);
	if (address_parse(s, NULL, &address, f) == 0)
		buf_add_span(out, buf_span(&address));
	else if (address_parse(s, "x", &address, f) == 0)
		buf_add_span(out, address_local(buf_span(&address)));
	else
		rc = -1;
	if (rc == 0 && out->len == 0)
		rc = refuse(f, "the null sender is never rewritten");
	buf_release(&address);
	return rc;
}

/* Append a canonical address or "@domain". */
static int parse_value(struct span s, struct buf *out, struct fault *f)
{
	if (is_wildcard(s))
		return refuse(f, "a * means nobody; @example.org keeps what is before "
				 "the @");
	if (span_starts(s, "@"))
		return parse_domain(s, out, f);
	if (address_parse(s, NULL, out, f) < 0)
		return -1;
	return out->len ? 0 : refuse(f, "not an address");
}

/* What both are made of; -1 says which of them is wrong, and why. */
static int make_entry(struct generic_entry *ret, struct span key, struct span value,
	const struct generic_map_place *place, struct fault *f)
{
	struct buf left = BUF_INIT(ADDRESS_OCTETS_MAX), lower = left, right = left;
	struct fault why;
	int rc = -1;

	if (parse_key(key, &left, &why) < 0) {
		fault_set(
			f, FAULT_DATA, 0, "not a user, address or @domain: %s", why.text);
	} else if (parse_value(value, &right, &why) < 0) {
		fault_set(f, FAULT_DATA, 0, "not an address or @domain: %s", why.text);
	} else {
		text_add_lower(&lower, buf_span(&left));
		*ret = (struct generic_entry){
			.key = mem_string(buf_str(&lower)),
			.value = mem_string(buf_str(&right)),
			.where = place->where,
			.line = place->line,
		};
		rc = 0;
	}
	buf_release(&left);
	buf_release(&lower);
	buf_release(&right);
	return rc;
}

static void release_entry(struct generic_entry *entry)
{
	free(entry->key);
	free(entry->value);
}

/* Room for one more at the end, which is not counted yet. */
static void make_room(struct generic_map *map)
{
	if (map->count < map->cap)
		return;
	map->cap = map->cap ? 2 * map->cap : 16;
	map->entries = mem_regrow(map->entries, map->cap, sizeof(*map->entries));
}

static void parse_entry(struct map_parser *p, struct span line)
{
	const struct generic_map_place place = {p->where, p->line};
	struct span word;
	struct fault f;

	(void)span_word(&line, &word);
	if (span_ends(word, ":"))
		word = span_head(word, word.len - 1);
	line = span_trim(line);
	if (line.len == 0) {
		complain(p, "", "one word; write a user and an address");
		return;
	}
	make_room(p->map);
	if (make_entry(&p->map->entries[p->map->count], word, line, &place, &f) < 0)
		complain(p, f.text, "");
	else
		p->map->count++;
}

static void parse_line(struct map_parser *p, struct span line)
{
	p->line++;
	if (line.len > LINE_MAX_LEN) {
		complain(p, "", "longer than 1000 octets");
		return;
	}
	line = span_trim(line);
	if (line.len && line.data[0] != '#')
		parse_entry(p, line);
}

/* By key, and of equal ones the first line first. */
static int compare_entries(const void *a, const void *b)
{
	const struct generic_entry *left = a, *right = b;
	int order = strcmp(left->key, right->key);

	if (order)
		return order;
	return left->line < right->line ? -1 : left->line > right->line;
}

/* Of lines with the same key the first one counts. */
static void drop_duplicates(struct map_parser *p)
{
	struct generic_map *map = p->map;
	struct generic_entry *entries = map->entries;
	struct buf why = BUF_INIT(64);
	size_t kept = 0;

	for (size_t i = 0; i < map->count; i++) {
		if (kept == 0 || strcmp(entries[kept - 1].key, entries[i].key) != 0) {
			entries[kept++] = entries[i];
			continue;
		}
		buf_reset(&why);
		buf_addf(
			&why, " has an entry in line %u already", entries[kept - 1].line);
		p->line = entries[i].line;
		complain(p, entries[i].key, buf_str(&why));
		release_entry(&entries[i]);
	}
	map->count = kept;
	buf_release(&why);
}

void generic_map_parse(struct generic_map *ret, const char *where, struct span text,
	const struct generic_map_critic *critic)
{
	struct map_parser p = {.map = ret, .where = where, .critic = critic};
	struct span line;

	*ret = (struct generic_map){0};
	while (text.len && span_cut(&text, '\n', &line)) {
		if (ret->count == GENERIC_MAP_ENTRIES_MAX) {
			complain(&p, "", "too many entries");
			break;
		}
		parse_line(&p, line);
	}
	if (ret->count)
		qsort(ret->entries, ret->count, sizeof(*ret->entries), compare_entries);
	drop_duplicates(&p);
}

void generic_map_release(struct generic_map *map)
{
	for (size_t i = 0; i < map->count; i++)
		release_entry(&map->entries[i]);
	free(map->entries);
	*map = (struct generic_map){0};
}

/* The place of the first entry that is not before `key`. */
static size_t place_of(const struct generic_map *map, const char *key)
{
	size_t low = 0, high = map->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(map->entries[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct generic_map *map, size_t place, const char *key)
{
	return place < map->count && strcmp(map->entries[place].key, key) == 0;
}

int generic_map_set(struct generic_map *map, struct span key, struct span value,
	const struct generic_map_place *place, struct fault *f)
{
	struct generic_entry entry;
	size_t at;

	if (make_entry(&entry, key, value, place, f) < 0)
		return -1;
	at = place_of(map, entry.key);
	if (is_at(map, at, entry.key)) {
		release_entry(&map->entries[at]);
	} else {
		make_room(map);
		memmove(map->entries + at + 1, map->entries + at,
			(map->count - at) * sizeof(*map->entries));
		map->count++;
	}
	map->entries[at] = entry;
	return 0;
}

static const struct generic_entry *look_up(const struct generic_map *map, struct span key)
{
	struct buf lower = BUF_INIT(ADDRESS_OCTETS_MAX);
	size_t at;
	bool is_there;

	text_add_lower(&lower, key);
	at = place_of(map, buf_str(&lower));
	is_there = is_at(map, at, buf_str(&lower));
	buf_release(&lower);
	return is_there ? &map->entries[at] : NULL;
}

const struct generic_entry *generic_map_find(
	const struct generic_map *map, struct span address, bool is_own)
{
	struct span local = address_local(address);
	const struct generic_entry *found = look_up(map, address);

	if (!found && is_own)
		found = look_up(map, local);
	if (!found) /* from the '@' on */
		found = look_up(map, span_from(address, local.len));
	return found;
}

void generic_entry_apply(
	const struct generic_entry *entry, struct span address, struct buf *out)
{
	struct buf moved = BUF_INIT(ADDRESS_OCTETS_MAX);

	if (entry->value[0] == '@')
		buf_add_span(&moved, address_local(address));
	buf_add_str(&moved, entry->value);
	if (moved.is_overfull || !address_is_canonical(buf_span(&moved)))
		buf_add_span(out, address);
	else
		buf_add_span(out, buf_span(&moved));
	buf_release(&moved);
}
