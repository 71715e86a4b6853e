#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/support/https_child.h"

#include <fcntl.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "lib/loopback.h"
#include "tests/support/certificate.h"

#define REQUEST_MAX 4096

/* Before one end of a pair of counters that parent and child see. */
struct https_child_shared {
	atomic_uint connections;
};

static SSL_CTX *make_context(
	const struct https_child *c, const struct https_child_options *o)
{
	const struct certificate_wish ca_wish = {.is_ca = true, .subject = "test CA"};
	const char *name = o->name ? o->name : "*.d.test";
	const struct certificate_wish wish = {
		.dns = {{name, strlen(name)}},
		.from_days = o->is_expired ? -10 : 0,
		.to_days = o->is_expired ? -1 : 0,
	};
	struct certificate ca = certificate_make(&ca_wish, NULL);
	struct certificate own = certificate_make(&wish, &ca);
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

	assert_non_null(ctx);
	assert_int_equal(SSL_CTX_use_certificate(ctx, own.x509), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(ctx, own.key), 1);
	certificate_write(&ca, c->ca_file, NULL);
	certificate_release(&own);
	certificate_release(&ca);
	return ctx;
}

/* Up to the empty line. */
static void read_request(SSL *ssl, const char *path)
{
	struct buf text = BUF_INIT(REQUEST_MAX);
	struct fault f;
	int out;

	while (!span_ends(buf_span(&text), "\r\n\r\n")) {
		char octet;

		if (SSL_read(ssl, &octet, 1) != 1)
			break;
		buf_add_char(&text, octet);
	}
	out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	(void)file_write_all(out, buf_span(&text), path, &f);
	file_close(out);
	buf_release(&text);
}

static void answer(const struct https_child *c, SSL *ssl, int fd,
	const struct https_child_options *o)
{
	int len = (int)strlen(o->answer);

	/* who speaks TLS never comes to the end of a request in clear */
	if (ssl)
		read_request(ssl, c->request);
	if (o->is_silent)
		(void)pause();
	if (ssl) {
		(void)!SSL_write(ssl, o->answer, len);
		if (!o->is_cut)
			(void)SSL_shutdown(ssl);
	} else {
		(void)!write(fd, o->answer, (size_t)len);
	}
	/* what is closed with octets unread is reset, and the answer lost with it */
	(void)shutdown(fd, SHUT_WR);
	while (read(fd, &(char){0}, 1) > 0)
		;
}

__attribute__((noreturn)) static void serve(const struct https_child *c, SSL_CTX *ctx,
	const struct https_child_options *o, int listener)
{
	(void)signal(SIGPIPE, SIG_IGN);
	for (;;) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		SSL *ssl = o->is_clear ? NULL : SSL_new(ctx);

		if (fd < 0)
			continue;
		atomic_fetch_add(&c->shared->connections, 1);
		if (!ssl || (SSL_set_fd(ssl, fd) == 1 && SSL_accept(ssl) == 1))
			answer(c, ssl, fd, o);
		SSL_free(ssl);
		file_close(fd);
	}
}

void https_child_start(struct https_child *c, const struct https_child_options *options)
{
	struct loopback at = loopback_parse("127.0.0.1:0");
	int listener = loopback_listen(&at, SOCK_STREAM, 0);
	SSL_CTX *ctx;

	*c = (struct https_child){.port = (uint16_t)loopback_port(&at)};
	(void)snprintf(c->dir, sizeof(c->dir), "/tmp/https_child.XXXXXX");
	assert_non_null(mkdtemp(c->dir));
	(void)snprintf(c->ca_file, sizeof(c->ca_file), "%s/ca", c->dir);
	(void)snprintf(c->request, sizeof(c->request), "%s/request", c->dir);
	c->shared = mmap(NULL, sizeof(*c->shared), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(c->shared != MAP_FAILED);
	ctx = make_context(c, options);
	c->pid = fork();
	assert_true(c->pid >= 0);
	if (c->pid == 0) {
		loopback_die_with_parent();
		serve(c, ctx, options, listener);
	}
	SSL_CTX_free(ctx);
	file_close(listener);
}

void https_child_stop(struct https_child *c)
{
	(void)kill(c->pid, SIGKILL);
	(void)waitpid(c->pid, NULL, 0);
	(void)munmap(c->shared, sizeof(*c->shared));
	(void)unlink(c->ca_file);
	(void)unlink(c->request);
	assert_int_equal(rmdir(c->dir), 0);
}

unsigned https_child_connections(const struct https_child *c)
{
	return atomic_load(&c->shared->connections);
}
