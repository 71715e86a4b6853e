#include "conf/source.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "conf/inifile.h"
#include "conf/key.h"
#include "conf/scan.h"
#include "conf/url.h"

#define DIRECTORY_FILES_MAX 256
#define PATH_MAX_LEN        4096
#define LIST_MAX            512

/* A key that the file has. */
struct found {
	const struct conf_key *key;
	struct conf_relay *route; /* whose; NULL: of a section that there is once */
	struct span section;
	struct span name; /* as it stands there */
	struct span value;
	unsigned line;
};

struct source {
	struct conf *conf;
	struct conf_problems *problems;
	const char *path;
	enum source_kind kind;
	struct inifile file;
	struct found *found; /* in the order of the file */
	size_t found_count;
	size_t found_cap;
	size_t table_count; /* entries of tables among them; one too many says so */
	size_t routes_added;
};

static void note_section(struct source *s, const struct scan_item *item)
{
	struct conf_place at = {s->path, item->line, item->section, SPAN_NONE};
	struct buf known = BUF_INIT(LIST_MAX);

	if (conf_key_has_section(item->section))
		return;
	conf_key_list_sections(&known);
	conf_problems_add(s->problems, &at, "unknown section; the sections are %s",
		buf_str(&known));
	buf_release(&known);
}

static void note_unknown_key(struct source *s, const struct scan_item *item)
{
	struct conf_place at = {s->path, item->line, item->section, item->key};
	struct buf known = BUF_INIT(LIST_MAX);

	/* an unknown section has been reported once, which is enough */
	if (!conf_key_has_section(item->section))
		return;
	conf_key_list(&known, item->section);
	conf_problems_add(
		s->problems, &at, "unknown key; this section has %s", buf_str(&known));
	buf_release(&known);
}

/*
 * The route of a section, made where its first key stands. A user's own ones come before
 * all others, so that they can change where the system sends that user's mail.
 */
static struct conf_relay *route_of(struct source *s, const struct conf_place *at)
{
	struct span name = conf_key_route(at->section);
	struct conf_relay *route = conf_route_find(s->conf, name);

	if (route)
		return route;
	if (s->conf->route_count == CONF_ROUTES_MAX) {
		conf_problems_add(s->problems, at,
			"more than %d routes; this one is left out", CONF_ROUTES_MAX);
		return NULL;
	}
	return conf_route_add(s->conf, name,
		s->kind == SOURCE_USER ? s->routes_added++ : s->conf->route_count);
}

static const struct found *find_found(const struct source *s, const struct found *like)
{
	for (size_t i = 0; i < s->found_count; i++)
		if (s->found[i].key == like->key && s->found[i].route == like->route &&
			span_ieq(s->found[i].name, like->name))
			return &s->found[i];
	return NULL;
}

/* iniparser would silently keep the last of two, and gets slow where there are many. */
static void note_surplus(
	struct source *s, const struct scan_item *item, const struct found *first)
{
	struct conf_place at = {s->path, item->line, item->section, item->key};

	if (first)
		conf_problems_add(s->problems, &at,
			"given a second time, first in line %u; remove one of them",
			first->line);
	else
		conf_problems_add(s->problems, &at,
			"one of more than %d; [rewrite] map has a file for more",
			CONF_TABLE_MAX);
	inifile_hide(&s->file, item->whole);
}

static void add_found(struct source *s, const struct found *found)
{
	if (s->found_count == s->found_cap) {
		s->found_cap = s->found_cap ? 2 * s->found_cap : 16;
		s->found = mem_regrow(s->found, s->found_cap, sizeof(*s->found));
	}
	s->found[s->found_count++] = *found;
	s->table_count += found->key->spec.kind == VALUE_TABLE;
}

