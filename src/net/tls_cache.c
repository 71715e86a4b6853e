#include "net/tls_parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define SESSIONS_MAX 16

/* The latest ticket of a peer. */
struct tls_session {
	unsigned char key[TLS_DIGEST_LEN];
	SSL_SESSION *session; /* NULL: nothing here */
	char how[TLS_TEXT_MAX];
};

struct tls_cache {
	BIO_METHOD *method;
	struct tls_context *contexts;
	struct tls_session sessions[SESSIONS_MAX];
	size_t next_session; /* the one to give up next */
};

/*
 * The configuration file of OpenSSL is left alone: the environment could name another one
 * (OPENSSL_CONF), with modules to load in it.
 */
void tls_begin(void)
{
	if (!OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL))
		mem_exhausted();
}

struct tls_cache *tls_cache_new(void)
{
	struct tls_cache *cache = mem_alloc(sizeof(*cache));

	tls_begin();
	cache->method = tls_socket_method();
	return cache;
}

void tls_cache_free(struct tls_cache *cache)
{
	if (!cache)
		return;
	while (cache->contexts) {
		struct tls_context *c = cache->contexts;

		cache->contexts = c->next;
		tls_context_free(c);
	}
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		SSL_SESSION_free(cache->sessions[i].session);
	BIO_meth_free(cache->method);
	free(cache);
}

const BIO_METHOD *tls_cache_socket_method(const struct tls_cache *cache)
{
	return cache->method;
}

const struct tls_context *tls_cache_context(
	struct tls_cache *cache, const struct tls_options *options, struct fault *f)
{
	struct tls_context *c = cache->contexts;

	while (c && !tls_context_fits(c, options))
		c = c->next;
	if (c)
		return c;
	c = tls_context_new(options, f);
	if (!c)
		return NULL;
	c->next = cache->contexts;
	cache->contexts = c;
	return c;
}

int tls_cache_load(
	struct tls_cache *cache, const struct tls_options *options, struct fault *f)
{
	return tls_cache_context(cache, options, f) ? 0 : -1;
}

static struct tls_session *find_session(
	struct tls_cache *cache, const unsigned char key[TLS_DIGEST_LEN])
{
	for (size_t i = 0; i < SESSIONS_MAX; i++) {
		struct tls_session *s = &cache->sessions[i];

		if (s->session && memcmp(s->key, key, TLS_DIGEST_LEN) == 0)
			return s;
	}
	return NULL;
}

int tls_cache_keep(SSL *ssl, SSL_SESSION *session)
{
	struct tls *t = SSL_get_app_data(ssl);
	struct tls_session *s = find_session(t->cache, t->session_key);

	if (!s) {
		s = &t->cache->sessions[t->cache->next_session];
		t->cache->next_session = (t->cache->next_session + 1) % SESSIONS_MAX;
	}
	SSL_SESSION_free(s->session);
	s->session = session;
	memcpy(s->key, t->session_key, TLS_DIGEST_LEN);
	(void)text_copy(s->how, sizeof(s->how), span_of(t->facts.how));
	return 1;
}

void tls_cache_resume(struct tls *t)
{
	const struct tls_session *s = find_session(t->cache, t->session_key);

	/* one that does not fit any more only costs a full handshake */
	if (s)
		(void)SSL_set_session(t->ssl, s->session);
}

const char *tls_cache_how(const struct tls *t)
{
	const struct tls_session *s = find_session(t->cache, t->session_key);

	return s ? s->how : "";
}
