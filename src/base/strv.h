/*
 * A list of strings that it owns.
 */
#ifndef BASE_STRV_H
#define BASE_STRV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/span.h"

struct strv {
	char **items;
	size_t count;
	size_t cap;
};

void strv_release(struct strv *v);

/* Append a copy. */
void strv_add(struct strv *v, struct span s);

/* Whether one of the strings is `s`, octet by octet. */
bool strv_has(const struct strv *v, struct span s);

#endif
