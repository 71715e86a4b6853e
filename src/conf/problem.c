#include "conf/problem.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/span.h"
#include "base/text.h"

#define NAME_MAX_LEN 4096 /* of a file, a variable, a section or a key */
#define CLEAN_GROWTH 4    /* text_clean makes at most \xNN of an octet */

/* Names of files, sections and keys come from outside. */
static void add_clean(struct buf *out, struct span text)
{
	text_clean(out, span_head(text, NAME_MAX_LEN));
}

static char *where_of(const struct conf_place *at)
{
	struct buf out = BUF_INIT(CLEAN_GROWTH * NAME_MAX_LEN);

	add_clean(&out, span_of(at->where));
	return out.data;
}

static char *key_of(const struct conf_place *at)
{
	struct buf out = BUF_INIT(2 * CLEAN_GROWTH * NAME_MAX_LEN + 3);

	if (at->section.len == 0)
		return NULL;
	buf_add_char(&out, '[');
	add_clean(&out, at->section);
	buf_add_char(&out, ']');
	if (at->key.len) {
		buf_add_char(&out, ' ');
		add_clean(&out, at->key);
	}
	return out.data;
}

__attribute__((format(printf, 4, 0))) static void add(struct conf_problems *p,
	const struct conf_place *at, bool is_warning, const char *fmt, va_list args)
{
	struct buf text = BUF_INIT(CONF_PROBLEM_TEXT_MAX);

	if (is_warning)
		p->warnings++;
	else
		p->errors++;
	if (p->count == CONF_PROBLEMS_MAX)
		return;
	if (p->count == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 8;
		p->items = mem_regrow(p->items, p->cap, sizeof(*p->items));
	}
	buf_vaddf(&text, fmt, args);
	p->items[p->count++] = (struct conf_problem){
		.where = where_of(at),
		.line = at->line,
		.key = key_of(at),
		.text = text.data,
		.is_warning = is_warning,
	};
}

void conf_problems_add(
	struct conf_problems *p, const struct conf_place *at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add(p, at, false, fmt, args);
	va_end(args);
}

void conf_problems_warn(
	struct conf_problems *p, const struct conf_place *at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add(p, at, true, fmt, args);
	va_end(args);
}

void conf_problems_release(struct conf_problems *p)
{
	for (size_t i = 0; i < p->count; i++) {
		free(p->items[i].where);
		free(p->items[i].key);
		free(p->items[i].text);
	}
	free(p->items);
	*p = (struct conf_problems){0};
}

void conf_problem_format(struct buf *out, const struct conf_problem *p)
{
	if (p->where)
		buf_add_str(out, p->where);
	if (p->line)
		buf_addf(out, ":%u", p->line);
	buf_add_str(out, p->is_warning ? ": warning: " : ": ");
	if (p->key)
		buf_addf(out, "%s: ", p->key);
	if (p->text)
		buf_add_str(out, p->text);
}
