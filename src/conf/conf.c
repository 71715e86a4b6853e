#include "conf/conf.h"

#include <stdlib.h>

#include "base/bug.h"
#include "base/mem.h"
#include "base/text.h"
#include "conf/environment.h"
#include "conf/key.h"
#include "conf/source.h"

#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif

#define PATH_MAX_LEN 4096

static void load_defaults(struct conf *c)
{
	struct buf want = BUF_INIT(CONF_PROBLEM_TEXT_MAX);
	const struct conf_key *key;

	*c = (struct conf){
		.origins = mem_array(conf_key_count(), sizeof(struct conf_origin))};
	for (size_t i = 0; (key = conf_key_at(i)) != NULL; i++)
		if (value_parse(&key->spec, span_of(key->fallback),
			    conf_key_field(key, c), &want) < 0)
			BUG("a default that is no valid value");
	buf_release(&want);
}

static void load_usual_files(struct conf *c, const struct conf_options *options,
	struct conf_problems *problems)
{
	const char *system = options->system_file;
	struct buf path = BUF_INIT(PATH_MAX_LEN);

	if (!system)
		system = SYSCONFDIR "/nullmta.conf";
	source_file(c, system, SOURCE_SYSTEM, problems);
	buf_addf(&path, "%s.d", system);
	source_directory(c, buf_str(&path), problems);
	if (options->home) {
		buf_reset(&path);
		buf_addf(&path, "%s/.config/nullmta.conf", options->home);
		source_file(c, buf_str(&path), SOURCE_USER, problems);
	}
	buf_release(&path);
}

void conf_load(struct conf *ret, const struct conf_options *options,
	struct conf_problems *problems)
{
	const char *file = options->file;

	if (!file)
		file = environment_get(options->environment, "NULLMTA_CONF");
	load_defaults(ret);
	if (file)
		source_file(ret, file, SOURCE_NAMED, problems);
	else
		load_usual_files(ret, options, problems);
	environment_apply(ret, options->environment, problems);
}

void conf_release(struct conf *c)
{
	const struct conf_key *key;

	for (size_t i = 0; (key = conf_key_at(i)) != NULL; i++)
		value_release(&key->spec, conf_key_field(key, c));
	free(c->origins);
	strv_release(&c->files);
	strv_release(&c->variables);
	*c = (struct conf){0};
}

static int add_home(struct buf *ret, struct span *path, const char *home, struct fault *f)
{
	if (!span_starts(*path, "~/"))
		return 0;
	if (!home) {
		fault_set(f, FAULT_CONFIG, 0,
			"%.*s: this user has no home directory; give an absolute path",
			SPAN_ARGS(*path));
		return -1;
	}
	buf_add_str(ret, home);
	*path = span_from(*path, 1);
	return 0;
}

int conf_path(
	struct buf *ret, const char *path, uid_t uid, const char *home, struct fault *f)
{
	struct span rest = span_of(path);
	struct span part;

	if (add_home(ret, &rest, home, f) < 0)
		return -1;
	(void)span_cut(&rest, '%', &part);
	buf_add_span(ret, part);
	while (rest.len) {
		if (rest.data[0] == 'u')
			buf_addf(ret, "%u", uid);
		else
			buf_add_char(ret, rest.data[0]);
		rest = span_from(rest, 1);
		if (!span_cut(&rest, '%', &part))
			break;
		buf_add_span(ret, part);
	}
	if (ret->is_overfull) {
		fault_set(f, FAULT_CONFIG, 0, "a path longer than %zu octets", ret->max);
		return -1;
	}
	return 0;
}

void conf_origin(struct buf *out, const struct conf *c, const struct conf_key *key)
{
	conf_origin_format(out, &c->origins[conf_key_index(key)]);
}

void conf_origin_format(struct buf *out, const struct conf_origin *origin)
{
	text_clean(out, origin->where ? span_of(origin->where) : SPAN_LIT("default"));
	if (origin->line)
		buf_addf(out, ":%u", origin->line);
}

void conf_format(struct buf *out, const struct conf *c, const struct conf_key *key)
{
	value_format(&key->spec, (const char *)c + key->offset, out);
}
