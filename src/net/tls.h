/*
 * TLS for a client, by OpenSSL 3.0 or newer: how a peer is to be verified, and what became
 * of it. It goes below the face of net/stream.h, which is where a connection is made
 * secure; nobody else calls what stands behind "the engine" here.
 *
 * Neither OPENSSL_CONF nor SSL_CERT_FILE of the environment has any effect.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/span.h"
#include "base/strv.h"

#define TLS_1_0 0x0301U
#define TLS_1_1 0x0302U
#define TLS_1_2 0x0303U
#define TLS_1_3 0x0304U

enum tls_level {
	TLS_NONE,        /* never */
	TLS_MAY,         /* where the server can; it is not verified */
	TLS_ENCRYPT,     /* always; it is not verified */
	TLS_VERIFY,      /* always; a chain to a CA, and the name */
	TLS_FINGERPRINT, /* always; the certificate or public key that we know */
	TLS_DANE,        /* always; as the TLSA records say (RFC 7672) */
};

/* One secure TLSA record (RFC 6698 2.1). What no client can use is passed over. */
struct tls_tlsa {
	uint8_t usage;
	uint8_t selector;
	uint8_t matching;
	const unsigned char *data;
	size_t len;
};

#define TLS_TLSA_MAX 100 /* records of one host that are looked at */

/* All borrowed, until the handshake is over. */
struct tls_options {
	enum tls_level level;
	const char *name; /* SNI and DNS-ID; a numeric address: IP SAN, no SNI */
	const struct strv
		*names;        /* TLS_DANE, DANE-TA: others that are as good; or NULL */
	const char *ca_file;   /* PEM, and a directory hashed by openssl rehash; */
	const char *ca_dir;    /* both NULL: the system's */
	const char *cert_file; /* client certificate with its chain, PEM; or NULL */
	const char *key_file;  /* of it; NULL: it stands in cert_file */
	unsigned version_min;  /* TLS_1_0 …; 0: TLS_1_2 */
	/* TLS_FINGERPRINT: SHA-256 of a certificate or public key, 64 hex digits with or
	 * without colons */
	const struct strv *fingerprints;
	const struct tls_tlsa *tlsa; /* TLS_DANE */
	size_t tlsa_count;
};

/* What went wrong in a handshake, as far as somebody has to know it apart (RFC 8460 4.3). */
enum tls_trouble {
	TLS_TROUBLE_NONE,
	TLS_TROUBLE_HANDSHAKE, /* no common version or cipher, not TLS at all, closed … */
	TLS_TROUBLE_UNTRUSTED, /* certificate-not-trusted */
	TLS_TROUBLE_NAME,      /* certificate-host-mismatch */
	TLS_TROUBLE_EXPIRED,   /* certificate-expired; also one that is not valid yet */
	TLS_TROUBLE_OTHER,     /* validation-failure: DANE, a fingerprint, and the rest */
};

#define TLS_TEXT_MAX        256
#define TLS_FINGERPRINT_LEN 64

/*
 * The channel as it is, or why there is none. Texts are cleaned. Certificate facts are
 * empty where the peer showed none.
 */
struct tls_facts {
	bool is_encrypted; /* the handshake is over */
	bool is_verified;  /* the peer is who the options say; never at MAY, ENCRYPT */
	bool is_resumed; /* by a ticket of a connection that was verified like this one */
	enum tls_trouble trouble;
	char version[16];       /* "TLSv1.3" */
	char cipher[64];        /* "TLS_AES_256_GCM_SHA384" */
	char how[TLS_TEXT_MAX]; /* how it was verified, or why it was not */
	char subject[TLS_TEXT_MAX];
	char issuer[TLS_TEXT_MAX];
	char names[TLS_TEXT_MAX];                      /* DNS-IDs, or IP addresses */
	char expires[32];                              /* "Nov 23 10:55:07 2026 GMT" */
	char fingerprint[TLS_FINGERPRINT_LEN + 1];     /* SHA-256 of the certificate */
	char key_fingerprint[TLS_FINGERPRINT_LEN + 1]; /* of its public key (SPKI) */
};

/* "none", "may", "encrypt", "verify", "fingerprint", "dane". */
const char *tls_level_name(enum tls_level level);

/* Whether the level can never do without TLS. */
static inline bool tls_is_required(enum tls_level level)
{
	return level > TLS_MAY;
}

/* Whether `s` is a fingerprint as in struct tls_options. */
bool tls_is_fingerprint(struct span s);

/*
 * What the connections of one process share: trust stores, the client's certificates,
 * tickets of sessions by host and by everything that decided whether it is trusted.
 */
struct tls_cache;
struct tls_cache *tls_cache_new(void);
void tls_cache_free(struct tls_cache *cache);

/*
 * Read the files that `options` name, if that has not been done yet: where it must happen
 * before rights are dropped. 0; or -1 and a fault (FAULT_CONFIG) for a file that cannot be
 * read or used, or a key that others can read.
 */
int tls_cache_load(
	struct tls_cache *cache, const struct tls_options *options, struct fault *f);

/* For SCRAM-SHA-256-PLUS: tls-exporter (RFC 9266), tls-server-end-point (RFC 5929). */
enum tls_binding { TLS_BINDING_EXPORTER, TLS_BINDING_SERVER_END_POINT };

#define TLS_BINDING_MAX 64

struct tls_binding_data {
	enum tls_binding type;
	unsigned char data[TLS_BINDING_MAX];
	size_t len;
};

/* --- the engine, for net/stream.c alone --- */

struct tls;

enum tls_result {
	TLS_OK,
	TLS_WANT_READ,
	TLS_WANT_WRITE,
	TLS_CLOSED, /* by close_notify, or just so: tls_is_truncated */
	TLS_ERROR,  /* tls_error says why */
};

/*
 * A client on a connected, non-blocking socket, which stays the caller's. `cache` is
 * borrowed. 0, or -1 and a fault as from tls_cache_load.
 */
int tls_new(struct tls **ret, int fd, const struct tls_options *options,
	struct tls_cache *cache, struct fault *f);
/* Says close_notify if that goes at once; NULL is fine. */
void tls_free(struct tls *t);

/* Each as often as it wants to read or write. A write goes on with the same octets. */
enum tls_result tls_handshake(struct tls *t);
enum tls_result tls_read(struct tls *t, void *to, size_t n, size_t *ret_n);
enum tls_result tls_write(struct tls *t, struct span data, size_t *ret_n);

/* The connection has ended without close_notify: what came may be cut. */
bool tls_is_truncated(const struct tls *t);

/* Why the last result was TLS_ERROR, one cleaned line; "" before. */
const char *tls_error(const struct tls *t);

/* As far as the handshake has got. Borrowed, as long as `t` lives. */
const struct tls_facts *tls_facts(const struct tls *t);

/*
 * The channel binding to use: the exporter with TLS 1.3, else the end point. 0, or -1 where
 * there is none (before the handshake; a certificate signed without a hash).
 */
int tls_binding(const struct tls *t, struct tls_binding_data *ret);

#endif
