/*
 * The real clocks, and dates as text in the C locale. What has to be tested with another
 * time takes it as a parameter or from struct world (deliver/world.h).
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

/* big enough for every date below */
#define CLOCK_TEXT_MAX 48

/* Seconds, and microseconds, since the epoch. The clock may jump. */
int64_t clock_now_s(void);
int64_t clock_now_us(void);

/* Milliseconds of a clock that never jumps; only differences mean something. */
int64_t clock_mono_ms(void);

/* "Mon, 23 Nov 2026 07:36:47 +0100" in the zone of TZ (RFC 5322 3.3). */
void clock_format_rfc5322(int64_t time_s, char *out, size_t size);

/* "Mon Nov 23 07:36:47" as mailq shows it, local time. */
void clock_format_short(int64_t time_s, char *out, size_t size);

/* "Mon Nov 23 07:36:47 2026" as ctime(3) has it, local time. */
void clock_format_ctime(int64_t time_s, char *out, size_t size);

/* "2026-11-23T07:36:47Z", UTC. */
void clock_format_iso(int64_t time_s, char *out, size_t size);

#endif
