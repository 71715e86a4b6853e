/*
 * Descriptors that systemd hands over at the start (sd_listen_fds(3)).
 */
#ifndef CMD_INHERITED_H
#define CMD_INHERITED_H

#include "base/fault.h"

#define INHERITED_FIRST_FD 3 /* SD_LISTEN_FDS_START */

/*
 * How many there are, from INHERITED_FIRST_FD on; 0 where they were meant for another
 * process. The variables that told it are gone afterwards. -1 and a fault of FAULT_USAGE
 * where they make no sense.
 */
int inherited_take(struct fault *f);

#endif
