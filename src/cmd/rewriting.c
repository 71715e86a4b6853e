#include "cmd/rewriting.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "mail/address.h"

/* Where a problem of the map is noted. */
struct map_file {
	const char *path;
	struct conf_problems *problems;
};

static void note_line(void *ctx, unsigned line, const char *why)
{
	const struct map_file *file = ctx;
	struct conf_place at = {.where = file->path, .line = line};

	conf_problems_add(file->problems, &at, "%s", why);
}

static void note_file(const struct map_file *file, const char *why)
{
	struct conf_place at = {.where = file->path,
		.section = SPAN_LIT("rewrite"),
		.key = SPAN_LIT("map")};

	conf_problems_add(file->problems, &at, "%s", why);
}

/* Links are followed, as for the configuration; a FIFO does not block. */
static int read_file(const char *path, struct buf *ret, struct fault *f)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	int rc = -1;

	if (fd < 0 || fstat(fd, &st) != 0)
		fault_set(f, FAULT_CONFIG, errno, "cannot be read");
	else if (!S_ISREG(st.st_mode))
		fault_set(f, FAULT_CONFIG, 0, "is no regular file");
	else
		rc = file_read_rest(fd, ret, "it", f);
	file_close(fd);
	return rc;
}

static void load_map(struct rewriting *r, const struct conf *conf,
	const struct user *user, struct conf_problems *problems)
{
	struct buf path = BUF_INIT(PATH_MAX - 1);
	struct buf text = BUF_INIT(GENERIC_MAP_OCTETS_MAX);
	struct map_file file = {conf->rewrite.map, problems};
	const struct generic_map_critic critic = {note_line, &file};
	struct fault f;

	if (conf_path(&path, conf->rewrite.map, user->uid, user->home, &f) < 0) {
		note_file(&file, f.text);
	} else {
		file.path = buf_str(&path);
		if (read_file(file.path, &text, &f) < 0)
			note_file(&file, f.text);
		else
			generic_map_parse(&r->map, buf_span(&text), &critic);
	}
	buf_release(&path);
	buf_release(&text);
}

/* The configuration has seen an @; whether all of it is an address shows here. */
static void load_from(
	struct rewriting *r, const struct conf *conf, struct conf_problems *problems)
{
	struct conf_place at = {.section = SPAN_LIT("rewrite"), .key = SPAN_LIT("from")};
	struct buf address = BUF_INIT(ADDRESS_OCTETS_MAX);
	struct fault f;

	if (address_parse(span_of(conf->rewrite.from), NULL, &address, &f) < 0)
		conf_problems_add(problems, &at, "%s", f.text);
	else
		r->from = mem_string(buf_str(&address));
	buf_release(&address);
}

/* By which domains mail of this machine may call itself. */
static void list_own(
	struct rewriting *r, const struct conf *conf, const struct identity *identity)
{
	struct span hostname = span_of(identity->hostname), rest = hostname, label;

	strv_add(&r->own, hostname);
	if (span_cut(&rest, '.', &label))
		strv_add(&r->own, label);
	strv_add(&r->own, span_of(identity->domain));
	strv_add(&r->own, SPAN_LIT("localhost"));
	strv_add(&r->own, SPAN_LIT("localhost.localdomain"));
	for (size_t i = 0; i < conf->rewrite.domains.count; i++)
		strv_add(&r->own, span_of(conf->rewrite.domains.items[i]));
}

void rewriting_load(struct rewriting *ret, const struct conf *conf,
	const struct identity *identity, const struct user *user,
	struct conf_problems *problems)
{
	*ret = (struct rewriting){0};
	list_own(ret, conf, identity);
	if (conf->rewrite.map)
		load_map(ret, conf, user, problems);
	if (conf->rewrite.from)
		load_from(ret, conf, problems);
	ret->rules = (struct rewrite){
		.own = &ret->own,
		.own_domain = identity->domain,
		.hostname = identity->hostname,
		.user = user->name,
		.map = &ret->map,
		.from = ret->from,
		.domain = conf->rewrite.domain,
		.name = conf->rewrite.name,
		.keeps_original = conf->rewrite.keeps_original,
		.added = &conf->header.added,
		.set = &conf->header.set,
		.removed = &conf->header.removed,
	};
	ret->is_needed = ret->map.count || ret->from || conf->rewrite.domain ||
			 conf->rewrite.name || conf->header.added.count ||
			 conf->header.set.count || conf->header.removed.count;
}

void rewriting_release(struct rewriting *r)
{
	free(r->from);
	generic_map_release(&r->map);
	strv_release(&r->own);
	*r = (struct rewriting){0};
}
