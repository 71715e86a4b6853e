#include "net/tls_parts.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* RFC 9266 4.2 */
#define EXPORTER_LABEL "EXPORTER-Channel-Binding"
#define EXPORTER_LEN   32

/* 100 TLSA records of 64 KiB all told, and the rest */
#define SESSION_KEY_MAX (256 * 1024)

/* --- making one --- */

static void add_word(struct buf *key, struct span word)
{
	buf_addf(key, "%zu:", word.len);
	buf_add_span(key, word);
}

static void add_words(struct buf *key, const struct strv *words)
{
	size_t count = words ? words->count : 0;

	buf_addf(key, "%zu;", count);
	for (size_t i = 0; i < count; i++)
		add_word(key, span_of(words->items[i]));
}

/*
 * A ticket stands for a verification: it may be used only where everything that the
 * verification depended on is the same.
 */
static int set_session_key(struct tls *t, struct fault *f)
{
	const struct tls_options *o = t->options;
	struct buf key = BUF_INIT(SESSION_KEY_MAX);
	struct netaddr peer;
	socklen_t len = sizeof(peer);
	bool is_good;

	memset(&peer, 0, sizeof(peer));
	(void)getpeername(t->fd, &peer.any, &len); /* none in tests: all alike */
	add_word(&key, (struct span){(const char *)&peer, sizeof(peer)});
	buf_addf(&key, "%d;%u;%zu;", (int)o->level, o->version_min, o->tlsa_count);
	add_word(&key, span_of(o->name));
	add_word(&key, span_of(o->ca_file));
	add_word(&key, span_of(o->ca_dir));
	add_word(&key, span_of(o->cert_file));
	add_word(&key, span_of(o->key_file));
	add_words(&key, o->names);
	add_words(&key, o->fingerprints);
	for (size_t i = 0; i < o->tlsa_count && i < TLS_TLSA_MAX; i++) {
		const struct tls_tlsa *r = &o->tlsa[i];

		buf_addf(&key, "%u %u %u ", r->usage, r->selector, r->matching);
		add_word(&key, (struct span){(const char *)r->data, r->len});
	}
	is_good = !key.is_overfull &&
		  EVP_Digest(key.data, key.len, t->session_key, NULL, EVP_sha256(), NULL);
	buf_release(&key);
	if (!is_good)
		fault_set(f, FAULT_CONFIG, 0, "TLS with too many names and records");
	return is_good ? 0 : -1;
}

/* SNI is for names; RFC 6066 3 forbids addresses in it. */
static void set_sni(struct tls *t)
{
	const char *name = t->options->name;
	struct netaddr ignored;

	if (name && *name && netaddr_parse(span_of(name), 0, &ignored) < 0)
		/* one that is too long: without */
		(void)SSL_set_tlsext_host_name(t->ssl, (char *)(uintptr_t)name);
}

static int prepare(struct tls *t, const struct tls_context *context, struct fault *f)
{
	BIO *bio;

	t->ssl = SSL_new(context->ctx);
	if (!t->ssl)
		mem_exhausted();
	(void)SSL_set_app_data(t->ssl, t);
	SSL_set_connect_state(t->ssl);
	bio = tls_socket_new(tls_cache_socket_method(t->cache), t);
	SSL_set_bio(t->ssl, bio, bio);
	set_sni(t);
	if (set_session_key(t, f) < 0 || tls_verify_prepare(t, f) < 0)
		return -1;
	tls_cache_resume(t);
	return 0;
}

int tls_new(struct tls **ret, int fd, const struct tls_options *options,
	struct tls_cache *cache, struct fault *f)
{
	const struct tls_context *context = tls_cache_context(cache, options, f);
	struct tls *t;

