/*
 * nullmta-flush, the program with the network code, as a child of this one.
 */
#ifndef CMD_FLUSH_PROGRAM_H
#define CMD_FLUSH_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "spool/spool.h"

/*
 * Its path: ../libexec/nullmta-flush beside the running program's own directory, so that
 * a build tree and an installed tree work alike; else the installed place.
 */
void flush_program_path(char *out, size_t size);

/*
 * See that what is in the spool gets sent soon: unless somebody waits already to scan it,
 * start a detached flush. Never fails and never waits: mail that is not kicked leaves
 * with the next run.
 */
void flush_program_kick(const struct spool *spool);

/*
 * Try one message now and wait for the result. Returns the exit code: 0 delivered or
 * no longer there (another run has dealt with it), 67 or 69 refused for good, 75 still
 * queued for any reason. With `is_verbose` it prints the dialogue to stdout.
 */
int flush_program_message(const struct spool *spool, const char *id, bool is_verbose);

/*
 * Become nullmta-flush with these arguments (argv[0] is replaced). Returns only on
 * failure, with a fault.
 */
void flush_program_exec(char **argv, struct fault *f);

#endif
