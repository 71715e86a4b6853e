#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "mail/address.h"
#include "mail/alias_parts.h"

#define WHY_MAX 4096

struct parser {
	struct alias_table *table;
	const struct alias_includer *includer;
	const struct alias_critic *critic;
	unsigned includes; /* that were read */
	bool is_full;
	/* the entry that is being read: its lines without their blanks */
	struct buf text;
	unsigned line;
};

/* Where a list stands. */
struct source {
	const char *file;
	unsigned line;
	unsigned depth; /* of includes */
};

PRINTF_LIKE(3, 4)
static void note(const struct parser *p, const struct source *at, const char *fmt, ...)
{
	struct buf why = BUF_INIT(WHY_MAX);
	va_list args;

	va_start(args, fmt);
	buf_vaddf(&why, fmt, args);
	va_end(args);
	p->critic->note(p->critic->ctx, at->file, at->line, buf_str(&why));
	buf_release(&why);
}

static void add_target(
	struct parser *p, enum alias_target_kind kind, bool is_final, const char *text)
{
	struct alias_table *t = p->table;

	if (t->target_count == ALIAS_TARGETS_MAX) {
		p->is_full = true;
		return;
	}
	if (t->target_count == t->target_cap) {
		t->target_cap = t->target_cap ? 2 * t->target_cap : 64;
		t->targets = mem_regrow(t->targets, t->target_cap, sizeof(*t->targets));
	}
	t->targets[t->target_count++] = (struct alias_target){
		.kind = kind, .is_final = is_final, .text = mem_string(text)};
}

/* What cannot be used is noted, and kept as the reason why mail has to wait. */
static void add_refusal(struct parser *p, const struct source *at,
	enum alias_target_kind kind, const char *why)
{
	struct buf text = BUF_INIT(WHY_MAX);

	note(p, at, "%s", why);
	text_clean(&text, span_of(at->file));
	buf_addf(&text, ":%u: %s", at->line, why);
	add_target(p, kind, false, buf_str(&text));
	buf_release(&text);
}

static void parse_included(struct parser *p, struct source at, struct span text);

/* Recursion ends at ALIAS_INCLUDE_DEPTH_MAX. */
static void include(struct parser *p, const struct source *at, const char *path)
{
	struct buf text = BUF_INIT(ALIAS_INCLUDE_OCTETS_MAX);
	struct buf why = BUF_INIT(WHY_MAX);
	size_t clean_len;
	struct fault f;

	text_clean(&why, span_of(path));
	clean_len = why.len;
	if (!p->includer)
		buf_addf(&why, ": files cannot be included here");
	else if (at->depth == ALIAS_INCLUDE_DEPTH_MAX)
		buf_addf(&why, ": included files more than %d deep",
			ALIAS_INCLUDE_DEPTH_MAX);
	else if (p->includes == ALIAS_INCLUDES_MAX)
		buf_addf(&why, ": more than %d included files", ALIAS_INCLUDES_MAX);
	else if (p->includer->read(p->includer->ctx, path, &text, &f) < 0)
		buf_addf(&why, ": %s", f.text);
	p->includes++;
	if (why.len > clean_len)
		add_refusal(p, at, ALIAS_UNKNOWN, buf_str(&why));
	else
		parse_included(p, (struct source){.file = path, .depth = at->depth + 1},
			buf_span(&text));
	buf_release(&why);
	buf_release(&text);
}

static void parse_item(struct parser *p, const struct source *at, struct span text)
{
	char *flat = mem_copy(text.data, text.len);
	struct alias_item item;

	for (size_t i = 0; i < text.len; i++)
		if (flat[i] == '\n')
			flat[i] = ' ';
	alias_item_parse(&item, (struct span){flat, text.len});
	if (item.is_include)
		include(p, at, buf_str(&item.text));
	else if (item.kind == ALIAS_REFUSED || item.kind == ALIAS_UNKNOWN)
		add_refusal(p, at, item.kind, buf_str(&item.text));
	else
		add_target(p, item.kind, item.is_final, buf_str(&item.text));
	buf_release(&item.text);
	free(flat);
}

static unsigned count_lines(const char *from, const char *to)
{
	unsigned count = 0;

	for (; from < to; from++)
		count += *from == '\n';
	return count;
}

/* `at` is moved to the line of the last item. */
static void parse_list(struct parser *p, struct source *at, struct span list)
{
	const char *last = list.data;
	struct span item;

	while (!p->is_full && alias_list_next(&list, &item)) {
		at->line += count_lines(last, item.data);
		last = item.data;
		parse_item(p, at, item);
	}
}

/* Without a comment at its end, which is noted: elsewhere it would be part of the address. */
static struct span cut_comment(
	const struct parser *p, const struct source *at, struct span line)
{
	size_t end = alias_comment_start(line);

	if (end < line.len)
		note(p, at,
			"the text from '#' on is left out; other mailers read it as "
			"addresses: give comments a line of their own");
	return span_trim(span_head(line, end));
}

