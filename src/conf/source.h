/*
 * The files of the configuration, laid over what is there.
 */
#ifndef CONF_SOURCE_H
#define CONF_SOURCE_H

#include "conf/conf.h"
#include "conf/problem.h"

enum source_kind {
	SOURCE_NAMED,  /* somebody named it: it must be there */
	SOURCE_SYSTEM, /* may be missing */
	SOURCE_USER,   /* may be missing; must be private enough to be this user's word */
};

/* Lay one file over `c`. What is wrong with it goes to `problems`. */
void source_file(struct conf *c, const char *path, enum source_kind kind,
	struct conf_problems *problems);

/* Lay all *.conf of a directory over `c`, in octet order, as SOURCE_SYSTEM. */
void source_directory(struct conf *c, const char *path, struct conf_problems *problems);

#endif
