#include "cmd/kick.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "cmd/flush_program.h"
#include "cmd/inherited.h"

/* the shortest queue of a datagram socket (net.unix.max_dgram_qlen is 10, or more) */
#define QUEUE_MIN 10

/* taken in one go; a sender that is faster than us must not keep us here */
#define TAKE_MAX 4096

/* what the kernel says of a sender that it knows nothing of (user_namespaces(7)) */
#define UID_UNKNOWN ((uid_t)65534)

bool kick_send(const char *path)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t len = strlen(path);
	ssize_t n;
	int fd, err;

	if (len >= sizeof(to.sun_path))
		return false;
	memcpy(to.sun_path, path, len);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	n = sendto(fd, "k", 1, MSG_NOSIGNAL, (const struct sockaddr *)&to, sizeof(to));
	err = errno;
	file_close(fd);
	return n == 1 || (n < 0 && err == EAGAIN);
}

static bool is_seen_by_system(const struct setup *setup, const struct spool *spool)
{
	return setup->conf.variables.count == 0 && setup->has_usual_places &&
	       place_is_below_root(spool->path, PLACE_ROOT, spool->owner);
}

void kick_flush(const struct setup *setup, const struct spool *spool)
{
	if (!is_seen_by_system(setup, spool) || !kick_send(KICK_SOCKET))
		flush_program_kick(spool);
}

enum flush_successor kick_successor(const struct setup *setup, const struct spool *spool)
{
	if (!is_seen_by_system(setup, spool))
		return SUCCESSOR_NONE;
	return access(KICK_SOCKET, F_OK) == 0 ? SUCCESSOR_LISTENS : SUCCESSOR_LIKELY;
}

static int socket_option(int fd, int option)
{
	int value = -1;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

static bool is_kick_socket(int fd)
{
	return socket_option(fd, SO_DOMAIN) == AF_UNIX &&
	       socket_option(fd, SO_TYPE) == SOCK_DGRAM;
}

int kick_inherit(struct fault *f)
{
	int count = inherited_take(f);
	int on = 1;

	if (count <= 0)
		return count < 0 ? -2 : -1;
	if (count > 1 || !is_kick_socket(INHERITED_FIRST_FD)) {
		fault_set(f, FAULT_USAGE, 0,
			"one socket is wanted, with ListenDatagram= and a path");
		return -2;
	}
	(void)fcntl(INHERITED_FIRST_FD, F_SETFD, FD_CLOEXEC);
	/* the unit may have said it before (PassCredentials=); senders must not be asked */
	(void)setsockopt(INHERITED_FIRST_FD, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
	return INHERITED_FIRST_FD;
}

/* 1 a datagram and who sent it, 0 none left */
static int take_one(int fd, uid_t *ret_uid)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	char text[8];
	struct iovec part = {text, sizeof(text)};
	struct msghdr message = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	const struct cmsghdr *c;
	struct ucred sender;

	/* descriptors that somebody sends along do not fit: the kernel closes them */
	if (recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0)
		return errno == EINTR ? take_one(fd, ret_uid) : 0;
	*ret_uid = UID_UNKNOWN;
	c = CMSG_FIRSTHDR(&message);
	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) {
		memcpy(&sender, CMSG_DATA(c), sizeof(sender));
		*ret_uid = sender.uid;
	}
	return 1;
}

static void add_uid(struct kicks *k, uid_t uid)
{
	for (size_t i = 0; i < k->count; i++)
		if (k->uids[i] == uid)
			return;
	k->uids = mem_regrow(k->uids, k->count + 1, sizeof(*k->uids));
	k->uids[k->count++] = uid;
}

void kick_receive(int fd, struct kicks *ret)
{
	size_t taken = 0;
	uid_t uid;

	*ret = (struct kicks){0};
	while (taken < TAKE_MAX && take_one(fd, &uid)) {
		taken++;
		if (uid == UID_UNKNOWN)
			ret->has_lost = true;
		else
			add_uid(ret, uid);
	}
	/*
	 * A sender was refused only while the queue was full, and what made it full is
	 * among what was taken since: it was taken to its end.
	 */
	if (taken >= QUEUE_MIN)
		ret->has_lost = true;
}

void kicks_release(struct kicks *k)
{
	free(k->uids);
	*k = (struct kicks){0};
}
