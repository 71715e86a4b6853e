#include "net/tls_parts.h"

#include <arpa/inet.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "base/mem.h"
#include "base/text.h"

#define SAID_MAX  (8 * TLS_TEXT_MAX)
#define NAMES_MAX (16 * TLS_TEXT_MAX)

void tls_say(char out[TLS_TEXT_MAX], const char *fmt, ...)
{
	struct buf text = BUF_INIT(SAID_MAX);
	va_list args;

	va_start(args, fmt);
	buf_vaddf(&text, fmt, args);
	va_end(args);
	(void)text_copy(out, TLS_TEXT_MAX, buf_span(&text));
	buf_release(&text);
}

void tls_facts_name(const X509_NAME *name, char *out, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = NULL;
	long len;

	if (!bio)
		mem_exhausted();
	/* what cannot be decoded is shown as far as it could */
	(void)X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE & ~ASN1_STRFLGS_ESC_MSB);
	len = BIO_get_mem_data(bio, &text);
	text_clean_into(out, size, (struct span){text, len > 0 ? (size_t)len : 0});
	BIO_free(bio);
}

void tls_facts_time(const ASN1_TIME *time, char out[TLS_TIME_MAX])
{
	struct tm tm;

	if (!ASN1_TIME_to_tm(time, &tm) ||
		strftime(out, TLS_TIME_MAX, "%Y-%m-%d %H:%M UTC", &tm) == 0)
		(void)text_copy(out, TLS_TIME_MAX, SPAN_LIT("an unknown time"));
}

int tls_facts_digest(const X509 *certificate, unsigned char ret[TLS_DIGEST_LEN])
{
	return X509_digest(certificate, EVP_sha256(), ret, NULL) ? 0 : -1;
}

int tls_facts_digest_key(const X509 *certificate, unsigned char ret[TLS_DIGEST_LEN])
{
	unsigned char *spki = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &spki);
	int rc = -1;

	if (len > 0 && EVP_Digest(spki, (size_t)len, ret, NULL, EVP_sha256(), NULL))
		rc = 0;
	OPENSSL_free(spki);
	return rc;
}

static void format_digest(
	const unsigned char digest[TLS_DIGEST_LEN], char out[TLS_FINGERPRINT_LEN + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < TLS_DIGEST_LEN; i++) {
		out[2 * i] = digits[digest[i] >> 4];
		out[2 * i + 1] = digits[digest[i] & 15];
	}
	out[TLS_FINGERPRINT_LEN] = '\0';
}

static struct span octets_of(const ASN1_STRING *s)
{
	int len = ASN1_STRING_length(s);

	return (struct span){
		(const char *)ASN1_STRING_get0_data(s), len > 0 ? (size_t)len : 0};
}

static void add_name(struct buf *out, const GENERAL_NAME *name)
{
	int type;
	const void *value = GENERAL_NAME_get0_value(name, &type);
	char text[INET6_ADDRSTRLEN];
	struct span address;

	if (type != GEN_DNS && type != GEN_IPADD)
		return;
	if (out->len)
		buf_add_str(out, ", ");
	if (type == GEN_DNS) {
		buf_add_span(out, octets_of(value));
		return;
	}
	address = octets_of(value);
	if ((address.len == 4 && inet_ntop(AF_INET, address.data, text, sizeof(text))) ||
		(address.len == 16 &&
			inet_ntop(AF_INET6, address.data, text, sizeof(text))))
		buf_add_str(out, text);
}

/* Cleaned as a whole: a NUL or an escape in a name is shown, never obeyed. */
static void note_names(struct tls_facts *facts, X509 *certificate)
{
	GENERAL_NAMES *names =
		X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	struct buf list = BUF_INIT(NAMES_MAX);

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
		add_name(&list, sk_GENERAL_NAME_value(names, i));
	text_clean_into(facts->names, sizeof(facts->names), buf_span(&list));
	buf_release(&list);
	GENERAL_NAMES_free(names);
}

void tls_facts_note_certificate(struct tls_facts *facts, X509 *certificate)
{
	unsigned char digest[TLS_DIGEST_LEN];

	tls_facts_name(X509_get_subject_name(certificate), facts->subject,
		sizeof(facts->subject));
	tls_facts_name(
		X509_get_issuer_name(certificate), facts->issuer, sizeof(facts->issuer));
	note_names(facts, certificate);
	tls_facts_time(X509_get0_notAfter(certificate), facts->expires);
	if (tls_facts_digest(certificate, digest) == 0)
		format_digest(digest, facts->fingerprint);
	if (tls_facts_digest_key(certificate, digest) == 0)
		format_digest(digest, facts->key_fingerprint);
}
