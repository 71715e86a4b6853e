#include "cmd/config.h"

#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/text.h"
#include "base/user.h"
#include "cmd/aliases.h"
#include "base/json.h"
#include "cmd/rewriting.h"
#include "cmd/securing.h"
#include "conf/conf.h"
#include "conf/identity.h"
#include "conf/key.h"
#include "conf/problem.h"

#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif

#define OUTPUT_MAX  ((size_t)16 * 1024 * 1024)
#define VALUE_MAX   8192
#define NAME_WIDTH  24 /* "delivery.connect_timeout" */
#define VALUE_WIDTH 24

/* clang-format off */
static const char help[] =
	"usage: nullmta config check [--json] [-C FILE]\n"
	"       nullmta config show [-v] [--json] [-C FILE]\n"
	"\n"
	"check   name every mistake in the configuration: file, line, key, and what\n"
	"        would be right. The exit code is 78 if there is one, else 0.\n"
	"show    the values in force, and where each of them comes from.\n"
	"\n"
	"  -C FILE         read this file instead of all the usual ones\n"
	"  -v, --verbose   say what each key is for\n"
	"  --json          for machines\n"
	"\n"
	"What is read, the last one counts:\n"
	"  " SYSCONFDIR "/nullmta.conf, " SYSCONFDIR "/nullmta.conf.d/*.conf,\n"
	"  ~/.config/nullmta.conf, and the variables NULLMTA_* of the environment.\n"
	"nullmta.conf(5) explains every key.\n";
/* clang-format on */

struct request {
	const char *verb;
	const char *file;
	bool is_check; /* else show */
	bool is_json;
	bool is_verbose;
	bool is_help;
};

/* Everything that both commands look at. */
struct state {
	struct user user;
	struct conf conf;
	struct conf_problems problems;
	struct identity identity;
	struct rewriting rewriting; /* only for its problems, */
	struct aliases aliases;     /* as this */
	struct securing securing;   /* and this */
};

static void state_init(struct state *s, const char *file)
{
	struct conf_options options = {.file = file, .environment = environ};

	*s = (struct state){0};
	user_lookup(&s->user, getuid());
	options.home = s->user.home;
	conf_load(&s->conf, &options, &s->problems);
	identity_find(&s->identity, &(struct identity_sources){
					    .hostname = s->conf.nullmta.hostname,
					    .domain = s->conf.nullmta.domain,
				    });
	rewriting_load(&s->rewriting, &s->conf, &s->identity, &s->user, &s->problems);
	aliases_load(&s->aliases, &s->conf, &s->identity, &s->user, &s->problems);
	aliases_check(&s->aliases, &s->problems);
	securing_load(&s->securing, &s->conf, &s->user, &s->problems);
}

static void state_release(struct state *s)
{
	securing_release(&s->securing);
	aliases_release(&s->aliases);
	rewriting_release(&s->rewriting);
	conf_problems_release(&s->problems);
	conf_release(&s->conf);
	user_release(&s->user);
}

/* A key that is shown; `route`: whose it is, NULL for [relay] and the rest. */
struct place {
	const struct state *state;
	const struct conf_relay *route;
	const struct conf_key *key;
};

/* Every value in force, one after the other; of a route only what was given. */
static bool next_place(struct place *at)
{
	const struct conf *c = &at->state->conf;
	size_t i = at->key ? conf_key_index(at->key) + 1 : 0;
	size_t route = 0;

	while (at->route && c->routes[route] != at->route)
		route++;
	for (;;) {
		for (; (at->key = conf_key_at(i)) != NULL; i++)
			if (at->route ? at->route->origins[i].where != NULL
				      : !conf_key_is_route(at->key))
				return true;
		if (at->route)
			route++;
		if (route == c->route_count)
			return false;
		at->route = c->routes[route];
		i = 0;
	}
}

/* The value in force; the two names that are found where they are not given, too. */
static void add_value(struct buf *out, const struct place *at)
{
	const struct state *s = at->state;
	struct span name = span_of(at->key->name);
	bool is_general = span_is(span_of(at->key->section), "nullmta");

	if (is_general && span_is(name, "hostname"))
		buf_add_str(out, s->identity.hostname);
	else if (is_general && span_is(name, "domain"))
		buf_add_str(out, s->identity.domain);
	else
		conf_format(out, &s->conf, at->route, at->key);
}

/* What there is a line for: a key, or an entry of a table that has some. */
struct shown {
	const struct conf_key *key;
	const char *name;
	char section[CONF_SECTION_NAME_MAX];
	struct buf value; /* empty: none */
	struct buf origin;
};

