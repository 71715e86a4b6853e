/*
 * What every command does first: a sane process, then configuration, names and user.
 */
#ifndef CMD_SETUP_H
#define CMD_SETUP_H

#include "base/fault.h"
#include "base/user.h"
#include "conf/conf.h"
#include "conf/identity.h"
#include "conf/problem.h"
#include "spool/place.h"

struct setup {
	struct conf conf;
	struct conf_problems problems;
	struct identity identity;
	struct user user;
	char *spool_dir;       /* the configured place, NULL: search */
	bool has_usual_places; /* mail may wait there too, from before it was configured */
	bool has_user_files;   /* of setup_load_system: no file was named instead */
	char *mailbox_path;
	struct fault place_fault; /* why a configured place cannot be known, or "" */
};

/*
 * Harden the process: fds 0 to 2 exist, umask 077, a write to a closed pipe or past
 * RLIMIT_FSIZE is an error and not a death. 0 or -1.
 */
int setup_process(struct fault *f);

/*
 * Load the configuration (`conf_file` as -C, may be NULL) and what goes with it, and open
 * the log. Always yields something usable; problems are in `ret`. Release with
 * setup_release.
 */
void setup_load(struct setup *ret, const char *conf_file);
void setup_release(struct setup *s);

/* Send the log where, and as, the configuration says. */
void setup_open_log(const struct conf *conf);

/*
 * The same as setup_load in two steps, for a process that works for many users: what holds for all of them,
 * without opening the log; then, in a child of the one that did the first step, what belongs
 * to `user`, who is taken over. Where a spool was configured for all, mail still waits in the
 * usual places as well.
 */
void setup_load_system(struct setup *ret, const char *conf_file);
void setup_take_user(struct setup *s, struct user *user);

/*
 * The same for a submission: problems are printed, `program` in front, and a sentence that
 * the message is queued all the same. -1 and a fault where the configuration cannot be
 * read just now, so that nobody knows where the spool is; release `ret` then as well.
 */
int setup_load_to_submit(struct setup *ret, const char *program, struct fault *f);

/* Print every problem to stderr, `program` in front. */
void setup_print_problems(const struct setup *s, const char *program);

/* Options for place_open; borrowed from `s`. */
struct place_options setup_place(const struct setup *s);

#endif
