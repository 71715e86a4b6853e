#include "conf/environment.h"

#include <limits.h>

#include "base/named_file.h"
#include "base/text.h"
#include "conf/host.h"
#include "conf/key.h"
#include "conf/url.h"

#define NAME_MAX_LEN  256
#define RELAY_MAX_LEN 65536

struct variable {
	struct span name; /* with NULLMTA_ */
	struct span base; /* the same, or without the _FILE whose file gave the value */
	struct span value;
	char *const *environment; /* all of it */
	struct conf *conf;
	struct conf_problems *problems;
};

/* 0, or -1 and a problem */
static int assign(const struct variable *v, const char *section, const char *key)
{
	const struct conf_key *row = conf_key_find(span_of(section), span_of(key));
	struct strv *names = &v->conf->variables;
	struct conf_place at = {.section = span_of(section), .key = span_of(key)};

	strv_add(names, v->name);
	at.where = names->items[names->count - 1];
	return conf_key_assign(row, v->conf, NULL, v->value, &at, v->problems);
}

static void set_spool(const struct variable *v)
{
	(void)assign(v, "spool", "dir");
}

static void set_log(const struct variable *v)
{
	(void)assign(v, "log", "target");
}

static int set_text(const struct variable *v, const char *key, const char *text)
{
	struct variable part = *v;

	part.value = span_of(text);
	return assign(&part, "relay", key);
}

/* What NULLMTA_RELAY says, taken apart. */
struct relay_words {
	struct buf user;
	struct buf host;
	struct buf port;
};

/* "scheme://user@host:port". The path, none but "/", goes: what is behind it is not ours. */
static const char *read_url(const struct url *url, struct relay_words *ret)
{
	bool is_ipv6 = host_is_ipv6(url->host);

	if (url->password.data)
		return "a password does not belong into this variable, where others "
		       "may see it; put it into a file and name that in "
		       "NULLMTA_RELAY_PASSWORD_FILE";
	if (url_decode(url->user, &ret->user) < 0)
		return "wrong value; a %XX in the user is a control character, or no "
		       "octet";
	buf_addf(&ret->host, is_ipv6 ? "%.*s://[%.*s]" : "%.*s://%.*s",
		SPAN_ARGS(url->scheme), SPAN_ARGS(url->host));
	buf_add_span(&ret->host, url->path);
	if (url->port)
		buf_addf(&ret->port, "%u", url->port);
	return NULL;
}

/* NULL, or what is wrong with it. Anything that is no URL is as good as [relay] host. */
static const char *read_relay(struct span text, struct relay_words *ret)
{
	struct span host = text;
	unsigned port = 0;
	struct url url;

	if (url_parse(text, &url) == 0)
		return read_url(&url, ret);
	if (host_split(text, &host, &port) == 0 && port)
		buf_addf(&ret->port, "%u", port);
	buf_add_span(&ret->host, host);
	return NULL;
}

/*
 * A relay is its host, its port and its user: the port of a file's other host must not
 * stay behind, nor must what a file's provider knows.
 */
static void set_relay(const struct variable *v)
{
	struct conf_place at = {"NULLMTA_RELAY", 0, SPAN_LIT("relay"), SPAN_LIT("host")};
	struct relay_words words = {
		BUF_INIT(NAME_MAX_LEN), BUF_INIT(RELAY_MAX_LEN), BUF_INIT(NAME_MAX_LEN)};
	const char *why = read_relay(v->value, &words);

	if (why) {
		conf_problems_add(v->problems, &at, "%s", why);
	} else if (set_text(v, "host", buf_str(&words.host)) == 0) {
		(void)set_text(v, "port", words.port.len ? buf_str(&words.port) : "auto");
		(void)set_text(v, "provider", "none");
		if (words.user.len)
			(void)set_text(v, "user", buf_str(&words.user));
	}
	buf_release(&words.user);
	buf_release(&words.host);
	buf_release(&words.port);
}

struct shorthand {
	const char *name;
	void (*set)(const struct variable *);
};

static const struct shorthand shorthands[] = {
	{"NULLMTA_RELAY", set_relay},
	{"NULLMTA_SPOOL", set_spool},
	{"NULLMTA_LOG", set_log},
};

static const struct shorthand *shorthand_of(struct span name)
{
	for (size_t i = 0; i < ARRAY_LEN(shorthands); i++)
		if (span_is(name, shorthands[i].name))
			return &shorthands[i];
	return NULL;
}

static const struct conf_key *key_of(struct span name)
{
	struct buf variable = BUF_INIT(NAME_MAX_LEN);
	const struct conf_key *key;

	for (size_t i = 0; (key = conf_key_at(i)) != NULL; i++) {
		buf_reset(&variable);
		conf_key_variable(&variable, key);
		if (span_eq(buf_span(&variable), name))
			break;
	}
	buf_release(&variable);
	return key;
}

