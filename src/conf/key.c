#include "conf/key.h"

#include "base/text.h"
#include "conf/key_table.h"

#define VARIABLE_MAX 256

static const char route_opening[] = "route ";

const struct conf_key *conf_key_at(size_t i)
{
	return i < conf_keys_count ? &conf_keys[i] : NULL;
}

size_t conf_key_count(void)
{
	return conf_keys_count;
}

size_t conf_key_index(const struct conf_key *key)
{
	return (size_t)(key - conf_keys);
}

struct span conf_key_route(struct span section)
{
	struct span name;

	if (!span_istarts(section, route_opening))
		return SPAN_NONE;
	name = span_trim(span_from(section, sizeof(route_opening) - 1));
	/* it becomes part of a key of the host memory, which is one word */
	if (name.len > CONF_ROUTE_NAME_MAX || span_find(name, ' ') >= 0)
		return SPAN_NONE;
	return name;
}

bool conf_key_is_route(const struct conf_key *key)
{
	return span_is(span_of(key->section), "route");
}

bool conf_key_is_relay(const struct conf_key *key)
{
	return conf_key_is_route(key) || span_is(span_of(key->section), "relay");
}

/* Whether the rows of this key are those of the section. */
static bool is_in(const struct conf_key *key, struct span section)
{
	if (conf_key_route(section).len)
		return conf_key_is_relay(key);
	return !conf_key_is_route(key) && span_iis(section, key->section);
}

static bool is_table(const struct conf_key *key)
{
	return key->spec.kind == VALUE_TABLE;
}

const struct conf_key *conf_key_find(struct span section, struct span name)
{
	for (size_t i = 0; i < conf_keys_count; i++)
		if (is_in(&conf_keys[i], section) &&
			(is_table(&conf_keys[i]) || span_iis(name, conf_keys[i].name)))
			return &conf_keys[i];
	return NULL;
}

bool conf_key_has_section(struct span section)
{
	for (size_t i = 0; i < conf_keys_count; i++)
		if (is_in(&conf_keys[i], section))
			return true;
	return false;
}

/* The rows of a section stand together, so a section is new where the name changes. */
static bool begins_section(size_t i)
{
	return i == 0 ||
	       !span_is(span_of(conf_keys[i].section), conf_keys[i - 1].section);
}

void conf_key_list(struct buf *out, struct span section)
{
	const char *between = "";

	for (size_t i = 0; i < conf_keys_count; i++) {
		if (!is_in(&conf_keys[i], section))
			continue;
		buf_addf(out, "%s%s", between, conf_keys[i].name);
		between = ", ";
	}
}

void conf_key_list_sections(struct buf *out)
{
	for (size_t i = 0; i < conf_keys_count; i++)
		if (begins_section(i))
			buf_addf(out, "%s%s%s", i ? ", " : "", conf_keys[i].section,
				conf_key_is_route(&conf_keys[i]) ? " NAME" : "");
}

void conf_key_variable(struct buf *out, const struct conf_key *key)
{
	struct buf name = BUF_INIT(VARIABLE_MAX);

	if (conf_key_is_route(key) || is_table(key))
		return;
	if (!span_is(span_of(key->section), "nullmta"))
		buf_addf(&name, "%s_", key->section);
	buf_add_str(&name, key->name);
	buf_add_str(out, "NULLMTA_");
	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];

		buf_add_char(out, text_is_alpha(c) ? (char)(c & ~0x20) : c);
	}
	buf_release(&name);
}

void *conf_key_field(const struct conf_key *key, struct conf *c, struct conf_relay *route)
{
	if (!conf_key_is_relay(key))
		return (char *)c + key->offset;
	return (char *)(route ? route : &c->relay) + key->offset;
}

struct conf_origin *conf_key_origin(
	const struct conf_key *key, struct conf *c, struct conf_relay *route)
{
	return &(route ? route->origins : c->origins)[conf_key_index(key)];
}

void conf_key_reset(const struct conf_key *key, struct conf *c, struct conf_relay *route)
{
	struct buf want = BUF_INIT(CONF_PROBLEM_TEXT_MAX);

	if (value_parse(&key->spec, span_of(key->fallback), conf_key_field(key, c, route),
		    &want) < 0)
		BUG("a default that is no valid value");
	*conf_key_origin(key, c, route) = (struct conf_origin){0};
	buf_release(&want);
}

/* A secret is said in one way: a source that says it takes what an earlier one said. */
static void replace_secrets(const struct conf_key *key, struct conf *c,
	struct conf_relay *route, const struct conf_place *at)
{
	for (size_t i = 0; i < conf_keys_count; i++) {
		const struct conf_key *other = &conf_keys[i];

		if (other != key && (other->traits & KEY_IS_SECRET) &&
			conf_key_origin(other, c, route)->where != at->where)
			conf_key_reset(other, c, route);
	}
}

int conf_key_assign(const struct conf_key *key, struct conf *c, struct conf_relay *route,
	struct span text, const struct conf_place *at, struct conf_problems *problems)
{
	const struct conf_origin origin = {at->where, at->line};
	struct buf want = BUF_INIT(CONF_PROBLEM_TEXT_MAX);
	void *field = conf_key_field(key, c, route);
	int rc;

	if (is_table(key))
		rc = conf_table_put(field, at->key, text, &origin, &want);
	else
		rc = value_parse(&key->spec, text, field, &want);
	if (rc < 0) {
		conf_problems_add(problems, at, "wrong value; give %s", buf_str(&want));
	} else {
		*conf_key_origin(key, c, route) = origin;
		if (key->traits & KEY_IS_SECRET)
			replace_secrets(key, c, route, at);
	}
	buf_release(&want);
	return rc;
}
