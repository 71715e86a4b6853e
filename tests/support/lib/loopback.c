#include "lib/loopback.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/span.h"

#define PORT_FILE_PATH_MAX 4096

/* a burst of workers and the next one: never refuse, a test would call it a dead host */
#define BACKLOG 1024

static struct loopback make_v4(const char *host)
{
	struct loopback at = {.len = sizeof(at.addr.v4)};

	at.addr.v4.sin_family = AF_INET;
	if (inet_pton(AF_INET, host, &at.addr.v4.sin_addr) != 1)
		errx(2, "%s: not an IPv4 address", host);
	if (ntohl(at.addr.v4.sin_addr.s_addr) >> 24 != 127)
		errx(2, "%s: not a loopback address", host);
	return at;
}

static struct loopback make_v6(const char *host)
{
	struct loopback at = {.len = sizeof(at.addr.v6)};

	at.addr.v6.sin6_family = AF_INET6;
	if (inet_pton(AF_INET6, host, &at.addr.v6.sin6_addr) != 1)
		errx(2, "%s: not an IPv6 address", host);
	if (!IN6_IS_ADDR_LOOPBACK(&at.addr.v6.sin6_addr))
		errx(2, "%s: not a loopback address", host);
	return at;
}

struct loopback loopback_parse(const char *text)
{
	struct span rest = span_of(text);
	bool is_v6 = span_starts(rest, "[");
	char host[LOOPBACK_TEXT_MAX] = "";
	struct span part = SPAN_NONE;
	struct loopback at;
	uint64_t port;

	if (is_v6)
		rest = span_from(rest, 1);
	if (!span_cut(&rest, is_v6 ? ']' : ':', &part) || part.len >= sizeof(host))
		errx(2, "%s: not an address and port", text);
	if (is_v6 && span_starts(rest, ":"))
		rest = span_from(rest, 1);
	if (span_to_uint(rest, 65535, &port) < 0)
		errx(2, "%s: not an address and port", text);
	for (size_t i = 0; i < part.len; i++)
		host[i] = part.data[i];
	at = is_v6 ? make_v6(host) : make_v4(host);
	loopback_set_port(&at, (unsigned)port);
	return at;
}

unsigned loopback_port(const struct loopback *at)
{
	if (at->addr.any.sa_family == AF_INET)
		return ntohs(at->addr.v4.sin_port);
	return ntohs(at->addr.v6.sin6_port);
}

void loopback_set_port(struct loopback *at, unsigned port)
{
	if (at->addr.any.sa_family == AF_INET)
		at->addr.v4.sin_port = htons((uint16_t)port);
	else
		at->addr.v6.sin6_port = htons((uint16_t)port);
}

static void set_option(int fd, int level, int name, int value)
{
	if (setsockopt(fd, level, name, &value, sizeof(value)) < 0)
		err(2, "setsockopt");
}

int loopback_try_listen(struct loopback *at, int type, int receive_buffer)
{
	int fd = socket(at->addr.any.sa_family, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		err(2, "socket");
	set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (at->addr.any.sa_family == AF_INET6)
		set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (receive_buffer > 0)
		set_option(fd, SOL_SOCKET, SO_RCVBUF, receive_buffer);
	if (bind(fd, &at->addr.any, at->len) < 0 ||
		(type == SOCK_STREAM && listen(fd, BACKLOG) < 0)) {
		if (errno != EADDRINUSE)
			err(2, "bind");
		file_close(fd);
		return -1;
	}
	if (getsockname(fd, &at->addr.any, &at->len) < 0)
		err(2, "getsockname");
	return fd;
}

int loopback_listen(struct loopback *at, int type, int receive_buffer)
{
	int fd = loopback_try_listen(at, type, receive_buffer);

	if (fd < 0)
		errx(2, "port %u is taken", loopback_port(at));
	return fd;
}

static void address_text(const struct loopback *at, char out[LOOPBACK_TEXT_MAX])
{
	const void *addr = &at->addr.v6.sin6_addr;

	if (at->addr.any.sa_family == AF_INET)
		addr = &at->addr.v4.sin_addr;
	out[0] = '\0';
	(void)inet_ntop(at->addr.any.sa_family, addr, out, LOOPBACK_TEXT_MAX); /* fits */
}

void loopback_local_text(int fd, char out[LOOPBACK_TEXT_MAX])
{
	struct loopback at = {.len = sizeof(at.addr)};

	(void)getsockname(fd, &at.addr.any, &at.len); /* a zero family gives "" */
	address_text(&at, out);
}

void loopback_remote_text(int fd, char out[LOOPBACK_TEXT_MAX])
{
	struct loopback at = {.len = sizeof(at.addr)};

	(void)getpeername(fd, &at.addr.any, &at.len); /* a zero family gives "" */
	address_text(&at, out);
}

static void write_port_file(const char *port_file, struct span line)
{
	struct buf whole = BUF_INIT(PORT_FILE_PATH_MAX);
	int fd;
	struct fault f;

	buf_addf(&whole, "%s.new", port_file);
	fd = open(buf_str(&whole), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		err(2, "%s", buf_str(&whole));
	if (file_write_all(fd, line, port_file, &f) < 0)
		errx(2, "%s", f.text);
	file_close(fd);
	if (rename(buf_str(&whole), port_file) < 0)
		err(2, "%s", port_file);
	buf_release(&whole);
}

void loopback_announce(unsigned port, const char *port_file)
{
	struct buf line = BUF_INIT(16);
	struct fault f;
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	if (null < 0)
		err(2, "/dev/null");
	buf_addf(&line, "%u\n", port);
	if (port_file)
		write_port_file(port_file, buf_span(&line));
	if (file_write_all(STDOUT_FILENO, buf_span(&line), "stdout", &f) < 0)
		errx(2, "%s", f.text);
	if (dup2(null, STDOUT_FILENO) < 0)
		err(2, "dup2");
	file_close(null);
	buf_release(&line);
}

void loopback_die_with_parent(void)
{
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) < 0)
		err(2, "prctl");
	/* it may have died before the kernel was asked */
	if (getppid() == 1)
		_exit(2);
}
