#include "cmd/local_process.h"

#include <signal.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "base/privilege.h"
#include "base/sandbox.h"
#include "cmd/mailbox_paths.h"
#include "deliver/forward_file.h"
#include "deliver/local_agent.h"

/* Who forked us reads signals from a descriptor, or notes them: nothing for us. */
static void restore_signals(void)
{
	static const int ours[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP};
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
		(void)signal(ours[i], SIG_DFL);
		(void)sigaddset(&set, ours[i]);
	}
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static gid_t group_for(enum local_task task)
{
	return task == LOCAL_DELIVER ? mailbox_group(MAILBOX_SYSTEM_DIR) : USER_NO_GROUP;
}

/* From here on the process is that user's. Nothing of the user's was looked at before. */
static int become(const struct local_process *p, enum local_task task,
	const struct user *user, int fd)
{
	static const char *const nothing[] = {NULL};
	const int kept[PRIVILEGE_KEPT] = {log_descriptor(), fd, -1};
	struct fault f;

	if (privilege_detach(kept, &f) < 0 ||
		(!p->own && privilege_drop_with(
				    user->uid, user->gid, group_for(task), &f) < 0) ||
		privilege_confine(&f) < 0) {
		log_event(LOG_LEVEL_ERROR, "not-dropped", LOG_TEXT("user", user->name),
			LOG_TEXT("why", f.text));
		return -1;
	}
	privilege_die_with(p->parent);
	privilege_clear_environment(nothing);
	(void)alarm(LOCAL_PROCESS_DEADLINE_S);
	/* a name that cannot be resolved keeps no file system busy */
	(void)!chdir("/");
	return 0;
}

/* The user's own file says where the mailbox is; one that is wrong says nothing. */
static void take_user(struct setup *s, struct user *user)
{
	setup_take_user(s, user);
	for (size_t i = 0; i < s->problems.count; i++) {
		struct buf line = BUF_INIT(4 * CONF_PROBLEM_TEXT_MAX);

		conf_problem_format(&line, &s->problems.items[i]);
		log_event(LOG_LEVEL_WARNING, "configuration",
			LOG_TEXT("user", s->user.name), LOG_TEXT("why", buf_str(&line)));
		buf_release(&line);
	}
}

static void enter_sandbox(const struct setup *s, enum local_task task)
{
	struct strv writable = {0};
	const struct sandbox_rules rules = {.writable = &writable};
	struct sandbox_level ignored; /* best effort, and told of the flush itself */

	if (task == LOCAL_DELIVER)
		mailbox_paths_add(&writable, s);
	sandbox_enter(&rules, &ignored);
	strv_release(&writable);
}

static void serve(const struct setup *s, enum local_task task, int fd)
{
	const struct local_agent agent = {
		.hostname = s->identity.hostname,
		.place = {.user = s->user.name,
			.home = s->user.home,
			.path = s->mailbox_path,
			.system_dir = MAILBOX_SYSTEM_DIR},
	};

	switch (task) {
	case LOCAL_DELIVER:
		local_agent_serve(&agent, fd);
		break;
	case LOCAL_FORWARD:
		forward_file_serve(&s->user, fd);
		break;
	}
}

static int find(struct user *ret, const char *name)
{
	struct fault f;
	int found = user_find(ret, name, &f);

	if (found != 1)
		log_event(LOG_LEVEL_WARNING, "no-user", LOG_TEXT("user", name),
			LOG_TEXT("why", found < 0 ? f.text : "there is none any more"));
	return found == 1 ? 0 : -1;
}

void local_process_run(
	const struct local_process *p, enum local_task task, const char *name, int fd)
{
	struct setup setup;
	struct user user;

	restore_signals();
	if (p->vault)
		vault_release(p->vault);
	if (find(&user, name) < 0)
		_exit(EX_NOUSER);
	/* root's part: what holds for all may be closed to the user */
	if (p->own || p->system)
		setup = p->own ? *p->own : *p->system;
	else
		setup_load_system(&setup, p->conf_file);
	if (become(p, task, &user, fd) < 0)
		_exit(EX_OSERR);
	if (!p->own)
		take_user(&setup, &user);
	enter_sandbox(&setup, task);
	serve(&setup, task, fd);
	_exit(EX_OK);
}
