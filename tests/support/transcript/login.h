/*
 * What the client of a transcript has to log in with, and how far it may trust the channel.
 */
#ifndef TRANSCRIPT_LOGIN_H
#define TRANSCRIPT_LOGIN_H

#include <stdbool.h>

#include "smtp/client.h"

#define TRANSCRIPT_NONCE "rOprNGfwEbeRWgbNEkqO" /* of RFC 7677 section 3 */

struct transcript_login {
	bool is_given;
	bool is_unverified; /* by TLS */
	bool can_bind;
	char *user;
	char *password;
	char *token;
	struct smtp_login smtp; /* filled by the lines that are taken */
};

/*
 * Take a line "login", "token", "certificate", "auth", "insecure", "unverified" or "binds".
 * False when it is another one, or out of form.
 */
bool transcript_login_take(
	struct transcript_login *login, struct span directive, struct span rest);

/* The channel after a handshake. */
struct smtp_channel transcript_login_channel(const struct transcript_login *login);

void transcript_login_release(struct transcript_login *login);

#endif
