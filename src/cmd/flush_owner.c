#include "cmd/flush_owner.h"

#include <signal.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/privilege.h"
#include "base/sandbox.h"
#include "cmd/mailbox_paths.h"

/* The parent reads these from a descriptor; a child wants to be interrupted by them. */
static void restore_signals(void)
{
	sigset_t ours;

	flush_catch_signals();
	(void)sigemptyset(&ours);
	(void)sigaddset(&ours, SIGCHLD);
	(void)sigaddset(&ours, SIGTERM);
	(void)sigaddset(&ours, SIGINT);
	(void)sigaddset(&ours, SIGHUP);
	(void)sigprocmask(SIG_UNBLOCK, &ours, NULL);
}

/* From here on the process is that user's. Nothing of the user's was looked at before. */
static int become(const struct flush_owner *o, const struct user *user, int channel,
	struct fault *f)
{
	static const char *const nothing[] = {NULL};
	const int kept[PRIVILEGE_KEPT] = {
		log_descriptor(), o->vault->refusals_fd, channel};

	if (privilege_detach(kept, f) < 0 ||
		privilege_drop(user->uid, user->gid, f) < 0 || privilege_confine(f) < 0)
		return -1;
	privilege_die_with(o->parent);
	privilege_clear_environment(nothing);
	return 0;
}

/*
 * Look at the names before anything else is done: on most machines most users have nothing
 * that is due. A spool in a place of the user's own is left to the user.
 */
static bool has_work(const struct flush_owner *o, const struct user *user)
{
	const struct place_options place = {
		.has_usual = true, .root = PLACE_ROOT, .user = user};
	struct spool spools[PLACE_CANDIDATES_MAX];
	struct schedule retry;
	bool is_needed = o->options->is_now;
	struct fault ignored;
	int count;

	if (schedule_parse(span_of(o->system->conf.spool.retry), &retry) < 0)
		BUG("[spool] retry was checked");
	count = place_open_existing(spools, &place, &ignored);
	for (int i = 0; i < count; i++) {
		is_needed = is_needed || run_is_needed(&spools[i], &retry, clock_now_s());
		spool_close(&spools[i]);
	}
	return is_needed;
}

/*
 * All that a run for this user may have to write: the spools, and for reports the mailbox.
 */
static void list_writable(struct strv *paths, const struct setup *s)
{
	char name[PLACE_NAME_MAX];

	for (int suffix = 0; suffix <= PLACE_SUFFIX_MAX; suffix++) {
		place_name(s->user.uid, suffix, name);
		mailbox_paths_add_below(paths, PLACE_ROOT, name);
	}
	if (s->spool_dir)
		strv_add(paths, span_of(s->spool_dir));
	if (s->user.home)
		mailbox_paths_add_below(paths, s->user.home, ".local/state/nullmta");
	mailbox_paths_add(paths, s);
}

static bool runs_commands(const struct conf *conf)
{
	for (size_t i = 0; i < conf->route_count; i++)
		if (conf->routes[i]->password_command)
			return true;
	return conf->relay.password_command != NULL;
}

static void enter_sandbox(const struct flush_owner *o, const struct setup *s)
{
	struct strv writable = {0};
	const struct sandbox_rules rules = {
		.writable = &writable, .may_execute = runs_commands(&s->conf)};
	struct sandbox_level level;

	list_writable(&writable, s);
	sandbox_enter(&rules, &level);
	o->tally->landlock = level.landlock;
	o->tally->seccomp = level.has_seccomp;
	strv_release(&writable);
}

/* The user's own file may send the log elsewhere. */
static void open_log(const struct flush_owner *o, const struct setup *s)
{
	if (strcmp(s->conf.log.target, *o->log_target) != 0) {
		setup_open_log(&s->conf);
		return;
	}
	log_set_level(s->conf.log.level);
	log_set_format(s->conf.log.format);
}

static void add_up(struct flush_tally *tally, const struct run_result *r)
{
	tally->users += r->messages > 0;
	tally->messages += r->messages;
	tally->delivered += r->delivered;
	tally->deferred += r->deferred;
	tally->failed += r->failed;
}

void flush_owner_run(const struct flush_owner *o, uid_t uid, int channel)
{
	struct setup setup = *o->system;
	struct vault vault = *o->vault;
	struct run_result result = {0};
	struct user user;
	struct fault f;
	int code;

	restore_signals();
	user_lookup(&user, uid);
	if (become(o, &user, channel, &f) < 0) {
		log_event(LOG_LEVEL_ERROR, "not-dropped", LOG_NUMBER("uid", (int64_t)uid),
			LOG_TEXT("why", f.text));
		_exit(EX_OSERR);
	}
	if (!has_work(o, &user))
		_exit(EX_OK);
	setup_take_user(&setup, &user);
	open_log(o, &setup);
	enter_sandbox(o, &setup);
	code = o->work(
		o->options, &setup, &vault, &o->tally->others_wait, channel, &result);
	add_up(o->tally, &result);
	_exit(code);
}
