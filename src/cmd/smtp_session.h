/*
 * One SMTP session: the engine of smtp/server.h, two descriptors and the user's spool
 * joined. Each message is on disk before its 250.
 */
#ifndef CMD_SMTP_SESSION_H
#define CMD_SMTP_SESSION_H

#include "cmd/dispatch.h"
#include "cmd/setup.h"

#define SMTP_SESSION_IDLE_S 300 /* RFC 5321 4.5.3.2.7; of sockets only */

struct smtp_session_options {
	const struct setup *setup;
	enum dispatch delivery; /* all but DISPATCH_QUEUE: in the background */
	const char *address;    /* canonical, of who speaks: -f; NULL: the user's own */
};

/*
 * Serve the client that speaks on `in` and hears on `out` until it goes, or until SIGTERM,
 * which is blocked meanwhile. Returns a sysexits code.
 */
int smtp_session_serve(const struct smtp_session_options *options, int in, int out);

#endif
