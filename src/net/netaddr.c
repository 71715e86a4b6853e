#include "net/netaddr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

#define PORT_MAX 65535

static const char ipv6_tag[] = "IPv6:";

struct netaddr netaddr_v4(const unsigned char octets[4], uint16_t port)
{
	struct netaddr a;

	memset(&a, 0, sizeof(a));
	a.v4.sin_family = AF_INET;
	a.v4.sin_port = htons(port);
	memcpy(&a.v4.sin_addr, octets, 4);
	return a;
}

struct netaddr netaddr_v6(const unsigned char octets[16], uint16_t port)
{
	struct netaddr a;

	memset(&a, 0, sizeof(a));
	a.v6.sin6_family = AF_INET6;
	a.v6.sin6_port = htons(port);
	memcpy(&a.v6.sin6_addr, octets, 16);
	return a;
}

/* inet_pton(3) of a span; a zone ("%eth0"), which it refuses, stays refused */
static bool parse_octets(int family, struct span s, unsigned char ret[16])
{
	char text[INET6_ADDRSTRLEN];

	if (memchr(s.data, '\0', s.len) || !text_copy(text, sizeof(text), s))
		return false;
	return inet_pton(family, text, ret) == 1;
}

static int parse_v6(struct span s, uint16_t port, struct netaddr *ret)
{
	unsigned char octets[16];

	if (s.len == 0 || !parse_octets(AF_INET6, s, octets))
		return -1;
	*ret = netaddr_v6(octets, port);
	return 0;
}

static int parse_v4(struct span s, uint16_t port, struct netaddr *ret)
{
	unsigned char octets[16];

	if (s.len == 0 || !parse_octets(AF_INET, s, octets))
		return -1;
	*ret = netaddr_v4(octets, port);
	return 0;
}

int netaddr_parse(struct span s, uint16_t port, struct netaddr *ret)
{
	return span_find(s, ':') >= 0 ? parse_v6(s, port, ret) : parse_v4(s, port, ret);
}

int netaddr_parse_literal(struct span s, uint16_t port, struct netaddr *ret)
{
	if (span_istarts(s, ipv6_tag))
		return parse_v6(span_from(s, sizeof(ipv6_tag) - 1), port, ret);
	return parse_v4(s, port, ret);
}

/* ":25" or nothing */
static int parse_port(struct span s, uint16_t *port)
{
	uint64_t value;

	if (s.len == 0)
		return 0;
	if (s.data[0] != ':' || span_to_uint(span_from(s, 1), PORT_MAX, &value) < 0 ||
		value == 0)
		return -1;
	*port = (uint16_t)value;
	return 0;
}

int netaddr_parse_with_port(struct span s, uint16_t default_port, struct netaddr *ret)
{
	uint16_t port = default_port;
	struct span host = s;
	ptrdiff_t at;

	if (netaddr_parse(s, port, ret) == 0)
		return 0;
	if (span_starts(s, "[")) {
		at = span_find(s, ']');
		if (at < 0 || parse_port(span_from(s, (size_t)at + 1), &port) < 0)
			return -1;
		host = span_from(span_head(s, (size_t)at), 1);
		return parse_v6(host, port, ret);
	}
	at = span_find(s, ':');
	if (at < 0 || parse_port(span_from(s, (size_t)at), &port) < 0)
		return -1;
	return parse_v4(span_head(s, (size_t)at), port, ret);
}

static bool is_v6(const struct netaddr *a)
{
	return a->any.sa_family == AF_INET6;
}

static bool is_v4(const struct netaddr *a)
{
	return a->any.sa_family == AF_INET;
}

static bool is_path(const struct netaddr *a)
{
	return a->any.sa_family == AF_UNIX;
}

int netaddr_unix(struct span path, struct netaddr *ret)
{
	struct netaddr a = {.path = {.sun_family = AF_UNIX}};

	if (path.len == 0 || span_find(path, '\0') >= 0 ||
		!text_copy(a.path.sun_path, sizeof(a.path.sun_path), path))
		return -1;
	*ret = a;
	return 0;
}

socklen_t netaddr_len(const struct netaddr *a)
{
	if (is_path(a))
		return sizeof(a->path);
	return is_v6(a) ? sizeof(a->v6) : sizeof(a->v4);
}

uint16_t netaddr_port(const struct netaddr *a)
{
	if (is_v6(a))
		return ntohs(a->v6.sin6_port);
	return is_v4(a) ? ntohs(a->v4.sin_port) : 0;
}

void netaddr_set_port(struct netaddr *a, uint16_t port)
{
	if (is_v6(a))
		a->v6.sin6_port = htons(port);
	else if (is_v4(a))
		a->v4.sin_port = htons(port);
}

