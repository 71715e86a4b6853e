/*
 * What an outcome means to who asked whether mail would flow: the exit code, and what to do.
 * Pure.
 */
#ifndef CMD_VERDICT_H
#define CMD_VERDICT_H

#include "mail/outcome.h"

/* The advice is one or two sentences, or "" where the outcome's own text says it. */
struct verdict {
	int code;
	const char *advice;
};

/*
 *	0 (EX_OK)            it flows, or is discarded as the configuration wants
 *	67 (EX_NOUSER)       the server does not know the recipient
 *	68 (EX_NOHOST)       no server can ever be asked: no such domain, a null MX, a loop
 *	69 (EX_UNAVAILABLE)  a server refuses it, or us, for good
 *	75 (EX_TEMPFAIL)     not now: it would wait in the queue
 *	77 (EX_NOPERM)       the login, the certificate or TLS itself is not accepted
 *	78 (EX_CONFIG)       the configuration names what is not there or cannot be used
 */
struct verdict verdict_of(const struct outcome *o);

#endif
