/*
 * What a submission does with a message that is on disk: send it now, in the background, or
 * leave it to the next run.
 */
#ifndef CMD_DISPATCH_H
#define CMD_DISPATCH_H

#include <stdbool.h>

#include "cmd/setup.h"
#include "spool/spool.h"

enum dispatch {
	DISPATCH_AS_CONFIGURED,
	DISPATCH_BACKGROUND,
	DISPATCH_FOREGROUND, /* wait for the first try */
	DISPATCH_VERBOSE,    /* the same, and show the dialogue */
	DISPATCH_QUEUE,      /* nothing now */
};

/*
 * Returns the exit code of the submission. From here on nothing makes it fail but the fate
 * of the message, and that only in the foreground.
 */
int dispatch_message(enum dispatch how, const struct setup *setup,
	const struct spool *spool, const char *id);

/*
 * The same for all that a long session has put into the spool by now, which does not wait
 * for it: in the background, unless nothing is to be sent now.
 */
void dispatch_spool(
	enum dispatch how, const struct setup *setup, const struct spool *spool);

#endif
