/*
 * sendmail -bs: an SMTP server on standard input and output, or for the clients of sockets
 * that were inherited listening.
 */
#ifndef CMD_SMTP_SERVER_H
#define CMD_SMTP_SERVER_H

#include "cmd/dispatch.h"

/*
 * `sender` is what -f says, NULL without it: the address in a From field added to mail with
 * the null sender; MAIL says who sends. Returns a sysexits code.
 */
int cmd_smtp_server(enum dispatch delivery, const char *sender);

#endif
