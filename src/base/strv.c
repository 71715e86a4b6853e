#include "base/strv.h"

#include <stdlib.h>

#include "base/mem.h"

void strv_release(struct strv *v)
{
	for (size_t i = 0; i < v->count; i++)
		free(v->items[i]);
	free(v->items);
	*v = (struct strv){0};
}

void strv_add(struct strv *v, struct span s)
{
	if (v->count == v->cap) {
		v->cap = v->cap ? v->cap * 2 : 8;
		v->items = mem_regrow(v->items, v->cap, sizeof(*v->items));
	}
	v->items[v->count++] = mem_copy(s.data, s.len);
}

bool strv_has(const struct strv *v, struct span s)
{
	for (size_t i = 0; i < v->count; i++)
		if (span_is(s, v->items[i]))
			return true;
	return false;
}
