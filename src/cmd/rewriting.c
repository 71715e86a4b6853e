#include "cmd/rewriting.h"

#include <limits.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/named_file.h"
#include "cmd/own_names.h"
#include "mail/address.h"

/* Where a problem of the map is noted. */
struct map_file {
	const char *path;
	struct conf_problems *problems;
};

static void note_line(void *ctx, unsigned line, const char *why)
{
	const struct map_file *file = ctx;
	struct conf_place at = {.where = file->path, .line = line};

	conf_problems_add(file->problems, &at, "%s", why);
}

static void note_file(const struct map_file *file, const char *why)
{
	struct conf_place at = {.where = file->path,
		.section = SPAN_LIT("rewrite"),
		.key = SPAN_LIT("map")};

	conf_problems_add(file->problems, &at, "%s", why);
}

static void load_map(struct rewriting *r, const struct conf *conf,
	const struct user *user, struct conf_problems *problems)
{
	struct buf path = BUF_INIT(PATH_MAX - 1);
	struct buf text = BUF_INIT(GENERIC_MAP_OCTETS_MAX);
	struct map_file file = {conf->rewrite.map, problems};
	const struct generic_map_critic critic = {note_line, &file};
	struct fault f;

	if (conf_path(&path, conf->rewrite.map, user->uid, user->home, &f) < 0) {
		note_file(&file, f.text);
	} else {
		r->map_path = mem_string(buf_str(&path));
		file.path = r->map_path;
		if (named_file_read(file.path, &text, &f) < 0)
			note_file(&file, f.text);
		else
			generic_map_parse(&r->map, file.path, buf_span(&text), &critic);
	}
	buf_release(&path);
	buf_release(&text);
}

/* What is nearer to the reader's hand counts: these entries replace those of the file. */
static void set_entries(
	struct rewriting *r, const struct conf *conf, struct conf_problems *problems)
{
	for (size_t i = 0; i < conf->generic.count; i++) {
		const struct conf_entry *entry = &conf->generic.entries[i];
		const struct generic_map_place place = {
			entry->origin.where, entry->origin.line};
		const struct conf_place at = {place.where, place.line,
			SPAN_LIT("generic"), span_of(entry->key)};
		struct fault f;

		if (generic_map_set(&r->map, span_of(entry->key), span_of(entry->value),
			    &place, &f) < 0)
			conf_problems_add(problems, &at, "%s", f.text);
	}
}

/* The configuration has seen an @; whether all of it is an address shows here. */
static char *read_from(
	const char *from, const struct conf_place *at, struct conf_problems *problems)
{
	struct buf address = BUF_INIT(ADDRESS_OCTETS_MAX);
	char *result = NULL;
	struct fault f;

	if (address_parse(span_of(from), NULL, &address, &f) < 0)
		conf_problems_add(problems, at, "%s", f.text);
	else
		result = mem_string(buf_str(&address));
	buf_release(&address);
	return result;
}

/*
 * A way with one sender for all: its server takes no other one, whatever the map and the
 * names of this machine say.
 */
static void load_way(struct rewriting *r, size_t i, const struct conf_relay *relay,
	struct conf_problems *problems)
{
	static const struct generic_map no_map;
	struct buf section = BUF_INIT(CONF_SECTION_NAME_MAX);
	struct conf_place at = {.key = SPAN_LIT("from")};

	if (!relay->from)
		return;
	conf_section_name(&section, relay->name ? relay : NULL);
	at.section = buf_span(&section);
	r->way_froms[i] = read_from(relay->from, &at, problems);
	buf_release(&section);
	r->way_rules[i] = r->rules;
	r->way_rules[i].map = &no_map;
	r->way_rules[i].from = r->way_froms[i];
	r->ways[i] = &r->way_rules[i];
}

static void load_ways(
	struct rewriting *r, const struct conf *conf, struct conf_problems *problems)
{
	r->way_count = conf->route_count + 1;
	r->ways = mem_array(r->way_count, sizeof(*r->ways));
	r->way_rules = mem_array(r->way_count, sizeof(*r->way_rules));
	r->way_froms = mem_array(r->way_count, sizeof(*r->way_froms));
	for (size_t i = 0; i < conf->route_count; i++)
		load_way(r, i, conf->routes[i], problems);
	load_way(r, conf->route_count, &conf->relay, problems);
}

static bool has_rules(const struct rewriting *r, const struct conf *conf)
{
	return r->map.count || r->from || conf->rewrite.domain || conf->rewrite.name ||
	       conf->header.added.count || conf->header.set.count ||
	       conf->header.removed.count;
}

void rewriting_load(struct rewriting *ret, const struct conf *conf,
	const struct identity *identity, const struct user *user,
	struct conf_problems *problems)
{
	struct conf_place from = {
		.section = SPAN_LIT("rewrite"), .key = SPAN_LIT("from")};

	*ret = (struct rewriting){0};
	own_names_list(&ret->own, conf, identity);
	if (conf->rewrite.map)
		load_map(ret, conf, user, problems);
	set_entries(ret, conf, problems);
	if (conf->rewrite.from)
		ret->from = read_from(conf->rewrite.from, &from, problems);
	ret->rules = (struct rewrite){
		.own = &ret->own,
		.own_domain = identity->domain,
		.hostname = identity->hostname,
		.user = user->name,
		.map = &ret->map,
		.from = ret->from,
		.domain = conf->rewrite.domain,
		.name = conf->rewrite.name,
		.keeps_original = conf->rewrite.keeps_original,
		.added = &conf->header.added,
		.set = &conf->header.set,
		.removed = &conf->header.removed,
	};
	ret->is_needed = has_rules(ret, conf);
	load_ways(ret, conf, problems);
}

void rewriting_release(struct rewriting *r)
{
	for (size_t i = 0; i < r->way_count; i++)
		free(r->way_froms[i]);
	free(r->way_froms);
	free(r->way_rules);
	free(r->ways);
	free(r->from);
	generic_map_release(&r->map);
	free(r->map_path);
	strv_release(&r->own);
	*r = (struct rewriting){0};
}
