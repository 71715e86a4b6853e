#include "net/tls_parts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"

#define PEM_OCTETS_MAX (256 * 1024)

static const char *reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_error());

	return text ? text : "not understood";
}

/* A key that others can read is everybody's (a group may be meant to: ssl-cert). */
static int check_is_private(int fd, const char *path, struct fault *f)
{
	struct stat st;

	if (fstat(fd, &st) < 0) {
		fault_set(f, FAULT_CONFIG, errno, "%s", path);
		return -1;
	}
	if (!S_ISREG(st.st_mode)) {
		fault_set(f, FAULT_CONFIG, 0, "%s is not a regular file", path);
		return -1;
	}
	if (st.st_mode & (S_IWGRP | S_IRWXO)) {
		fault_set(f, FAULT_CONFIG, 0,
			"%s: others can read this key; chmod o-rwx,g-w %s", path, path);
		return -1;
	}
	return 0;
}

static int read_pem(const char *path, bool is_key, struct buf *ret, struct fault *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int rc = -1;

	if (fd < 0)
		fault_set(f, FAULT_CONFIG, errno, "%s", path);
	else if (!is_key || check_is_private(fd, path, f) == 0)
		rc = file_read_rest(fd, ret, path, f);
	file_close(fd);
	if (rc < 0)
		f->kind = FAULT_CONFIG;
	return rc;
}

static BIO *bio_of(const struct buf *b)
{
	BIO *bio = BIO_new_mem_buf(b->len ? b->data : "", (int)b->len);

	if (!bio)
		mem_exhausted();
	return bio;
}

/* The certificate first, then those that lead to a CA. */
static bool use_chain(SSL_CTX *ctx, BIO *pem)
{
	X509 *x = PEM_read_bio_X509_AUX(pem, NULL, NULL, NULL);
	bool is_good = x && SSL_CTX_use_certificate(ctx, x) == 1;

	X509_free(x);
	while (is_good && (x = PEM_read_bio_X509(pem, NULL, NULL, NULL)) != NULL) {
		is_good = SSL_CTX_add1_chain_cert(ctx, x) == 1;
		X509_free(x);
	}
	/* the end of the file is not an error */
	return is_good && (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE ||
				  ERR_peek_last_error() == 0);
}

static int load_certificate(SSL_CTX *ctx, const char *path, bool has_key, struct fault *f)
{
	struct buf text = BUF_INIT(PEM_OCTETS_MAX);
	BIO *pem = NULL;
	int rc = -1;

	if (read_pem(path, has_key, &text, f) < 0)
		goto out;
	pem = bio_of(&text);
	if (!use_chain(ctx, pem)) {
		fault_set(f, FAULT_CONFIG, 0, "%s: no certificate in PEM form: %s", path,
			reason());
		goto out;
	}
	rc = 0;
out:
	BIO_free(pem);
	buf_wipe(&text);
	return rc;
}

/* OpenSSL would ask for the passphrase on the terminal; nobody sits there. */
static int no_passphrase(char *to, int size, int is_writing, void *arg)
{
	(void)to;
	(void)size;
	(void)is_writing;
	(void)arg;
	return -1;
}

static int use_key(SSL_CTX *ctx, BIO *pem, const char *path, struct fault *f)
{
	EVP_PKEY *key = PEM_read_bio_PrivateKey(pem, NULL, no_passphrase, NULL);
	int rc = -1;

	if (!key)
		fault_set(f, FAULT_CONFIG, 0,
			"%s: no private key in PEM form without a passphrase: %s", path,
			reason());
	else if (SSL_CTX_use_PrivateKey(ctx, key) != 1)
		fault_set(f, FAULT_CONFIG, 0,
			"%s: this key does not belong to the certificate: %s", path,
			reason());
	else
		rc = 0;
	EVP_PKEY_free(key);
	return rc;
}

static int load_key(SSL_CTX *ctx, const char *path, struct fault *f)
{
	struct buf text = BUF_INIT(PEM_OCTETS_MAX);
	BIO *pem = NULL;
	int rc = -1;

	if (read_pem(path, true, &text, f) < 0)
		goto out;
	pem = bio_of(&text);
	rc = use_key(ctx, pem, path, f);
out:
	BIO_free(pem);
	buf_wipe(&text);
	return rc;
}

static int load_identity(SSL_CTX *ctx, const struct tls_options *o, struct fault *f)
{
	if (!o->cert_file)
		return 0;
	if (load_certificate(ctx, o->cert_file, !o->key_file, f) < 0)
		return -1;
	return load_key(ctx, o->key_file ? o->key_file : o->cert_file, f);
}

