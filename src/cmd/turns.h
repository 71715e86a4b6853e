/*
 * Whose turn it is: the users of a system flush, side by side and in fair shares. Pure: no
 * process, no clock; times are milliseconds of one clock that never jumps.
 *
 * A user has at most one child. Who has asked first begins first; who has begun has a share
 * of time, and is asked to stop behind it only where others wait, to come again behind
 * them. Whoever is kicked again and again runs less and less often, and more at a time.
 */
#ifndef CMD_TURNS_H
#define CMD_TURNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A child may take so long, whoever waits; what remains comes with the next one. */
#define TURNS_DEADLINE_MS ((int64_t)3600 * 1000)

/* And so long to stop: the reply to a final dot is waited for (RFC 5321 4.5.3.2.6). */
#define TURNS_GRACE_MS ((int64_t)11 * 60 * 1000)

/* Children that were asked to stop make room, but there are at most so many times `users`. */
#define TURNS_FACTOR 8

struct turn {
	uid_t uid;
	pid_t pid; /* of the child; 0: none */
	bool is_waiting;
	bool is_wanted_again; /* when the child has ended */
	bool is_killed;
	int64_t started_ms;
	int64_t told_ms;  /* asked to stop; 0: not */
	int64_t ended_ms; /* the last child; 0: there was none */
	int64_t pause_ms; /* between two children, for who is kicked often */
	int64_t not_before_ms;
	uint64_t place; /* in the row of those who wait */
};

struct turns {
	size_t users;        /* side by side */
	int64_t share_ms;    /* while others wait */
	struct turn **items; /* by uid */
	size_t count;
	uint64_t last_place;
	size_t waiting;
	size_t running;
	size_t told; /* of those that run */
};

void turns_init(struct turns *t, unsigned users, int64_t share_ms);
void turns_release(struct turns *t);

/* `uid` has mail that may be due. A child that runs sees by itself what comes meanwhile. */
void turns_ask(struct turns *t, uid_t uid, int64_t now_ms);

/* The same by a kick: where a child runs, another one follows, for it may be at its end. */
void turns_kick(struct turns *t, uid_t uid, int64_t now_ms);

/* The next to begin, or NULL: nobody, or no room. Call turns_start or turns_postpone. */
struct turn *turns_next(const struct turns *t, int64_t now_ms);
void turns_start(struct turns *t, struct turn *turn, pid_t pid, int64_t now_ms);
void turns_postpone(struct turn *turn, int64_t not_before_ms);

/* Somebody could begin if there were room: who only waits for more mail should go. */
bool turns_is_crowded(const struct turns *t, int64_t now_ms);

/* A child has ended: whose it was, or NULL. */
struct turn *turns_end(struct turns *t, pid_t pid, int64_t now_ms);

/* Ask everybody to stop, and nobody begins any more. */
void turns_stop(struct turns *t);

/*
 * A child that has to be told now: `*ret_signal` is SIGTERM, or SIGKILL for one that does not
 * stop. NULL: none is left. It is noted as told.
 */
struct turn *turns_overdue(struct turns *t, int64_t now_ms, int *ret_signal);

/* How long nothing of the above changes by itself; -1: until somebody ends or asks. */
int64_t turns_patience_ms(const struct turns *t, int64_t now_ms);

/* Nobody runs and nobody waits. */
bool turns_is_idle(const struct turns *t);

#endif
