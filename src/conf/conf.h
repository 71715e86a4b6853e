/*
 * The configuration as plain typed values, one struct a section. Every value comes from
 * the table in conf/key.c: a field here and a row there are all that a new key takes.
 *
 * Sources, each overriding the ones before it:
 *	the built-in defaults
 *	/etc/nullmta.conf, then /etc/nullmta.conf.d/?*.conf in octet order
 *	~/.config/nullmta.conf
 *	NULLMTA_* in the environment
 * -C FILE or NULLMTA_CONF=FILE replaces all the files by that one.
 *
 * The user's file and the environment cannot send a login of the system's anywhere else
 * than the system does (conf/guard.h).
 *
 * A broken file never loses mail. A line that is wrong is a problem and counts as not
 * written; the other lines of its file hold. So a submission goes into the spool that the
 * file names even where another line is wrong, and the flush, which must not guess,
 * stops (EX_CONFIG) while the problems count errors.
 */
#ifndef CONF_CONF_H
#define CONF_CONF_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/strv.h"
#include "conf/problem.h"
#include "conf/relay.h"
#include "conf/table.h"

#define CONF_ROUTES_MAX     100
#define CONF_ROUTE_NAME_MAX 64 /* octets */

enum conf_deliver {
	CONF_DELIVER_BACKGROUND, /* queue, then start a flush and leave */
	CONF_DELIVER_FOREGROUND, /* queue, then wait for the first attempt */
	CONF_DELIVER_QUEUE,      /* queue only */
};

enum conf_trust { CONF_TRUST_AUTO, CONF_TRUST_YES, CONF_TRUST_NO };

/*
 * Strings are owned here, NULL where the value is "none", and hold no control characters.
 * Host names are checked; an IP literal stands without brackets.
 */
struct conf {
	struct {
		char *hostname; /* NULL: conf/identity.h finds it */
		char *domain;   /* NULL: the same */
		enum conf_deliver deliver;
		bool is_strict;
		uint64_t message_size; /* octets */
		unsigned recipients;
	} nullmta;
	struct conf_relay relay;
	struct {
		char *dir;   /* NULL: the built-in places; else for conf_path */
		char *retry; /* 1 to 32 durations between spaces, checked */
		int64_t lifetime_s;
		int64_t bounce_lifetime_s;
		int64_t warn_after_s; /* 0: no delay notice */
	} spool;
	struct {
		struct strv nameservers; /* "192.0.2.1:53", "[2001:db8::1]:53"; empty:
					    resolv.conf */
		enum conf_trust trust_ad;
		char *hosts_file; /* for conf_path */
	} dns;
	struct {
		unsigned connections;
		unsigned per_destination;
		unsigned port; /* of MX hosts */
		int64_t connect_timeout_s;
		int64_t reply_timeout_s; /* a cap on every wait for a server; 0: none */
		bool has_local_hosts; /* loopback and own addresses may be MX targets */
		bool obeys_tls_required; /* TLS-Required: No (RFC 8689) has an effect */
	} delivery;
	struct {
		bool is_enabled;
		unsigned port; /* of the hosts that have the policies */
		char *ca_file; /* NULL: the system's; else for conf_path */
	} mta_sts;
	struct {
		char *from;          /* NULL: senders differ */
		char *domain;        /* NULL: domains stay */
		struct strv domains; /* that `domain` replaces, besides our names */
		char *map;           /* NULL: none; else for conf_path */
		char *name;          /* template; NULL: names stay */
		bool keeps_original;
	} rewrite;
	struct conf_table generic; /* users and addresses, as they stand, to addresses */
	struct {
		struct strv added; /* "Name: template" */
		struct strv set;
		struct strv removed; /* names */
	} header;
	struct {
		char *aliases; /* NULL: none; else for conf_path */
		struct conf_local deliver;
	} local;
	struct {
		char *path; /* NULL: the built-in places; else for conf_path */
	} mailbox;
	struct {
		char *to; /* "auto", "user", "sender", or an address with its @ */
		unsigned per_hour;
	} bounce;
	struct {
		char *target; /* for log_open */
		enum log_format format;
		enum log_level level;
	} log;

	/*
	 * [route NAME], in the order in which they are to be looked at: those that the
	 * user's own file adds come before the system's.
	 */
	struct conf_relay **routes;
	size_t route_count;

	struct strv files;           /* that were read, in order */
	struct strv variables;       /* of the environment that were used */
	struct conf_origin *origins; /* of each key but those of routes; `where` is in one
					of those two */
};

struct conf_options {
	const char *file;         /* -C; NULL: NULLMTA_CONF, else the usual files */
	const char *system_file;  /* NULL: SYSCONFDIR/nullmta.conf */
	const char *home;         /* passwd home for ~/.config; NULL: none */
	char *const *environment; /* as environ(7); NULL: none */
};

struct conf_key; /* conf/key.h */

/*
 * Read all sources. `ret` is whole and valid whatever is wrong: what is broken keeps the
 * value it had before. What is wrong is added to `problems`. Reads files, follows links,
 * never blocks on a FIFO; a file of more than 256 KB is refused, and so is a user's
 * own file that belongs to another user than that one or root, or that others can write.
 * With the system's file alone this costs 11 system calls, without any file 3.
 * Both results are released by the caller.
 */
void conf_load(struct conf *ret, const struct conf_options *options,
	struct conf_problems *problems);

/*
 * The same in two steps, for a process that works for many users: first what holds for all
 * of them, the system's files and the environment (options->home is ignored); then, in a
 * child, the file of the one user over it, guarded as ever, `home` being NULL where there is
 * none or a file was named. Only the second step makes `ret` ready for use.
 */
void conf_load_system(struct conf *ret, const struct conf_options *options,
	struct conf_problems *problems);
void conf_load_user(struct conf *c, const char *home, struct conf_problems *problems);

/* Free all. A conf of zeros is allowed. */
void conf_release(struct conf *c);

/*
 * A path as it stands in [spool] dir or [mailbox] path, made absolute for one user: %u
 * becomes the number `uid`, %% a percent sign, a leading ~/ the passwd `home`. Appends to
 * `ret`. -1 (FAULT_CONFIG) where ~/ is used and `home` is NULL, or ret->max is reached.
 * A separate step, because one system flush serves every user by the same configuration.
 */
int conf_path(
	struct buf *ret, const char *path, uid_t uid, const char *home, struct fault *f);

/* Append "relay" for NULL, else "route NAME". */
#define CONF_SECTION_NAME_MAX (CONF_ROUTE_NAME_MAX + 8)
void conf_section_name(struct buf *out, const struct conf_relay *route);

/* The route of this name, in any case; NULL: there is none. Borrowed. */
struct conf_relay *conf_route_find(const struct conf *c, struct span name);

/* Add a route with all its defaults in front of the one at `at`. Borrowed, and stays put. */
struct conf_relay *conf_route_add(struct conf *c, struct span name, size_t at);

/*
 * Append where the value in force comes from: "/etc/nullmta.conf:12", "NULLMTA_RELAY",
 * "the provider" or "default". `route`: whose; NULL for [relay] and all other sections.
 */
void conf_origin(struct buf *out, const struct conf *c, const struct conf_relay *route,
	const struct conf_key *key);
void conf_origin_format(struct buf *out, const struct conf_origin *origin);

/*
 * Append the value in force as one would write it in the file; "" for none. Of a secret
 * only that it is set.
 */
void conf_format(struct buf *out, const struct conf *c, const struct conf_relay *route,
	const struct conf_key *key);

#endif
