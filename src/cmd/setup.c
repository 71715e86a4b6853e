#include "cmd/setup.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"

int setup_process(struct fault *f)
{
	sigset_t deadly;

	/* closed fds first: the next open(2) must not become somebody's stderr */
	if (file_open_standard(f) < 0)
		return -1;
	(void)umask(077);
	/* blocked, not ignored: one call for both, and write(2) fails all the same */
	(void)sigemptyset(&deadly);
	(void)sigaddset(&deadly, SIGPIPE);
	(void)sigaddset(&deadly, SIGXFSZ);
	(void)sigprocmask(SIG_BLOCK, &deadly, NULL);
	return 0;
}

/* `path` of the configuration for this user, or NULL with a fault */
static char *expand(const char *path, const struct user *user, struct fault *f)
{
	struct buf full = BUF_INIT(PATH_MAX - 1);
	char *result = NULL;

	if (path && conf_path(&full, path, user->uid, user->home, f) == 0)
		result = mem_string(buf_str(&full));
	buf_release(&full);
	return result;
}

/* What follows from configuration and user. */
static void find_places(struct setup *s)
{
	const struct identity_sources names = {
		.hostname = s->conf.nullmta.hostname, .domain = s->conf.nullmta.domain};
	struct fault ignored;

	identity_find(&s->identity, &names);
	s->spool_dir = expand(s->conf.spool.dir, &s->user, &s->place_fault);
	s->mailbox_path = expand(s->conf.mailbox.path, &s->user, &ignored);
}

void setup_open_log(const struct conf *conf)
{
	struct fault ignored;

	/* where the log file cannot be opened lines go to syslog: mail matters more */
	(void)log_open(conf->log.target, &ignored);
	log_set_level(conf->log.level);
	log_set_format(conf->log.format);
}

void setup_load(struct setup *ret, const char *conf_file)
{
	struct conf_options options = {.file = conf_file, .environment = environ};

	*ret = (struct setup){0};
	/* nothing is setuid: what the kernel said at the start saves asking it */
	user_lookup(&ret->user, (uid_t)getauxval(AT_UID));
	options.home = ret->user.home;
	conf_load(&ret->conf, &options, &ret->problems);
	setup_open_log(&ret->conf);
	/* a place that a command's own environment or file names is the only one */
	ret->has_usual_places = !conf_file && !getenv("NULLMTA_CONF") &&
				!getenv("NULLMTA_SPOOL") && !getenv("NULLMTA_SPOOL_DIR");
	find_places(ret);
}

void setup_load_system(struct setup *ret, const char *conf_file)
{
	const struct conf_options options = {.file = conf_file, .environment = environ};

	*ret = (struct setup){.has_usual_places = true};
	conf_load_system(&ret->conf, &options, &ret->problems);
	ret->has_user_files = !conf_file && !getenv("NULLMTA_CONF");
}

void setup_take_user(struct setup *s, struct user *user)
{
	const char *home = s->has_user_files ? user->home : NULL;

	s->user = *user;
	*user = (struct user){0};
	conf_load_user(&s->conf, home, &s->problems);
	find_places(s);
}

void setup_release(struct setup *s)
{
	free(s->mailbox_path);
	free(s->spool_dir);
	user_release(&s->user);
	conf_problems_release(&s->problems);
	conf_release(&s->conf);
}

void setup_print_problems(const struct setup *s, const char *program)
{
	struct buf line = BUF_INIT(4 * CONF_PROBLEM_TEXT_MAX);

	for (size_t i = 0; i < s->problems.count; i++) {
		buf_reset(&line);
		conf_problem_format(&line, &s->problems.items[i]);
		(void)fprintf(stderr, "%s: %s\n", program, buf_str(&line));
	}
	buf_release(&line);
}

/*
 * A configuration that is wrong loses no mail: the place of the spool is known, or was never
 * said. One that cannot be read may say it; what is queued elsewhere no flush would find.
 */
static bool knows_spool(const struct setup *setup)
{
	return setup->conf.spool.dir || !setup->problems.is_unread;
}

int setup_load_to_submit(struct setup *ret, const char *program, struct fault *f)
{
	setup_load(ret, NULL);
	if (!ret->problems.errors)
		return 0;
	setup_print_problems(ret, program);
	if (!knows_spool(ret)) {
		fault_set(f, FAULT_SYSTEM, 0,
			"the configuration cannot be read just now; try again later");
		return -1;
	}
	(void)fprintf(stderr,
		"%s: the message is queued all the same; it leaves when the "
		"configuration is mended\n",
		program);
	return 0;
}

struct place_options setup_place(const struct setup *s)
{
	return (struct place_options){.dir = s->spool_dir,
		.has_usual = s->has_usual_places,
		.root = PLACE_ROOT,
		.user = &s->user};
}
