/*
 * Commands with parameters, as lines on the wire (RFC 5321 4.1.1).
 */
#ifndef SMTP_COMMAND_H
#define SMTP_COMMAND_H

#include "base/buf.h"
#include "smtp/client.h"
#include "smtp/extensions.h"

/*
 * Append MAIL with the parameters that the message needs and the server offers: SIZE
 * (RFC 1870), BODY (RFC 6152), SMTPUTF8 (RFC 6531), RET and ENVID (RFC 3461);
 * and with REQUIRETLS (RFC 8689) where the message has it, offered or not.
 */
void smtp_command_mail(struct buf *out, const struct smtp_message *message,
	const struct smtp_extensions *extensions);

/* Append RCPT, with NOTIFY and ORCPT where the server offers DSN (RFC 3461). */
void smtp_command_rcpt(struct buf *out, const struct recipient *recipient,
	const struct smtp_extensions *extensions);

#endif
