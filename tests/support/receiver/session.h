/*
 * The well-behaved, strict SMTP server (RFC 5321), with rules for what it refuses. What
 * the client does wrong is answered with 5yz and noted in DIR/violations.
 */
#ifndef RECEIVER_SESSION_H
#define RECEIVER_SESSION_H

#include <stdbool.h>

#include "receiver/letter.h"
#include "receiver/peer.h"

/*
 * Serve until QUIT or the client is gone, then close. With `is_greeted` the client has
 * had its greeting and said hello (to a script), `letter` is what it has said so far.
 */
void session_serve(struct peer *p, struct letter *letter, bool is_greeted);

#endif