/* NULL where it is not there or empty */
static const char *value_of(char *const *environment, struct span name)
{
	for (size_t i = 0; environment && environment[i]; i++) {
		const char *entry = environment[i];

		if (span_eq(span_head(span_of(entry), name.len), name) &&
			entry[name.len] == '=')
			return entry[name.len + 1] ? entry + name.len + 1 : NULL;
	}
	return NULL;
}

/* The name that a file takes the value of: of NULLMTA_RELAY_FILE it is NULLMTA_RELAY. */
static bool is_by_file(struct span name, struct span *ret_base)
{
	static const char ending[] = "_FILE";

	if (!span_ends(name, ending) || key_of(name))
		return false;
	*ret_base = span_head(name, name.len - (sizeof(ending) - 1));
	return key_of(*ret_base) || shorthand_of(*ret_base);
}

static void complain(const struct variable *v, bool is_warning, const char *text)
{
	struct buf name = BUF_INIT(NAME_MAX_LEN);
	struct conf_place at;

	buf_add_span(&name, span_head(v->name, NAME_MAX_LEN));
	at = (struct conf_place){.where = buf_str(&name)};
	if (is_warning)
		conf_problems_warn(v->problems, &at, "%s", text);
	else
		conf_problems_add(v->problems, &at, "%s", text);
	buf_release(&name);
}

static int read_file(struct span name, struct buf *ret, struct fault *f)
{
	struct buf path = BUF_INIT(PATH_MAX - 1);
	struct span rest, line = SPAN_NONE;
	int rc = -1;

	buf_add_span(&path, name);
	if (path.is_overfull)
		fault_set(f, FAULT_CONFIG, 0, "a path that is too long");
	else
		rc = named_file_read(buf_str(&path), ret, f);
	buf_release(&path);
	rest = buf_span(ret);
	(void)span_cut(&rest, '\n', &line);
	buf_truncate(ret, span_ends(line, "\r") ? line.len - 1 : line.len);
	return rc;
}

/* The value is in the file, in its first line. `memory` then has it. 0, or -1 and a problem. */
static int take_file(struct variable *v, struct span base, struct buf *memory)
{
	struct fault f;

	v->base = base;
	if (value_of(v->environment, base)) {
		complain(v, false,
			"the variable without _FILE is set, too; keep one of them");
		return -1;
	}
	if (read_file(v->value, memory, &f) < 0) {
		complain(v, false, f.text);
		return -1;
	}
	v->value = buf_span(memory);
	return 0;
}

static void apply_one(const struct variable *v, bool is_short)
{
	const struct shorthand *shorthand = shorthand_of(v->base);
	const struct conf_key *key = is_short ? NULL : key_of(v->base);

	if (is_short && shorthand)
		shorthand->set(v);
	else if (key)
		(void)assign(v, key->section, key->name);
	else if (!is_short && !shorthand && !span_is(v->name, "NULLMTA_CONF"))
		complain(v, true, "no variable of this version; it is ignored");
}

/* Split one entry; false where it is not for us. */
static bool split(const char *entry, struct variable *v)
{
	struct span rest = span_of(entry);

	if (!span_starts(rest, "NULLMTA_"))
		return false;
	(void)span_cut(&rest, '=', &v->name);
	v->base = v->name;
	v->value = rest;
	return rest.len > 0;
}

/* Of an entry: the short ones come first, so that the long ones override them. */
static void apply_entry(struct variable *v, const char *entry, bool is_short)
{
	struct buf memory = BUF_INIT(RELAY_MAX_LEN);
	struct span base;

	if (!split(entry, v))
		return;
	if (!is_by_file(v->name, &base))
		apply_one(v, is_short);
	else if ((shorthand_of(base) != NULL) == is_short &&
		 take_file(v, base, &memory) == 0 && v->value.len)
		apply_one(v, is_short);
	buf_release(&memory);
}

void environment_apply(
	struct conf *c, char *const *environment, struct conf_problems *problems)
{
	struct variable v = {.environment = environment, .conf = c, .problems = problems};
	size_t count = 0;

	while (environment && environment[count])
		count++;
	/* backwards: of two of one name the first counts, as for getenv(3) */
	for (size_t i = count; i-- > 0;)
		apply_entry(&v, environment[i], true);
	for (size_t i = count; i-- > 0;)
		apply_entry(&v, environment[i], false);
}

const char *environment_get(char *const *environment, const char *name)
{
	return value_of(environment, span_of(name));
}
