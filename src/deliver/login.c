#include "deliver/login.h"

#include <stdio.h>

#include "base/codec.h"
#include "base/rand.h"
#include "base/text.h"
#include "deliver/login_memory.h"
#include "deliver/narrate.h"

#define NONCE_OCTETS 24 /* of chance: RFC 5802 5.1, protocol A4 */
#define KEY_MAX      (ROUTE_KEY_SIZE + DNS_NAME_SIZE + 16)

static unsigned mechanisms_of(const struct conf_relay *relay)
{
	unsigned set = 0;

	for (size_t i = 0; i < relay->auth.count; i++)
		set |= smtp_auth_parse(span_of(relay->auth.items[i]));
	return set;
}

/* Mechanisms that show a token, and no others, say what the secret is. */
static bool is_token(unsigned mechanisms)
{
	return (mechanisms & SMTP_AUTH_WITH_TOKEN) &&
	       !(mechanisms & SMTP_AUTH_WITH_PASSWORD);
}

static void fill(struct login *l, const struct conf_relay *relay)
{
	unsigned mechanisms = mechanisms_of(relay);

	l->smtp = (struct smtp_login){
		.user = relay->user,
		.has_certificate = relay->tls_cert != NULL,
		.mechanisms = mechanisms,
		.may_be_unverified = relay->has_insecure_auth,
		.nonce = l->nonce,
	};
	if (is_token(mechanisms))
		l->smtp.token = secret_span(&l->secret);
	else
		l->smtp.password = secret_span(&l->secret);
	l->is_given = smtp_auth_is_required(&l->smtp) || l->smtp.has_certificate;
}

static enum login_result useless(struct outcome *ret_why, struct fault *why)
{
	fault_prefix(why, "cannot log in");
	*ret_why = outcome_of_fault(OUTCOME_DEFERRED, OUTCOME_ROUTE, "4.3.5", why);
	return why->kind == FAULT_ACCESS ? LOGIN_FORBIDDEN : LOGIN_USELESS;
}

/* A user whose password nobody has said: the server would only tell us so. */
static bool lacks_secret(const struct login *l)
{
	return smtp_auth_is_required(&l->smtp) && !l->secret.len &&
	       !l->smtp.has_certificate;
}

enum login_result login_open(struct login *ret, const struct flush *flush,
	const struct destination *d, struct outcome *ret_why)
{
	const struct conf_relay *relay;
	struct fault f;
	int rc;

	*ret = (struct login){0};
	if (d->route.kind != ROUTE_RELAY || !flush->logins)
		return LOGIN_READY;
	relay = flush_relay(flush, &d->route);
	rc = flush->logins->read(flush->logins->ctx, relay, &ret->secret, &f);
	if (rc < 0)
		return useless(ret_why, &f);
	fill(ret, relay);
	ret->is_systems = rc > 0;
	if (lacks_secret(ret)) {
		fault_set(&f, FAULT_CONFIG, 0,
			"there is no password; set password_file or password_command");
		return useless(ret_why, &f);
	}
	return LOGIN_READY;
}

const struct smtp_login *login_for(struct login *l, const struct mx_target *target)
{
	unsigned char chance[NONCE_OCTETS];
	struct buf nonce = BUF_INIT(LOGIN_NONCE_SIZE);

	if (!l->is_given)
		return NULL;
	rand_fill(chance, sizeof(chance));
	base64_encode(&nonce, (struct span){(const char *)chance, sizeof(chance)});
	(void)text_copy(l->nonce, sizeof(l->nonce), buf_span(&nonce)); /* it fits */
	buf_release(&nonce);
	l->smtp.host = target->host[0] ? target->host : target->verify;
	l->smtp.port = target->port;
	return &l->smtp;
}

void login_close(struct login *l)
{
	secret_wipe(&l->secret);
	*l = (struct login){0};
}

static bool has_secret(const struct login *l)
{
	return l->is_given && l->secret.len;
}

static void key_of(
	const struct destination *d, const struct mx_target *target, char key[KEY_MAX])
{
	(void)snprintf(key, KEY_MAX, "%s@%s:%u", d->key,
		target->host[0] ? target->host : target->verify, target->port);
}

static struct login_memory memory_of(const struct login *l, const struct flush *flush)
{
	if (l->is_systems)
		return (struct login_memory){.fd = flush->logins->memory_fd};
	return (struct login_memory){.spool = flush->spool};
}

bool login_is_barred(const struct login *l, const struct flush *flush,
	const struct destination *d, const struct mx_target *target,
	struct outcome *ret_why)
{
	struct login_memory m = memory_of(l, flush);
	char key[KEY_MAX];

	if (!has_secret(l))
		return false;
	key_of(d, target, key);
	return login_memory_is_refused(&m, key, &l->smtp, flush->world->now_s(), ret_why);
}

void login_note(const struct login *l, const struct flush *flush,
	const struct destination *d, const struct mx_target *target,
	const struct outcome *reply)
{
	struct login_memory m = memory_of(l, flush);
	char key[KEY_MAX];

	if (!has_secret(l))
		return;
	key_of(d, target, key);
	if (!reply) {
		login_memory_accepted(&m, key);
		return;
	}
	login_memory_refused(&m, key, &l->smtp, reply, flush->world->now_s());
	narrate_refused_login(flush, &l->smtp);
}
