#include "cmd/turns.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/mem.h"

/*
 * Kicks that follow each other faster than this are a storm, and wait longer and longer. Not
 * very long: a child for whom mail keeps coming stays (deliver/run.h), so what is left are
 * children that end early, and mail that comes too seldom to be waited for.
 */
#define STORM_MS     ((int64_t)10 * 1000)
#define PAUSE_MIN_MS 250
#define PAUSE_MAX_MS 1000

/* never told, as told_ms has it, so that a clock that begins with 0 does no harm */
static int64_t moment(int64_t now_ms)
{
	return now_ms ? now_ms : 1;
}

void turns_init(struct turns *t, unsigned users, int64_t share_ms)
{
	*t = (struct turns){.users = users, .share_ms = share_ms};
}

void turns_release(struct turns *t)
{
	for (size_t i = 0; i < t->count; i++)
		free(t->items[i]);
	free(t->items);
	*t = (struct turns){0};
}

/* The first one whose uid is not lower. */
static size_t place_of(const struct turns *t, uid_t uid)
{
	size_t low = 0, high = t->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->items[middle]->uid < uid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct turn *turn_of(struct turns *t, uid_t uid)
{
	size_t at = place_of(t, uid);
	struct turn *turn;

	if (at < t->count && t->items[at]->uid == uid)
		return t->items[at];
	turn = mem_alloc(sizeof(*turn));
	turn->uid = uid;
	t->items = mem_regrow(t->items, t->count + 1, sizeof(struct turn *));
	for (size_t i = t->count++; i > at; i--)
		t->items[i] = t->items[i - 1];
	t->items[at] = turn;
	return turn;
}

static void line_up(struct turns *t, struct turn *turn, int64_t not_before_ms)
{
	turn->is_waiting = true;
	turn->is_wanted_again = false;
	turn->not_before_ms = not_before_ms;
	turn->place = ++t->last_place;
	t->waiting++;
}

/* When a kicked user may begin: at once, unless it has just been served. */
static int64_t next_start_ms(struct turn *turn, int64_t now_ms)
{
	if (!turn->ended_ms || now_ms - turn->ended_ms >= STORM_MS) {
		turn->pause_ms = 0;
		return now_ms;
	}
	turn->pause_ms = turn->pause_ms ? 2 * turn->pause_ms : PAUSE_MIN_MS;
	if (turn->pause_ms > PAUSE_MAX_MS)
		turn->pause_ms = PAUSE_MAX_MS;
	return turn->ended_ms + turn->pause_ms;
}

void turns_ask(struct turns *t, uid_t uid, int64_t now_ms)
{
	struct turn *turn = turn_of(t, uid);

	if (!turn->pid && !turn->is_waiting)
		line_up(t, turn, now_ms);
}

void turns_kick(struct turns *t, uid_t uid, int64_t now_ms)
{
	struct turn *turn = turn_of(t, uid);

	if (turn->pid)
		turn->is_wanted_again = true;
	else if (!turn->is_waiting)
		line_up(t, turn, next_start_ms(turn, now_ms));
}

static bool has_room(const struct turns *t)
{
	return t->running - t->told < t->users && t->running < TURNS_FACTOR * t->users;
}

/* Who waits and may begin, the first of them; NULL: nobody. */
static struct turn *first_ready(const struct turns *t, int64_t now_ms)
{
	struct turn *first = NULL;

	for (size_t i = 0; t->waiting && i < t->count; i++) {
		struct turn *turn = t->items[i];

		if (turn->is_waiting && turn->not_before_ms <= now_ms &&
			(!first || turn->place < first->place))
			first = turn;
	}
	return first;
}

struct turn *turns_next(const struct turns *t, int64_t now_ms)
{
	return has_room(t) ? first_ready(t, now_ms) : NULL;
}

bool turns_is_crowded(const struct turns *t, int64_t now_ms)
{
	return !has_room(t) && first_ready(t, now_ms);
}

void turns_start(struct turns *t, struct turn *turn, pid_t pid, int64_t now_ms)
{
	turn->pid = pid;
	turn->is_waiting = false;
	turn->is_killed = false;
	turn->started_ms = now_ms;
	turn->told_ms = 0;
	t->waiting--;
	t->running++;
}

void turns_postpone(struct turn *turn, int64_t not_before_ms)
{
	turn->not_before_ms = not_before_ms;
}

struct turn *turns_end(struct turns *t, pid_t pid, int64_t now_ms)
{
	struct turn *turn = NULL;

	for (size_t i = 0; i < t->count && !turn; i++)
		if (t->items[i]->pid == pid)
			turn = t->items[i];
	if (!turn)
		return NULL;
	turn->pid = 0;
	turn->ended_ms = moment(now_ms);
	t->running--;
	if (turn->told_ms)
		t->told--;
	/* who was stopped for the others' sake has no need to slow down */
	if (t->users && turn->told_ms)
		line_up(t, turn, now_ms);
	else if (t->users && turn->is_wanted_again)
		line_up(t, turn, next_start_ms(turn, now_ms));
	return turn;
}

void turns_stop(struct turns *t)
{
	t->users = 0;
	for (size_t i = 0; i < t->count; i++)
		t->items[i]->is_waiting = false;
	t->waiting = 0;
}

/* How long a child that was not told may go on; at a `share` only while others wait. */
static int64_t allowance_ms(const struct turns *t, bool is_share)
{
	if (t->users == 0)
		return 0;
	return is_share && t->share_ms < TURNS_DEADLINE_MS ? t->share_ms
							   : TURNS_DEADLINE_MS;
}

struct turn *turns_overdue(struct turns *t, int64_t now_ms, int *ret_signal)
{
	bool is_share = t->running && turns_is_crowded(t, now_ms);

	for (size_t i = 0; i < t->count; i++) {
		struct turn *turn = t->items[i];

		if (!turn->pid || turn->is_killed)
			continue;
		if (!turn->told_ms &&
			now_ms - turn->started_ms >= allowance_ms(t, is_share)) {
			turn->told_ms = moment(now_ms);
			t->told++;
			*ret_signal = SIGTERM;
			return turn;
		}
		if (turn->told_ms && now_ms - turn->told_ms >= TURNS_GRACE_MS) {
			turn->is_killed = true;
			*ret_signal = SIGKILL;
			return turn;
		}
	}
	return NULL;
}

static void take_lower(int64_t *lowest_ms, int64_t at_ms, int64_t now_ms)
{
	int64_t left_ms = at_ms > now_ms ? at_ms - now_ms : 0;

	if (*lowest_ms < 0 || left_ms < *lowest_ms)
		*lowest_ms = left_ms;
}

int64_t turns_patience_ms(const struct turns *t, int64_t now_ms)
{
	bool is_full = !has_room(t);
	bool is_share = is_full && t->waiting;
	int64_t lowest_ms = -1;

	for (size_t i = 0; i < t->count; i++) {
		const struct turn *turn = t->items[i];

		/* without room an end is waited for, or somebody's share */
		if (turn->is_waiting && (!is_full || turn->not_before_ms > now_ms))
			take_lower(&lowest_ms, turn->not_before_ms, now_ms);
		if (!turn->pid || turn->is_killed)
			continue;
		take_lower(&lowest_ms,
			turn->told_ms ? turn->told_ms + TURNS_GRACE_MS
				      : turn->started_ms + allowance_ms(t, is_share),
			now_ms);
	}
	return lowest_ms;
}

bool turns_is_idle(const struct turns *t)
{
	return t->running == 0 && t->waiting == 0;
}
