/*
 * What every part of a flush works with. Made by `cmd`, constant while a run lasts; the
 * workers have it by fork.
 */
#ifndef DELIVER_FLUSH_H
#define DELIVER_FLUSH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/user.h"
#include "conf/conf.h"
#include "conf/identity.h"
#include "deliver/local_door.h"
#include "deliver/selection.h"
#include "deliver/world.h"
#include "mail/alias.h"
#include "mail/rewrite.h"
#include "net/netaddr.h"
#include "net/tls.h"
#include "policy/route.h"
#include "spool/schedule.h"
#include "spool/spool.h"

struct forwards;

/* Whether the system's flush, which may do more than this one, comes behind it. */
enum flush_successor {
	SUCCESSOR_NONE,    /* it does not see this spool, or it is this one */
	SUCCESSOR_LIKELY,  /* it would see it */
	SUCCESSOR_LISTENS, /* it is started by the next kick, if not before */
};

struct flush {
	const struct world *world;
	const struct conf *conf;
	const struct conf_relay
		*local_relay; /* of route.local->way; empty: there is none */
	const struct identity *identity;
	const struct user *user;  /* owner of the spool */
	const char *mailbox_path; /* [mailbox] path made absolute, or NULL */
	const struct spool *spool;
	struct route_options route;    /* its ways: conf->routes in order, then [relay] */
	const struct rewrite *rewrite; /* of senders and header; NULL: nothing */
	/* of each way of `route` that has rules of its own; NULL: as `rewrite` */
	const struct rewrite *const *way_rewrites;
	const struct tls_options *way_tls; /* of each way; NULL: `may` for all */
	const struct login_source *logins; /* deliver/login.h; NULL: there are none */
	const struct alias_table *aliases; /* of local names; NULL: none */
	const struct alias_scope *alias_scope;
	const struct local_door *local; /* to other users' homes; NULL: there is none */
	struct forwards *forwards;      /* deliver/forwards.h; NULL: none count */
	struct schedule retry;
	struct netaddr_list own_addresses;
	int64_t started_s;
	bool is_systems; /* of root's flush for all: nobody comes behind it who may more */
	enum flush_successor successor;
	bool is_now; /* try everything, whatever the schedule and the host memory say */
	/*
	 * Where mail comes while the run goes on it stays for more, as long as nobody else
	 * (NULL: there is nobody) waits for its place.
	 */
	bool may_stay;
	const _Atomic uint32_t *others_wait;
	/* a trial (deliver/trial.h): who asks is told, nobody else, and a login that was
	 * refused is tried all the same */
	bool is_trial;
	const struct selection *only; /* of the queue; NULL: all of it */
	/* somebody watches: one harmless line, without line end; NULL: nobody */
	void (*show)(const char *line);
};

/* What the configuration says of this route; nothing of local mail but where it goes. */
const struct conf_relay *flush_relay(
	const struct flush *flush, const struct route *route);

/* How hosts on it are to be secured, as far as the configuration says; no name in it. */
const struct tls_options *flush_tls(const struct flush *flush, const struct route *route);

/*
 * The rules for senders and header that hold on it; NULL: nothing changes, as for local mail.
 */
const struct rewrite *flush_rewrite(const struct flush *flush, const struct route *route);

/* The lifetime of a message: shorter for one without a sender to tell (a bounce). */
int64_t flush_lifetime_s(const struct flush *flush, const char *sender);

/* Show a line to who watches, cleaned (base/text.h); nothing where nobody does. */
#define FLUSH_LINE_MAX 4096
void flush_show(const struct flush *flush, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * SIGTERM, SIGINT or SIGHUP has come: finish what is on the wire, start nothing new.
 * flush_catch_signals installs the handlers in the calling process.
 */
void flush_catch_signals(void);
bool flush_is_stopping(void);

/*
 * For a process that will run again: from now on SIGHUP stops only what runs just now.
 * flush_take_reload tells whether it has come since the last time, and forgets it.
 */
void flush_catch_reload(void);
bool flush_take_reload(void);

#endif
