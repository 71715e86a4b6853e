/*
 * Which logins a server has refused, so that an account is not locked for the sake of a
 * password that was wrong a minute ago: state/logins of the spool, a line a route. For a login
 * of the system, which is the same for all users, a file that is handed down: none of them
 * shall guess by it, and one refusal is enough.
 *
 *	KEY TIME SALT HASH CODE STATUS TEXT
 *
 * HASH is of user and secret, made slow and with a SALT of its own: which of two it is can
 * be told by it, not what it is.
 */
#ifndef DELIVER_LOGIN_MEMORY_H
#define DELIVER_LOGIN_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "mail/outcome.h"
#include "smtp/auth.h"
#include "spool/spool.h"

#define LOGIN_MEMORY_WAIT_S 3600

/* Where it is. */
struct login_memory {
	const struct spool *spool; /* NULL: in `fd` */
	int fd;                    /* -1: nothing is remembered */
};

/*
 * Whether this very login was refused on the route of that key less than an hour before
 * `now_s`; `*ret_why` then is the outcome for mail that is not tried: DEFERRED, ROUTE.
 */
bool login_memory_is_refused(const struct login_memory *m, const char *key,
	const struct smtp_login *login, int64_t now_s, struct outcome *ret_why);

/* It was refused now, by `reply`. What cannot be noted costs one login more. */
void login_memory_refused(const struct login_memory *m, const char *key,
	const struct smtp_login *login, const struct outcome *reply, int64_t now_s);

/* The login was accepted: forget what is known of the route. */
void login_memory_accepted(const struct login_memory *m, const char *key);

#endif
