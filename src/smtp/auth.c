#include "smtp/auth.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/mem.h"
#include "base/text.h"
#include "smtp/auth_mechanism.h"

/*
 * RFC 4954 4 lets the command with its initial response have 12288 octets. Servers exist
 * that cut it at 512, the length of all other commands (RFC 5321 4.5.3.1.4), or at 1024,
 * and answer a long token by 500 or 555. What is longer goes behind the first challenge,
 * where no limit is: one round trip a session.
 */
#define COMMAND_MAX 510 /* without the line end */

/* in the order of preference */
static const struct auth_mechanism *const mechanisms[] = {
	&auth_external,
	&auth_scram_sha_256_plus,
	&auth_scram_sha_256,
	&auth_oauthbearer,
	&auth_xoauth2,
	&auth_plain,
	&auth_login,
};

static const struct auth_mechanism *mechanism_of(enum smtp_auth_mechanism id)
{
	for (size_t i = 0; i < ARRAY_LEN(mechanisms); i++)
		if (mechanisms[i]->id == id)
			return mechanisms[i];
	BUG("no such mechanism");
}

const char *smtp_auth_name(enum smtp_auth_mechanism mechanism)
{
	return mechanism_of(mechanism)->name;
}

unsigned smtp_auth_parse(struct span name)
{
	for (size_t i = 0; i < ARRAY_LEN(mechanisms); i++)
		if (span_iis(name, mechanisms[i]->name))
			return mechanisms[i]->id;
	return 0;
}

static bool has_user(const struct smtp_login *login)
{
	return login->user && *login->user;
}

/* What there are credentials for. */
static unsigned usable(const struct smtp_login *login)
{
	unsigned set = 0;

	if (login->has_certificate)
		set |= SMTP_AUTH_EXTERNAL;
	if (login->password.len && has_user(login))
		set |= SMTP_AUTH_WITH_PASSWORD;
	if (login->token.len)
		set |= SMTP_AUTH_OAUTHBEARER;
	if (login->token.len && has_user(login))
		set |= SMTP_AUTH_XOAUTH2;
	return login->mechanisms ? set & login->mechanisms : set;
}

bool smtp_auth_is_required(const struct smtp_login *login)
{
	return has_user(login) || login->password.len || login->token.len ||
	       login->mechanisms;
}

unsigned smtp_auth_choose(unsigned offered, const struct smtp_login *login,
	const struct smtp_binding *binding)
{
	unsigned set = offered & usable(login);

	if (!binding->type)
		set &= ~(unsigned)SMTP_AUTH_SCRAM_SHA_256_PLUS;
	for (size_t i = 0; i < ARRAY_LEN(mechanisms); i++)
		if (set & mechanisms[i]->id)
			return mechanisms[i]->id;
	return 0;
}

static void add_names(struct buf *out, unsigned set)
{
	const char *between = "";

	for (size_t i = 0; i < ARRAY_LEN(mechanisms); i++) {
		if (!(set & mechanisms[i]->id))
			continue;
		buf_addf(out, "%s%s", between, mechanisms[i]->name);
		between = " ";
	}
}

void smtp_auth_explain(struct buf *out, unsigned offered, const struct smtp_login *login)
{
	if (!offered) {
		buf_add_str(out, "the server offers no login that nullmta knows; check "
				 "host and port (usually 465 or 587, not 25), or remove "
				 "the user if this server wants none");
		return;
	}
	buf_add_str(out, "the server offers ");
	add_names(out, offered);
	if (usable(login)) {
		buf_add_str(out, ", the configuration allows ");
		add_names(out, usable(login));
		buf_add_str(out, "; change auth");
	} else {
		buf_add_str(out, ", and there is nothing to log in with; set user and a "
				 "password, or a token and auth = oauthbearer xoauth2");
	}
}

struct smtp_auth *smtp_auth_new(enum smtp_auth_mechanism mechanism, unsigned offered,
	const struct smtp_login *login, const struct smtp_binding *binding)
{
	struct smtp_auth *a = mem_alloc(sizeof(*a));

	if (!login->nonce || strlen(login->nonce) < SMTP_AUTH_NONCE_MIN)
		BUG("a login without a nonce");
	a->mechanism = mechanism_of(mechanism);
	a->login = login;
	if (mechanism == SMTP_AUTH_SCRAM_SHA_256_PLUS)
		a->binding = *binding;
	a->can_bind = binding->type && !(offered & SMTP_AUTH_SCRAM_SHA_256_PLUS);
	buf_init(&a->scram.first_bare, AUTH_SCRAM_BARE_MAX);
	return a;
}