/* "4bfab552.0": what openssl rehash makes. */
static bool is_hash_name(struct span name)
{
	uint32_t ignored;

	return name.len > 9 && name.data[8] == '.' && text_is_digit(name.data[9]) &&
	       hex_to_uint32(span_head(name, 8), &ignored) == 0;
}

static bool is_hashed(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	bool is_found = false;

	if (!dir)
		return false;
	while (!is_found && (entry = readdir(dir)) != NULL)
		is_found = is_hash_name(span_of(entry->d_name));
	(void)closedir(dir); /* nothing was written */
	return is_found;
}

/*
 * OpenSSL's own places, by name: SSL_CTX_set_default_verify_paths would ask the
 * environment. In a directory the one CA that is needed is found by its name; to read the
 * file with all of them takes longer than a delivery. Where there are none, verification
 * says so.
 */
static void load_system_trust(SSL_CTX *ctx)
{
	const char *dir = X509_get_default_cert_dir();

	if (is_hashed(dir))
		(void)SSL_CTX_load_verify_dir(ctx, dir);
	else
		(void)SSL_CTX_load_verify_file(ctx, X509_get_default_cert_file());
}

static int load_trust(SSL_CTX *ctx, const struct tls_options *o, struct fault *f)
{
	struct stat st;

	if (!o->ca_file && !o->ca_dir)
		load_system_trust(ctx);
	if (o->ca_file && !SSL_CTX_load_verify_file(ctx, o->ca_file)) {
		fault_set(f, FAULT_CONFIG, access(o->ca_file, R_OK) < 0 ? errno : 0,
			"%s: no CA certificates in PEM form", o->ca_file);
		return -1;
	}
	if (!o->ca_dir)
		return 0;
	/* a wrong name would only show as a server that nobody trusts */
	if (stat(o->ca_dir, &st) < 0 || access(o->ca_dir, R_OK | X_OK) < 0) {
		fault_set(f, FAULT_CONFIG, errno, "%s", o->ca_dir);
		return -1;
	}
	if (!S_ISDIR(st.st_mode) || !SSL_CTX_load_verify_dir(ctx, o->ca_dir)) {
		fault_set(f, FAULT_CONFIG, 0, "%s is not a directory", o->ca_dir);
		return -1;
	}
	return 0;
}

static bool is_same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* CAs are large: not loaded for those who do not look at them. */
static bool needs_trust(const struct tls_options *o)
{
	return o->level == TLS_VERIFY;
}

bool tls_context_fits(const struct tls_context *c, const struct tls_options *o)
{
	return is_same(c->cert_file, o->cert_file) && is_same(c->key_file, o->key_file) &&
	       c->has_trust == needs_trust(o) &&
	       (!c->has_trust || (is_same(c->ca_file, o->ca_file) &&
					 is_same(c->ca_dir, o->ca_dir)));
}

static SSL_CTX *new_ctx(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (!ctx || SSL_CTX_dane_enable(ctx) <= 0)
		mem_exhausted();
	(void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION);
	(void)SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
					    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					    SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_read_ahead(ctx, 1);
	(void)SSL_CTX_set_max_cert_list(ctx, TLS_CHAIN_OCTETS_MAX);
	SSL_CTX_set_verify_depth(ctx, TLS_CHAIN_DEPTH_MAX);
	SSL_CTX_set_cert_verify_callback(ctx, tls_verify_chain, NULL);
	(void)SSL_CTX_set_session_cache_mode(
		ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(ctx, tls_cache_keep);
	return ctx;
}

void tls_context_free(struct tls_context *c)
{
	if (!c)
		return;
	SSL_CTX_free(c->ctx);
	free(c->ca_file);
	free(c->ca_dir);
	free(c->cert_file);
	free(c->key_file);
	free(c);
}

struct tls_context *tls_context_new(const struct tls_options *o, struct fault *f)
{
	struct tls_context *c = mem_alloc(sizeof(*c));

	c->ca_file = mem_string(o->ca_file);
	c->ca_dir = mem_string(o->ca_dir);
	c->cert_file = mem_string(o->cert_file);
	c->key_file = mem_string(o->key_file);
	c->has_trust = needs_trust(o);
	c->ctx = new_ctx();
	ERR_clear_error();
	if (load_identity(c->ctx, o, f) < 0 ||
		(c->has_trust && load_trust(c->ctx, o, f) < 0)) {
		tls_context_free(c);
		return NULL;
	}
	ERR_clear_error();
	return c;
}
