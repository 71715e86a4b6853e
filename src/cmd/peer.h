/*
 * Who is at the other end of a descriptor, as the kernel knows it.
 */
#ifndef CMD_PEER_H
#define CMD_PEER_H

#include <sys/types.h>

#include "base/fault.h"
#include "net/netaddr.h"

enum peer_kind {
	PEER_PIPE,    /* no socket: whoever started this program */
	PEER_USER,    /* a unix socket: SO_PEERCRED has the uid */
	PEER_MACHINE, /* TCP over loopback: anybody on this machine */
};

/* "uid 4294967295", "[127.0.0.1]" */
#define PEER_NAME_MAX NETADDR_TEXT_MAX

struct peer {
	enum peer_kind kind;
	uid_t uid;                /* PEER_USER */
	char name[PEER_NAME_MAX]; /* for a trace field; "" for PEER_PIPE */
};

/*
 * Find who it is. 0; -1 and a fault, of FAULT_ACCESS for a client from elsewhere than this
 * machine, which nobody has authenticated.
 */
int peer_find(struct peer *ret, int fd, struct fault *f);

#endif
