/*
 * A section whose keys are not ours but what its writer has to name, such as the users in
 * [generic]: any key, each with a text. What key and text mean is for others to tell.
 */
#ifndef CONF_TABLE_H
#define CONF_TABLE_H

#include "base/buf.h"
#include "base/span.h"
#include "conf/value.h"

#define CONF_TABLE_MAX 1000 /* entries; iniparser takes the square of it in time */

/* Where a value was found. */
struct conf_origin {
	const char *where; /* a file or a variable, borrowed; NULL: built in */
	unsigned line;     /* 0: a variable */
};

struct conf_entry {
	char *key; /* in lower case, as iniparser has it */
	char *value;
	struct conf_origin origin;
};

/* In the order in which keys were first seen. */
struct conf_table {
	struct conf_entry *entries;
	size_t count;
	size_t cap;
};

/*
 * Put an entry in the place of the one with the same key, without regard to case; an empty
 * value takes that one out. -1: nothing is changed, and `want` says what would be right.
 */
int conf_table_put(struct conf_table *t, struct span key, struct span value,
	const struct conf_origin *origin, struct buf *want);

/*
 * What value_parse and its like (conf/value.h) do, for the struct conf_table that `field` is.
 * The only text that a table as a whole can be is the empty one: no entry. Of use to
 * conf/value.c only.
 */
int conf_table_parse(
	const struct value_spec *spec, struct span text, void *field, struct buf *want);
void conf_table_format(const struct value_spec *spec, const void *field, struct buf *out);
void conf_table_release(void *field);

#endif
