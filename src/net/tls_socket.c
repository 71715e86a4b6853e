#include "net/tls_parts.h"

#include <errno.h>
#include <sys/socket.h>

#include "base/mem.h"

/* OpenSSL's own socket BIO uses write(2), which raises SIGPIPE. */

static int octets_of(struct tls *t, BIO *bio, ssize_t n, void (*set_retry)(BIO *bio))
{
	if (n < 0 && errno == EAGAIN)
		set_retry(bio);
	else if (n < 0)
		t->err = errno;
	return (int)n;
}

static void set_retry_read(BIO *bio)
{
	BIO_set_retry_read(bio);
}

static void set_retry_write(BIO *bio)
{
	BIO_set_retry_write(bio);
}

static int socket_read(BIO *bio, char *to, int size)
{
	struct tls *t = BIO_get_data(bio);
	ssize_t n;

	BIO_clear_retry_flags(bio);
	do {
		n = recv(t->fd, to, (size_t)size, MSG_DONTWAIT);
	} while (n < 0 && errno == EINTR);
	if (n == 0)
		t->is_eof = true;
	return octets_of(t, bio, n, set_retry_read);
}

static int socket_write(BIO *bio, const char *data, int size)
{
	struct tls *t = BIO_get_data(bio);
	ssize_t n;

	BIO_clear_retry_flags(bio);
	do {
		n = send(t->fd, data, (size_t)size, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return octets_of(t, bio, n, set_retry_write);
}

static long socket_control(BIO *bio, int command, long number, void *pointer)
{
	const struct tls *t = BIO_get_data(bio);

	(void)number;
	(void)pointer;
	switch (command) {
	case BIO_CTRL_EOF:
		return t->is_eof;
	case BIO_CTRL_FLUSH:
		return 1;
	default:
		return 0;
	}
}

BIO_METHOD *tls_socket_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "nullmta socket");

	if (!m || !BIO_meth_set_read(m, socket_read) ||
		!BIO_meth_set_write(m, socket_write) ||
		!BIO_meth_set_ctrl(m, socket_control))
		mem_exhausted();
	return m;
}

BIO *tls_socket_new(const BIO_METHOD *method, struct tls *t)
{
	BIO *bio = BIO_new(method);

	if (!bio)
		mem_exhausted();
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	return bio;
}
