/*
 * One connection to one host: the engine (smtp/client.h), the socket (net/stream.h) and
 * the jobs, joined. Outcomes are on disk before one more octet leaves.
 */
#ifndef DELIVER_SESSION_H
#define DELIVER_SESSION_H

#include <stdbool.h>

#include "deliver/job.h"
#include "deliver/published.h"
#include "policy/mx.h"

/* Where the jobs of a session come from and go to. */
struct session_jobs {
	/*
	 * NULL: none now. With `is_idle` nothing is outstanding: it may wait for one, and
	 * NULL ends the session.
	 */
	struct job *(*next)(void *ctx, bool is_idle);
	void (*done)(void *ctx, struct job *job); /* takes the job back */
	void *ctx;
};

struct session_result {
	bool is_up;       /* EHLO or HELO was accepted */
	bool has_decided; /* a recipient's fate, not counting "may have been delivered" */
	bool has_advanced; /* the same, or a job is for another host: it is not in vain */
	bool has_trouble;  /* it did not end by QUIT: `trouble` says why */
	struct outcome trouble;
	bool may_do_without_tls; /* as struct channel, and the next */
	bool has_failed_test;    /* no trouble for mail: a new session goes on */
};

/*
 * Connect to `target`, one of the hosts of `published`, which is about the route of `d`;
 * serve jobs until there are none or the host makes trouble. Every job that was taken is
 * given back.
 * `tls_trouble`, else NULL: TLS, which is not a must, has come to this with the host just
 * now. All is said in the clear then, and messages that were never tried before get it as
 * the host's outcome: they can wait for TLS once (protocol T3).
 */
void session_run(struct published *published, struct destination *d,
	const struct mx_target *target, const struct session_jobs *jobs,
	const struct outcome *tls_trouble, struct session_result *ret);

#endif