void netaddr_format(const struct netaddr *a, char ret[NETADDR_TEXT_MAX])
{
	const void *octets = is_v6(a) ? (const void *)&a->v6.sin6_addr : &a->v4.sin_addr;

	if (!is_v6(a) && !is_v4(a))
		(void)text_copy(ret, NETADDR_TEXT_MAX,
			is_path(a) ? span_of(a->path.sun_path) : SPAN_NONE);
	else if (!inet_ntop(a->any.sa_family, octets, ret, NETADDR_TEXT_MAX))
		BUG("not an address");
}

void netaddr_format_literal(const struct netaddr *a, char ret[NETADDR_TEXT_MAX])
{
	char text[NETADDR_TEXT_MAX];

	netaddr_format(a, text);
	(void)snprintf(
		ret, NETADDR_TEXT_MAX, "[%s%.46s]", is_v6(a) ? ipv6_tag : "", text);
}

void netaddr_format_remote(
	const struct netaddr *a, const char *host, char *ret, size_t size)
{
	char text[NETADDR_TEXT_MAX];

	netaddr_format(a, text);
	if (is_path(a))
		(void)snprintf(ret, size, "%s", text);
	else
		(void)snprintf(
			ret, size, "%s[%s]:%u", host, text, (unsigned)netaddr_port(a));
}

/* the four octets that decide, also of ::ffff:192.0.2.1 (RFC 4291 2.5.5.2); or NULL */
static const unsigned char *v4_octets(const struct netaddr *a)
{
	if (is_v4(a))
		return (const unsigned char *)&a->v4.sin_addr;
	if (is_v6(a) && IN6_IS_ADDR_V4MAPPED(&a->v6.sin6_addr))
		return a->v6.sin6_addr.s6_addr + 12;
	return NULL;
}

bool netaddr_is_same(const struct netaddr *a, const struct netaddr *b)
{
	const unsigned char *a4 = v4_octets(a);
	const unsigned char *b4 = v4_octets(b);

	if (a4 && b4)
		return memcmp(a4, b4, 4) == 0;
	if (a4 || b4 || a->any.sa_family != b->any.sa_family)
		return false;
	if (is_path(a))
		return strcmp(a->path.sun_path, b->path.sun_path) == 0;
	if (!is_v6(a))
		return true; /* none is like none */
	return memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, 16) == 0;
}

bool netaddr_is_loopback(const struct netaddr *a)
{
	const unsigned char *octets = v4_octets(a);

	if (octets)
		return octets[0] == 127 || octets[0] == 0;
	if (!is_v6(a))
		return is_path(a);
	return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr) ||
	       IN6_IS_ADDR_UNSPECIFIED(&a->v6.sin6_addr);
}

bool netaddr_is_unusable(const struct netaddr *a)
{
	static const unsigned char broadcast[4] = {255, 255, 255, 255};
	const unsigned char *octets = v4_octets(a);

	if (octets)
		return (octets[0] == 169 && octets[1] == 254) || /* RFC 3927 */
		       (octets[0] & 0xf0) == 0xe0 ||             /* RFC 5771 */
		       memcmp(octets, broadcast, 4) == 0;
	return is_v6(a) && (IN6_IS_ADDR_LINKLOCAL(&a->v6.sin6_addr) ||
				   IN6_IS_ADDR_MULTICAST(&a->v6.sin6_addr));
}

void netaddr_list_add(struct netaddr_list *list, const struct netaddr *a)
{
	list->items = mem_regrow(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = *a;
}

bool netaddr_list_has(const struct netaddr_list *list, const struct netaddr *a)
{
	for (size_t i = 0; i < list->count; i++) {
		if (netaddr_is_same(&list->items[i], a))
			return true;
	}
	return false;
}

/* the kernel's address of one interface, which may be of another family or none */
static void add_interface(struct netaddr_list *list, const struct sockaddr *from)
{
	struct netaddr a;

	if (!from || (from->sa_family != AF_INET && from->sa_family != AF_INET6))
		return;
	memset(&a, 0, sizeof(a));
	memcpy(&a, from, from->sa_family == AF_INET ? sizeof(a.v4) : sizeof(a.v6));
	netaddr_list_add(list, &a);
}

int netaddr_list_add_own(struct netaddr_list *list, struct fault *f)
{
	struct ifaddrs *all;

	if (getifaddrs(&all) < 0) {
		fault_set(f, FAULT_SYSTEM, errno, "cannot list this machine's addresses");
		return -1;
	}
	for (struct ifaddrs *i = all; i; i = i->ifa_next)
		add_interface(list, i->ifa_addr);
	freeifaddrs(all);
	return 0;
}

void netaddr_list_release(struct netaddr_list *list)
{
	free(list->items);
	*list = (struct netaddr_list){0};
}
