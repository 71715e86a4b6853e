#include "tests/support/certificate.h"

#include <openssl/asn1.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bug.h"
#include "base/mem.h"

#define DAY_S 86400

static void check(bool is_good, const char *what)
{
	if (!is_good)
		BUG(what);
}

static void set_serial(X509 *x)
{
	BIGNUM *n = BN_new();

	check(n && BN_rand(n, 120, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) &&
			BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)),
		"serial number");
	BN_free(n);
}

static void set_subject(X509 *x, const char *name)
{
	X509_NAME *subject = X509_NAME_new();

	check(subject &&
			X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
				(const unsigned char *)name, -1, -1, 0) &&
			X509_set_subject_name(x, subject),
		"subject");
	X509_NAME_free(subject);
}

static void add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	check(e && X509_add_ext(x, e, -1), value);
	X509_EXTENSION_free(e);
}

static void add_dns(GENERAL_NAMES *names, const char *data, size_t len)
{
	GENERAL_NAME *name = GENERAL_NAME_new();
	ASN1_IA5STRING *text = ASN1_IA5STRING_new();

	check(name && text && ASN1_STRING_set(text, data, (int)len), "DNS name");
	GENERAL_NAME_set0_value(name, GEN_DNS, text);
	check(sk_GENERAL_NAME_push(names, name), "DNS name");
}

static void add_address(GENERAL_NAMES *names, const char *address)
{
	GENERAL_NAME *name = GENERAL_NAME_new();

	check(name != NULL, "address");
	GENERAL_NAME_set0_value(name, GEN_IPADD, a2i_IPADDRESS(address));
	check(sk_GENERAL_NAME_push(names, name), "address");
}

static void add_names(X509 *x, const struct certificate_wish *wish)
{
	GENERAL_NAMES *names = GENERAL_NAMES_new();

	check(names != NULL, "names");
	for (size_t i = 0; i < CERTIFICATE_NAMES_MAX && wish->dns[i].data; i++)
		add_dns(names, wish->dns[i].data, wish->dns[i].len);
	if (wish->address)
		add_address(names, wish->address);
	if (sk_GENERAL_NAME_num(names) > 0)
		check(X509_add1_ext_i2d(x, NID_subject_alt_name, names, 0, 0) == 1,
			"subjectAltName");
	GENERAL_NAMES_free(names);
}

static void add_padding(X509 *x, size_t octets)
{
	static const char opening[] = "ASN1:UTF8String:";
	char *value = mem_alloc(sizeof(opening) + octets);

	memcpy(value, opening, sizeof(opening) - 1);
	memset(value + sizeof(opening) - 1, 'x', octets);
	add_extension(x, NID_netscape_comment, value + sizeof(opening) - 1);
	free(value);
}

static void set_extensions(X509 *x, const struct certificate_wish *wish)
{
	add_extension(
		x, NID_basic_constraints, wish->is_ca ? "critical,CA:TRUE" : "CA:FALSE");
	if (wish->purpose || !wish->is_ca)
		add_extension(x, NID_ext_key_usage,
			wish->purpose ? wish->purpose : "serverAuth");
	add_names(x, wish);
	if (wish->padding)
		add_padding(x, wish->padding);
}

struct certificate certificate_make(
	const struct certificate_wish *wish, const struct certificate *issuer)
{
	struct certificate c = {.x509 = X509_new()};
	int from = wish->from_days ? wish->from_days : -1;
	int to = wish->to_days ? wish->to_days : 30;

	c.key = wish->rsa_bits ? EVP_RSA_gen((unsigned)wish->rsa_bits)
			       : EVP_EC_gen("P-256");
	check(c.x509 && c.key, "certificate");
	check(X509_set_version(c.x509, X509_VERSION_3), "version");
	set_serial(c.x509);
	set_subject(c.x509, wish->subject ? wish->subject : "test");
	check(X509_gmtime_adj(X509_getm_notBefore(c.x509), (long)from * DAY_S) &&
			X509_gmtime_adj(X509_getm_notAfter(c.x509), (long)to * DAY_S),
		"validity");
	check(X509_set_pubkey(c.x509, c.key), "public key");
	check(X509_set_issuer_name(
		      c.x509, X509_get_subject_name(issuer ? issuer->x509 : c.x509)),
		"issuer");
	set_extensions(c.x509, wish);
	check(X509_sign(c.x509, issuer ? issuer->key : c.key, EVP_sha256()) > 0,
		"signature");
	return c;
}

void certificate_release(struct certificate *c)
{
	X509_free(c->x509);
	EVP_PKEY_free(c->key);
	*c = (struct certificate){0};
}

static FILE *open_file(const char *path, const char *mode)
{
	FILE *out = fopen(path, mode);

	check(out && chmod(path, 0600) == 0, path);
	return out;
}

void certificate_write(
	const struct certificate *c, const char *path, const char *key_path)
{
	FILE *out = open_file(path, "w");

	check(PEM_write_X509(out, c->x509) && fclose(out) == 0, path);
	if (!key_path)
		return;
	out = open_file(key_path, strcmp(path, key_path) == 0 ? "a" : "w");
	check(PEM_write_PrivateKey(out, c->key, NULL, NULL, 0, NULL, NULL) &&
			fclose(out) == 0,
		key_path);
}

void certificate_digest(const struct certificate *c, unsigned char ret[32])
{
	check(X509_digest(c->x509, EVP_sha256(), ret, NULL), "digest");
}

void certificate_key_digest(const struct certificate *c, unsigned char ret[32])
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(c->key, &der);

	check(len > 0 && EVP_Digest(der, (size_t)len, ret, NULL, EVP_sha256(), NULL),
		"digest of the key");
	OPENSSL_free(der);
}

void certificate_hex(const unsigned char digest[32], char ret[CERTIFICATE_DIGEST_TEXT])
{
	for (size_t i = 0; i < 32; i++)
		(void)snprintf(ret + 2 * i, 3, "%02x", digest[i]);
}
