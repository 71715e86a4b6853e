#include "deliver/flush.h"

#include <signal.h>
#include <stdarg.h>

#include "base/text.h"

/* a signal handler can reach nothing else */
static volatile sig_atomic_t is_stopping, is_reloading;

static void note_stop(int number)
{
	(void)number;
	is_stopping = 1;
}

static void note_reload(int number)
{
	(void)number;
	is_reloading = 1;
}

static void catch (int number, void (*note)(int))
{
	struct sigaction action = {.sa_handler = note};

	(void)sigemptyset(&action.sa_mask);
	/* no SA_RESTART: a poll(2) is to notice at once */
	(void)sigaction(number, &action, NULL);
}

void flush_catch_signals(void)
{
	catch (SIGTERM, note_stop);
	catch (SIGINT, note_stop);
	catch (SIGHUP, note_stop);
}

void flush_catch_reload(void)
{
	catch (SIGHUP, note_reload);
}

bool flush_is_stopping(void)
{
	return is_stopping || is_reloading;
}

bool flush_take_reload(void)
{
	bool has_come = is_reloading;

	is_reloading = 0;
	return has_come;
}

/* The number of the way that the route took, which is the last one where it has none. */
static size_t way_number(const struct flush *flush, const struct route *route)
{
	return route->way ? (size_t)(route->way - flush->route.ways)
			  : flush->conf->route_count;
}

/* Mailboxes, and what stands for them. */
static bool is_local(const struct flush *flush, const struct route *route)
{
	return route->kind == ROUTE_MAILBOX ||
	       (flush->route.local && route->way &&
		       route->way == flush->route.local->way);
}

const struct conf_relay *flush_relay(const struct flush *flush, const struct route *route)
{
	static const struct conf_relay nothing;
	size_t i;

	if (is_local(flush, route))
		return flush->local_relay ? flush->local_relay : &nothing;
	i = way_number(flush, route);
	return i < flush->conf->route_count ? flush->conf->routes[i]
					    : &flush->conf->relay;
}

const struct tls_options *flush_tls(const struct flush *flush, const struct route *route)
{
	static const struct tls_options usual = {.level = TLS_MAY};

	if (!flush->way_tls || is_local(flush, route))
		return &usual;
	return &flush->way_tls[way_number(flush, route)];
}

const struct rewrite *flush_rewrite(const struct flush *flush, const struct route *route)
{
	const struct rewrite *own = NULL;

	if (is_local(flush, route))
		return NULL;
	if (flush->way_rewrites)
		own = flush->way_rewrites[way_number(flush, route)];
	return own ? own : flush->rewrite;
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
