#include "spool/schedule.h"

#include "base/text.h"
#include "spool/spool.h"

#define JITTER_PART    10 /* a tenth of the wait either way */
#define TRIES_AT_LEAST 3

const struct schedule schedule_default = {
	.steps_s = {60, 5 * 60, 15 * 60, 30 * 60, 3600, 2 * 3600, 4 * 3600},
	.count = 7,
};

int schedule_parse(struct span s, struct schedule *ret)
{
	struct schedule parsed = {.count = 0};
	struct span word;

	while (span_word(&s, &word)) {
		int64_t step_s;

		if (parsed.count == SCHEDULE_STEPS_MAX ||
			text_to_seconds(word, &step_s) < 0 || step_s < 1)
			return -1;
		parsed.steps_s[parsed.count++] = step_s;
	}
	if (parsed.count == 0)
		return -1;
	*ret = parsed;
	return 0;
}

static int64_t jitter_of(int64_t wait_s)
{
	return wait_s / JITTER_PART;
}

uint32_t schedule_next(
	const struct schedule *s, unsigned attempts, int64_t now_s, uint32_t random)
{
	size_t step = attempts < 1 ? 0 : attempts - 1;
	int64_t wait_s = s->steps_s[step < s->count ? step : s->count - 1];
	int64_t jitter_s = jitter_of(wait_s);
	int64_t from_s = now_s < 0 ? 0 : now_s;

	wait_s += (int64_t)(random % (uint64_t)(2 * jitter_s + 1)) - jitter_s;
	if (from_s > (int64_t)SPOOL_NEXT_MAX - wait_s)
		return SPOOL_NEXT_MAX;
	return (uint32_t)(from_s + wait_s);
}

bool schedule_is_due(const struct schedule *s, uint32_t next_s, int64_t now_s)
{
	int64_t longest_s = 0;

	if (next_s <= now_s)
		return true;
	for (size_t i = 0; i < s->count; i++)
		if (s->steps_s[i] > longest_s)
			longest_s = s->steps_s[i];
	longest_s += jitter_of(longest_s);
	/* the clock was ahead when it was written: RFC 5321 4.5.4.1 wants it tried */
	return now_s < (int64_t)next_s - longest_s;
}

bool schedule_is_expired(
	int64_t arrival_s, int64_t now_s, int64_t lifetime_s, unsigned attempts)
{
	return attempts >= TRIES_AT_LEAST && now_s > arrival_s &&
	       now_s - arrival_s > lifetime_s;
}
