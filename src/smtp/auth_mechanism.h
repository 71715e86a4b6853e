/*
 * A SASL mechanism from the inside: only auth.c and the files of the mechanisms include
 * this. Octets here are raw; base64 and lines are auth.c's.
 */
#ifndef SMTP_AUTH_MECHANISM_H
#define SMTP_AUTH_MECHANISM_H

#include "smtp/auth.h"
#include "smtp/auth_digest.h"

/* the octets of a challenge */
#define AUTH_CHALLENGE_MAX (SMTP_AUTH_CHALLENGE_MAX / 4 * 3)

/* an answer: user, secret and what stands between */
#define AUTH_ANSWER_MAX (SMTP_AUTH_LINE_MAX / 4 * 3)

/* user as saslname, each octet at most three; nonce */
#define AUTH_SCRAM_BARE_MAX (4 * SMTP_AUTH_USER_MAX)

struct auth_scram {
	struct buf first_bare; /* client-first-message-bare (RFC 5802 7) */
	unsigned char server_signature[AUTH_DIGEST_SIZE];
};

struct smtp_auth {
	const struct auth_mechanism *mechanism;
	const struct smtp_login *login;
	struct smtp_binding binding; /* type NULL: the channel is not bound */
	bool can_bind;               /* we could, the server does not */
	unsigned answers;            /* given so far */
	bool is_proven;              /* the server has proved itself */
	struct auth_scram scram;
	char trouble[OUTCOME_TEXT_MAX];
	char remark[OUTCOME_TEXT_MAX];
};

struct auth_mechanism {
	enum smtp_auth_mechanism id;
	const char *name;
	bool is_server_first; /* no initial response */
	bool is_mutual;       /* proves the server, too */
	/*
	 * Append answer number a->answers: 0 is the initial response, or of a mechanism
	 * that is_server_first the answer to the first challenge. -1: cancel, with
	 * auth_set_trouble.
	 */
	int (*answer)(struct smtp_auth *a, struct span challenge, struct buf *out);
};

extern const struct auth_mechanism auth_external;
extern const struct auth_mechanism auth_plain;
extern const struct auth_mechanism auth_login;
extern const struct auth_mechanism auth_scram_sha_256;
extern const struct auth_mechanism auth_scram_sha_256_plus;
extern const struct auth_mechanism auth_oauthbearer;
extern const struct auth_mechanism auth_xoauth2;

/* Say why the exchange is cancelled; returns -1. Never with a secret in it. */
int auth_set_trouble(struct smtp_auth *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The trouble of a mechanism that has no more to say. */
int auth_is_done(struct smtp_auth *a);

/* Append `user` as saslname: '=' and ',' as =3D and =2C (RFC 5802 7, RFC 5801 4). */
void auth_add_saslname(struct buf *out, const char *user);

#endif
