/*
 * When a message is tried next. Pure: no clock, no randomness of its own.
 */
#ifndef SPOOL_SCHEDULE_H
#define SPOOL_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

#define SCHEDULE_STEPS_MAX 32

/* Waits between tries in seconds; the last one repeats (RFC 5321 4.5.4.1). */
struct schedule {
	int64_t steps_s[SCHEDULE_STEPS_MAX];
	size_t count;
};

/* 1m 5m 15m 30m 1h 2h 4h */
extern const struct schedule schedule_default;

/* Parse "1m 5m 15m": 1 to SCHEDULE_STEPS_MAX waits of at least one second each. 0 or -1.
 */
int schedule_parse(struct span s, struct schedule *ret);

/*
 * The time of the next try after `attempts` tries (at least 1) at `now_s`. `random` is
 * any number: it moves the wait by up to 10 % either way, so that a fleet does not return
 * in step. The result is > now_s and at most SPOOL_NEXT_MAX.
 */
uint32_t schedule_next(
	const struct schedule *s, unsigned attempts, int64_t now_s, uint32_t random);

/*
 * Whether a file's NEXT has been reached. A clock that jumped back must not hold mail for
 * a year: a NEXT further away than the longest wait (with jitter) counts as reached.
 */
bool schedule_is_due(const struct schedule *s, uint32_t next_s, int64_t now_s);

/*
 * Whether a message that arrived at `arrival_s` has outlived `lifetime_s` at `now_s`
 * after `attempts` tries: never before the third try, so that neither a clock that jumped
 * ahead nor a machine that was off for a week expires mail untried.
 */
bool schedule_is_expired(
	int64_t arrival_s, int64_t now_s, int64_t lifetime_s, unsigned attempts);

#endif
