/*
 * Sockets that were inherited listening, as systemd hands them over (sd_listen_fds(3), in
 * LISTEN_FDS) or as inetd does for a "wait" service (standard input). nullmta makes none
 * itself and is no daemon: with nothing to do for a while it ends, and is started again by
 * the next client.
 */
#ifndef CMD_SMTP_LISTENER_H
#define CMD_SMTP_LISTENER_H

#include "cmd/smtp_session.h"

#define SMTP_LISTENER_SOCKETS_MAX  8
#define SMTP_LISTENER_SESSIONS_MAX 16 /* at a time */
#define SMTP_LISTENER_IDLE_S       60

struct smtp_listener {
	int fds[SMTP_LISTENER_SOCKETS_MAX];
	size_t count;
	int connection; /* one that was handed over accepted; -1 */
};

/*
 * Find what was inherited; count 0 and no connection where nothing was. LISTEN_* is taken
 * out of the environment. 0; -1 and a fault for sockets that are none of ours to serve:
 * only a unix socket, or TCP bound to loopback, is (FAULT_ACCESS).
 */
int smtp_listener_inherit(struct smtp_listener *ret, struct fault *f);

/*
 * Serve each client that comes in a process of its own, until SIGTERM, which goes to these
 * as well, or until nobody has come for SMTP_LISTENER_IDLE_S. Returns a sysexits code.
 */
int smtp_listener_run(
	const struct smtp_listener *l, const struct smtp_session_options *options);

#endif