static void note_entry(struct source *s, const struct scan_item *item)
{
	struct conf_place at = {s->path, item->line, item->section, item->key};
	struct found found = {.key = conf_key_find(item->section, item->key),
		.section = item->section,
		.name = item->key,
		.value = item->value,
		.line = item->line};
	const struct found *first;

	if (!found.key) {
		note_unknown_key(s, item);
		return;
	}
	if (conf_key_route(item->section).len) {
		found.route = route_of(s, &at);
		if (!found.route)
			return;
	}
	first = find_found(s, &found);
	if (first ||
		(found.key->spec.kind == VALUE_TABLE && s->table_count > CONF_TABLE_MAX))
		note_surplus(s, item, first);
	else
		add_found(s, &found);
}

static void note_wrong(struct source *s, const struct scan_item *item)
{
	struct conf_place at = {s->path, item->line, SPAN_NONE, SPAN_NONE};

	if (item->key.len)
		at = (struct conf_place){s->path, item->line, item->section, item->key};
	conf_problems_add(s->problems, &at, "%s", item->wrong);
	inifile_hide(&s->file, item->whole);
}

static void look_over(struct source *s)
{
	struct scan scan;
	struct scan_item item;

	scan_init(&scan, buf_span(&s->file.text));
	while (scan_next(&scan, &item) != SCAN_END) {
		if (item.kind == SCAN_SECTION)
			note_section(s, &item);
		else if (item.kind == SCAN_ENTRY)
			note_entry(s, &item);
		else if (item.kind == SCAN_WRONG)
			note_wrong(s, &item);
		else
			inifile_hide(&s->file, item.whole);
	}
}

static bool has_password(struct span text)
{
	struct url url;

	return url_parse(text, &url) == 0 && url.password.data;
}

/*
 * A password in a file that others can read is everybody's (protocol C5). Of the system's
 * file all users need the rest, so another place is better.
 */
static bool is_exposed(
	const struct source *s, const struct found *found, const struct conf_place *at)
{
	enum value_kind kind = found->key->spec.kind;

	if (!s->file.is_readable_by_others)
		return false;
	if (kind == VALUE_SECRET && found->value.len)
		conf_problems_add(s->problems, at,
			"others can read this file; put the password into one of its own "
			"(password_file), or chmod 600 %s",
			s->path);
	else if (kind == VALUE_PROXY && has_password(found->value))
		conf_problems_add(s->problems, at,
			"others can read this file, and the password in the URL; chmod "
			"600 %s, or give the run of the queue NULLMTA_RELAY_PROXY",
			s->path);
	else
		return false;
	return true;
}

/*
 * Take a value from iniparser, but only where it is what stands in the line: a version with
 * new ideas, or a file that changed meanwhile, must not pass unseen.
 */
static void take_value(struct source *s, const struct found *found)
{
	struct conf_place at = {s->path, found->line, found->section, found->name};
	const char *value = inifile_value(&s->file, found->section, found->name);

	if (is_exposed(s, found, &at))
		return;
	if (!value || !span_eq(span_of(value), found->value)) {
		conf_problems_add(s->problems, &at,
			"iniparser reads another value than the line shows; try again "
			"if the file was just written");
		/* nothing at all: it could not read so far, and tells nobody */
		s->problems->is_unread = s->problems->is_unread || !value;
		return;
	}
	(void)conf_key_assign(
		found->key, s->conf, found->route, span_of(value), &at, s->problems);
}

static void complain(struct source *s, const char *text)
{
	struct conf_place at = {.where = s->path};

	conf_problems_add(s->problems, &at, "%s", text);
}

/*
 * What this machine lacks for the moment: then the file is no mistake of anybody, and what
 * it says is as unknown as it will be known again.
 */
static void note_shortage(struct conf_problems *problems, int err)
{
	static const int shortages[] = {
		EMFILE, ENFILE, ENOMEM, EIO, EINTR, EAGAIN, ENOSPC, EDQUOT};

	for (size_t i = 0; i < ARRAY_LEN(shortages); i++)
		if (err == shortages[i])
			problems->is_unread = true;
}

static void complain_of_fault(struct source *s, const struct fault *f)
{
	complain(s, f->text);
	note_shortage(s->problems, f->err);
}

