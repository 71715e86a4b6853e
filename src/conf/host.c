#include "conf/host.h"

#include <arpa/inet.h>

#include "base/hostname.h"
#include "base/text.h"

static bool is_address(int family, struct span s)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;

	/* inet_pton(3) reads up to a NUL, which the span may hold */
	return span_find(s, '\0') < 0 && text_copy(text, sizeof(text), s) &&
	       inet_pton(family, text, &address) == 1;
}

bool host_is_ipv4(struct span s)
{
	return is_address(AF_INET, s);
}

bool host_is_ipv6(struct span s)
{
	return is_address(AF_INET6, s);
}

bool host_is_target(struct span s)
{
	return hostname_is_valid(s) || host_is_ipv4(s) || host_is_ipv6(s);
}

static int split_port(struct span s, unsigned *ret_port)
{
	uint64_t port = 0;

	if (s.len == 0) {
		*ret_port = 0;
		return 0;
	}
	if (s.data[0] != ':' || span_to_uint(span_from(s, 1), 65535, &port) < 0 ||
		port == 0)
		return -1;
	*ret_port = (unsigned)port;
	return 0;
}

int host_split(struct span s, struct span *ret_host, unsigned *ret_port)
{
	struct span host = s;
	struct span port = SPAN_NONE;
	ptrdiff_t at;

	if (span_starts(s, "[")) {
		at = span_find(s, ']');
		if (at < 0)
			return -1;
		host = span_from(span_head(s, (size_t)at), 1);
		port = span_from(s, (size_t)at + 1);
		if (!host_is_ipv6(host))
			return -1;
	} else if (!host_is_ipv6(s)) {
		at = span_find(s, ':');
		if (at >= 0) {
			host = span_head(s, (size_t)at);
			port = span_from(s, (size_t)at);
		}
		if (!host_is_target(host))
			return -1;
	}
	if (split_port(port, ret_port) < 0)
		return -1;
	*ret_host = host;
	return 0;
}
