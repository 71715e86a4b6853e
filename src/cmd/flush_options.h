/*
 * The command line of nullmta flush.
 */
#ifndef CMD_FLUSH_OPTIONS_H
#define CMD_FLUSH_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "deliver/selection.h"

#define FLUSH_USERS_DEFAULT   8
#define FLUSH_USERS_MAX       1000
#define FLUSH_SHARE_DEFAULT_S 30

struct flush_options {
	bool wants_help;
	bool is_now;           /* --now: whatever the schedule says */
	bool is_all;           /* --all: every user's, as root */
	unsigned users;        /* --users: so many side by side */
	int64_t share_s;       /* --share: of time, while others wait */
	bool is_verbose;       /* --verbose: show the dialogue */
	int64_t every_s;       /* --every; 0 once */
	const char *conf_file; /* -C */
	const char *spool;     /* --spool: only this one */
	const char *message;   /* --message: only this one, and tell what became of it */
	struct selection only; /* --only-id, --only-recipient, --only-sender */
	int wait_fd;           /* --wait-fd: the wait lock, handed over by a kick; -1 */
};

/*
 * Strings are borrowed from argv; release with flush_options_release. 0, or -1 and a fault
 * of FAULT_USAGE.
 */
int flush_options_parse(
	struct flush_options *ret, int argc, char **argv, struct fault *f);
void flush_options_release(struct flush_options *o);

#endif
