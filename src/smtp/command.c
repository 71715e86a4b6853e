#include "smtp/command.h"

#include <inttypes.h>

void smtp_command_mail(struct buf *out, const struct smtp_message *message,
	const struct smtp_extensions *extensions)
{
	static const char *const rets[] = {
		[DSN_RETURN_UNSET] = "",
		[DSN_RETURN_FULL] = " RET=FULL",
		[DSN_RETURN_HEADERS] = " RET=HDRS",
	};
	const struct content_facts *facts = &message->facts;

	buf_add_str(out, "MAIL FROM:<");
	buf_add_str(out, message->sender);
	buf_add_char(out, '>');
	if (extensions->has_size)
		buf_addf(out, " SIZE=%" PRIu64, facts->octets);
	if (facts->has_8bit && extensions->has_8bitmime)
		buf_add_str(out, " BODY=8BITMIME");
	if (facts->needs_utf8 && extensions->has_smtputf8)
		buf_add_str(out, " SMTPUTF8");
	if (message->requires_tls)
		buf_add_str(out, " REQUIRETLS");
	if (extensions->has_dsn) {
		buf_add_str(out, rets[message->ret]);
		if (message->envid) {
			buf_add_str(out, " ENVID=");
			buf_add_str(out, message->envid);
		}
	}
	buf_add_str(out, "\r\n");
}

void smtp_command_rcpt(struct buf *out, const struct recipient *recipient,
	const struct smtp_extensions *extensions)
{
	buf_add_str(out, "RCPT TO:<");
	buf_add_str(out, recipient->address);
	buf_add_char(out, '>');
	if (extensions->has_dsn) {
		if (recipient->notify) {
			buf_add_str(out, " NOTIFY=");
			dsn_notify_format(recipient->notify, out);
		}
		if (recipient->orcpt) {
			buf_add_str(out, " ORCPT=");
			buf_add_str(out, recipient->orcpt);
		}
	}
	buf_add_str(out, "\r\n");
}
