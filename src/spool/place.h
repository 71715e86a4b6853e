/*
 * Where a user's spool is (design: /var/spool/nullmta/<uid>, else ~/.local/state/nullmta,
 * or the one place that the configuration names).
 */
#ifndef SPOOL_PLACE_H
#define SPOOL_PLACE_H

#include "base/user.h"
#include "spool/spool.h"

/* Fixed when it is built (make SPOOLDIR=…): nobody can lead root to another one. */
#ifndef PLACE_ROOT
#define PLACE_ROOT "/var/spool/nullmta"
#endif

#define PLACE_SUFFIX_MAX     9  /* <uid>.1 to <uid>.9, where others took <uid> */
#define PLACE_CANDIDATES_MAX 12 /* configured; <uid>, <uid>.1 … under the root; home */

struct place_options {
	const char *dir; /* the one place, %u for the uid and ~/ for home; NULL: search */
	bool has_usual;  /* mail may wait in the usual places besides `dir` */
	const char *root; /* PLACE_ROOT; tests name another one */
	const struct user *user;
};

/*
 * Open the spool for submission; what is missing is made. A squatter's directory
 * <uid> is passed over for <uid>.1 and so on. The fault (FAULT_CREATE) says what to set
 * when there is no private writable place.
 */
int place_open(struct spool *ret, const struct place_options *options, struct fault *f);

/*
 * Every spool of the user that exists, for the flush and for mailq: mail that waits in ~
 * must leave even when /var/spool/nullmta came later, or a configured place. `ret` has
 * room for PLACE_CANDIDATES_MAX; close each. Returns how many, or -1 when the configured
 * place exists and is unusable.
 */
int place_open_existing(
	struct spool ret[], const struct place_options *options, struct fault *f);

/* The name of a user's directory in the root; suffix 0 is none. */
#define PLACE_NAME_MAX 16
void place_name(uid_t uid, int suffix, char out[PLACE_NAME_MAX]);

/* Whether `path` is such a directory of `uid` in `root`: there the system's flush finds it. */
bool place_is_below_root(const char *path, const char *root, uid_t uid);

#endif
