#include "receiver/security.h"

#include <err.h>
#include <openssl/ssl.h>

#include "base/bug.h"
#include "base/span.h"

SSL_CTX *security_load(const char *path)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	if (!ctx || SSL_CTX_use_certificate_chain_file(ctx, path) != 1 ||
		SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM) != 1)
		errx(2, "%s: not a certificate with its key", path);
	/* old versions and weak keys are what some tests are about */
	SSL_CTX_set_security_level(ctx, 0);
	(void)SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
	return ctx;
}

void security_limit(SSL_CTX *ctx, const char *version)
{
	static const struct {
		const char *name;
		int version;
	} table[] = {
		{"1.0", TLS1_VERSION}, {"1.1", TLS1_1_VERSION}, {"1.2", TLS1_2_VERSION}};

	for (size_t i = 0; ctx && i < ARRAY_LEN(table); i++)
		if (span_is(span_of(version), table[i].name) &&
			SSL_CTX_set_max_proto_version(ctx, table[i].version) == 1)
			return;
	errx(2, "%s: no version, or not behind --tls", version);
}

void security_want_certificate(SSL_CTX *ctx, const char *path)
{
	if (!ctx || SSL_CTX_load_verify_file(ctx, path) != 1)
		errx(2, "%s: no CA, or not behind --tls", path);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
}
