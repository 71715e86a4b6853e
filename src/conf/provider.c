#include "conf/provider.h"

#include "base/bug.h"

#define MIB           ((uint64_t)1024 * 1024)
#define APP_PASSWORD  "the user is the full address, the password an app password"
#define OAUTH_TOKEN   "the user is the full address, the password an OAuth token"
#define MAILGUN_LOGIN "user and password are the SMTP credentials of the domain"

/*
 * From the providers' own documentation. TLS from the first octet wherever there is a
 * choice (RFC 8314 3.3). A mechanism is named where a server offers one that the usual
 * credential is not for; a limit where the server does not tell it in time: its size of a
 * message as it travels, and the recipients with which it refuses the whole message.
 */
static const struct conf_provider providers[] = {
	{.name = "none", .host = "", .auth = "", .advice = ""},
	{.name = "fastmail",
		.host = "smtps://smtp.fastmail.com",
		.auth = "PLAIN",
		.advice = APP_PASSWORD},
	{.name = "gmail",
		.host = "smtps://smtp.gmail.com",
		.auth = "PLAIN",
		.advice = APP_PASSWORD "; with auth = xoauth2 a token"},
	{.name = "icloud",
		.host = "smtp+starttls://smtp.mail.me.com",
		.auth = "PLAIN",
		.advice = APP_PASSWORD},
	{.name = "mailgun",
		.host = "smtps://smtp.mailgun.org",
		.auth = "",
		.advice = MAILGUN_LOGIN},
	{.name = "mailgun-eu",
		.host = "smtps://smtp.eu.mailgun.org",
		.auth = "",
		.advice = MAILGUN_LOGIN},
	{.name = "microsoft365",
		.host = "smtp+starttls://smtp.office365.com",
		.auth = "XOAUTH2",
		.advice = OAUTH_TOKEN "; SMTP AUTH has to be on for the mailbox"},
	{.name = "outlook",
		.host = "smtp+starttls://smtp-mail.outlook.com",
		.auth = "XOAUTH2",
		.advice = OAUTH_TOKEN},
	{.name = "postmark",
		.host = "smtp+starttls://smtp.postmarkapp.com",
		.auth = "",
		.message_size = 10 * MIB,
		.recipients = 50,
		.advice = "user and password are both the token of the server"},
	{.name = "sendgrid",
		.host = "smtps://smtp.sendgrid.net",
		.auth = "",
		.advice = "the user is the word apikey, the password an API key"},
	{.name = "ses",
		.host = "smtps://email-smtp.us-east-1.amazonaws.com",
		.auth = "",
		.message_size = 40 * MIB,
		.recipients = 50,
		.advice = "SMTP credentials, not an access key; host has the region"},
	{.name = "yahoo",
		.host = "smtps://smtp.mail.yahoo.com",
		.auth = "PLAIN",
		.advice = APP_PASSWORD},
	{.name = "zoho",
		.host = "smtps://smtp.zoho.com",
		.auth = "PLAIN",
		.advice = APP_PASSWORD "; host has the data centre"},
};

const struct conf_provider *conf_provider_at(unsigned number)
{
	if (number >= ARRAY_LEN(providers))
		BUG("no such provider");
	return &providers[number];
}

bool conf_provider_find(struct span name, unsigned *ret_number)
{
	for (unsigned i = 0; i < ARRAY_LEN(providers); i++) {
		if (!span_iis(name, providers[i].name))
			continue;
		*ret_number = i;
		return true;
	}
	return false;
}

void conf_provider_list(struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(providers); i++)
		buf_addf(out, "%s%s", i ? ", " : "", providers[i].name);
}
