/*
 * The counters of policy/tlsresults.h in their file, state/tls-results. Only for reports:
 * nothing is synced, and what cannot be written is lost.
 */
#ifndef DELIVER_TLS_RESULTS_H
#define DELIVER_TLS_RESULTS_H

#include "policy/tlsresults.h"
#include "spool/spool.h"

/* The file is merged when it has grown to this many octets. */
#define TLS_RESULTS_FILE_MAX (256 * 1024)

/* Add one line. `line->day` is that of `now_s`, whatever stands there. */
void tls_results_add(
	const struct spool *spool, const struct tlsresults_line *line, int64_t now_s);

#endif
