/*
 * The users of a machine and their ~/.forward, as a text with a line for each: a name, and
 * what its file says; where that is one word with a '!', what happens instead:
 *
 *	!left      only the flush of the system may ask
 *	!denied    the same, found out by asking
 *	!later     it cannot be read now
 *	!trouble   nobody can be asked now
 *	!gone      who is asked ends without a word
 *	!silent    who is asked says nothing
 *	!half !babble !flood    what is said is no answer
 */
#ifndef SUPPORT_FAKE_HOMES_H
#define SUPPORT_FAKE_HOMES_H

#include "deliver/forwards.h"
#include "mail/alias.h"
#include "policy/route.h"

#define FAKE_HOMES_SILENT_MAX 8

struct fake_homes {
	const char *homes;
	struct local_door door;
	struct forwards forwards; /* over that door, with a clock that is in a hurry */
	struct route_local local; /* the users, at the host name of a scope */
	unsigned asked;
	int silent[FAKE_HOMES_SILENT_MAX];
	unsigned silent_count;
};

/* Borrows both. */
void fake_homes_init(
	struct fake_homes *h, const char *homes, const struct alias_scope *scope);
void fake_homes_release(struct fake_homes *h);

#endif
