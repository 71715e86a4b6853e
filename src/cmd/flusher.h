/*
 * All that a delivery works with, made from the configuration: what nullmta flush and nullmta
 * test do with mail, they do with the same.
 */
#ifndef CMD_FLUSHER_H
#define CMD_FLUSHER_H

#include "cmd/aliases.h"
#include "cmd/door.h"
#include "cmd/logins.h"
#include "cmd/rewriting.h"
#include "cmd/routing.h"
#include "cmd/securing.h"
#include "cmd/setup.h"
#include "cmd/vault.h"
#include "deliver/flush.h"
#include "deliver/forwards.h"
#include "deliver/run.h"

/* Borrows from itself: it stays where it is. */
struct flusher {
	struct setup setup; /* its problems are those of all */
	struct rewriting rewriting;
	struct routing routing;
	struct securing securing;
	struct logins logins;
	struct aliases aliases;
	struct world world;
	struct door door;
	struct forwards forwards;
	struct flush flush;
	struct vault *vault;     /* borrowed; NULL: nothing was read beforehand */
	struct run_result total; /* of all its runs */
};

/*
 * Load (`conf_file` as -C, NULL: the usual ones). Where setup.problems has errors nothing may
 * be delivered: guessing where mail goes would be worse than waiting.
 */
void flusher_load(struct flusher *ret, const char *conf_file);

/*
 * The same with a setup that is loaded, which is taken over, and with what root has read for
 * it (NULL: nothing), which is narrowed to what its user may have.
 */
void flusher_take(struct flusher *ret, struct setup *setup, struct vault *vault);

/*
 * Make `flush` of it, but for its spool and what the command line says; `conf_file` and
 * `channel` are for the way to other users' mailboxes (cmd/door.h). 0, or -1 and a fault.
 */
int flusher_open(struct flusher *fl, const char *conf_file, int channel, struct fault *f);

void flusher_release(struct flusher *fl);

#endif
