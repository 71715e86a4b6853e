/*
 * Senders as the outside is to see them. One set of rules for the envelope's sender and for
 * the fields From, Sender, Reply-To, Resent-From and Resent-Sender; never for the text of a
 * message, nor for recipients. Of the rules that fit an address the first one decides:
 *
 *	1. its entry in the generic map
 *	2. `from`, one address for everything; in Reply-To only for addresses of this
 *	   machine, because any other one was given so that answers go there
 *	3. `domain`, in place of the names of this machine
 *
 * Pure. Applied at each delivery, so that a changed configuration helps what is queued.
 */
#ifndef MAIL_REWRITE_H
#define MAIL_REWRITE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"
#include "base/strv.h"
#include "mail/generic_map.h"

#define REWRITE_ORIGINAL "X-Original-From"

/*
 * Letters of templates: %h hostname, %u login name of who submitted the message, %% a
 * percent sign, %| a bar; in `name` also %n the name that stood there (else the local
 * part) and %a the address that stood there; in fields also %i the message's id.
 */
struct rewrite {
	const struct strv *own; /* domains of this machine; ".lan": all below lan */
	const char *own_domain; /* of bare names, should one be left */
	const char *hostname;
	const char *user;
	const struct generic_map *map;
	const char *from;   /* canonical address, NULL */
	const char *domain; /* NULL */
	const char *name;   /* template of the name in From, NULL: names stay */
	bool keeps_original;
	/* fields, "Name: template" each; `removed`: names */
	const struct strv *added;   /* beside those that are there */
	const struct strv *set;     /* in place of those, or added */
	const struct strv *removed; /* all of the name */
};

enum rewrite_rule { REWRITE_BY_NONE, REWRITE_BY_MAP, REWRITE_BY_FROM, REWRITE_BY_DOMAIN };

/*
 * Append what a canonical envelope sender becomes. The null sender "" stays what it is.
 */
void rewrite_sender(const struct rewrite *r, struct span sender, struct buf *out);

/* Which rule decides about that; REWRITE_BY_MAP: by this entry, else NULL. */
enum rewrite_rule rewrite_sender_rule(const struct rewrite *r, struct span sender,
	const struct generic_entry **ret_entry);

/*
 * Append what a header section becomes: fields in wire form, no empty line behind them.
 * A field that no rule touches stays byte for byte. What of a field is rewritten has one
 * mailbox for each address: several that become one are one afterwards. `id`: of the
 * message, for %i.
 */
void rewrite_header(
	const struct rewrite *r, struct span section, const char *id, struct buf *out);

#endif
