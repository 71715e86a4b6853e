/*
 * The one table of keys. A key is a field of struct conf and a row in conf/key_table.c;
 * loading, the environment, `config show` and the tests of the example and the man page
 * follow.
 *
 * [relay] and each [route NAME] have the same keys, the rows of the section "relay"; the
 * rows of "route" are for routes alone. Where a function takes a `route`, NULL means
 * [relay] and every section that there is once.
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

/* What a later source may not do (conf/guard.h), and the like. */
enum conf_key_trait {
	KEY_DIRECTS = 1,   /* decides where a login goes, or who is trusted with it */
	KEY_IS_LOGIN = 2,  /* proves to the other side who we are */
	KEY_IS_SECRET = 4, /* one of the ways to say the password */
};

struct conf_key {
	const char *section;
	const char *name; /* "*" for VALUE_TABLE: any key, each an entry of one field */
	struct value_spec spec;
	const char *fallback; /* the default as one would write it; "" is none */
	size_t offset;        /* of the field in struct conf, or in struct conf_relay */
	unsigned traits;      /* enum conf_key_trait */
	const char *help;     /* one line */
};

/* The rows, those of one section together; NULL behind the last. */
const struct conf_key *conf_key_at(size_t i);
size_t conf_key_count(void);

/* The place of a row: conf_key_at(conf_key_index(k)) == k. */
size_t conf_key_index(const struct conf_key *key);

/*
 * Names are compared without case, as iniparser does. "route NAME" has the rows of
 * "route" and of "relay". The row of a table is found by any name in its section. NULL: no
 * such key.
 */
const struct conf_key *conf_key_find(struct span section, struct span name);
bool conf_key_has_section(struct span section);

/* The NAME of "route NAME", one word; empty for any other section. */
struct span conf_key_route(struct span section);

/* Whether it is a field of struct conf_relay; and whether only routes have it. */
bool conf_key_is_relay(const struct conf_key *key);
bool conf_key_is_route(const struct conf_key *key);

/* Append "host, port", the keys of a section; "nullmta, relay", all sections. */
void conf_key_list(struct buf *out, struct span section);
void conf_key_list_sections(struct buf *out);

/*
 * Append "NULLMTA_RELAY_PORT"; keys of [nullmta] have no section in it. Keys of routes and
 * tables have no variable, because a name of the environment cannot hold any name: nothing
 * is appended.
 */
void conf_key_variable(struct buf *out, const struct conf_key *key);

/* The field of this key; its type is told by key->spec.kind. */
void *conf_key_field(
	const struct conf_key *key, struct conf *c, struct conf_relay *route);

/* Where its value comes from; `where` is NULL for the default. */
struct conf_origin *conf_key_origin(
	const struct conf_key *key, struct conf *c, struct conf_relay *route);

/* Back to its default. */
void conf_key_reset(const struct conf_key *key, struct conf *c, struct conf_relay *route);

/*
 * Set the key from text found at `at`, and its origin with it; at->where is borrowed and
 * stays in `c`. Of a table that is the entry of at->key, and the table's origin the last one.
 * A password, said in whatever way, replaces one of another source that was said in another
 * way. -1: the problem is added, and the value and its origin stay as they were.
 */
int conf_key_assign(const struct conf_key *key, struct conf *c, struct conf_relay *route,
	struct span text, const struct conf_place *at, struct conf_problems *problems);

#endif
