#include "base/clock.h"

#include <stdio.h>
#include <time.h>

#include "base/bug.h"

/* not strftime: month names must not follow the locale */
static const char day_names[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul",
	"Aug", "Sep", "Oct", "Nov", "Dec"};

static struct timespec clock_read(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts) != 0)
		BUG("clock_gettime");
	return ts;
}

int64_t clock_now_s(void)
{
	return clock_read(CLOCK_REALTIME).tv_sec;
}

int64_t clock_now_us(void)
{
	struct timespec ts = clock_read(CLOCK_REALTIME);

	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_mono_ms(void)
{
	struct timespec ts = clock_read(CLOCK_MONOTONIC);

	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* a time from a hostile file may be any number: years that tm cannot hold become 1970 */
static struct tm broken_down(
	int64_t time_s, struct tm *(*convert)(const time_t *, struct tm *))
{
	time_t t = (time_t)time_s;
	struct tm tm;

	if (time_s < 0 || time_s > 253402300799 || !convert(&t, &tm)) {
		t = 0;
		if (!gmtime_r(&t, &tm))
			BUG("gmtime_r");
	}
	return tm;
}

void clock_format_rfc5322(int64_t time_s, char *out, size_t size)
{
	struct tm tm = broken_down(time_s, localtime_r);
	long minutes = tm.tm_gmtoff / 60;
	char sign = minutes < 0 ? '-' : '+';

	minutes = minutes < 0 ? -minutes : minutes;
	(void)snprintf(out, size, "%s, %d %s %d %02d:%02d:%02d %c%02ld%02ld",
		day_names[tm.tm_wday], tm.tm_mday, month_names[tm.tm_mon],
		tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec, sign, minutes / 60,
		minutes % 60);
}

void clock_format_short(int64_t time_s, char *out, size_t size)
{
	struct tm tm = broken_down(time_s, localtime_r);

	(void)snprintf(out, size, "%s %s %2d %02d:%02d:%02d", day_names[tm.tm_wday],
		month_names[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void clock_format_ctime(int64_t time_s, char *out, size_t size)
{
	struct tm tm = broken_down(time_s, localtime_r);

	(void)snprintf(out, size, "%s %s %2d %02d:%02d:%02d %d", day_names[tm.tm_wday],
		month_names[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		tm.tm_year + 1900);
}

void clock_format_iso(int64_t time_s, char *out, size_t size)
{
	struct tm tm = broken_down(time_s, gmtime_r);

	(void)snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
		tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}
