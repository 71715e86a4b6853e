/*
 * What can be said of a section only when all sources are read.
 */
#ifndef CONF_COMPLETE_H
#define CONF_COMPLETE_H

#include "conf/conf.h"
#include "conf/problem.h"

/*
 * Fill in what the provider of each section knows and nobody set, and add a problem for
 * keys that do not go together: two passwords, TLS that is asked for and forbidden, a
 * route for no mail at all.
 */
void conf_complete(struct conf *c, struct conf_problems *problems);

#endif
