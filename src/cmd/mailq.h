/*
 * The queue as people and monitoring plugins know it (the layout of Postfix's mailq).
 */
#ifndef CMD_MAILQ_H
#define CMD_MAILQ_H

/*
 * Print the queue of this user to stdout; for root, where no other place was named, the
 * queues of all users. Returns a sysexits code.
 */
int cmd_mailq(void);

#endif
