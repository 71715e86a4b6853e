/*
 * Who is to get a message now: the recipients of its envelope, each local name replaced by
 * what the alias table and ~/.forward say today (deliver/addressing.h). Nothing is written
 * here.
 *
 * An addressee has the number under which the journal knows it (spool/journal.h). One
 * address in the place of one recipient has that recipient's number, so that the usual
 * message, for one person, still needs no journal. Of several each has a number of its own,
 * which is given once: whoever has got the message under it never gets it again.
 */
#ifndef DELIVER_EXPANSION_H
#define DELIVER_EXPANSION_H

#include <stdbool.h>
#include <stddef.h>

#include "deliver/flush.h"
#include "mail/outcome.h"
#include "policy/route.h"
#include "spool/envelope.h"
#include "spool/journal.h"

struct addressee {
	struct recipient recipient; /* where it goes, and how to report on it */
	bool is_active;             /* the message is for it, delivered or not */
	bool is_new;                /* the journal does not know its number yet */
	size_t parent;              /* of a number behind the envelope's */
	struct outcome *fate;       /* no host is asked: this is what becomes of it */
	char *own_address; /* what of `recipient` is not borrowed from the envelope */
	char *own_orcpt;
	char *own_user; /* whose mailbox it is; NULL: none of this machine, as far as known */
};

struct expansion {
	struct addressee *items; /* the place is the number */
	size_t count;
};

/*
 * `e` is borrowed until expansion_release; `past` is what journal_load says of it. A recipient
 * whose fate is sealed, or that of all its addresses, is not looked up again.
 */
void expansion_make(struct expansion *ret, const struct flush *flush,
	const struct envelope *e, const struct journal_state *past);
void expansion_release(struct expansion *x);

/*
 * The route of one addressee of a message with the envelope `e`; -1 and `*ret_why`, what
 * becomes of it instead: as route_resolve says, or DELIVERED for a name that the alias table discards, DEFERRED 4.3.5 for one that
 * the table is wrong about (protocol R19: our configuration never fails mail).
 */
int expansion_route(const struct flush *flush, const struct envelope *e,
	const struct addressee *a, struct route *ret, struct outcome *ret_why);

#endif
