/*
 * A configuration of a test's own, in a scratch directory.
 */
#ifndef SUPPORT_CONF_FIXTURE_H
#define SUPPORT_CONF_FIXTURE_H

#include "conf/conf.h"
#include "scratch.h"

#define CONF_FIXTURE_LINE_MAX 4096

struct conf_fixture {
	struct scratch scratch;
	struct conf conf;
	struct conf_problems problems;
	struct conf_options options; /* system_file is `system`, the rest is the test's */
	char system[SCRATCH_PATH_MAX]; /* nullmta.conf in the scratch directory */
	char line[CONF_FIXTURE_LINE_MAX];
};

void conf_fixture_init(struct conf_fixture *f);
void conf_fixture_release(struct conf_fixture *f);

/* Write the system's file; load everything (anew). */
void conf_fixture_write(struct conf_fixture *f, struct span text);
void conf_fixture_load(struct conf_fixture *f);

/* Problem `i` as it is printed, "" where there is none. Borrowed until the next call. */
const char *conf_fixture_problem(struct conf_fixture *f, size_t i);

/* A key's value as text, and where it comes from. Borrowed as above. */
const char *conf_fixture_value(
	struct conf_fixture *f, const char *section, const char *name);
const char *conf_fixture_origin(
	struct conf_fixture *f, const char *section, const char *name);

#endif
