/*
 * A kick: mail is on disk, see that it leaves soon. Where the system's flush listens, one
 * datagram to it; else a flush of the user's own.
 */
#ifndef CMD_KICK_H
#define CMD_KICK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/fault.h"
#include "cmd/setup.h"
#include "deliver/flush.h"
#include "spool/spool.h"

#ifndef RUNDIR
#define RUNDIR "/run"
#endif

#define KICK_SOCKET RUNDIR "/nullmta/flush.sock"

/*
 * Never fails and never waits; what is not kicked leaves with the next run. The system's flush
 * is asked for spools below the root, which are all that it sees, and not where the
 * environment has settings for this user's mail, which it would not know.
 */
void kick_flush(const struct setup *setup, const struct spool *spool);

/* Whether a flush of the user's own has the system's behind it, which looks at `spool`. */
enum flush_successor kick_successor(const struct setup *setup, const struct spool *spool);

/*
 * Ask the flush that listens on the datagram socket `path`. True: it will look, later than
 * now. A queue that is full is as good: see kick_receive.
 */
bool kick_send(const char *path);

/*
 * The socket among what systemd has handed over: -1 there is none, or -2 and a fault. Other
 * descriptors are refused.
 */
int kick_inherit(struct fault *f);

struct kicks {
	uid_t *uids; /* who sent, as the kernel says; each once */
	size_t count;
	bool has_lost; /* others may have, too: look at every spool */
};

/*
 * Take all that waits at the socket, so that whoever finds its queue full can rely on being
 * looked for. Release `ret`.
 */
void kick_receive(int fd, struct kicks *ret);
void kicks_release(struct kicks *k);

#endif
