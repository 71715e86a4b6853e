/*
 * The other side of a mailbox: an SMTP server for one client, in a process with the rights
 * of the mailbox's user (deliver/local_door.h). A message is laid down as it came, once for
 * all its recipients, who are one; it is on disk before its 250.
 *
 * What is wrong with the mailbox is this user's affair: it is logged, and the client, who
 * works for somebody else, hears of what kind it is. It never fails mail.
 */
#ifndef DELIVER_LOCAL_AGENT_H
#define DELIVER_LOCAL_AGENT_H

#include "deliver/mailbox.h"

#define LOCAL_AGENT_IDLE_S 300

/* Borrowed. */
struct local_agent {
	const char *hostname; /* of this machine */
	struct mailbox_place place;
};

/*
 * Serve the client that speaks and hears on the socket `fd` until it goes, until it has been
 * silent for LOCAL_AGENT_IDLE_S, or until SIGTERM, which waits for a message that is being
 * laid down and is blocked afterwards.
 */
void local_agent_serve(const struct local_agent *a, int fd);

#endif
