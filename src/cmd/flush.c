#include "cmd/flush.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "cmd/exit_code.h"
#include "cmd/flush_all.h"
#include "cmd/flush_options.h"
#include "cmd/flusher.h"
#include "cmd/kick.h"
#include "cmd/preflight.h"
#include "cmd/process_one.h"
#include "cmd/rounds.h"
#include "cmd/setup.h"
#include "deliver/run.h"

#define PROGRAM "nullmta flush"

static const char help[] =
	"usage: nullmta flush [--all] [--now] [--every TIME] [--message ID] [--spool "
	"DIR]\n"
	"                     [-C FILE]\n"
	"\n"
	"Deliver what is due in your spool, then end. Started by sendmail for each "
	"message,\n"
	"by a timer for what has to be tried again.\n"
	"\n"
	"  --all         as root: every user's spool below /var/spool/nullmta, each with "
	"the\n"
	"                rights of its owner; for a timer, or a socket that sendmail "
	"kicks\n"
	"  --users N, --share TIME\n"
	"                with --all: N users side by side (8), each for TIME (30s) "
	"while\n"
	"                others wait\n"
	"  --now         try everything, whatever the schedule says\n"
	"  --every TIME  run again and again, TIME (such as 15m) apart, until SIGTERM;\n"
	"                SIGHUP: the next one now\n"
	"  --message ID  try this message now; exit 0 delivered, 67 or 69 refused for "
	"good,\n"
	"                75 still queued\n"
	"  --only-id, --only-recipient, --only-sender TEXT\n"
	"                only messages that have TEXT there; may be given again\n"
	"  --verbose     show the dialogue with the servers\n"
	"  --spool DIR   this spool only\n"
	"  -C FILE       this configuration file only\n";

/* at once: the workers share what is printed, not what is buffered */
static void show_line(const char *line)
{
	(void)puts(line);
	(void)fflush(stdout);
}

