/*
 * What we log in to the relays of one route with: read once by the worker that serves them,
 * in memory that is not dumped, and overwritten behind the last session.
 */
#ifndef DELIVER_LOGIN_H
#define DELIVER_LOGIN_H

#include <stdbool.h>

#include "base/secret.h"
#include "conf/relay.h"
#include "deliver/flush.h"
#include "deliver/plan.h"
#include "policy/mx.h"
#include "smtp/auth.h"

/* Where secrets come from: `cmd` knows. Constant while a run lasts. */
struct login_source {
	/*
	 * The password or token of a relay; `ret` stays without data where there is none.
	 * 0, or 1: it is the system's, whose refusals are remembered in `memory_fd` (-1:
	 * not at all), which no user can read. -1 and a fault: FAULT_ACCESS where this user
	 * may not have it.
	 */
	int (*read)(void *ctx, const struct conf_relay *relay, struct secret *ret,
		struct fault *f);
	void *ctx;
	int memory_fd;
};

enum login_result {
	LOGIN_READY,     /* or none is configured */
	LOGIN_USELESS,   /* the route cannot be used: DEFERRED, ROUTE */
	LOGIN_FORBIDDEN, /* it is not for this user: leave the mail to who may */
};

#define LOGIN_NONCE_SIZE 33

struct login {
	bool is_given;
	bool is_systems;
	struct secret secret;
	char nonce[LOGIN_NONCE_SIZE];
	struct smtp_login smtp;
};

/* Read what the destination's section says. `*ret_why` is set for all but READY. */
enum login_result login_open(struct login *ret, const struct flush *flush,
	const struct destination *d, struct outcome *ret_why);

/*
 * The login for one session with `target`, with a nonce of its own; NULL where there is
 * none. Borrowed until the next call.
 */
const struct smtp_login *login_for(struct login *l, const struct mx_target *target);

/* Overwrite it; a login of zeros is allowed. */
void login_close(struct login *l);

/*
 * Whether `target` has refused this login less than an hour ago (deliver/login_memory.h), and
 * the outcome for what is not tried.
 */
bool login_is_barred(const struct login *l, const struct flush *flush,
	const struct destination *d, const struct mx_target *target,
	struct outcome *ret_why);

/* What `target` said to it: refused by `reply`, or accepted (NULL). */
void login_note(const struct login *l, const struct flush *flush,
	const struct destination *d, const struct mx_target *target,
	const struct outcome *reply);

#endif
