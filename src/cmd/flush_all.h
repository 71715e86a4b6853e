/*
 * The system's flush: every user's spool below the root, each in a child with that user's
 * rights.
 */
#ifndef CMD_FLUSH_ALL_H
#define CMD_FLUSH_ALL_H

#include "cmd/flush_options.h"
#include "cmd/flush_owner.h"

/*
 * As root: read the configuration, then let `work` run for every user who has mail waiting,
 * `options->users` at a time. Without --every it ends when that is done; with a socket from
 * systemd (cmd/kick.h) when nobody has kicked it for a while. SIGTERM ends it and its
 * children as soon as the replies that are waited for have come. Returns a sysexits code.
 */
int flush_all(const struct flush_options *options, flush_work work);

#endif
