#include "net/tls_parts.h"

#include <openssl/x509.h>

static enum tls_trouble trouble_of(int error)
{
	switch (error) {
	case X509_V_ERR_CERT_NOT_YET_VALID:
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CRL_HAS_EXPIRED:
		return TLS_TROUBLE_EXPIRED;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return TLS_TROUBLE_NAME;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_CERT_UNTRUSTED:
		return TLS_TROUBLE_UNTRUSTED;
	default:
		return TLS_TROUBLE_OTHER;
	}
}

/* The certificate that is at fault: the server's own, or one above it. */
static void describe_culprit(X509_STORE_CTX *store, char out[TLS_TEXT_MAX])
{
	X509 *x = X509_STORE_CTX_get_current_cert(store);
	char name[TLS_TEXT_MAX / 2];

	if (X509_STORE_CTX_get_error_depth(store) == 0 || !x) {
		tls_say(out, "the certificate");
		return;
	}
	tls_facts_name(X509_get_subject_name(x), name, sizeof(name));
	tls_say(out, "the certificate above it (%s)", name);
}

static void describe_time(
	struct tls *t, X509_STORE_CTX *store, const char *culprit, bool is_early)
{
	X509 *x = X509_STORE_CTX_get_current_cert(store);
	char when[TLS_TIME_MAX] = "";

	if (x)
		tls_facts_time(
			is_early ? X509_get0_notBefore(x) : X509_get0_notAfter(x), when);
	tls_say(t->error, "%s %s %s", culprit,
		is_early ? "is not valid before" : "expired on", when);
}

void tls_explain_chain(struct tls *t, X509_STORE_CTX *store)
{
	int error = X509_STORE_CTX_get_error(store);
	char culprit[TLS_TEXT_MAX];

	describe_culprit(store, culprit);
	switch (error) {
	case X509_V_ERR_CERT_NOT_YET_VALID:
	case X509_V_ERR_CERT_HAS_EXPIRED:
		describe_time(t, store, culprit, error == X509_V_ERR_CERT_NOT_YET_VALID);
		break;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		tls_say(t->error, "the certificate is for %.120s, not for %.100s",
			t->facts.names[0] ? t->facts.names : "no name", t->options->name);
		break;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		tls_say(t->error,
			"the certificate is self-signed, nobody vouches for it");
		break;
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		tls_say(t->error,
			"no CA known here vouches for the certificate, issued by %.150s",
			t->facts.issuer);
		break;
	case X509_V_ERR_DANE_NO_MATCH:
		tls_say(t->error, "no TLSA record matches the certificate");
		break;
	default:
		tls_say(t->error, "%s: %s", culprit,
			X509_verify_cert_error_string(error));
	}
	t->facts.trouble = trouble_of(error);
}
