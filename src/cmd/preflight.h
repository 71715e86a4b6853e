/*
 * What is looked at once, before nullmta flush --every begins: what would keep every round
 * from doing anything, and is better told by an exit code, at the start, than by the log.
 */
#ifndef CMD_PREFLIGHT_H
#define CMD_PREFLIGHT_H

#include "cmd/flush_options.h"

/*
 * There is a place for the spool, which is made if need be, and it can be written; a
 * password file that the environment names can be read. Returns EX_OK, or the exit code, and
 * then has said why on stderr. A configuration that is wrong is left to the first round.
 */
int preflight_check(const struct flush_options *o);

#endif
