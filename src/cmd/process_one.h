/*
 * What process 1 of a container owes the others in it: it inherits whoever has lost the
 * parent, and when it ends the kernel kills all of them.
 */
#ifndef CMD_PROCESS_ONE_H
#define CMD_PROCESS_ONE_H

/* Take leave of children that have ended, so that they do not stay as zombies. */
void process_one_reap(void);

/*
 * As process 1, before it ends: SIGTERM to all others, and wait for those that are its
 * children, such as the flushes that submissions have started; they finish what is on the
 * wire. A signal ends the wait. For any other process nothing.
 */
void process_one_leave(void);

#endif