typedef void show_function(struct buf *out, const struct shown *shown);

static void shown_init(struct shown *ret, const struct place *at, const char *name)
{
	struct buf section = BUF_INIT(CONF_SECTION_NAME_MAX - 1);

	*ret = (struct shown){.key = at->key, .name = name};
	buf_init(&ret->value, VALUE_MAX);
	buf_init(&ret->origin, VALUE_MAX);
	if (at->route)
		conf_section_name(&section, at->route);
	else
		buf_add_str(&section, at->key->section);
	(void)text_copy(ret->section, sizeof(ret->section), buf_span(&section));
	buf_release(&section);
}

static void shown_release(struct shown *shown)
{
	buf_release(&shown->value);
	buf_release(&shown->origin);
}

static void show_entries(struct buf *out, const struct place *at,
	const struct conf_table *table, show_function *show)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct conf_entry *entry = &table->entries[i];
		struct shown shown;

		shown_init(&shown, at, entry->key);
		buf_add_str(&shown.value, entry->value);
		conf_origin_format(&shown.origin, &entry->origin);
		show(out, &shown);
		shown_release(&shown);
	}
}

static void show_key(struct buf *out, const struct place *at, show_function *show)
{
	const struct conf *c = &at->state->conf;
	struct shown shown;

	if (at->key->spec.kind == VALUE_TABLE && c->generic.count) {
		show_entries(out, at, &c->generic, show);
		return;
	}
	shown_init(&shown, at, at->key->name);
	add_value(&shown.value, at);
	conf_origin(&shown.origin, c, at->route, at->key);
	show(out, &shown);
	shown_release(&shown);
}

/* Spaces up to column `width`, counted from `from`, but at least one. */
static void pad(struct buf *out, size_t from, size_t width)
{
	size_t used = out->len - from;

	for (size_t i = used < width ? width - used : 1; i > 0; i--)
		buf_add_char(out, ' ');
}

static void show_line(struct buf *out, const struct shown *shown)
{
	size_t start = out->len;

	buf_addf(out, "%s.", shown->section);
	text_clean(out, span_of(shown->name));
	pad(out, start, NAME_WIDTH + 1);
	buf_add_str(out, "= ");
	text_clean(out, shown->value.len ? buf_span(&shown->value) : SPAN_LIT("(none)"));
	pad(out, start, NAME_WIDTH + 3 + VALUE_WIDTH);
	buf_addf(out, "# %s\n", buf_str(&shown->origin));
}

static void show_text(struct buf *out, const struct state *s, bool is_verbose)
{
	struct place at = {.state = s};

	while (next_place(&at)) {
		if (is_verbose)
			buf_addf(out, "%s# %s\n", out->len ? "\n" : "", at.key->help);
		show_key(out, &at, show_line);
	}
}

static void add_pair(struct buf *out, const char *name, const char *text)
{
	buf_addf(out, "\"%s\": ", name);
	json_add_text(out, text);
}

static void json_object(struct buf *out, const struct shown *shown)
{
	buf_add_str(out, span_ends(buf_span(out), "[") ? "\n  {" : ",\n  {");
	add_pair(out, "section", shown->section);
	buf_add_str(out, ", ");
	add_pair(out, "key", shown->name);
	buf_add_str(out, ", ");
	add_pair(out, "value", shown->value.len ? buf_str(&shown->value) : NULL);
	buf_add_str(out, ", ");
	add_pair(out, "origin", buf_str(&shown->origin));
	buf_add_str(out, ", ");
	add_pair(out, "help", shown->key->help);
	buf_add_str(out, "}");
}

static void json_problem(struct buf *out, const struct conf_problem *p)
{
	buf_addf(out, "{\"severity\": \"%s\", ", p->is_warning ? "warning" : "error");
	add_pair(out, "where", p->where);
	buf_addf(out, ", \"line\": %u, ", p->line);
	add_pair(out, "key", p->key);
	buf_add_str(out, ", ");
	add_pair(out, "text", p->text);
	buf_add_str(out, "}");
}

static void show_json(struct buf *out, const struct state *s)
{
	struct place at = {.state = s};

	buf_add_str(out, "{\"keys\": [");
	while (next_place(&at))
		show_key(out, &at, json_object);
	buf_add_str(out, "],\n \"files\": [");
	for (size_t i = 0; i < s->conf.files.count; i++) {
		buf_add_str(out, i ? ", " : "");
		json_add_text(out, s->conf.files.items[i]);
	}
	buf_add_str(out, "],\n \"problems\": [");
	for (size_t i = 0; i < s->problems.count; i++) {
		buf_add_str(out, i ? ",\n  " : "\n  ");
		json_problem(out, &s->problems.items[i]);
	}
	buf_add_str(out, "]}\n");
}

