/*
 * Who may become anybody opens doors for who may not: in the process that is root, for the
 * children of the system's flush, each with a channel of its own. A request names a task and
 * a user, and brings the socket that the task is done over; the answer is what is said there.
 * Nothing here waits for a child, and nothing of what one says is believed but that.
 *
 * A child has few processes at a time, and all of them together not many: what is more waits
 * in its channel, at the expense of who asks.
 */
#ifndef CMD_LOCAL_SERVICE_H
#define CMD_LOCAL_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "cmd/local_process.h"

#define LOCAL_SERVICE_PER_CHILD 4
#define LOCAL_SERVICE_MAX       64

struct local_client {
	pid_t pid; /* 0: not forked yet */
	uid_t uid;
	int fd; /* -1: it has broken the rules, or has no more to ask */
	unsigned running;
};

struct local_service {
	struct local_process start; /* of each process */
	int epoll_fd;
	struct local_client **clients;
	size_t client_count;
	struct {
		pid_t pid;
		pid_t client;
	} running[LOCAL_SERVICE_MAX];
	size_t running_count;
};

/* 0, or -1 and a fault. `start` is copied. Release does not wait for who still runs. */
int local_service_init(
	struct local_service *s, const struct local_process *start, struct fault *f);
void local_service_release(struct local_service *s);

/*
 * A channel for a child that is about to be forked for `uid`: the child's end, -1 where
 * there can be none now. Then tell what came of the fork, where the end is closed.
 */
int local_service_invite(struct local_service *s, uid_t uid);
void local_service_forked(struct local_service *s, int channel, pid_t pid);

/* A child has ended: one of those, or a process of ours. */
void local_service_note_end(struct local_service *s, pid_t pid);

/* Readable when somebody asks; -1 while there is no room. Then serve. */
int local_service_fd(const struct local_service *s);
void local_service_serve(struct local_service *s);

/*
 * In the child, or one that it has forked: have `task` done for `user`, asked for by whoever
 * holds the other end of `fd`, which stays the caller's. 0, or -1 and a fault.
 */
int local_service_ask(
	int channel, enum local_task task, const char *user, int fd, struct fault *f);

#endif
