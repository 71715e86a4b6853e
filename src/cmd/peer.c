#include "cmd/peer.h"

#include <errno.h>
#include <stdio.h>

static int find_user(struct peer *ret, int fd, struct fault *f)
{
	struct ucred who;
	socklen_t size = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) {
		fault_set(f, FAULT_SYSTEM, errno, "cannot know who is at the socket");
		return -1;
	}
	ret->kind = PEER_USER;
	ret->uid = who.uid;
	(void)snprintf(ret->name, sizeof(ret->name), "uid %lu", (unsigned long)who.uid);
	return 0;
}

static int find_machine(struct peer *ret, const struct netaddr *a, struct fault *f)
{
	ret->kind = PEER_MACHINE;
	netaddr_format_literal(a, ret->name);
	if (netaddr_is_loopback(a))
		return 0;
	fault_set(f, FAULT_ACCESS, 0, "%s: only clients on this machine are served",
		ret->name);
	return -1;
}

int peer_find(struct peer *ret, int fd, struct fault *f)
{
	union {
		struct sockaddr_storage any;
		struct netaddr net;
	} from = {0};
	socklen_t size = sizeof(from);

	*ret = (struct peer){.kind = PEER_PIPE};
	if (getpeername(fd, (struct sockaddr *)&from, &size) != 0) {
		if (errno == ENOTSOCK)
			return 0;
		fault_set(f, FAULT_SYSTEM, errno, "cannot know who is at the socket");
		return -1;
	}
	switch (from.any.ss_family) {
	case AF_UNIX:
		return find_user(ret, fd, f);
	case AF_INET:
	case AF_INET6:
		return find_machine(ret, &from.net, f);
	default:
		fault_set(f, FAULT_ACCESS, 0, "a socket of an unknown kind");
		return -1;
	}
}