static int open_lock(const struct spool *spool, const char *name)
{
	return openat(spool->fd, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/*
 * The two locks of design 5. Whoever holds `wait` has not begun to scan; so a submitter
 * that finds it taken needs no program of its own. Returns the run lock's descriptor, or
 * -1: somebody else waits already. A fault of locking is no reason not to deliver: every
 * message is claimed by a lock of its own.
 */
static int take_turn(const struct spool *spool, int wait_fd)
{
	struct fault f;
	int lock_fd;

	if (wait_fd < 0) {
		wait_fd = open_lock(spool, "wait");
		if (wait_fd >= 0 && file_try_lock(wait_fd, "wait", &f) == 0) {
			file_close(wait_fd);
			return -1;
		}
	}
	lock_fd = open_lock(spool, "lock");
	if (lock_fd < 0 || (file_lock(lock_fd, "lock", &f) < 0 && !flush_is_stopping()))
		log_event(
			LOG_LEVEL_WARNING, "lock-failed", LOG_TEXT("spool", spool->path));
	file_close(wait_fd); /* and with it the lock: from here on we scan */
	return lock_fd < 0 ? STDERR_FILENO : lock_fd;
}

/* What take_turn has returned. */
static void close_lock(int lock_fd)
{
	if (lock_fd > STDERR_FILENO)
		file_close(lock_fd);
}

/* Tell the caller of -odi what became of the message. */
static int tell_result(const struct run_result *r)
{
	if (r->failed) {
		(void)fprintf(stderr, "nullmta: refused: %s\n", r->last_failure.text);
		return r->last_failure.status.subject == 1 ? EX_NOUSER : EX_UNAVAILABLE;
	}
	return r->delivered && !r->deferred ? EX_OK : EX_TEMPFAIL;
}

static void add_up(struct run_result *total, const struct run_result *r)
{
	total->messages += r->messages;
	total->delivered += r->delivered;
	total->deferred += r->deferred;
	total->failed += r->failed;
}

static int flush_spool(
	struct flusher *fl, const struct flush_options *o, const struct spool *spool)
{
	bool has_turn = !fl->flush.is_now;
	struct run_result result;
	struct fault f;
	int lock_fd = -1;
	int code = EX_OK;

	/* who wants it now does not queue behind a run that may take hours */
	if (has_turn) {
		lock_fd = take_turn(spool, o->wait_fd);
		if (lock_fd < 0)
			return EX_OK;
		if (flush_is_stopping()) {
			close_lock(lock_fd);
			return EX_OK;
		}
	}
	fl->flush.spool = spool;
	fl->flush.successor =
		fl->flush.is_systems ? SUCCESSOR_NONE : kick_successor(&fl->setup, spool);
	if (run_queue(&fl->flush, o->message, &result, &f) < 0) {
		log_event(LOG_LEVEL_ERROR, "run-failed", LOG_TEXT("spool", spool->path),
			LOG_TEXT("why", f.text));
		code = exit_with(PROGRAM, &f);
	} else if (o->message) {
		code = tell_result(&result);
	}
	add_up(&fl->total, &result);
	close_lock(lock_fd);
	return code;
}

static int open_spools(struct flusher *fl, const struct flush_options *o,
	struct spool spools[PLACE_CANDIDATES_MAX], struct fault *f)
{
	struct place_options place = setup_place(&fl->setup);

	if (o->spool) {
		place.dir = o->spool;
		place.has_usual = false;
	}
	return place_open_existing(spools, &place, f);
}

static int flush_once(struct flusher *fl, const struct flush_options *o)
{
	struct spool spools[PLACE_CANDIDATES_MAX];
	struct fault f;
	int code = EX_OK;
	int count = open_spools(fl, o, spools, &f);

	if (count < 0)
		return exit_with(PROGRAM, &f);
	for (int i = 0; i < count; i++) {
		int one = flush_is_stopping() ? EX_OK : flush_spool(fl, o, &spools[i]);

		code = one ? one : code;
		spool_close(&spools[i]);
	}
	return code;
}

/* One round with what was loaded, which is taken over. */
static int flush_loaded(const struct flush_options *o, struct setup *setup,
	struct vault *vault, const _Atomic uint32_t *others_wait, int channel,
	struct run_result *ret)
{
	struct flusher fl;
	struct fault f;
	int code;

	flusher_take(&fl, setup, vault);
	if (fl.setup.problems.errors) {
		setup_print_problems(&fl.setup, PROGRAM);
		log_event(LOG_LEVEL_ERROR, "configuration",
			LOG_NUMBER("problems", (int64_t)fl.setup.problems.errors),
			LOG_TEXT("hint", "mail stays queued; see nullmta config check"));
		code = EX_CONFIG;
	} else if (flusher_open(&fl, o->conf_file, channel, &f) < 0) {
		code = exit_with(PROGRAM, &f);
	} else {
		fl.flush.is_now = o->is_now || o->message;
		fl.flush.may_stay = !fl.flush.is_now;
		fl.flush.others_wait = others_wait;
		fl.flush.only = &o->only;
		fl.flush.show = o->is_verbose ? show_line : NULL;
		code = flush_once(&fl, o);
	}
	*ret = fl.total;
	flusher_release(&fl);
	return code;
}

static int flush_with_setup(const struct flush_options *o)
{
	struct run_result ignored;
	struct setup setup;

	setup_load(&setup, o->conf_file);
	return flush_loaded(o, &setup, NULL, NULL, -1, &ignored);
}

static int flush_round(void *ctx)
{
	struct flush_options *o = ctx;
	int code = flush_with_setup(o);

	o->wait_fd = -1; /* was for the first round, and is closed */
	return code;
}

static int flush_again_and_again(struct flush_options *o)
{
	const struct rounds rounds = {o->every_s, flush_round, o};
	int code;

	flush_catch_reload();
	code = preflight_check(o);
	return code ? code : rounds_run(&rounds);
}

int cmd_flush(int argc, char **argv)
{
	struct flush_options o;
	struct fault f;
	int code = EX_OK;

	if (flush_options_parse(&o, argc, argv, &f) < 0)
		return exit_with(PROGRAM, &f);
	if (o.every_s)
		log_prefer_stderr();
	if (o.wants_help) {
		(void)fputs(help, stdout);
	} else if (o.is_all) {
		code = flush_all(&o, flush_loaded);
	} else {
		flush_catch_signals();
		code = o.every_s ? flush_again_and_again(&o) : flush_with_setup(&o);
	}
	if (o.every_s)
		process_one_leave();
	flush_options_release(&o);
	return code;
}