/* Whether a file that could be opened may be used; else says why not. */
static bool is_trusted(struct source *s)
{
	struct conf_place at = {.where = s->path};

	if (s->kind == SOURCE_USER && s->file.owner != 0 && s->file.owner != geteuid()) {
		complain(s, "belongs to another user and is ignored; make it your own");
		return false;
	}
	if (s->file.is_writable_by_others && s->kind == SOURCE_USER) {
		complain(s, "others can write it and it is ignored; chmod o-w it");
		return false;
	}
	if (s->file.is_writable_by_others)
		conf_problems_warn(s->problems, &at, "others can write it; chmod o-w it");
	return true;
}

/*
 * A home that a sandbox hides (systemd's ProtectHome) has no file for us; one that is
 * there and cannot be read is a mistake to be told.
 */
static bool is_out_of_reach(const char *path, int err)
{
	struct stat st;

	return err == EACCES && stat(path, &st) != 0;
}

static bool open_source(struct source *s)
{
	struct fault f;
	int rc = inifile_open(&s->file, s->path, &f);

	if (rc > 0)
		return true;
	if (rc == 0 && s->kind == SOURCE_NAMED)
		complain(s, "there is no such file");
	if (rc < 0 && !(s->kind == SOURCE_USER && is_out_of_reach(s->path, f.err)))
		complain_of_fault(s, &f);
	return false;
}

static void read_source(struct source *s)
{
	struct fault f;

	look_over(s);
	/* a file of comments, as the example is, leaves nothing to parse */
	if (s->found_count == 0)
		return;
	if (inifile_parse(&s->file, s->path, &f) < 0)
		complain_of_fault(s, &f);
	else
		for (size_t i = 0; i < s->found_count; i++)
			take_value(s, &s->found[i]);
}

void source_file(struct conf *c, const char *path, enum source_kind kind,
	struct conf_problems *problems)
{
	struct source s = {.conf = c, .problems = problems, .path = path, .kind = kind};

	if (!open_source(&s))
		return;
	if (is_trusted(&s)) {
		strv_add(&c->files, span_of(path));
		s.path = c->files.items[c->files.count - 1]; /* lives as long as `c` */
		read_source(&s);
		free(s.found);
	}
	inifile_release(&s.file);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_for_us(struct span name)
{
	return span_ends(name, ".conf") && !span_starts(name, ".");
}

/* 0, or -1 with errno. */
static int list_files(DIR *dir, struct strv *ret)
{
	const struct dirent *entry;

	while (errno = 0, (entry = readdir(dir)) != NULL) {
		if (!is_for_us(span_of(entry->d_name)))
			continue;
		if (ret->count == DIRECTORY_FILES_MAX) {
			errno = E2BIG;
			return -1;
		}
		strv_add(ret, span_of(entry->d_name));
	}
	return errno == 0 ? 0 : -1;
}

static void complain_of_directory(
	const char *path, int err, struct conf_problems *problems)
{
	struct conf_place at = {.where = path};

	if (err == E2BIG)
		conf_problems_add(problems, &at, "more than %d files; put them together",
			DIRECTORY_FILES_MAX);
	else
		conf_problems_add(problems, &at, "cannot be read: %s", strerror(err));
	note_shortage(problems, err);
}

void source_directory(struct conf *c, const char *path, struct conf_problems *problems)
{
	struct buf name = BUF_INIT(PATH_MAX_LEN);
	struct strv files = {0};
	DIR *dir = opendir(path);

	if (!dir) {
		if (errno != ENOENT)
			complain_of_directory(path, errno, problems);
		return;
	}
	if (list_files(dir, &files) < 0)
		complain_of_directory(path, errno, problems);
	(void)closedir(dir); /* was only read */
	if (files.count)
		qsort(files.items, files.count, sizeof(*files.items), compare_names);
	for (size_t i = 0; i < files.count; i++) {
		buf_reset(&name);
		buf_addf(&name, "%s/%s", path, files.items[i]);
		source_file(c, buf_str(&name), SOURCE_SYSTEM, problems);
	}
	strv_release(&files);
	buf_release(&name);
}
