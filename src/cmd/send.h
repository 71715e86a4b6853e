/*
 * nullmta send: a message from the shell, with files attached.
 */
#ifndef CMD_SEND_H
#define CMD_SEND_H

/* argv[0] is "send"; the text is read from stdin. Returns a sysexits code. */
int cmd_send(int argc, char **argv);

#endif
