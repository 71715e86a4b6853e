#include "cmd/aliases.h"

#include <errno.h>
#include <limits.h>

#include "base/text.h"
#include "base/named_file.h"
#include "cmd/own_names.h"
#include "conf/key.h"

#define WHY_MAX (PATH_MAX + FAULT_TEXT_MAX)

static void note_line(void *ctx, const char *file, unsigned line, const char *why)
{
	struct conf_place at = {.where = file, .line = line};

	conf_problems_warn(ctx, &at, "%s", why);
}

/* The file as a whole: mail for names that it may have an entry for waits. */
static void note_gap(struct alias_table *table, const char *path, const char *why,
	struct conf_problems *problems)
{
	struct conf_place at = {
		.where = path, .section = SPAN_LIT("local"), .key = SPAN_LIT("aliases")};
	struct buf text = BUF_INIT(WHY_MAX);

	conf_problems_warn(problems, &at, "%s; mail for local names waits", why);
	text_clean(&text, span_of(path));
	buf_addf(&text, " %s", why);
	alias_table_set_gap(table, buf_str(&text));
	buf_release(&text);
}

static int read_included(void *ctx, const char *path, struct buf *ret, struct fault *f)
{
	(void)ctx;
	return named_file_read(path, ret, f);
}

/* The default need not be there. */
static bool is_named(const struct conf *conf)
{
	const struct conf_key *key =
		conf_key_find(SPAN_LIT("local"), SPAN_LIT("aliases"));

	return conf->origins[conf_key_index(key)].where != NULL;
}

static void load_table(struct alias_table *table, const struct conf *conf,
	const struct user *user, struct conf_problems *problems)
{
	const struct alias_includer includer = {.read = read_included};
	const struct alias_critic critic = {note_line, problems};
	struct buf path = BUF_INIT(PATH_MAX - 1);
	struct buf text = BUF_INIT(ALIAS_FILE_OCTETS_MAX);
	struct fault f;

	if (conf_path(&path, conf->local.aliases, user->uid, user->home, &f) < 0)
		note_gap(table, conf->local.aliases, f.text, problems);
	else if (named_file_read(buf_str(&path), &text, &f) == 0)
		alias_parse(table, buf_span(&text), buf_str(&path), &includer, &critic);
	else if (f.err != ENOENT || is_named(conf))
		note_gap(table, buf_str(&path), f.text, problems);
	buf_release(&path);
	buf_release(&text);
}

static bool is_local_user(void *ctx, const char *name)
{
	(void)ctx;
	return user_exists(name);
}

void aliases_load(struct aliases *ret, const struct conf *conf,
	const struct identity *identity, const struct user *user,
	struct conf_problems *problems)
{
	*ret = (struct aliases){0};
	alias_table_init(&ret->table);
	own_names_list(&ret->own, conf, identity);
	ret->scope = (struct alias_scope){
		.own = &ret->own,
		.hostname = identity->hostname,
		.domain = identity->domain,
		.is_local_user = is_local_user,
	};
	if (conf->local.aliases)
		load_table(&ret->table, conf, user, problems);
	ret->is_needed = ret->table.count || ret->table.gap;
}

void aliases_release(struct aliases *a)
{
	alias_table_release(&a->table);
	strv_release(&a->own);
	*a = (struct aliases){0};
}

void aliases_check(const struct aliases *a, struct conf_problems *problems)
{
	const struct alias_critic critic = {note_line, problems};

	alias_check(&a->table, &a->scope, &critic);
}
