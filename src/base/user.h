/*
 * The users of this machine, and who runs this program: the real uid's passwd entry, never
 * HOME, USER or LOGNAME, which lie under cron, at and sudo.
 */
#ifndef BASE_USER_H
#define BASE_USER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/fault.h"

#define USER_NO_GROUP ((gid_t)65534)
#define USER_NAME_MAX 256 /* octets; as LOGIN_NAME_MAX */

struct user {
	uid_t uid;
	gid_t gid;      /* USER_NO_GROUP without an entry */
	bool has_entry; /* in the passwd database */
	char *name;     /* "uid54321" without an entry */
	char *home;     /* absolute, or NULL; without an entry $HOME counts if absolute */
	char *gecos;    /* as it stands, "" without one */
};

/* Fill `ret` for `uid`; cannot fail. Release with user_release. */
void user_lookup(struct user *ret, uid_t uid);

/*
 * Fill `ret` for the user called `name`, as it stands: 1; to be released. 0: there is nobody
 * of this name. -1 and a fault: that cannot be known now, as a name service does not answer.
 */
int user_find(struct user *ret, const char *name, struct fault *f);

void user_release(struct user *u);

/* Whether the passwd database has a user of this name, as far as it can be asked now. */
bool user_exists(const char *name);

/*
 * The full name that the GECOS field begins with: up to the first comma, '&' being the
 * login name with a capital letter (passwd(5)), without control characters, at most
 * USER_FULL_NAME_MAX octets. Appends to `out`.
 */
#define USER_FULL_NAME_MAX 256
void user_full_name(const struct user *u, struct buf *out);

#endif
