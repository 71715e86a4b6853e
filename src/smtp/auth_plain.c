/* Mechanisms that say what there is: EXTERNAL, PLAIN and LOGIN. */
#include "smtp/auth_mechanism.h"

/*
 * RFC 4422 A.1: who we want to act as. Empty, it is who the certificate says: the usual
 * case of a client certificate without a `user`.
 */
static int answer_external(struct smtp_auth *a, struct span challenge, struct buf *out)
{
	(void)challenge;
	if (a->answers > 0)
		return auth_is_done(a);
	if (a->login->user)
		buf_add_str(out, a->login->user);
	return 0;
}

/* RFC 4616 2: [authzid] NUL authcid NUL passwd */
static int answer_plain(struct smtp_auth *a, struct span challenge, struct buf *out)
{
	(void)challenge;
	if (a->answers > 0)
		return auth_is_done(a);
	buf_add_char(out, '\0');
	buf_add_str(out, a->login->user);
	buf_add_char(out, '\0');
	buf_add_span(out, a->login->password);
	return 0;
}

/* "Username:", "User Name", "334 VXNlcm5hbWU6": whatever the prompts say, there are two. */
static int answer_login(struct smtp_auth *a, struct span challenge, struct buf *out)
{
	(void)challenge;
	if (a->answers > 1)
		return auth_is_done(a);
	if (a->answers == 0)
		buf_add_str(out, a->login->user);
	else
		buf_add_span(out, a->login->password);
	return 0;
}

const struct auth_mechanism auth_external = {
	.id = SMTP_AUTH_EXTERNAL, .name = "EXTERNAL", .answer = answer_external};
const struct auth_mechanism auth_plain = {
	.id = SMTP_AUTH_PLAIN, .name = "PLAIN", .answer = answer_plain};
const struct auth_mechanism auth_login = {.id = SMTP_AUTH_LOGIN,
	.name = "LOGIN",
	.is_server_first = true,
	.answer = answer_login};
