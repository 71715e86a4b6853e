#include "mail/advice.h"

#define ANY_DETAIL 0, 999

/* The first row that fits counts. */
static const struct advice {
	unsigned short subject;
	unsigned short detail_first;
	unsigned short detail_last;
	const char *text;
} table[] = {
	{1, 1, 1,
		"There is no such mailbox. Check the part of the address in front "
		"of the @."},
	{1, 2, 2,
		"This domain does not exist or takes no mail. Check the spelling of the "
		"part behind the @."},
	{1, 3, 4, "This is not an address that the server can use. Check its spelling."},
	{1, 6, 6, "The mailbox has moved. Ask the recipient for the new address."},
	{1, 7, 8,
		"The server does not accept the address of the sender. Check the sender "
		"address, and `domain` in nullmta.conf, which completes it."},
	{1, 10, 10,
		"The owner of this domain says that it never takes mail (a null MX). "
		"Check the spelling of the part behind the @."},
	{1, ANY_DETAIL, "Check the spelling of the address."},
	{2, 1, 1, "The mailbox is switched off. Reach the recipient in some other way."},
	{2, 2, 2,
		"The mailbox is full. Reach the recipient in some other way, or send the "
		"message again later."},
	{2, 3, 3,
		"The message is too large for this mailbox. Send a smaller one, or a "
		"link to the file."},
	{3, 4, 4,
		"The message is too large for that server. Send a smaller one, or a link "
		"to the file."},
	{4, 1, 2,
		"The server could not be reached. Check the network of this machine with "
		"`nullmta test ADDRESS`; many networks block outgoing mail on port 25."},
	{4, 3, 4,
		"No way to this domain was found in the DNS. Check the spelling of the "
		"part behind the @, then the name servers of this machine."},
	{4, 6, 6,
		"The message goes round in a loop. Check aliases and forwarding for an "
		"address that leads back to itself."},
	{4, 7, 7,
		"It was tried until its time ran out. If the address is right, the "
		"trouble lies with that server or on the way to it: `nullmta test "
		"ADDRESS` "
		"checks the way. Then send the message again."},
	{6, 3, 3,
		"A signed or encrypted part would have to be changed on its way. Encode "
		"it as quoted-printable or base64 before it is signed."},
	{6, 7, 7,
		"An address has letters outside ASCII, which that server cannot take. "
		"Use "
		"another address of the same mailbox."},
	{6, ANY_DETAIL,
		"The server cannot take a message in this form. Send the text without "
		"its special characters or attachments."},
	{7, 8, 9,
		"The server does not accept the login of this machine. Check user and "
		"password of `[relay]` in nullmta.conf."},
	{7, 20, 29,
		"The server could not verify that this machine may send for the domain "
		"of the sender. Check the SPF, DKIM and DMARC records of that domain and "
		"the reverse DNS of this machine."},
	{7, ANY_DETAIL,
		"The server refuses this message by its own rules, often because it "
		"mistrusts the content, the sender's domain or the network of this "
		"machine. Its words above may name a page that explains why."},
};

static const char fallback[] =
	"The words above are all that is known. If they do not help, ask the postmaster "
	"of the recipient's domain.";

const char *advice_find(struct outcome_status status)
{
	for (size_t i = 0; i < ARRAY_LEN(table); i++) {
		const struct advice *a = &table[i];

		if (status.subject == a->subject && status.detail >= a->detail_first &&
			status.detail <= a->detail_last)
			return a->text;
	}
	return fallback;
}
