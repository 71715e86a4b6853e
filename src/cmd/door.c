#include "cmd/door.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/file.h"
#include "cmd/local_process.h"
#include "cmd/local_service.h"

static bool is_own(const struct door *d, const char *name)
{
	struct user user;
	struct fault ignored;
	bool result;

	if (user_find(&user, name, &ignored) != 1)
		return false;
	result = user.uid == d->setup->user.uid; /* two names may be one user */
	user_release(&user);
	return result;
}

static bool is_ours(void *ctx, const char *user)
{
	const struct door *d = ctx;

	return d->channel >= 0 || geteuid() == 0 || is_own(d, user);
}

/* The process goes its own way: it ends when the other end is closed. */
static int start(const struct door *d, enum local_task task, const char *user, int fd,
	struct fault *f)
{
	const struct local_process process = {
		.own = is_own(d, user) ? d->setup : NULL,
		.conf_file = d->conf_file,
		.parent = getpid(),
	};
	pid_t pid = fork();

	if (pid == 0)
		local_process_run(&process, task, user, fd);
	if (pid > 0)
		return 0;
	fault_set(f, FAULT_SYSTEM, errno, "no process for user %s", user);
	return -1;
}

static int open_door(void *ctx, enum local_task task, const char *user, struct fault *f)
{
	const struct door *d = ctx;
	int pair[2], rc;

	if (!is_ours(ctx, user)) {
		fault_set(f, FAULT_ACCESS, 0, "only %s or root may do that", user);
		return -1;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		fault_set(f, FAULT_SYSTEM, errno, "no socket to user %s", user);
		return -1;
	}
	if (d->channel >= 0)
		rc = local_service_ask(d->channel, task, user, pair[1], f);
	else
		rc = start(d, task, user, pair[1], f);
	file_close(pair[1]);
	if (rc == 0)
		return pair[0];
	file_close(pair[0]);
	return -1;
}

void door_init(
	struct door *ret, const struct setup *setup, const char *conf_file, int channel)
{
	*ret = (struct door){
		.face = {.is_ours = is_ours, .open = open_door, .ctx = ret},
		.setup = setup,
		.conf_file = conf_file,
		.channel = channel,
	};
}
