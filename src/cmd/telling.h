/*
 * What a command tells of the way of a message, line by line: the aliases and ~/.forward behind
 * a name, the route and why it was chosen.
 */
#ifndef CMD_TELLING_H
#define CMD_TELLING_H

#include "base/bug.h"
#include "cmd/aliases.h"
#include "cmd/routing.h"
#include "conf/conf.h"
#include "deliver/addressing.h"
#include "policy/route.h"

/* All borrowed. */
struct telling {
	const struct conf *conf;
	const struct routing *routing;
	const struct aliases *aliases;
	struct forwards *forwards; /* of users; NULL: they do not count */
	bool is_forced;            /* the route is one that was asked for */
	/* hears a line: both texts are cleaned, "" is no label */
	void (*hear)(void *ctx, const char *label, const char *text);
	void *ctx;
};

/* Tell one line. */
void telling_say(const struct telling *t, const char *label, const char *fmt, ...)
	PRINTF_LIKE(3, 4);

/*
 * Find out as addressing_find does whom an address stands for, and tell of each alias and
 * ~/.forward that is followed.
 */
enum alias_result telling_expand(const struct telling *t, struct span sender,
	struct span address, struct addressing *ret_found, struct fault *ret_why);

/* Where it goes, and because of what in which file. */
void telling_route(const struct telling *t, const struct route *route);

/* Hears lines, and prints them on stdout: "  label        text". */
void telling_print(void *ctx, const char *label, const char *text);

#endif