static void list_problems(struct buf *out, const struct state *s)
{
	for (size_t i = 0; i < s->problems.count; i++) {
		conf_problem_format(out, &s->problems.items[i]);
		buf_add_char(out, '\n');
	}
}

static void add_count(struct buf *out, size_t count, const char *what)
{
	buf_addf(out, "%zu %s%s", count, what, count == 1 ? "" : "s");
}

/* The last line: what it comes to, and what was looked at. */
static void sum_up(struct buf *out, const struct state *s)
{
	const struct conf_problems *p = &s->problems;

	if (p->errors) {
		add_count(out, p->errors, "error");
		buf_add_str(out, ", ");
	} else {
		buf_add_str(out, "the configuration is fine, ");
	}
	if (p->warnings) {
		add_count(out, p->warnings, "warning");
		buf_add_str(out, ", ");
	}
	buf_add_str(out, s->conf.files.count ? "read:" : "found no file");
	for (size_t i = 0; i < s->conf.files.count; i++) {
		buf_add_char(out, ' ');
		text_clean(out, span_of(s->conf.files.items[i]));
	}
	buf_add_char(out, '\n');
}

static int print(FILE *to, const struct buf *text)
{
	(void)fwrite(buf_str(text), 1, text->len, to); /* ferror(3) remembers */
	if (fflush(to) != 0 || ferror(to)) {
		(void)fputs("nullmta config: cannot write the output\n", stderr);
		return EX_IOERR;
	}
	return 0;
}

static void check(struct buf *out, const struct state *s)
{
	list_problems(out, s);
	sum_up(out, s);
}

static int answer(const struct state *s, const struct request *request)
{
	struct buf out = BUF_INIT(OUTPUT_MAX);
	int rc = 0;

	if (request->is_json) {
		show_json(&out, s);
	} else if (request->is_check) {
		check(&out, s);
	} else {
		list_problems(&out, s);
		rc = print(stderr, &out);
		buf_reset(&out);
		show_text(&out, s, request->is_verbose);
	}
	if (rc == 0)
		rc = print(stdout, &out);
	buf_release(&out);
	return rc;
}

static int usage(const char *what, const char *word)
{
	struct buf clean = BUF_INIT(VALUE_MAX);

	text_clean(&clean, span_head(span_of(word), VALUE_MAX / 4));
	(void)fprintf(stderr, "nullmta config: %s%s; see nullmta config --help\n", what,
		buf_str(&clean));
	buf_release(&clean);
	return EX_USAGE;
}

/* Take the argument at `*i`, and the one behind it where it belongs to it. 0 or EX_USAGE. */
static int take_argument(struct request *ret, int argc, char **argv, int *i)
{
	struct span arg = span_of(argv[*i]);

	if (span_is(arg, "--help") || span_is(arg, "-h"))
		ret->is_help = true;
	else if (span_is(arg, "--json"))
		ret->is_json = true;
	else if (span_is(arg, "-v") || span_is(arg, "--verbose"))
		ret->is_verbose = true;
	else if (span_is(arg, "-C") && *i + 1 < argc)
		ret->file = argv[++*i];
	else if (span_is(arg, "-C"))
		return usage("-C wants the name of a file", "");
	else if (span_starts(arg, "-C"))
		ret->file = argv[*i] + 2;
	else if (span_starts(arg, "-"))
		return usage("unknown option ", argv[*i]);
	else if (ret->verb)
		return usage("one word too many: ", argv[*i]);
	else
		ret->verb = argv[*i];
	return 0;
}

static int run(struct request *request)
{
	struct span verb = span_of(request->verb);
	struct state s;
	int rc;

	if (!request->verb)
		return usage("say check or show", "");
	request->is_check = span_is(verb, "check");
	if (!request->is_check && !span_is(verb, "show"))
		return usage("say check or show, not ", request->verb);
	state_init(&s, request->file);
	rc = answer(&s, request);
	if (rc == 0 && s.problems.errors)
		rc = EX_CONFIG;
	state_release(&s);
	return rc;
}

int cmd_config(int argc, char **argv)
{
	struct request request = {0};

	for (int i = 1; i < argc; i++) {
		int rc = take_argument(&request, argc, argv, &i);

		if (rc != 0)
			return rc;
	}
	if (request.is_help)
		return fputs(help, stdout) < 0 || fflush(stdout) != 0 ? EX_IOERR : 0;
	return run(&request);
}
