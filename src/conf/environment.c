#include "conf/environment.h"

#include "base/text.h"
#include "conf/host.h"
#include "conf/key.h"

#define NAME_MAX_LEN 128
#define SMTP_PORT    25

struct variable {
	struct span name; /* with NULLMTA_ */
	struct span value;
	struct conf *conf;
	struct conf_problems *problems;
};

static void assign(const struct variable *v, const char *section, const char *key)
{
	const struct conf_key *row = conf_key_find(span_of(section), span_of(key));
	struct strv *names = &v->conf->variables;
	struct conf_place at = {.section = span_of(section), .key = span_of(key)};

	strv_add(names, v->name);
	at.where = names->items[names->count - 1];
	(void)conf_key_assign(row, v->conf, v->value, &at, v->problems);
}

static void set_spool(const struct variable *v)
{
	assign(v, "spool", "dir");
}

static void set_log(const struct variable *v)
{
	assign(v, "log", "target");
}

/* "smtp://" goes; any other scheme, and a login, are not for this version. */
static const char *cut_scheme(struct span *url)
{
	static const char later[] = "TLS and logins are not in this version; give host, "
				    "host:port or smtp://host:port";

	if (span_istarts(*url, "smtp://")) {
		*url = span_from(*url, sizeof("smtp://") - 1);
		if (span_ends(*url, "/"))
			url->len--;
	}
	return span_find(*url, '/') >= 0 || span_find(*url, '@') >= 0 ? later : NULL;
}

/*
 * A relay is its host and its port: the port of a file's other host must not stay behind.
 */
static void set_relay(const struct variable *v)
{
	struct variable host = *v;
	struct variable port = *v;
	struct buf number = BUF_INIT(NAME_MAX_LEN);
	struct conf_place at = {"NULLMTA_RELAY", 0, SPAN_LIT("relay"), SPAN_LIT("host")};
	struct span url = v->value;
	const char *why = cut_scheme(&url);
	unsigned value;

	if (!why && host_split(url, &host.value, &value) < 0)
		why = "wrong value; give host, host:port, [IPv6 address]:port or "
		      "smtp://host:port";
	if (why) {
		conf_problems_add(v->problems, &at, "%s", why);
		return;
	}
	buf_addf(&number, "%u", value ? value : SMTP_PORT);
	port.value = buf_span(&number);
	assign(&host, "relay", "host");
	assign(&port, "relay", "port");
	buf_release(&number);
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

static void apply_shorthand(const struct variable *v)
{
	const struct shorthand *shorthand = shorthand_of(v->name);

	if (shorthand)
		shorthand->set(v);
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

static void warn_unknown(const struct variable *v)
{
	struct buf name = BUF_INIT(NAME_MAX_LEN);
	struct conf_place at;

	buf_add_span(&name, span_head(v->name, NAME_MAX_LEN));
	at = (struct conf_place){.where = buf_str(&name)};
	conf_problems_warn(
		v->problems, &at, "no variable of this version; it is ignored");
	buf_release(&name);
}

static void apply_key(const struct variable *v)
{
	const struct conf_key *key = key_of(v->name);

	if (key)
		assign(v, key->section, key->name);
	else if (!span_is(v->name, "NULLMTA_CONF") && !shorthand_of(v->name))
		warn_unknown(v);
}

/* Split one entry; false where it is not for us. */
static bool split(const char *entry, struct variable *v)
{
	struct span rest = span_of(entry);

	if (!span_starts(rest, "NULLMTA_"))
		return false;
	(void)span_cut(&rest, '=', &v->name);
	v->value = rest;
	return rest.len > 0;
}

void environment_apply(
	struct conf *c, char *const *environment, struct conf_problems *problems)
{
	struct variable v = {.conf = c, .problems = problems};
	size_t count = 0;

	while (environment && environment[count])
		count++;
	/* backwards: of two of one name the first counts, as for getenv(3) */
	for (size_t i = count; i-- > 0;)
		if (split(environment[i], &v))
			apply_shorthand(&v);
	for (size_t i = count; i-- > 0;)
		if (split(environment[i], &v))
			apply_key(&v);
}

const char *environment_get(char *const *environment, const char *name)
{
	size_t n = span_of(name).len;

	for (size_t i = 0; environment && environment[i]; i++) {
		const char *entry = environment[i];

		if (span_starts(span_of(entry), name) && entry[n] == '=')
			return entry[n + 1] ? entry + n + 1 : NULL;
	}
	return NULL;
}