static bool is_comment(struct span line)
{
	line = span_trim(line);
	return line.len == 0 || line.data[0] == '#';
}

static void parse_included(struct parser *p, struct source at, struct span text)
{
	struct span line;

	while (!p->is_full && text.len && span_cut(&text, '\n', &line)) {
		struct source here = at;

		here.line = ++at.line;
		if (!is_comment(line))
			parse_list(p, &here, cut_comment(p, &here, line));
	}
}

/* The targets from `first` on are its own. */
static void add_entry(struct parser *p, const char *name, size_t first)
{
	struct alias_table *t = p->table;

	if (t->count == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 64;
		t->entries = mem_regrow(t->entries, t->cap, sizeof(*t->entries));
	}
	t->entries[t->count++] = (struct alias_entry){
		.name = mem_string(name),
		.first = first,
		.count = t->target_count - first,
		.line = p->line,
	};
}

static void parse_targets(struct parser *p, const char *name, struct span list)
{
	struct source at = {.file = p->table->file, .line = p->line};
	size_t first = p->table->target_count;

	parse_list(p, &at, list);
	at.line = p->line;
	if (!p->is_full && p->table->target_count == first)
		add_refusal(p, &at, ALIAS_REFUSED,
			"no address for this name; give one, or /dev/null to discard "
			"mail");
	if (!p->is_full)
		add_entry(p, name, first);
}

/* The lines that were collected. */
static void finish_entry(struct parser *p)
{
	struct source at = {.file = p->table->file, .line = p->line};
	struct buf name = BUF_INIT(ADDRESS_OCTETS_MAX);
	struct span text = buf_span(&p->text);
	ptrdiff_t colon = alias_colon(text);
	struct fault f;

	if (text.len == 0)
		return;
	if (colon < 0)
		note(p, &at, "no ':' behind a name; write NAME: ADDRESS, ADDRESS...");
	else if (alias_name_parse(span_trim(span_head(text, (size_t)colon)), &name, &f) <
		 0)
		note(p, &at, "not a name: %s", f.text);
	else
		parse_targets(p, buf_str(&name), span_from(text, (size_t)colon + 1));
	buf_release(&name);
	buf_reset(&p->text);
}

/* A backslash at the very end makes the next line part of this one, as in sendmail. */
static struct span cut_backslash(struct span line, bool *ret_continues)
{
	*ret_continues = span_ends(line, "\\");
	return span_head(line, line.len - *ret_continues);
}

static void parse_lines(struct parser *p, struct span text)
{
	struct source at = {.file = p->table->file};
	bool is_continued = false;
	struct span line;

	while (!p->is_full && text.len && span_cut(&text, '\n', &line)) {
		bool begins = line.len && line.data[0] != ' ' && line.data[0] != '\t';

		at.line++;
		if (!is_continued && is_comment(line)) {
			line = SPAN_NONE;
		} else if (!is_continued && begins) {
			finish_entry(p);
			p->line = at.line;
		} else if (p->line == 0) {
			note(p, &at, "an entry begins in the first column");
			line = SPAN_NONE;
		}
		line = cut_backslash(cut_comment(p, &at, span_trim(line)), &is_continued);
		/* kept, so that each item knows its line */
		if (p->text.len)
			buf_add_char(&p->text, '\n');
		buf_add_span(&p->text, line);
	}
	finish_entry(p);
}

/* By name, and of equal ones the first line first. */
static int compare_entries(const void *a, const void *b)
{
	const struct alias_entry *left = a, *right = b;
	int order = strcmp(left->name, right->name);

	if (order)
		return order;
	return left->line < right->line ? -1 : left->line > right->line;
}

static void drop_duplicates(struct parser *p)
{
	struct alias_table *t = p->table;
	struct source at = {.file = t->file};
	size_t kept = 0;

	for (size_t i = 0; i < t->count; i++) {
		struct alias_entry *last = kept ? &t->entries[kept - 1] : NULL;

		if (!last || strcmp(last->name, t->entries[i].name) != 0) {
			t->entries[kept++] = t->entries[i];
			continue;
		}
		at.line = t->entries[i].line;
		note(p, &at,
			"%s has an entry in line %u already, which counts; join the "
			"two",
			last->name, last->line);
		free(t->entries[i].name);
	}
	t->count = kept;
}

void alias_parse(struct alias_table *t, struct span text, const char *file,
	const struct alias_includer *includer, const struct alias_critic *critic)
{
	struct parser p = {
		.table = t,
		.includer = includer,
		.critic = critic,
		.text = BUF_INIT(text.len + 1),
	};
	struct source at = {.file = file};

	t->file = mem_string(file);
	parse_lines(&p, text);
	if (p.is_full) {
		note(&p, &at, "more than %d addresses", ALIAS_TARGETS_MAX);
		alias_table_set_gap(t, "the aliases are too many");
	}
	if (t->count)
		qsort(t->entries, t->count, sizeof(*t->entries), compare_entries);
	drop_duplicates(&p);
	buf_release(&p.text);
}