void smtp_auth_free(struct smtp_auth *a)
{
	if (!a)
		return;
	buf_wipe(&a->scram.first_bare);
	explicit_bzero(a, sizeof(*a));
	free(a);
}

const char *smtp_auth_mechanism_name(const struct smtp_auth *a)
{
	return a->mechanism->name;
}

/*
 * Append base64 of the next answer, or "=" in a command for an empty one (RFC 4954 4).
 * Room is made first: a buffer that grows leaves a copy behind. -1: to be cancelled.
 */
static int add_answer(struct smtp_auth *a, struct span challenge, struct buf *out)
{
	struct buf raw = BUF_INIT(AUTH_ANSWER_MAX);
	int rc;

	(void)buf_reserve(&raw, AUTH_ANSWER_MAX);
	(void)buf_reserve(out, SMTP_AUTH_LINE_MAX);
	rc = a->mechanism->answer(a, challenge, &raw);
	if (rc == 0 && (raw.is_overfull || out->is_overfull))
		rc = auth_set_trouble(a, "the user name or the password is too long");
	if (rc == 0)
		base64_encode(out, buf_span(&raw));
	buf_wipe(&raw);
	return rc;
}

void smtp_auth_command(struct smtp_auth *a, struct buf *out)
{
	struct buf first = BUF_INIT(SMTP_AUTH_LINE_MAX);
	bool fits = false;

	buf_add_str(out, "AUTH ");
	buf_add_str(out, a->mechanism->name);
	if (!a->mechanism->is_server_first && add_answer(a, SPAN_NONE, &first) == 0)
		fits = strlen("AUTH ") + strlen(a->mechanism->name) + 1 + first.len <=
		       COMMAND_MAX;
	if (fits) {
		(void)buf_reserve(out, COMMAND_MAX);
		buf_add_char(out, ' ');
		buf_add_span(out, first.len ? buf_span(&first) : SPAN_LIT("="));
		a->answers = 1;
	} else {
		/* to be composed again behind the challenge */
		buf_reset(&a->scram.first_bare);
	}
	buf_wipe(&first);
}

static int decode(struct smtp_auth *a, struct span text, struct buf *out)
{
	if (text.len <= SMTP_AUTH_CHALLENGE_MAX && base64_decode(out, text) == 0)
		return 0;
	return auth_set_trouble(a, "%s: a challenge that is %s", a->mechanism->name,
		text.len > SMTP_AUTH_CHALLENGE_MAX ? "too long" : "no base64");
}

void smtp_auth_answer(struct smtp_auth *a, struct span challenge, struct buf *out)
{
	struct buf raw = BUF_INIT(AUTH_CHALLENGE_MAX);
	size_t before = out->len;

	if (a->trouble[0] || decode(a, span_trim(challenge), &raw) < 0 ||
		add_answer(a, buf_span(&raw), out) < 0) {
		buf_truncate(out, before);
		buf_add_char(out, '*');
	}
	a->answers++;
	buf_release(&raw);
}

bool smtp_auth_is_proven(const struct smtp_auth *a)
{
	return !a->mechanism->is_mutual || a->is_proven;
}

const char *smtp_auth_trouble(const struct smtp_auth *a)
{
	return a->trouble;
}

const char *smtp_auth_remark(const struct smtp_auth *a)
{
	return a->remark;
}

int auth_set_trouble(struct smtp_auth *a, const char *fmt, ...)
{
	struct buf text = BUF_INIT(4 * OUTCOME_TEXT_MAX);
	va_list args;

	va_start(args, fmt);
	buf_vaddf(&text, fmt, args);
	va_end(args);
	text_clean_into(a->trouble, sizeof(a->trouble), buf_span(&text));
	buf_release(&text);
	return -1;
}

int auth_is_done(struct smtp_auth *a)
{
	return auth_set_trouble(a, "%s: a challenge too many", a->mechanism->name);
}

void auth_add_saslname(struct buf *out, const char *user)
{
	for (; *user; user++) {
		if (*user == '=')
			buf_add_str(out, "=3D");
		else if (*user == ',')
			buf_add_str(out, "=2C");
		else
			buf_add_char(out, *user);
	}
}
