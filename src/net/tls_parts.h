/*
 * TLS from the inside. Only src/net/tls*.c include this: tls.c (the connection),
 * tls_context.c (files), tls_cache.c (tickets), tls_verify.c (whether the peer may be
 * believed), tls_explain.c (why not), tls_facts.c (what its certificate says),
 * tls_socket.c (octets).
 */
#ifndef NET_TLS_PARTS_H
#define NET_TLS_PARTS_H

#include <openssl/ssl.h>

#include "net/netaddr.h"
#include "net/tls.h"

/* The server's chain, octets; OpenSSL's own default. */
#define TLS_CHAIN_OCTETS_MAX (100 * 1024)
#define TLS_CHAIN_DEPTH_MAX  10

#define TLS_DIGEST_LEN 32 /* SHA-256 */

/* What the peer's certificate is held against. */
enum tls_check {
	TLS_CHECK_NOTHING,
	TLS_CHECK_CHAIN, /* to a CA, or to a TLSA record */
	TLS_CHECK_FINGERPRINT,
};

struct tls {
	SSL *ssl;
	int fd;
	const struct tls_options *options; /* during the handshake; NULL behind it */
	enum tls_check check;
	int auth_level;
	struct tls_cache *cache;
	unsigned char session_key[TLS_DIGEST_LEN];
	bool is_done;      /* the handshake */
	bool is_eof;       /* the socket has ended */
	bool is_truncated; /* and TLS had not */
	bool is_broken;    /* nothing more can be said, close_notify included */
	int err;           /* errno of the socket; 0: none */
	char error[TLS_TEXT_MAX];
	struct tls_facts facts;
};

/* tls_cache.c */

/* Before the first use of OpenSSL; any number of times. */
void tls_begin(void);

/* The context for these files, made if need be. Borrowed. NULL and a fault. */
const struct tls_context *tls_cache_context(
	struct tls_cache *cache, const struct tls_options *options, struct fault *f);

/* The method for tls_socket_new. Borrowed. */
const BIO_METHOD *tls_cache_socket_method(const struct tls_cache *cache);

/* Offer the ticket that fits t->session_key, if there is one. */
void tls_cache_resume(struct tls *t);

/*
 * For SSL_CTX_sess_set_new_cb: called with each ticket. Only a peer that was verified as
 * the options wanted gets as far. 1: the session is ours now.
 */
int tls_cache_keep(SSL *ssl, SSL_SESSION *session);

/* How the session that was resumed had been verified. */
const char *tls_cache_how(const struct tls *t);

/* tls_context.c */

/* What a set of files comes to. */
struct tls_context {
	struct tls_context *next;
	char *ca_file;
	char *ca_dir;
	char *cert_file;
	char *key_file;
	bool has_trust; /* the CAs are loaded */
	SSL_CTX *ctx;
};

/* Read the files. NULL and a fault, as from tls_cache_load. */
struct tls_context *tls_context_new(const struct tls_options *o, struct fault *f);
void tls_context_free(struct tls_context *c);

/* Whether the options name the same files. */
bool tls_context_fits(const struct tls_context *c, const struct tls_options *o);

/* tls_verify.c */

/* Tell OpenSSL what the options say of names and trust. 0, or -1 and a fault. */
int tls_verify_prepare(struct tls *t, struct fault *f);

/*
 * For SSL_CTX_set_cert_verify_callback: 1 to go on, 0 to end the handshake. Fills
 * t->facts either way, and t->error for what ends it.
 */
int tls_verify_chain(X509_STORE_CTX *store, void *unused);

/* The SHA-256 that a fingerprint stands for. 0, or -1 for what is none. */
int tls_verify_parse_fingerprint(struct span s, unsigned char ret[TLS_DIGEST_LEN]);

/* tls_explain.c */

/* A chain was refused: t->error and the kind of trouble, as people and reports want it. */
void tls_explain_chain(struct tls *t, X509_STORE_CTX *store);

/* tls_facts.c */

/* printf(3) into a text of struct tls or its facts; cut where it does not fit. */
void tls_say(char out[TLS_TEXT_MAX], const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Subject, issuer, names, expiry and fingerprints. */
void tls_facts_note_certificate(struct tls_facts *facts, X509 *certificate);

/* SHA-256 of the certificate, and of its public key (SPKI). 0, or -1 for a broken one. */
int tls_facts_digest(const X509 *certificate, unsigned char ret[TLS_DIGEST_LEN]);
int tls_facts_digest_key(const X509 *certificate, unsigned char ret[TLS_DIGEST_LEN]);

/* One cleaned line of a name such as "CN=mx.example.org, O=Example". */
void tls_facts_name(const X509_NAME *name, char *out, size_t size);

/* When it expires, or begins to be valid: "2026-11-23 10:55 UTC". */
#define TLS_TIME_MAX 32
void tls_facts_time(const ASN1_TIME *time, char out[TLS_TIME_MAX]);

/* tls_socket.c */

/* A BIO on t->fd that never blocks and never raises SIGPIPE; freed with the SSL. */
BIO *tls_socket_new(const BIO_METHOD *method, struct tls *t);
BIO_METHOD *tls_socket_method(void);

#endif
