#include "conf/conf.h"

#include <stdlib.h>

#include "base/bug.h"
#include "base/mem.h"
#include "base/text.h"
#include "conf/complete.h"
#include "conf/environment.h"
#include "conf/guard.h"
#include "conf/key.h"
#include "conf/source.h"

#ifndef SYSCONFDIR
#define SYSCONFDIR "/etc"
#endif

#define PATH_MAX_LEN 4096

static void load_defaults(struct conf *c)
{
	const struct conf_key *key;

	*c = (struct conf){
		.origins = mem_array(conf_key_count(), sizeof(struct conf_origin))};
	for (size_t i = 0; (key = conf_key_at(i)) != NULL; i++)
		conf_key_reset(key, c, NULL);
}

static void load_system_files(
	struct conf *c, const char *system, struct conf_problems *problems)
{
	struct buf path = BUF_INIT(PATH_MAX_LEN);

	if (!system)
		system = SYSCONFDIR "/nullmta.conf";
	source_file(c, system, SOURCE_SYSTEM, problems);
	buf_addf(&path, "%s.d", system);
	source_directory(c, buf_str(&path), problems);
	buf_release(&path);
}

static void load_user_file(
	struct conf *c, const char *home, struct conf_problems *problems)
{
	struct buf path = BUF_INIT(PATH_MAX_LEN);

	buf_addf(&path, "%s/.config/nullmta.conf", home);
	source_file(c, buf_str(&path), SOURCE_USER, problems);
	buf_release(&path);
}

/* -C or NULLMTA_CONF, or NULL. */
static const char *named_file(const struct conf_options *options)
{
	return options->file ? options->file
			     : environment_get(options->environment, "NULLMTA_CONF");
}

/* `home` is NULL where there is none. */
static void load_guarded_user_file(
	struct conf *c, const char *home, struct conf_problems *problems)
{
	struct conf_guard guard;

	conf_guard_begin(&guard, c);
	if (home)
		load_user_file(c, home, problems);
	conf_guard_end(&guard, c, problems);
}

static void load_files(struct conf *c, const struct conf_options *options,
	struct conf_problems *problems)
{
	const char *file = named_file(options);
	struct conf_guard guard;

	if (file) {
		/* who names the file has the environment, too: there is nothing to guard */
		source_file(c, file, SOURCE_NAMED, problems);
		environment_apply(c, options->environment, problems);
		return;
	}
	load_system_files(c, options->system_file, problems);
	if (options->home)
		load_guarded_user_file(c, options->home, problems);
	conf_guard_begin(&guard, c);
	environment_apply(c, options->environment, problems);
	conf_guard_end(&guard, c, problems);
}

void conf_load(struct conf *ret, const struct conf_options *options,
	struct conf_problems *problems)
{
	load_defaults(ret);
	load_files(ret, options, problems);
	conf_complete(ret, problems);
}

void conf_load_system(struct conf *ret, const struct conf_options *options,
	struct conf_problems *problems)
{
	struct conf_options without_home = *options;

	without_home.home = NULL;
	load_defaults(ret);
	load_files(ret, &without_home, problems);
}

void conf_load_user(struct conf *c, const char *home, struct conf_problems *problems)
{
	load_guarded_user_file(c, home, problems);
	conf_complete(c, problems);
}

static void release_route(struct conf *c, struct conf_relay *route)
{
	const struct conf_key *key;

	for (size_t i = 0; (key = conf_key_at(i)) != NULL; i++)
		if (conf_key_is_relay(key))
			value_release(&key->spec, conf_key_field(key, c, route));
	free(route->name);
	free(route->origins);
	free(route);
}

void conf_release(struct conf *c)
{
	const struct conf_key *key;

	for (size_t i = 0; (key = conf_key_at(i)) != NULL; i++)
		value_release(&key->spec, conf_key_field(key, c, NULL));
	for (size_t i = 0; i < c->route_count; i++)
		release_route(c, c->routes[i]);
	free(c->routes);
	free(c->origins);
	strv_release(&c->files);
	strv_release(&c->variables);
	*c = (struct conf){0};
}

void conf_section_name(struct buf *out, const struct conf_relay *route)
{
	if (route)
		buf_addf(out, "route %s", route->name);
	else
		buf_add_str(out, "relay");
}

struct conf_relay *conf_route_find(const struct conf *c, struct span name)
{
	for (size_t i = 0; i < c->route_count; i++)
		if (span_iis(name, c->routes[i]->name))
			return c->routes[i];
	return NULL;
}

struct conf_relay *conf_route_add(struct conf *c, struct span name, size_t at)
{
	struct conf_relay *route = mem_alloc(sizeof(*route));
	struct buf lower = BUF_INIT(CONF_ROUTE_NAME_MAX);
	const struct conf_key *key;

	text_add_lower(&lower, name);
	route->name = mem_string(buf_str(&lower));
	buf_release(&lower);
	route->origins = mem_array(conf_key_count(), sizeof(struct conf_origin));
	for (size_t i = 0; (key = conf_key_at(i)) != NULL; i++)
		if (conf_key_is_relay(key))
			conf_key_reset(key, c, route);
	c->routes =
		mem_regrow(c->routes, c->route_count + 1, sizeof(struct conf_relay *));
	for (size_t i = c->route_count++; i > at; i--)
		c->routes[i] = c->routes[i - 1];
	c->routes[at] = route;
	return route;
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

/* The configuration and its section as the functions of conf/key.h take them. */
static void *field_of(
	const struct conf *c, const struct conf_relay *route, const struct conf_key *key)
{
	return conf_key_field(
		key, (struct conf *)(uintptr_t)c, (struct conf_relay *)(uintptr_t)route);
}

void conf_origin(struct buf *out, const struct conf *c, const struct conf_relay *route,
	const struct conf_key *key)
{
	conf_origin_format(
		out, &(route ? route->origins : c->origins)[conf_key_index(key)]);
}

void conf_origin_format(struct buf *out, const struct conf_origin *origin)
{
	text_clean(out, origin->where ? span_of(origin->where) : SPAN_LIT("default"));
	if (origin->line)
		buf_addf(out, ":%u", origin->line);
}

void conf_format(struct buf *out, const struct conf *c, const struct conf_relay *route,
	const struct conf_key *key)
{
	value_format(&key->spec, field_of(c, route, key), out);
}
