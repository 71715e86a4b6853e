#include "fake_door.h"

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/log.h"
#include "base/text.h"
#include "deliver/local_agent.h"

static bool is_ours(void *ctx, const char *user)
{
	const struct fake_door *d = ctx;

	(void)user;
	return !d->is_left;
}

static void say(const struct fake_door *d, int fd)
{
	struct span rest = span_of(d->says), part;
	char ignored[512];
	bool hears = true;

	while (hears && span_cut(&rest, '|', &part)) {
		(void)send(fd, part.data, part.len, MSG_NOSIGNAL);
		hears = rest.data && recv(fd, ignored, sizeof(ignored), 0) > 0;
	}
	(void)shutdown(fd, SHUT_WR);
	/* what is unread when it is closed would break the connection */
	while (recv(fd, ignored, sizeof(ignored), 0) > 0)
		;
}

__attribute__((noreturn)) static void serve(
	const struct fake_door *d, const char *user, int fd)
{
	const struct local_agent agent = {
		.hostname = "client.test",
		.place = {.user = user, .path = d->maildir, .system_dir = "/nowhere"},
	};

	struct fault ignored;

	/* as the real one does: who has a claim's descriptor keeps the claim */
	(void)log_open("none", &ignored);
	(void)close_range(STDERR_FILENO + 1, (unsigned)fd - 1, 0);
	(void)close_range((unsigned)fd + 1, ~0U, 0);
	if (d->says)
		say(d, fd);
	else
		local_agent_serve(&agent, fd);
	_exit(0);
}

static int open_door(void *ctx, enum local_task task, const char *user, struct fault *f)
{
	struct fake_door *d = ctx;
	int pair[2];
	pid_t pid;

	if (task != LOCAL_DELIVER || d->is_left || d->opened == FAKE_DOOR_OPENED_MAX)
		BUG("nobody should ask");
	if (d->is_stuck) {
		fault_set(f, FAULT_SYSTEM, 0, "the door is stuck");
		return -1;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
		BUG("socketpair");
	pid = fork();
	if (pid == 0) {
		(void)close(pair[0]);
		serve(d, user, pair[1]);
	}
	if (pid < 0 || !text_copy(d->user, sizeof(d->user), span_of(user)))
		BUG("no agent");
	(void)close(pair[1]);
	d->children[d->opened++] = pid;
	return pair[0];
}

void fake_door_init(struct fake_door *d, const char *maildir)
{
	*d = (struct fake_door){
		.face = {.is_ours = is_ours, .open = open_door, .ctx = d},
		.maildir = maildir,
	};
}

void fake_door_release(struct fake_door *d)
{
	while (d->opened)
		(void)waitpid(d->children[--d->opened], NULL, 0);
}
