#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/span.h"

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

/*
 * UTC by arithmetic: gmtime_r reads the zone file too. Years run from March, so that the
 * leap day is the last one; 400 of them are 146097 days.
 */
static struct tm utc_time(int64_t time_s)
{
	int64_t days = time_s / 86400;
	int seconds = (int)(time_s % 86400);
	int64_t shifted = days + 719468; /* since 1 March of the year 0 */
	int64_t in_era = shifted % 146097;
	int64_t year_of_era =
		(in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	int day =
		(int)(in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100));
	int month = (5 * day + 2) / 153; /* 0 is March */
	int64_t year = year_of_era + shifted / 146097 * 400 + (month >= 10);

	return (struct tm){
		.tm_year = (int)(year - 1900),
		.tm_mon = month < 10 ? month + 2 : month - 10,
		.tm_mday = day - (153 * month + 2) / 5 + 1,
		.tm_wday = (int)((days + 4) % 7),
		.tm_hour = seconds / 3600,
		.tm_min = seconds / 60 % 60,
		.tm_sec = seconds % 60,
	};
}

static bool looks_utc(void)
{
	const char *tz = getenv("TZ");
	char link[64];
	ssize_t n;

	if (tz)
		return strcmp(tz, "UTC") == 0 || strcmp(tz, "UTC0") == 0;
	n = readlink("/etc/localtime", link, sizeof(link));
	return n > 0 && span_ends((struct span){link, (size_t)n}, "/UTC");
}

/* Most servers keep UTC, which one look at the link tells. Looked at once, as tzset does. */
static bool is_zone_utc(void)
{
	static enum { UNKNOWN, UTC, OTHER } zone;

	if (zone == UNKNOWN)
		zone = looks_utc() ? UTC : OTHER;
	return zone == UTC;
}

/* a time from a hostile file may be any number: years of five digits become 1970 */
static int64_t sane(int64_t time_s)
{
	return time_s < 0 || time_s > 253402300799 ? 0 : time_s;
}

/* localtime_r reads a zone file with seven system calls */
static struct tm local_time(int64_t time_s)
{
	time_t t = (time_t)sane(time_s);
	struct tm tm;

	if (is_zone_utc() || !localtime_r(&t, &tm))
		return utc_time(t);
	return tm;
}

void clock_format_rfc5322(int64_t time_s, char *out, size_t size)
{
	struct tm tm = local_time(time_s);
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
	struct tm tm = local_time(time_s);

	(void)snprintf(out, size, "%s %s %2d %02d:%02d:%02d", day_names[tm.tm_wday],
		month_names[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void clock_format_ctime(int64_t time_s, char *out, size_t size)
{
	struct tm tm = local_time(time_s);

	(void)snprintf(out, size, "%s %s %2d %02d:%02d:%02d %d", day_names[tm.tm_wday],
		month_names[tm.tm_mon], tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		tm.tm_year + 1900);
}

void clock_format_iso(int64_t time_s, char *out, size_t size)
{
	struct tm tm = utc_time(sane(time_s));

	(void)snprintf(out, size, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
		tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}
