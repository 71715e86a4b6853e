#include "conf_fixture.h"

#include <string.h>

#include "base/text.h"
#include "conf/key.h"

void conf_fixture_init(struct conf_fixture *f)
{
	*f = (struct conf_fixture){0};
	scratch_init(&f->scratch);
	memcpy(f->system, scratch_path(&f->scratch, "nullmta.conf"), sizeof(f->system));
	f->options.system_file = f->system;
}

static void drop(struct conf_fixture *f)
{
	conf_problems_release(&f->problems);
	conf_release(&f->conf);
}

void conf_fixture_release(struct conf_fixture *f)
{
	drop(f);
	scratch_release(&f->scratch);
}

void conf_fixture_write(struct conf_fixture *f, struct span text)
{
	scratch_write(&f->scratch, "nullmta.conf", text, 0600);
}

void conf_fixture_load(struct conf_fixture *f)
{
	drop(f);
	conf_load(&f->conf, &f->options, &f->problems);
}

static const char *keep(struct conf_fixture *f, struct buf *text)
{
	(void)text_copy(f->line, sizeof(f->line), buf_span(text));
	buf_release(text);
	return f->line;
}

const char *conf_fixture_problem(struct conf_fixture *f, size_t i)
{
	struct buf text = BUF_INIT(CONF_FIXTURE_LINE_MAX);

	if (i < f->problems.count)
		conf_problem_format(&text, &f->problems.items[i]);
	return keep(f, &text);
}

static const struct conf_key *key_of(const char *section, const char *name)
{
	const struct conf_key *key = conf_key_find(span_of(section), span_of(name));

	if (!key)
		BUG("a test names a key that does not exist");
	return key;
}

static const struct conf_relay *route_of(
	const struct conf_fixture *f, const char *section)
{
	struct span name = conf_key_route(span_of(section));

	return name.len ? conf_route_find(&f->conf, name) : NULL;
}

const char *conf_fixture_value(
	struct conf_fixture *f, const char *section, const char *name)
{
	struct buf text = BUF_INIT(CONF_FIXTURE_LINE_MAX);

	conf_format(&text, &f->conf, route_of(f, section), key_of(section, name));
	return keep(f, &text);
}

const char *conf_fixture_origin(
	struct conf_fixture *f, const char *section, const char *name)
{
	struct buf text = BUF_INIT(CONF_FIXTURE_LINE_MAX);

	conf_origin(&text, &f->conf, route_of(f, section), key_of(section, name));
	return keep(f, &text);
}
