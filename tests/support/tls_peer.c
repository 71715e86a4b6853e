#include "tests/support/tls_peer.h"

#include <fcntl.h>
#include <openssl/err.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bug.h"

#define STEPS_MAX 100000

static void check(bool is_good, const char *what)
{
	if (!is_good)
		BUG(what);
}

static void add_chain(SSL_CTX *ctx, const struct tls_peer_options *o)
{
	const struct certificate *const *next = o->chain;

	for (; next && *next; next++) {
		size_t copies = next[1] || !o->chain_repeats ? 1 : o->chain_repeats;

		while (copies--)
			check(SSL_CTX_add1_chain_cert(ctx, (*next)->x509), "chain");
	}
}

static void want_certificate(SSL_CTX *ctx, const struct certificate *ca)
{
	check(X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), ca->x509), "client CA");
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
}

void tls_peer_init(struct tls_peer *p, const struct tls_peer_options *o)
{
	static const unsigned char id[] = "test";

	*p = (struct tls_peer){.ctx = SSL_CTX_new(TLS_server_method()), .fd = -1};
	check(p->ctx != NULL, "server context");
	SSL_CTX_set_security_level(p->ctx, 0);
	if (o->version_max) {
		check(SSL_CTX_set_max_proto_version(p->ctx, (int)o->version_max) == 1,
			"version");
		check(SSL_CTX_set_min_proto_version(p->ctx, (int)TLS_1_0) == 1,
			"version");
	}
	check(SSL_CTX_use_certificate(p->ctx, o->certificate->x509) == 1, "certificate");
	check(SSL_CTX_use_PrivateKey(p->ctx, o->certificate->key) == 1, "key");
	check(SSL_CTX_set_session_id_context(p->ctx, id, sizeof(id)) == 1, "id");
	add_chain(p->ctx, o);
	if (o->client_ca)
		want_certificate(p->ctx, o->client_ca);
}

static void hang_up(struct tls_peer *p)
{
	SSL_free(p->ssl);
	p->ssl = NULL;
	if (p->fd >= 0)
		(void)close(p->fd);
	p->fd = -1;
}

void tls_peer_release(struct tls_peer *p)
{
	hang_up(p);
	SSL_CTX_free(p->ctx);
}

struct stream *tls_peer_connect(struct tls_peer *p)
{
	int ends[2];

	hang_up(p);
	check(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0,
		"socketpair");
	p->fd = ends[1];
	check(fcntl(p->fd, F_SETFL, O_NONBLOCK) == 0, "O_NONBLOCK");
	p->ssl = SSL_new(p->ctx);
	check(p->ssl && SSL_set_fd(p->ssl, p->fd) == 1, "server");
	SSL_set_accept_state(p->ssl);
	return stream_adopt(ends[0]);
}

void tls_peer_go_on(struct tls_peer *p)
{
	ERR_clear_error();
	(void)SSL_do_handshake(p->ssl);
	ERR_clear_error();
}

enum stream_result tls_peer_shake(struct tls_peer *p, struct stream *client)
{
	enum stream_result result = STREAM_AGAIN;

	for (int i = 0; i < STEPS_MAX && result == STREAM_AGAIN; i++) {
		result = stream_handshake(client);
		tls_peer_go_on(p);
	}
	return result;
}

void tls_peer_say(struct tls_peer *p, const char *text)
{
	ERR_clear_error();
	check(SSL_write(p->ssl, text, (int)strlen(text)) == (int)strlen(text), "say");
}

void tls_peer_close(struct tls_peer *p, bool is_orderly)
{
	if (is_orderly)
		(void)SSL_shutdown(p->ssl);
	hang_up(p);
}
