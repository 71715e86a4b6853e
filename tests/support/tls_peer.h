/*
 * A TLS server at the other end of a socketpair, in the same process: it goes on when it is
 * told to, so nothing has to be waited for.
 */
#ifndef SUPPORT_TLS_PEER_H
#define SUPPORT_TLS_PEER_H

#include <openssl/ssl.h>

#include "net/stream.h"
#include "tests/support/certificate.h"

struct tls_peer_options {
	const struct certificate *certificate;
	const struct certificate *const *chain; /* up to NULL; or NULL */
	unsigned version_max;                   /* TLS_1_2 …; 0: the newest */
	size_t chain_repeats; /* of the last one in the chain, to make it long */
	const struct certificate
		*client_ca; /* a client certificate of this CA is a must */
};

/* Keep it over connections: it has the keys of its tickets. */
struct tls_peer {
	SSL_CTX *ctx;
	SSL *ssl;
	int fd;
};

void tls_peer_init(struct tls_peer *p, const struct tls_peer_options *options);
void tls_peer_release(struct tls_peer *p);

/* A new connection; the client's end, in clear as yet. */
struct stream *tls_peer_connect(struct tls_peer *p);

/* Shake hands as far as it goes. */
void tls_peer_go_on(struct tls_peer *p);

/* Both sides shake hands: what the client comes to. Tickets are on their way then. */
enum stream_result tls_peer_shake(struct tls_peer *p, struct stream *client);

/* Say these octets, inside TLS. */
void tls_peer_say(struct tls_peer *p, const char *text);

/* End the connection, with close_notify or without. */
void tls_peer_close(struct tls_peer *p, bool is_orderly);

#endif
