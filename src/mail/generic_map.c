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

/* Append "user", "user@domain" or "@domain". */
static int parse_key(struct span s, struct buf *out, struct fault *f)
{
	struct buf address = BUF_INIT(ADDRESS_OCTETS_MAX);
	int rc = 0;

	if (span_starts(s, "@"))
		return parse_domain(s, out, f);
	if (address_parse(s, NULL, &address, f) == 0)
		buf_add_span(out, buf_span(&address));
	else if (address_parse(s, "x", &address, f) == 0)
		buf_add_span(out, address_local(buf_span(&address)));
	else
		rc = -1;
	buf_release(&address);
	if (rc == 0 && out->len == 0) {
		fault_set(f, FAULT_DATA, 0, "the null sender is never rewritten");
		rc = -1;
	}
	return rc;
}

/* Append a canonical address or "@domain". */
static int parse_value(struct span s, struct buf *out, struct fault *f)
{
	if (span_starts(s, "@"))
		return parse_domain(s, out, f);
	if (address_parse(s, NULL, out, f) < 0)
		return -1;
	if (out->len)
		return 0;
	fault_set(f, FAULT_DATA, 0, "not an address");
	return -1;
}

static void add_entry(struct map_parser *p, struct span key, struct span value)
{
	struct generic_map *map = p->map;
	struct buf lower = BUF_INIT(ADDRESS_OCTETS_MAX);

	if (map->count == map->cap) {
		map->cap = map->cap ? 2 * map->cap : 16;
		map->entries = mem_regrow(map->entries, map->cap, sizeof(*map->entries));
	}
	text_add_lower(&lower, key);
	map->entries[map->count++] = (struct generic_entry){
		.key = mem_string(buf_str(&lower)),
		.value = mem_copy(value.data, value.len),
		.line = p->line,
	};
	buf_release(&lower);
}

static void parse_entry(struct map_parser *p, struct span line)
{
	struct buf key = BUF_INIT(ADDRESS_OCTETS_MAX);
	struct buf value = BUF_INIT(ADDRESS_OCTETS_MAX);
	struct span word;
	struct fault f;

	(void)span_word(&line, &word);
	if (span_ends(word, ":"))
		word = span_head(word, word.len - 1);
	line = span_trim(line);
	if (line.len == 0)
		complain(p, "", "one word; write a user and an address");
	else if (parse_key(word, &key, &f) < 0)
		complain(p, "not a user, address or @domain: ", f.text);
	else if (parse_value(line, &value, &f) < 0)
		complain(p, "not an address or @domain: ", f.text);
	else
		add_entry(p, buf_span(&key), buf_span(&value));
	buf_release(&key);
	buf_release(&value);
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

static void refuse_duplicates(struct map_parser *p)
{
	const struct generic_map *map = p->map;
	struct buf why = BUF_INIT(64);

	for (size_t i = 1; i < map->count; i++) {
		if (strcmp(map->entries[i - 1].key, map->entries[i].key) != 0)
			continue;
		buf_reset(&why);
		buf_addf(&why, " has an entry in line %u already",
			map->entries[i - 1].line);
		p->line = map->entries[i].line;
		complain(p, map->entries[i].key, buf_str(&why));
	}
	buf_release(&why);
}

void generic_map_parse(struct generic_map *ret, struct span text,
	const struct generic_map_critic *critic)
{
	struct map_parser p = {.map = ret, .critic = critic};
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
	refuse_duplicates(&p);
}

void generic_map_release(struct generic_map *map)
{
	for (size_t i = 0; i < map->count; i++) {
		free(map->entries[i].key);
		free(map->entries[i].value);
	}
	free(map->entries);
	*map = (struct generic_map){0};
}

static int compare_key(const void *key, const void *entry)
{
	return strcmp(key, ((const struct generic_entry *)entry)->key);
}

static const char *look_up(const struct generic_map *map, struct span key)
{
	struct buf lower = BUF_INIT(ADDRESS_OCTETS_MAX);
	const struct generic_entry *found = NULL;

	text_add_lower(&lower, key);
	if (map->count)
		found = bsearch(buf_str(&lower), map->entries, map->count,
			sizeof(*map->entries), compare_key);
	buf_release(&lower);
	return found ? found->value : NULL;
}

/* A local part with a new domain; nothing where that gets too long. */
static bool add_with_domain(struct buf *out, struct span address, const char *domain)
{
	struct buf moved = BUF_INIT(ADDRESS_OCTETS_MAX);
	bool is_address;

	buf_add_span(&moved, address_local(address));
	buf_add_str(&moved, domain);
	is_address = !moved.is_overfull && address_is_canonical(buf_span(&moved));
	if (is_address)
		buf_add_span(out, buf_span(&moved));
	buf_release(&moved);
	return is_address;
}

bool generic_map_find(
	const struct generic_map *map, struct span address, bool is_own, struct buf *out)
{
	struct span local = address_local(address);
	const char *value = look_up(map, address);

	if (!value && is_own)
		value = look_up(map, local);
	if (!value) /* from the '@' on */
		value = look_up(map, span_from(address, local.len));
	if (!value)
		return false;
	if (value[0] == '@')
		return add_with_domain(out, address, value);
	buf_add_str(out, value);
	return true;
}
