#include "smtp/auth_digest.h"

#include <limits.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

bool auth_digest_sha256(struct span data, unsigned char ret[AUTH_DIGEST_SIZE])
{
	return EVP_Digest(data.data, data.len, ret, NULL, EVP_sha256(), NULL) == 1;
}

bool auth_digest_hmac(
	struct span key, struct span data, unsigned char ret[AUTH_DIGEST_SIZE])
{
	return key.len <= INT_MAX &&
	       HMAC(EVP_sha256(), key.data, (int)key.len,
		       (const unsigned char *)data.data, data.len, ret, NULL) != NULL;
}

bool auth_digest_pbkdf2(struct span password, struct span salt, uint32_t iterations,
	unsigned char ret[AUTH_DIGEST_SIZE])
{
	return password.len <= INT_MAX && salt.len <= INT_MAX && iterations <= INT_MAX &&
	       PKCS5_PBKDF2_HMAC(password.data, (int)password.len,
		       (const unsigned char *)salt.data, (int)salt.len, (int)iterations,
		       EVP_sha256(), AUTH_DIGEST_SIZE, ret) == 1;
}

bool auth_digest_is(struct span a, const unsigned char b[AUTH_DIGEST_SIZE])
{
	return a.len == AUTH_DIGEST_SIZE && CRYPTO_memcmp(a.data, b, a.len) == 0;
}
