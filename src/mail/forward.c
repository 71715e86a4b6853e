#include "mail/forward.h"

#include <stdlib.h>

#include "base/mem.h"
#include "mail/alias_parts.h"

struct parser {
	struct forward *forward;
	const struct forward_critic *critic;
	unsigned line;
	unsigned notes;
	bool has_nothing; /* /dev/null */
	bool has_refused;
	bool is_full;
};

/* A bound, for they end in the log of the machine. */
static void note(struct parser *p, const char *why)
{
	if (p->notes++ < FORWARD_NOTES_MAX)
		p->critic->note(p->critic->ctx, p->line, why);
}

static void refuse(struct parser *p, const char *why)
{
	p->has_refused = true;
	note(p, why);
}

static void add_target(struct parser *p, const struct alias_item *item)
{
	struct forward *fw = p->forward;

	if (fw->count == FORWARD_ADDRESSES_MAX) {
		p->is_full = true;
		note(p, "more than 100 addresses: the mail stays in the mailbox");
		return;
	}
	fw->targets = mem_regrow(fw->targets, fw->count + 1, sizeof(*fw->targets));
	fw->targets[fw->count++] = (struct forward_target){
		.text = mem_string(buf_str(&item->text)),
		.is_bare = item->kind == ALIAS_NAME,
		.is_final = item->is_final,
	};
}

static void take_item(struct parser *p, struct span text)
{
	struct alias_item item;

	alias_item_parse(&item, text);
	if (item.is_include)
		refuse(p, "nullmta includes no files here; give the addresses instead");
	else if (item.kind == ALIAS_NAME || item.kind == ALIAS_ADDRESS)
		add_target(p, &item);
	else if (item.kind == ALIAS_NOTHING)
		p->has_nothing = true;
	else
		refuse(p, item.why);
	buf_release(&item.text);
}

static void take_line(struct parser *p, struct span line)
{
	struct span item;

	line = span_trim(line);
	if (span_starts(line, "#"))
		return;
	line = span_head(line, alias_comment_start(line));
	while (!p->is_full && alias_list_next(&line, &item))
		take_item(p, item);
}

static enum forward_kind judge(const struct parser *p)
{
	if (p->is_full)
		return FORWARD_MAILBOX;
	if (p->forward->count)
		return FORWARD_FOUND;
	return p->has_nothing && !p->has_refused ? FORWARD_DISCARD : FORWARD_MAILBOX;
}

void forward_parse(
	struct forward *ret, struct span text, const struct forward_critic *critic)
{
	struct parser p = {.forward = ret, .critic = critic};
	enum forward_kind kind;
	struct span line;

	*ret = (struct forward){0};
	while (!p.is_full && text.len && span_cut(&text, '\n', &line)) {
		p.line++;
		take_line(&p, line);
	}
	kind = judge(&p);
	if (kind != FORWARD_FOUND)
		forward_release(ret);
	ret->kind = kind;
}

void forward_release(struct forward *fw)
{
	for (size_t i = 0; i < fw->count; i++)
		free(fw->targets[i].text);
	free(fw->targets);
	*fw = (struct forward){0};
}
