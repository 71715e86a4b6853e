/*
 * AUTH (RFC 4954) as a pure dialogue of lines: SASL client mechanisms (RFC 4422) without a
 * socket, a clock or chance. One object is one exchange:
 *
 *	C: AUTH SCRAM-SHA-256 biwsbj11…	smtp_auth_command
 *	S: 334 cj1yT3By…
 *	C: Yz1iaXdz…			smtp_auth_answer, for each 334
 *	S: 235 2.7.0 welcome		smtp_auth_is_proven, before it is believed
 *
 * Nothing here logs or shows a secret; what is composed is secret itself.
 */
#ifndef SMTP_AUTH_H
#define SMTP_AUTH_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"
#include "mail/outcome.h"

/* In the order in which they are preferred; or-ed in smtp_extensions.auth. */
enum smtp_auth_mechanism {
	SMTP_AUTH_EXTERNAL = 1,           /* RFC 4422 A: the client certificate */
	SMTP_AUTH_SCRAM_SHA_256_PLUS = 2, /* RFC 7677, bound to the TLS channel */
	SMTP_AUTH_SCRAM_SHA_256 = 4,      /* RFC 7677 */
	SMTP_AUTH_OAUTHBEARER = 8,        /* RFC 7628 */
	SMTP_AUTH_XOAUTH2 = 16,           /* Google's and Microsoft's draft of it */
	SMTP_AUTH_PLAIN = 32,             /* RFC 4616 */
	SMTP_AUTH_LOGIN = 64,             /* draft-murchison-sasl-login */
};

#define SMTP_AUTH_WITH_PASSWORD                                                     \
	(SMTP_AUTH_SCRAM_SHA_256_PLUS | SMTP_AUTH_SCRAM_SHA_256 | SMTP_AUTH_PLAIN | \
		SMTP_AUTH_LOGIN)
#define SMTP_AUTH_WITH_TOKEN (SMTP_AUTH_OAUTHBEARER | SMTP_AUTH_XOAUTH2)

/* "SCRAM-SHA-256": the name on the wire. */
const char *smtp_auth_name(enum smtp_auth_mechanism mechanism);

/* The mechanism of this name in any case; 0 for a name that is none of ours. */
unsigned smtp_auth_parse(struct span name);

#define SMTP_AUTH_USER_MAX   1024
#define SMTP_AUTH_SECRET_MAX (16 * 1024) /* password or token */
#define SMTP_AUTH_NONCE_MIN  18          /* characters */

/* RFC 4954 4: the longest base64 of a challenge that has to be understood. */
#define SMTP_AUTH_CHALLENGE_MAX 12288

/* base64 of the longest answer, OAUTHBEARER's, with room to spare */
#define SMTP_AUTH_LINE_MAX (32 * 1024)

/* Who we are and how we prove it. All borrowed; no string holds a NUL or control octet. */
struct smtp_login {
	const char *user;       /* NULL or "": none */
	struct span password;   /* empty: none */
	struct span token;      /* OAuth 2.0 bearer token (RFC 6750); empty: none */
	bool has_certificate;   /* TLS shows one of ours */
	unsigned mechanisms;    /* that may be used; 0: any */
	bool may_be_unverified; /* also where nobody knows who listens */
	const char *host;       /* the server as configured, and its port: OAUTHBEARER */
	unsigned port;
	/* never used before; printable ASCII without a comma (RFC 5802 7) */
	const char *nonce;
};

/* What ties the login to the TLS channel (RFC 5056). */
struct smtp_binding {
	const char
		*type; /* "tls-exporter" (RFC 9266), "tls-server-end-point"; NULL: none */
	struct span data;
};

/*
 * Whether there can be no session without this login. A client certificate alone is shown
 * to whom it concerns; a server that does not ask for EXTERNAL may know us by it.
 */
bool smtp_auth_is_required(const struct smtp_login *login);

/*
 * The best mechanism of those `offered` that there are credentials for; 0: none. Never one
 * that was not offered: some servers ban who tries.
 */
unsigned smtp_auth_choose(unsigned offered, const struct smtp_login *login,
	const struct smtp_binding *binding);

/* Why smtp_auth_choose found none, and what to do, as one line for the owner. */
void smtp_auth_explain(struct buf *out, unsigned offered, const struct smtp_login *login);

/*
 * Begin an exchange. `offered` says whether the server could have bound the channel
 * (RFC 5802 6). `login` and `binding` are borrowed for as long as the exchange lives.
 */
struct smtp_auth;
struct smtp_auth *smtp_auth_new(enum smtp_auth_mechanism mechanism, unsigned offered,
	const struct smtp_login *login, const struct smtp_binding *binding);

/* Overwrite what is secret, and free; NULL is fine. */
void smtp_auth_free(struct smtp_auth *a);

/* The mechanism's name, for people. */
const char *smtp_auth_mechanism_name(const struct smtp_auth *a);

/* Append the command, with the initial response where it fits; no line end. */
void smtp_auth_command(struct smtp_auth *a, struct buf *out);

/*
 * Append the answer to a challenge, the text of a 334: base64, or an empty line; or "*",
 * which cancels the exchange (RFC 4954 4), and smtp_auth_trouble says why. No line end.
 * `out` has room for SMTP_AUTH_LINE_MAX.
 */
void smtp_auth_answer(struct smtp_auth *a, struct span challenge, struct buf *out);

/*
 * Whether a 235 may be believed: a mechanism in which the server proves that it knows the
 * password, too, is not over before it has done so (RFC 5802 3).
 */
bool smtp_auth_is_proven(const struct smtp_auth *a);

/* Why the exchange was cancelled, or cannot be believed; "" otherwise. */
const char *smtp_auth_trouble(const struct smtp_auth *a);

/*
 * What the server said about the refusal inside the exchange (RFC 7628 3.2.2), cleaned;
 * or "".
 */
const char *smtp_auth_remark(const struct smtp_auth *a);

#endif
