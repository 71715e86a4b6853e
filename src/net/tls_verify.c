#include "net/tls_parts.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/codec.h"
#include "base/hostname.h"
#include "base/mem.h"

/* --- what is expected --- */

/* RFC 9525: DNS-IDs alone, a wildcard only as the whole left label. */
#define HOST_FLAGS \
	(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS)

static int expect_address(struct tls *t, const struct netaddr *address)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(t->ssl);
	const void *octets = &address->v4.sin_addr;
	size_t len = sizeof(address->v4.sin_addr);

	if (address->any.sa_family == AF_INET6) {
		octets = &address->v6.sin6_addr;
		len = sizeof(address->v6.sin6_addr);
	}
	if (!X509_VERIFY_PARAM_set1_ip(param, octets, len))
		mem_exhausted();
	return 0;
}

/* To OpenSSL an empty name is no name to test, and ".example.org" all names below it. */
static int expect_name(struct tls *t, struct fault *f)
{
	const char *name = t->options->name;
	struct netaddr address;

	SSL_set_hostflags(t->ssl, HOST_FLAGS);
	if (netaddr_parse(span_of(name), 0, &address) == 0)
		return expect_address(t, &address);
	if (!hostname_is_valid(span_of(name)) || !SSL_set1_host(t->ssl, name)) {
		fault_set(f, FAULT_CONFIG, 0, "'%s' cannot be the name of a server",
			name ? name : "");
		return -1;
	}
	return 0;
}

/*
 * RFC 7672 3.1.3: usages 0 and 1 are of no use to SMTP; OpenSSL would take them and then
 * trust nobody. What else no client can use, SSL_dane_tlsa_add passes over.
 */
static bool is_usable(const struct tls_tlsa *r)
{
	return (r->usage == 2 || r->usage == 3) && r->len > 0;
}

static size_t add_records(struct tls *t)
{
	const struct tls_options *o = t->options;
	size_t usable = 0;

	for (size_t i = 0; i < o->tlsa_count && i < TLS_TLSA_MAX; i++) {
		const struct tls_tlsa *r = &o->tlsa[i];

		if (is_usable(r) && SSL_dane_tlsa_add(t->ssl, r->usage, r->selector,
					    r->matching, r->data, r->len) > 0)
			usable++;
	}
	ERR_clear_error();
	return usable;
}

