/*
 * The one table of keys. A key is a field of struct conf and a row here; loading, the
 * environment, `config show` and the tests of the example and the man page follow.
 */
#ifndef CONF_KEY_H
#define CONF_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"
#include "conf/conf.h"
#include "conf/problem.h"
#include "conf/value.h"

struct conf_key {
	const char *section;
	const char *name; /* "*" for VALUE_TABLE: any key, each an entry of one field */
	struct value_spec spec;
	const char *fallback; /* the default as one would write it; "" is none */
	size_t offset;        /* of the field in struct conf */
	const char *help;     /* one line */
};

/* The rows, those of one section together; NULL behind the last. */
const struct conf_key *conf_key_at(size_t i);
size_t conf_key_count(void);

/* The place of a row: conf_key_at(conf_key_index(k)) == k. */
size_t conf_key_index(const struct conf_key *key);

/*
 * Names are compared without case, as iniparser does. NULL: no such key. The row of a table
 * is found by any name in its section.
 */
const struct conf_key *conf_key_find(struct span section, struct span name);
bool conf_key_has_section(struct span section);

/* Append "host, port", the keys of a section; "nullmta, relay", all sections. */
void conf_key_list(struct buf *out, struct span section);
void conf_key_list_sections(struct buf *out);

/*
 * Append "NULLMTA_RELAY_PORT"; keys of [nullmta] have no section in it. Tables have no
 * variable, because a name of the environment cannot hold any key.
 */
void conf_key_variable(struct buf *out, const struct conf_key *key);

/* The field of this key; its type is told by key->spec.kind. */
void *conf_key_field(const struct conf_key *key, struct conf *c);

/*
 * Set the key from text found at `at`, and its origin with it; at->where is borrowed and
 * stays in `c`. Of a table that is the entry of at->key, and the table's origin the last one.
 * -1: the problem is added, and the value and its origin stay as they were.
 */
int conf_key_assign(const struct conf_key *key, struct conf *c, struct span text,
	const struct conf_place *at, struct conf_problems *problems);

#endif
