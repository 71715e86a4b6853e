/*
 * nullmta-flush: deliver what is in the spool. The program with the network code.
 */
#ifndef CMD_FLUSH_H
#define CMD_FLUSH_H

/* argv[0] is "flush"; returns a sysexits code. */
int cmd_flush(int argc, char **argv);

#endif
