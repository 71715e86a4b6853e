/*
 * Aliases: who gets the mail for a name of this machine, as aliases(5) of other mailers has
 * it:
 *
 *	# a comment
 *	postmaster: root
 *	root: joe, ops@example.org,
 *		"joe smith"@example.net
 *	joe: \joe, joe@example.org     the name itself and another address
 *	staff: :include:/etc/mail/staff
 *	bit-bucket: /dev/null
 *	*: root                        every local name that has no entry
 *
 * Names match without regard to case. A name stands for its mailbox at every domain of this
 * machine; with a domain (root@box.lan:) for that one only. Nothing is ever run or written
 * to: programs and files are refused, and left out where another address remains.
 *
 * Pure. The text of included files is asked for while parsing, so that an expansion reads
 * nothing.
 */
#ifndef MAIL_ALIAS_H
#define MAIL_ALIAS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/span.h"
#include "base/strv.h"

#define ALIAS_FILE_OCTETS_MAX    ((size_t)16 << 20)
#define ALIAS_INCLUDE_OCTETS_MAX ((size_t)1 << 20)
#define ALIAS_INCLUDES_MAX       1000   /* readings of included files */
#define ALIAS_INCLUDE_DEPTH_MAX  5      /* of included files that include others */
#define ALIAS_TARGETS_MAX        500000 /* of all entries together */
#define ALIAS_DEPTH_MAX          20     /* of names that lead to names */
#define ALIAS_RESULTS_MAX        1000   /* addresses that one name may become */

enum alias_target_kind {
	ALIAS_NAME,    /* bare: gets the domain of the scope */
	ALIAS_ADDRESS, /* canonical */
	ALIAS_NOTHING, /* /dev/null, or Exim's :blackhole: */
	ALIAS_REFUSED, /* left out where anything else remains */
	ALIAS_UNKNOWN, /* an include that cannot be read: nobody knows who is missing */
};

struct alias_target {
	enum alias_target_kind kind;
	bool is_final; /* \name: its own entry does not count */
	char *text;    /* the name or address; else why, "FILE:LINE: ..." */
};

/* One left side with what stands behind it. */
struct alias_entry {
	char *name;          /* lower case: "root", "root@box.lan", or "*" */
	size_t first, count; /* of the table's targets */
	unsigned line;
};

struct alias_table {
	char *file;
	char *gap;                   /* why the table does not have everything, or NULL */
	struct alias_entry *entries; /* sorted by name */
	size_t count, cap;
	struct alias_target *targets;
	size_t target_count, target_cap;
};

/* Who is told what is wrong where, and what would be right. */
struct alias_critic {
	void (*note)(void *ctx, const char *file, unsigned line, const char *why);
	void *ctx;
};

/* Who gives the text of an included file: 0, or -1 and a fault. `path` is absolute. */
struct alias_includer {
	int (*read)(void *ctx, const char *path, struct buf *ret, struct fault *f);
	void *ctx;
};

/* The names of this machine. All borrowed. */
struct alias_scope {
	const struct strv
		*own; /* domains whose names have aliases; ".lan": all below lan */
	const char *hostname; /* one of them that is this machine alone */
	const char *domain;   /* of bare names */
	/*
	 * Whether a name is a user here. The wildcard takes every name at the host name, its
	 * first label and localhost. A domain may be shared with other machines, where people
	 * have mailboxes: of the other domains it takes users of this machine only, none
	 * where this is NULL.
	 */
	bool (*is_local_user)(void *ctx, const char *name);
	void *ctx;
};

/* Whether this is a name of this machine alone: nobody else can have mailboxes there. */
bool alias_is_this_machine(const struct alias_scope *scope, struct span domain);

enum alias_result {
	ALIAS_NONE,    /* no alias: the address stays */
	ALIAS_FOUND,   /* these addresses instead */
	ALIAS_DISCARD, /* /dev/null and nothing else */
	ALIAS_BROKEN,  /* nothing usable, or too much; a mended file would help */
};

/* Empty, and empty again with what it owns freed. */
void alias_table_init(struct alias_table *t);
void alias_table_release(struct alias_table *t);

/*
 * Read the text of a whole file into an empty table. What is wrong is told to `critic` and
 * harms its own name only; of several entries of one name the first counts. `includer` NULL:
 * included files are refused.
 */
void alias_parse(struct alias_table *t, struct span text, const char *file,
	const struct alias_includer *includer, const struct alias_critic *critic);

/*
 * Note that the table lacks what its file says, because of `why`, a clean text: names that
 * have no entry and that the wildcard could take are ALIAS_BROKEN for that reason then,
 * instead of going where nobody meant them to go.
 */
void alias_table_set_gap(struct alias_table *t, const char *why);

/*
 * Tell `critic` what parsing cannot see without a scope: names that lead back to themselves
 * by others, and left sides whose domain is not of this machine.
 */
void alias_check(const struct alias_table *t, const struct alias_scope *scope,
	const struct alias_critic *critic);

/*
 * The entry that decides about a canonical address: user@domain, then user, then the
 * wildcard. NULL: none.
 */
const struct alias_entry *alias_find(const struct alias_table *t,
	const struct alias_scope *scope, struct span address);

/* Append what an entry says: "root@box.lan, /dev/null". */
void alias_entry_format(struct buf *out, const struct alias_table *t,
	const struct alias_scope *scope, const struct alias_entry *entry);

/* Who is told what is met on the way, in order. Each may be NULL. */
struct alias_tracer {
	void (*step)(void *ctx, struct span address, const struct alias_entry *entry);
	/* an address of the result that stands there as \name */
	void (*final)(void *ctx, struct span address);
	void *ctx;
};

/*
 * What a canonical address `user@domain` becomes. ALIAS_FOUND: canonical addresses are
 * appended to `ret`, in order, each once; it may be the address itself. An entry that leads
 * back to one on the way here is a loop and leaves the name; where the wildcard is part of
 * it, the name that the wildcard took: so "root: root, ops@example.org" keeps root's own
 * mail, and so does "*: root". ALIAS_BROKEN: `ret_why`
 * says why, with file and line. Nothing is appended unless found.
 */
enum alias_result alias_expand(const struct alias_table *t,
	const struct alias_scope *scope, struct span address, struct strv *ret,
	struct fault *ret_why);

/* The same, telling each step to `tracer`, which may be NULL. */
enum alias_result alias_trace(const struct alias_table *t,
	const struct alias_scope *scope, struct span address,
	const struct alias_tracer *tracer, struct strv *ret, struct fault *ret_why);

#endif