	if (!context)
		return -1;
	t = mem_alloc(sizeof(*t));
	t->fd = fd;
	t->options = options;
	t->cache = cache;
	ERR_clear_error();
	if (prepare(t, context, f) < 0) {
		tls_free(t);
		return -1;
	}
	*ret = t;
	return 0;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	ERR_clear_error();
	if (t->is_done && !t->is_broken)
		(void)SSL_shutdown(t->ssl);
	ERR_clear_error();
	SSL_free(t->ssl);
	free(t);
}

/* --- results --- */

/* What OpenSSL says in its own words, where people need other ones. */
static const struct {
	int reason;
	const char *words;
} translations[] = {
	{SSL_R_WRONG_VERSION_NUMBER, "what the server says is not TLS"},
	{SSL_R_PACKET_LENGTH_TOO_LONG, "what the server says is not TLS"},
	{SSL_R_HTTP_REQUEST, "what the server says is not TLS"},
	{SSL_R_UNSUPPORTED_PROTOCOL, "the server knows only old versions of TLS"},
	{SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, "no version of TLS that both sides allow"},
	{SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE,
		"the server refused the handshake (no cipher or certificate in common)"},
	{SSL_R_EXCESSIVE_MESSAGE_SIZE, "the server's certificates are too large"},
	{SSL_R_DH_KEY_TOO_SMALL, "the server uses a DH key that is too small"},
	{SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED,
		"the server lacks secure renegotiation (RFC 5746)"},
};

static const char *words_for(unsigned long error)
{
	const char *text = ERR_reason_error_string(error);

	for (size_t i = 0; i < ARRAY_LEN(translations); i++)
		if (ERR_GET_LIB(error) == ERR_LIB_SSL &&
			ERR_GET_REASON(error) == translations[i].reason)
			return translations[i].words;
	return text ? text : "the connection is broken";
}

/* The first error in the queue is the cause, those behind it its consequences. */
static void explain(struct tls *t)
{
	if (t->error[0])
		return; /* the certificate's */
	if (t->err)
		tls_say(t->error, "%s", strerror(t->err));
	else
		tls_say(t->error, "%s", words_for(ERR_peek_error()));
}

static enum tls_result fail(struct tls *t)
{
	explain(t);
	if (!t->is_done && t->facts.trouble == TLS_TROUBLE_NONE)
		t->facts.trouble = TLS_TROUBLE_HANDSHAKE;
	t->is_broken = true;
	ERR_clear_error();
	return TLS_ERROR;
}

/* The last call returned `rc`, not good. */
static enum tls_result result_of(struct tls *t, int rc)
{
	switch (SSL_get_error(t->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_CLOSED;
	default:
		break;
	}
	/* TLS wants a close_notify; mail servers do as they like, and SMTP says itself
	 * where it ends (protocol T4) */
	if (t->is_eof && t->is_done) {
		t->is_truncated = t->is_broken = true;
		return TLS_CLOSED;
	}
	if (t->is_eof && !t->error[0])
		tls_say(t->error, "the server closed the connection");
	return fail(t);
}

static void begin_call(struct tls *t)
{
	ERR_clear_error(); /* what somebody left there would be taken for ours */
	t->err = 0;
}

/* --- the handshake --- */

static void note_channel(struct tls *t)
{
	struct tls_facts *facts = &t->facts;
	X509 *certificate = SSL_get0_peer_certificate(t->ssl);

	facts->is_encrypted = true;
	facts->is_resumed = SSL_session_reused(t->ssl);
	facts->is_verified = t->check != TLS_CHECK_NOTHING;
	(void)text_copy(
		facts->version, sizeof(facts->version), span_of(SSL_get_version(t->ssl)));
	(void)text_copy(facts->cipher, sizeof(facts->cipher),
		span_of(SSL_get_cipher_name(t->ssl)));
	if (!facts->is_resumed)
		return;
	if (certificate)
		tls_facts_note_certificate(facts, certificate);
	tls_say(facts->how, "%s", tls_cache_how(t));
}

/* An anonymous cipher would show none; OpenSSL's default list has no such cipher. */
static bool lacks_certificate(const struct tls *t)
{
	return t->check != TLS_CHECK_NOTHING && !SSL_get0_peer_certificate(t->ssl);
}

enum tls_result tls_handshake(struct tls *t)
{
	int rc;

