#include "receiver/rules.h"

#include <err.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/bug.h"
#include "base/codec.h"
#include "base/mem.h"

static const char *const stage_names[] = {
	[RULES_GREETING] = "greeting",
	[RULES_EHLO] = "ehlo",
	[RULES_HELO] = "helo",
	[RULES_MAIL] = "mail",
	[RULES_RCPT] = "rcpt",
	[RULES_DATA] = "data",
	[RULES_DOT] = "dot",
	[RULES_RSET] = "rset",
	[RULES_QUIT] = "quit",
	[RULES_STARTTLS] = "starttls",
};

static enum rules_stage parse_stage(struct span word, const char *text)
{
	for (size_t i = 0; i < ARRAY_LEN(stage_names); i++)
		if (span_is(word, stage_names[i]))
			return (enum rules_stage)i;
	errx(2, "rule '%s': no such stage", text);
}

/* [once | first N | grey], which may be absent */
static void parse_when(struct rule *rule, struct span *rest, const char *text)
{
	struct span after = *rest;
	struct span word = SPAN_NONE;
	uint64_t limit;

	if (!span_word(&after, &word))
		return;
	if (span_is(word, "once")) {
		rule->limit = 1;
	} else if (span_is(word, "grey")) {
		rule->is_grey = 1;
	} else if (span_is(word, "first")) {
		if (!span_word(&after, &word) || span_to_uint(word, 1000000, &limit) < 0)
			errx(2, "rule '%s': 'first' needs a number", text);
		rule->limit = (unsigned)limit;
	} else {
		return;
	}
	*rest = after;
}

void rules_add(struct rules *rules, const char *text)
{
	struct span rest = span_of(text);
	struct span stage = SPAN_NONE;
	struct span pattern = SPAN_NONE;
	struct rule *rule;

	if (rules->count == RULES_MAX)
		errx(2, "more than %d rules", RULES_MAX);
	rule = &rules->items[rules->count++];
	if (!span_word(&rest, &stage) || !span_word(&rest, &pattern))
		errx(2, "rule '%s': needs STAGE PATTERN REPLY", text);
	rule->stage = parse_stage(stage, text);
	rule->pattern = mem_copy(pattern.data, pattern.len);
	parse_when(rule, &rest, text);
	rest = span_trim(rest);
	if (rest.len == 0)
		errx(2, "rule '%s': needs a reply", text);
	rule->reply = mem_copy(rest.data, rest.len);
}

/* Whether this rule meets the pair for the first time. A full table lets it pass. */
static bool is_new_pair(struct rules_memory *memory, size_t rule, struct span pair)
{
	unsigned key = crc32c((uint32_t)rule + 1, pair.data, pair.len) | 1;

	for (size_t i = 0; i < RULES_GREY_MAX; i++) {
		atomic_uint *slot = &memory->grey[(key + i) % RULES_GREY_MAX];
		unsigned seen = 0;

		if (atomic_compare_exchange_strong(slot, &seen, key))
			return true;
		if (seen == key)
			return false;
	}
	return false;
}

static bool applies(const struct rules *rules, size_t i, struct rules_memory *memory,
	const struct rules_case *c)
{
	const struct rule *rule = &rules->items[i];
	char *subject;
	int differs;

	if (rule->stage != c->stage)
		return false;
	subject = mem_copy(c->subject.data, c->subject.len);
	differs = fnmatch(rule->pattern, subject, FNM_CASEFOLD);
	free(subject);
	if (differs)
		return false;
	if (rule->is_grey)
		return is_new_pair(memory, i, c->pair);
	if (rule->limit)
		return atomic_fetch_add(&memory->hits[i], 1) < rule->limit;
	return true;
}

const char *rules_reply(const struct rules *rules, struct rules_memory *memory,
	const struct rules_case *c)
{
	for (size_t i = 0; i < rules->count; i++)
		if (applies(rules, i, memory, c))
			return rules->items[i].reply;
	return NULL;
}
