#include "cmd/credential_command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/strv.h"
#include "deliver/flush.h"

#define PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#define SETTING_MAX 4352 /* HOME= and a path */

/* its end is looked for this often: a child of it may keep the pipe open */
#define LOOK_MS 100

struct run {
	const char *name; /* of the program */
	struct secret *out;
	pid_t pid;
	int fd;
	int64_t deadline_ms;
	bool has_ended;
	int status;
};

static void split(struct strv *words, const char *command)
{
	struct span rest = span_of(command), word;

	while (span_word(&rest, &word))
		strv_add(words, word);
}

static void add_setting(struct strv *environment, const char *name, const char *value)
{
	struct buf setting = BUF_INIT(SETTING_MAX);

	buf_addf(&setting, "%s=%s", name, value);
	strv_add(environment, buf_span(&setting));
	buf_release(&setting);
}

static void make_environment(struct strv *environment, const struct user *user)
{
	add_setting(environment, "PATH", PATH);
	add_setting(environment, "LC_ALL", "C");
	add_setting(environment, "USER", user->name);
	add_setting(environment, "LOGNAME", user->name);
	add_setting(environment, "HOME", user->home ? user->home : "/");
}

/* posix_spawn wants a list with a NULL behind; the strings stay those of `v` */
static char **list_of(const struct strv *v)
{
	char **list = mem_array(v->count + 1, sizeof(*list));

	for (size_t i = 0; i < v->count; i++)
		list[i] = v->items[i];
	return list;
}

static int spawn(char **argv, char **environment, int out_fd, pid_t *ret)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int err;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	if (posix_spawn_file_actions_init(&actions) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return ENOMEM;
	}
	(void)posix_spawn_file_actions_addopen(
		&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	(void)posix_spawn_file_actions_adddup2(&actions, out_fd, STDOUT_FILENO);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setsigdefault(&attributes, &all);
	/* a group of its own, to be killed as a whole */
	(void)posix_spawnattr_setpgroup(&attributes, 0);
	(void)posix_spawnattr_setflags(&attributes,
		POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	file_close_on_exec(STDERR_FILENO + 1);
	err = posix_spawn(ret, argv[0], &actions, &attributes, argv, environment);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return err;
}

static int start(
	struct run *r, const struct strv *words, const struct user *user, struct fault *f)
{
	struct strv environment = {0};
	char **argv = list_of(words), **envp;
	int fds[2], err;

	make_environment(&environment, user);
	envp = list_of(&environment);
	err = pipe2(fds, O_CLOEXEC) < 0 ? errno : 0;
	if (err) {
		fault_set(f, FAULT_SYSTEM, err, "no pipe");
	} else {
		err = spawn(argv, envp, fds[1], &r->pid);
		file_close(fds[1]);
		r->fd = fds[0];
		(void)fcntl(r->fd, F_SETFL, O_NONBLOCK);
	}
	if (err && r->fd >= 0)
		fault_set(f, FAULT_CONFIG, err, "password_command: cannot run %s",
			words->items[0]);
	free(envp);
	free(argv);
	strv_release(&environment);
	return err ? -1 : 0;
}

/* 1: there may be more; 0: that was all; -1: more than fits, or an error. */
static int take_output(struct run *r, struct fault *f)
{
	size_t room = r->out->size - r->out->len;
	ssize_t n;

	if (room == 0) {
		fault_set(f, FAULT_SYSTEM, 0,
			"password_command: %s prints more than %zu octets", r->name,
			r->out->size - 1);
		return -1;
	}
	n = read(r->fd, r->out->data + r->out->len, room);
	if (n > 0)
		r->out->len += (size_t)n;
	if (n >= 0 || errno == EINTR)
		return n != 0;
	if (errno == EAGAIN)
		return r->has_ended ? 0 : 1;
	fault_set(f, FAULT_SYSTEM, errno, "password_command: the output of %s", r->name);
	return -1;
}

static void look_for_end(struct run *r)
{
	if (!r->has_ended)
		r->has_ended = waitpid(r->pid, &r->status, WNOHANG) == r->pid;
}

/* Read until it has ended and all is read. */
static int follow(struct run *r, struct fault *f)
{
	bool is_open = true;
	int rc;

	while (is_open || !r->has_ended) {
		struct pollfd p = {.fd = is_open ? r->fd : -1, .events = POLLIN};

		if (clock_mono_ms() >= r->deadline_ms) {
			fault_set(f, FAULT_SYSTEM, 0,
				"password_command: %s took more than %d seconds", r->name,
				CREDENTIAL_COMMAND_S);
			return -1;
		}
		if (flush_is_stopping()) {
			fault_set(f, FAULT_SYSTEM, 0, "password_command: interrupted");
			return -1;
		}
		look_for_end(r);
		if (is_open) {
			rc = take_output(r, f);
			if (rc < 0)
				return -1;
			is_open = rc > 0;
		}
		if (is_open || !r->has_ended)
			(void)poll(&p, 1, r->has_ended ? 0 : is_open ? LOOK_MS : 10);
	}
	return 0;
}

static int check_status(const struct run *r, struct fault *f)
{
	if (WIFEXITED(r->status) && WEXITSTATUS(r->status) == 0)
		return 0;
	if (WIFEXITED(r->status))
		fault_set(f, FAULT_SYSTEM, 0, "password_command: %s failed, exit %d",
			r->name, WEXITSTATUS(r->status));
	else
		fault_set(f, FAULT_SYSTEM, 0, "password_command: %s ended by signal %d",
			r->name, WTERMSIG(r->status));
	return -1;
}

/* What is cut short goes with all that it has started. */
static void end(struct run *r)
{
	if (!r->has_ended) {
		(void)kill(-r->pid, SIGKILL);
		while (waitpid(r->pid, &r->status, 0) < 0 && errno == EINTR)
			;
	}
	file_close(r->fd);
}

int credential_command_run(
	struct secret *ret, const char *command, const struct user *user, struct fault *f)
{
	struct run r = {.out = ret,
		.fd = -1,
		.deadline_ms = clock_mono_ms() + 1000 * CREDENTIAL_COMMAND_S};
	struct strv words = {0};
	int rc = -1;

	split(&words, command);
	if (words.count == 0 || words.items[0][0] != '/') {
		fault_set(f, FAULT_CONFIG, 0,
			"password_command: no absolute path; no shell looks for it");
	} else {
		r.name = words.items[0];
		rc = start(&r, &words, user, f);
		if (rc == 0) {
			rc = follow(&r, f);
			end(&r);
		} else {
			file_close(r.fd);
		}
	}
	if (rc == 0)
		rc = check_status(&r, f);
	strv_release(&words);
	return rc;
}
