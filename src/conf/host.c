#include "conf/host.h"

#include <arpa/inet.h>

#include "base/text.h"

#define LABEL_MAX_LEN 63 /* RFC 1035 2.3.4 */

static bool is_label(struct span label, bool is_underscore_fine)
{
	if (label.len == 0 || label.len > LABEL_MAX_LEN)
		return false;
	for (size_t i = 0; i < label.len; i++) {
		char c = label.data[i];
		bool is_edge = i == 0 || i == label.len - 1;

		if (!text_is_alpha(c) && !text_is_digit(c) && !(c == '-' && !is_edge) &&
			!(c == '_' && is_underscore_fine))
			return false;
	}
	return true;
}

static bool is_number(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!text_is_digit(s.data[i]))
			return false;
	return true;
}

static bool is_name(struct span s, bool is_underscore_fine)
{
	struct span label = SPAN_NONE;

	if (s.len == 0 || s.len > HOST_NAME_MAX_LEN)
		return false;
	while (span_cut(&s, '.', &label))
		if (!is_label(label, is_underscore_fine))
			return false;
	return !is_number(label);
}

bool host_is_name(struct span s)
{
	return is_name(s, false);
}

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
	return is_name(s, true) || host_is_ipv4(s) || host_is_ipv6(s);
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
