/*
 * MAIL and RCPT as a server reads them (RFC 5321 4.1.1.2 and 4.1.1.3), with the parameters
 * SIZE (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), RET, ENVID, NOTIFY and ORCPT
 * (RFC 3461).
 *
 * As lenient as clients need: blanks around the colon, a path without its brackets, a bare
 * name, which gets the domain, and addresses outside ASCII whether SMTPUTF8 was said or not.
 */
#ifndef SMTP_MAIL_COMMAND_H
#define SMTP_MAIL_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "mail/address.h"
#include "mail/dsn.h"
#include "smtp/answer.h"

struct smtp_mail_command {
	char sender[ADDRESS_OCTETS_MAX + 1]; /* canonical, "" null */
	uint64_t size;                       /* as declared; 0: it was not */
	bool is_utf8;                        /* SMTPUTF8 */
	enum dsn_return ret;
	char envid[3 * DSN_ENVID_MAX + 1]; /* xtext, or "" */
};

struct smtp_rcpt_command {
	char address[ADDRESS_OCTETS_MAX + 1]; /* canonical */
	unsigned notify;
	char orcpt[DSN_ORCPT_MAX + 1]; /* as on the wire, or "" */
};

/*
 * Parse what stands behind the verb. Bare names get "@`domain`". 0, or -1 and the reply
 * to be given.
 */
int smtp_mail_command_parse(struct smtp_mail_command *ret, struct span arguments,
	const char *domain, struct smtp_answer *ret_answer);
int smtp_rcpt_command_parse(struct smtp_rcpt_command *ret, struct span arguments,
	const char *domain, struct smtp_answer *ret_answer);

#endif
