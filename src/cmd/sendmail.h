/*
 * The sendmail face: sendmail, mailq, newaliases.
 */
#ifndef CMD_SENDMAIL_H
#define CMD_SENDMAIL_H

/* Run as the program named by argv[0]; returns a sysexits code. */
int cmd_sendmail(int argc, char **argv);

#endif
