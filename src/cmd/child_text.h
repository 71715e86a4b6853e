/*
 * What a child that has become a user prints, on its way to our own stdout. The user may
 * hold the child up, by what the files lie on or by a signal: there is an end to patience.
 */
#ifndef CMD_CHILD_TEXT_H
#define CMD_CHILD_TEXT_H

#include <stdint.h>

#include "base/fault.h"

/* Only the time counts in which we wait for the child, not that of whoever reads us. */
struct child_patience {
	int64_t silence_ms; /* so long without a word */
	int64_t total_ms;   /* so long altogether */
};

/*
 * Copy lines from `fd` to stdout until their end; other control characters than the end of
 * a line become '?'. 0, or -1 and a fault: patience is at its end, or nothing can be read.
 * Stops, with 0, where stdout has failed: ferror(3) tells.
 */
int child_text_copy(int fd, const struct child_patience *patience, struct fault *f);

#endif