/* RFC 7672 3.1.1: DANE-EE binds the key, not a name or a time. */
static int expect_tlsa(struct tls *t, struct fault *f)
{
	const struct tls_options *o = t->options;

	if (!hostname_is_valid(span_of(o->name)) ||
		SSL_dane_enable(t->ssl, o->name) <= 0) {
		fault_set(f, FAULT_CONFIG, 0, "'%s' cannot be a TLSA base domain",
			o->name ? o->name : "");
		return -1;
	}
	SSL_set_hostflags(t->ssl, HOST_FLAGS);
	(void)SSL_dane_set_flags(t->ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	for (size_t i = 0; o->names && i < o->names->count; i++)
		(void)SSL_add1_host(t->ssl, o->names->items[i]);
	if (add_records(t) == 0) {
		/* RFC 7672 2.2: TLS all the same, with whoever answers */
		t->check = TLS_CHECK_NOTHING;
		tls_say(t->facts.how, "no usable TLSA record");
	}
	return 0;
}

static int expect(struct tls *t, struct fault *f)
{
	switch (t->options->level) {
	case TLS_NONE:
		BUG("TLS at level none");
	case TLS_MAY:
	case TLS_ENCRYPT:
		tls_say(t->facts.how, "not asked for");
		return 0;
	case TLS_VERIFY:
		t->check = TLS_CHECK_CHAIN;
		return expect_name(t, f);
	case TLS_FINGERPRINT:
		t->check = TLS_CHECK_FINGERPRINT;
		return 0;
	case TLS_DANE:
		t->check = TLS_CHECK_CHAIN;
		return expect_tlsa(t, f);
	}
	BUG("level of TLS");
}

/* A CA or name is only as good as its keys; a certificate that is known may be weaker. */
static int level_of_security(const struct tls *t)
{
	int usual = SSL_get_security_level(t->ssl);

	if (t->check == TLS_CHECK_NOTHING)
		return 0;
	if (t->options->level != TLS_VERIFY || usual < 1)
		return 1;
	return usual;
}

/*
 * With nobody to be sure of, weak TLS is better than none: old servers use keys of 1024
 * bits, SHA-1 and renegotiation without RFC 5746. So does who asks for TLS 1.0 or 1.1,
 * which OpenSSL 3 has only at security level 0; certificates are held to theirs even then.
 */
int tls_verify_prepare(struct tls *t, struct fault *f)
{
	unsigned min = t->options->version_min ? t->options->version_min : TLS_1_2;

	if (expect(t, f) < 0)
		return -1;
	t->auth_level = level_of_security(t);
	SSL_set_security_level(t->ssl, min < TLS_1_2 ? 0 : t->auth_level);
	if (t->check == TLS_CHECK_NOTHING)
		(void)SSL_set_options(t->ssl, SSL_OP_LEGACY_SERVER_CONNECT);
	if (!SSL_set_min_proto_version(t->ssl, (int)min)) {
		fault_set(f, FAULT_CONFIG, 0, "no such version of TLS: 0x%04x", min);
		return -1;
	}
	SSL_set_verify(t->ssl,
		t->check == TLS_CHECK_NOTHING ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
	return 0;
}

/* --- fingerprints --- */

int tls_verify_parse_fingerprint(struct span s, unsigned char ret[TLS_DIGEST_LEN])
{
	unsigned char octets[TLS_DIGEST_LEN];
	size_t digits = 0;

	for (size_t i = 0; i < s.len; i++) {
		int value = hex_value(s.data[i]);

		if (s.data[i] == ':' && digits % 2 == 0 && digits > 0)
			continue;
		if (value < 0 || digits == TLS_FINGERPRINT_LEN)
			return -1;
		octets[digits / 2] =
			(unsigned char)(digits % 2 ? octets[digits / 2] << 4 | value
						   : value);
		digits++;
	}
	if (digits != TLS_FINGERPRINT_LEN)
		return -1;
	memcpy(ret, octets, TLS_DIGEST_LEN);
	return 0;
}

bool tls_is_fingerprint(struct span s)
{
	unsigned char ignored[TLS_DIGEST_LEN];

	return tls_verify_parse_fingerprint(s, ignored) == 0;
}

static bool is_listed(const struct strv *list, const unsigned char digest[TLS_DIGEST_LEN])
{
	unsigned char known[TLS_DIGEST_LEN];

	for (size_t i = 0; list && i < list->count; i++)
		if (tls_verify_parse_fingerprint(span_of(list->items[i]), known) == 0 &&
			memcmp(known, digest, TLS_DIGEST_LEN) == 0)
			return true;
	return false;
}

static bool check_fingerprint(struct tls *t, const X509 *certificate)
{
	const struct strv *list = t->options->fingerprints;
	unsigned char digest[TLS_DIGEST_LEN];
	const char *what = NULL;

	if (tls_facts_digest(certificate, digest) == 0 && is_listed(list, digest))
		what = "certificate";
	else if (tls_facts_digest_key(certificate, digest) == 0 &&
		 is_listed(list, digest))
		what = "public key";
	if (what) {
		tls_say(t->facts.how, "fingerprint of its %s", what);
		return true;
	}
	tls_say(t->error,
		"the certificate has another fingerprint: %s, its public key %s",
		t->facts.fingerprint, t->facts.key_fingerprint);
	t->facts.trouble = TLS_TROUBLE_OTHER;
	return false;
}

/* --- chains --- */

/* CN of who has issued the last certificate of the chain that was built. */
static void describe_anchor(X509_STORE_CTX *store, char *out, size_t size)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_chain(store);
	int count = sk_X509_num(chain);

	out[0] = '\0';
	if (count > 0)
		tls_facts_name(X509_get_subject_name(sk_X509_value(chain, count - 1)),
			out, size);
}

static void describe_trust(struct tls *t, X509_STORE_CTX *store)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(store);
	const char *name = X509_VERIFY_PARAM_get0_peername(param);
	uint8_t usage, selector, matching;
	char anchor[TLS_TEXT_MAX / 2];

	if (t->options->level == TLS_DANE && SSL_get0_dane_tlsa(t->ssl, &usage, &selector,
						     &matching, NULL, NULL) >= 0) {
		tls_say(t->facts.how, "TLSA %u %u %u%s%.100s", usage, selector, matching,
			usage == 2 && name ? ", name " : "",
			usage == 2 && name ? name : "");
		return;
	}
	describe_anchor(store, anchor, sizeof(anchor));
	tls_say(t->facts.how, "name %.100s, CA %s", name ? name : t->options->name,
		anchor);
}

static bool check_chain(struct tls *t, X509_STORE_CTX *store)
{
	/* OpenSSL has set that of the connection, which may be lower */
	X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(store), t->auth_level);
	if (X509_verify_cert(store) > 0) {
		describe_trust(t, store);
		return true;
	}
	tls_explain_chain(t, store);
	return false;
}

int tls_verify_chain(X509_STORE_CTX *store, void *unused)
{
	SSL *ssl =
		X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls *t = SSL_get_app_data(ssl);
	X509 *certificate = X509_STORE_CTX_get0_cert(store);
	bool is_good = true;

	(void)unused;
	tls_facts_note_certificate(&t->facts, certificate);
	if (t->check == TLS_CHECK_CHAIN)
		is_good = check_chain(t, store);
	else if (t->check == TLS_CHECK_FINGERPRINT)
		is_good = check_fingerprint(t, certificate);
	if (!is_good && X509_STORE_CTX_get_error(store) == X509_V_OK)
		X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED);
	return is_good;
}
