#include "deliver/selection.h"

void selection_release(struct selection *s)
{
	strv_release(&s->ids);
	strv_release(&s->recipients);
	strv_release(&s->senders);
}

static bool holds(struct span text, struct span part)
{
	for (; text.len >= part.len; text = span_from(text, 1)) {
		if (span_ieq(span_head(text, part.len), part))
			return true;
		if (text.len == 0)
			break;
	}
	return false;
}

static bool holds_one_of(struct span text, const struct strv *parts)
{
	for (size_t i = 0; i < parts->count; i++)
		if (holds(text, span_of(parts->items[i])))
			return true;
	return parts->count == 0;
}

bool selection_may_have(const struct selection *s, const char *id)
{
	return holds_one_of(span_of(id), &s->ids);
}

bool selection_has(const struct selection *s, const struct envelope *e)
{
	bool has_recipient = s->recipients.count == 0;

	for (size_t i = 0; i < e->recipient_count && !has_recipient; i++)
		has_recipient =
			holds_one_of(span_of(e->recipients[i].address), &s->recipients);
	return has_recipient && selection_may_have(s, e->id) &&
	       holds_one_of(span_of(e->sender), &s->senders);
}
