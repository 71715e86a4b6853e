/*
 * nullmta queue: what a user may do with the own mail that waits.
 */
#ifndef CMD_QUEUE_H
#define CMD_QUEUE_H

/* argv[0] is "queue"; returns a sysexits code. */
int cmd_queue(int argc, char **argv);

#endif