	if (t->is_done)
		return TLS_OK;
	begin_call(t);
	rc = SSL_do_handshake(t->ssl);
	if (rc != 1)
		return result_of(t, rc);
	if (lacks_certificate(t)) {
		tls_say(t->error, "the server showed no certificate");
		return fail(t);
	}
	note_channel(t);
	t->is_done = true;
	t->options = NULL;
	return TLS_OK;
}

/* --- octets --- */

enum tls_result tls_read(struct tls *t, void *to, size_t n, size_t *ret_n)
{
	size_t got = 0;

	begin_call(t);
	if (SSL_read_ex(t->ssl, to, n, &got)) {
		*ret_n = got;
		return TLS_OK;
	}
	return result_of(t, 0);
}

/* OpenSSL takes a record at a time; a block of content is several. */
enum tls_result tls_write(struct tls *t, struct span data, size_t *ret_n)
{
	size_t sent = 0, n = 0;

	while (sent < data.len) {
		struct span rest = span_from(data, sent);

		begin_call(t);
		if (!SSL_write_ex(t->ssl, rest.data, rest.len, &n))
			break;
		sent += n;
	}
	if (sent == 0)
		return result_of(t, 0);
	*ret_n = sent;
	return TLS_OK;
}

bool tls_is_truncated(const struct tls *t)
{
	return t->is_truncated;
}

const char *tls_error(const struct tls *t)
{
	return t->error;
}

const struct tls_facts *tls_facts(const struct tls *t)
{
	return &t->facts;
}

/* --- channel bindings --- */

/* RFC 5929 4.1: by the hash of the certificate's signature, MD5 and SHA-1 by SHA-256. */
static int bind_end_point(const struct tls *t, struct tls_binding_data *ret)
{
	X509 *certificate = SSL_get0_peer_certificate(t->ssl);
	int hash = NID_undef;
	const EVP_MD *md;
	unsigned len = 0;

	if (!certificate ||
		!X509_get_signature_info(certificate, &hash, NULL, NULL, NULL))
		return -1;
	if (hash == NID_md5 || hash == NID_sha1)
		hash = NID_sha256;
	md = EVP_get_digestbynid(hash);
	if (!md || EVP_MD_get_size(md) > TLS_BINDING_MAX ||
		!X509_digest(certificate, md, ret->data, &len))
		return -1;
	ret->type = TLS_BINDING_SERVER_END_POINT;
	ret->len = len;
	return 0;
}

static int bind_exporter(const struct tls *t, struct tls_binding_data *ret)
{
	if (SSL_export_keying_material(t->ssl, ret->data, EXPORTER_LEN, EXPORTER_LABEL,
		    strlen(EXPORTER_LABEL), NULL, 0, 0) != 1)
		return -1;
	ret->type = TLS_BINDING_EXPORTER;
	ret->len = EXPORTER_LEN;
	return 0;
}

int tls_binding(const struct tls *t, struct tls_binding_data *ret)
{
	struct tls_binding_data data;
	int rc;

	if (!t->is_done)
		return -1;
	ERR_clear_error();
	rc = SSL_version(t->ssl) >= (int)TLS_1_3 ? bind_exporter(t, &data)
						 : bind_end_point(t, &data);
	ERR_clear_error();
	if (rc == 0)
		*ret = data;
	return rc;
}

const char *tls_level_name(enum tls_level level)
{
	static const char *const names[] = {
		[TLS_NONE] = "none",
		[TLS_MAY] = "may",
		[TLS_ENCRYPT] = "encrypt",
		[TLS_VERIFY] = "verify",
		[TLS_FINGERPRINT] = "fingerprint",
		[TLS_DANE] = "dane",
	};

	return names[level];
}
