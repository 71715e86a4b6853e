/*
 * Certificates made for tests: good ones, and bad ones of every kind. Keys are EC, which
 * is quick to make.
 */
#ifndef SUPPORT_CERTIFICATE_H
#define SUPPORT_CERTIFICATE_H

#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

#define CERTIFICATE_NAMES_MAX 32

struct certificate {
	X509 *x509;
	EVP_PKEY *key;
};

/* What is 0 or NULL has the usual value. */
struct certificate_wish {
	const char *subject; /* CN; "test" */
	/* subjectAltName; a name may hold a NUL, so its length counts */
	struct {
		const char *data;
		size_t len;
	} dns[CERTIFICATE_NAMES_MAX];
	const char *address; /* one more, numeric */
	int from_days;       /* validity from now on; -1 */
	int to_days;         /* 30 */
	bool is_ca;
	const char *purpose; /* extendedKeyUsage; none for a CA, else "serverAuth" */
	size_t padding;      /* octets that make it large */
	int rsa_bits;        /* an RSA key of this size instead */
};

#define CERTIFICATE_DNS(name_)             \
	{                                  \
		(name_), sizeof(name_) - 1 \
	}

/* Issued by `issuer`; NULL: by itself. What cannot be made ends the program. */
struct certificate certificate_make(
	const struct certificate_wish *wish, const struct certificate *issuer);
void certificate_release(struct certificate *c);

/* Write PEM files of mode 0600. `key_path` may be `path`, or NULL. */
void certificate_write(
	const struct certificate *c, const char *path, const char *key_path);

/* "openssl x509 -fingerprint -sha256" in lower case without colons; of the key (SPKI). */
#define CERTIFICATE_DIGEST_TEXT 65
void certificate_digest(const struct certificate *c, unsigned char ret[32]);
void certificate_key_digest(const struct certificate *c, unsigned char ret[32]);
void certificate_hex(const unsigned char digest[32], char ret[CERTIFICATE_DIGEST_TEXT]);

#endif
