#include "deliver/flush.h"

#include <signal.h>
#include <stdarg.h>

#include "base/text.h"

/* a signal handler can reach nothing else */
static volatile sig_atomic_t is_stopping;

static void note_stop(int number)
{
	(void)number;
	is_stopping = 1;
}

void flush_catch_signals(void)
{
	struct sigaction action = {.sa_handler = note_stop};

	(void)sigemptyset(&action.sa_mask);
	/* no SA_RESTART: a poll(2) is to notice at once */
	(void)sigaction(SIGTERM, &action, NULL);
	(void)sigaction(SIGINT, &action, NULL);
	(void)sigaction(SIGHUP, &action, NULL);
}

bool flush_is_stopping(void)
{
	return is_stopping != 0;
}

int64_t flush_lifetime_s(const struct flush *flush, const char *sender)
{
	return *sender ? flush->conf->spool.lifetime_s
		       : flush->conf->spool.bounce_lifetime_s;
}

void flush_show(const struct flush *flush, const char *fmt, ...)
{
	struct buf line = BUF_INIT(FLUSH_LINE_MAX);
	char clean[4 * FLUSH_LINE_MAX];
	va_list args;

	if (!flush->show)
		return;
	va_start(args, fmt);
	buf_vaddf(&line, fmt, args);
	va_end(args);
	text_clean_into(clean, sizeof(clean), buf_span(&line));
	flush->show(clean);
	buf_release(&line);
}
