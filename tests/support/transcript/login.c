#include "transcript/login.h"

#include <stdlib.h>

#include "base/mem.h"

static bool take_user(struct transcript_login *login, struct span *rest)
{
	struct span word;

	if (!span_word(rest, &word))
		return false;
	free(login->user);
	login->user = mem_copy(word.data, word.len);
	login->smtp.user = login->user;
	login->is_given = true;
	return true;
}

static void take_secret(char **keep, struct span *ret, struct span rest)
{
	free(*keep);
	*keep = mem_copy(rest.data, rest.len);
	*ret = span_trim(span_of(*keep));
}

static bool take_mechanisms(struct transcript_login *login, struct span rest)
{
	struct span word;
	unsigned one = 1;

	while (one && span_word(&rest, &word)) {
		one = smtp_auth_parse(word);
		login->smtp.mechanisms |= one;
	}
	login->is_given = true;
	return one != 0;
}

bool transcript_login_take(
	struct transcript_login *login, struct span directive, struct span rest)
{
	login->smtp.nonce = TRANSCRIPT_NONCE;
	login->smtp.host = "relay.example.org";
	login->smtp.port = 587;
	if (span_is(directive, "login")) {
		if (!take_user(login, &rest))
			return false;
		take_secret(&login->password, &login->smtp.password, rest);
	} else if (span_is(directive, "token")) {
		if (!take_user(login, &rest))
			return false;
		take_secret(&login->token, &login->smtp.token, rest);
	} else if (span_is(directive, "certificate")) {
		login->smtp.has_certificate = login->is_given = true;
	} else if (span_is(directive, "auth")) {
		return take_mechanisms(login, rest);
	} else if (span_is(directive, "insecure")) {
		login->smtp.may_be_unverified = true;
	} else if (span_is(directive, "unverified")) {
		login->is_unverified = true;
	} else if (span_is(directive, "binds")) {
		login->can_bind = true;
	} else {
		return false;
	}
	return true;
}

struct smtp_channel transcript_login_channel(const struct transcript_login *login)
{
	static const char octets[] =
		"\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
		"\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f";
	struct smtp_channel channel = {.is_verified = !login->is_unverified};

	if (login->can_bind)
		channel.binding = (struct smtp_binding){"tls-exporter", SPAN_LIT(octets)};
	return channel;
}

void transcript_login_release(struct transcript_login *login)
{
	free(login->user);
	free(login->password);
	free(login->token);
}
