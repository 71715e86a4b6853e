/*
 * nullmta flush --every: rounds until SIGTERM, as the main process of a container or beside
 * one.
 */
#ifndef CMD_ROUNDS_H
#define CMD_ROUNDS_H

#include <stdint.h>

struct rounds {
	int64_t every_s;
	int (*flush)(void *ctx); /* one round, everything read anew; its exit code */
	void *ctx;
};

/*
 * The first round at once, the others `every_s` after the one before has begun, or when
 * SIGHUP comes. Behind flush_catch_signals and flush_catch_reload. Returns the exit code: 0
 * for SIGTERM, or EX_CONFIG of the first round. What fails later may succeed in the round
 * after it, but who starts it with a configuration that is wrong is to know at once.
 */
int rounds_run(const struct rounds *rounds);

#endif
