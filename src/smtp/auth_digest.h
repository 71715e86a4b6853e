/*
 * Digests for authentication: the one place of this room that OpenSSL is used in, and of
 * it the digests alone. What fails here fails because OpenSSL was told to refuse (a FIPS
 * provider, a broken openssl.cnf) or is out of memory.
 */
#ifndef SMTP_AUTH_DIGEST_H
#define SMTP_AUTH_DIGEST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

#define AUTH_DIGEST_SIZE 32 /* SHA-256 (FIPS 180-4) */

/* Each returns false, and leaves `ret` undefined, where OpenSSL refuses. */
bool auth_digest_sha256(struct span data, unsigned char ret[AUTH_DIGEST_SIZE]);

/* RFC 2104 */
bool auth_digest_hmac(
	struct span key, struct span data, unsigned char ret[AUTH_DIGEST_SIZE]);

/* PBKDF2 of RFC 8018 5.2 with HMAC-SHA-256: Hi() of RFC 5802 2.2. `salt` is not empty. */
bool auth_digest_pbkdf2(struct span password, struct span salt, uint32_t iterations,
	unsigned char ret[AUTH_DIGEST_SIZE]);

/* Whether `a` is the digest `b`; the time that takes says nothing of where they differ. */
bool auth_digest_is(struct span a, const unsigned char b[AUTH_DIGEST_SIZE]);

#endif
