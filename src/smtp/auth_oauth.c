/* Mechanisms that show an OAuth 2.0 bearer token: OAUTHBEARER and XOAUTH2. */
#include "base/text.h"
#include "smtp/auth_mechanism.h"

/* RFC 7628 3.1: the separator of key and value pairs, %x01 */
#define PAIR_END '\x01'

static void add_token(struct smtp_auth *a, struct buf *out)
{
	buf_add_str(out, "auth=Bearer ");
	buf_add_span(out, a->login->token);
	buf_add_char(out, PAIR_END);
	buf_add_char(out, PAIR_END);
}

/* A refusal is told as JSON in a challenge, for people: the 5yz comes behind our answer. */
static void note_error(struct smtp_auth *a, struct span challenge)
{
	text_clean_into(a->remark, sizeof(a->remark), challenge);
}

/* RFC 7628 3.1, 3.2.3: the answer to the error is the separator alone */
static int answer_oauthbearer(struct smtp_auth *a, struct span challenge, struct buf *out)
{
	if (a->answers > 1)
		return auth_is_done(a);
	if (a->answers == 1) {
		note_error(a, challenge);
		buf_add_char(out, PAIR_END);
		return 0;
	}
	/* gs2-header: without an authzid it is whom the token names */
	buf_add_str(out, "n,");
	if (a->login->user && *a->login->user) {
		buf_add_str(out, "a=");
		auth_add_saslname(out, a->login->user);
	}
	buf_addf(out, ",%chost=%s%cport=%u%c", PAIR_END, a->login->host, PAIR_END,
		a->login->port, PAIR_END);
	add_token(a, out);
	return 0;
}

/* developers.google.com/workspace/gmail/imap/xoauth2-protocol: to the error, nothing */
static int answer_xoauth2(struct smtp_auth *a, struct span challenge, struct buf *out)
{
	if (a->answers > 1)
		return auth_is_done(a);
	if (a->answers == 1) {
		note_error(a, challenge);
		return 0;
	}
	buf_addf(out, "user=%s%c", a->login->user, PAIR_END);
	add_token(a, out);
	return 0;
}

const struct auth_mechanism auth_oauthbearer = {
	.id = SMTP_AUTH_OAUTHBEARER, .name = "OAUTHBEARER", .answer = answer_oauthbearer};
const struct auth_mechanism auth_xoauth2 = {
	.id = SMTP_AUTH_XOAUTH2, .name = "XOAUTH2", .answer = answer_xoauth2};
