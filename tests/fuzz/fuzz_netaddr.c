/*
 * Any text as an address, with a port and as a literal: what is read is written in one way,
 * which is read as the same.
 */
#include <stdint.h>
#include <string.h>

#include "base/bug.h"
#include "net/netaddr.h"

#define PORT 25

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_same(const struct netaddr *a)
{
	char text[NETADDR_TEXT_MAX], again[NETADDR_TEXT_MAX];
	struct netaddr b;

	netaddr_format(a, text);
	if (netaddr_parse(span_of(text), netaddr_port(a), &b) < 0 ||
		!netaddr_is_same(a, &b) || netaddr_port(a) != netaddr_port(&b))
		BUG("address");
	netaddr_format(&b, again);
	if (strcmp(text, again) != 0)
		BUG("two ways");
	netaddr_format_literal(a, text);
	if (netaddr_parse_literal(
		    span_head(span_from(span_of(text), 1), strlen(text) - 2), PORT, &b) <
			0 ||
		!netaddr_is_same(a, &b))
		BUG("literal");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};
	struct netaddr a;

	if (netaddr_parse(text, PORT, &a) == 0)
		check_same(&a);
	if (netaddr_parse_literal(text, PORT, &a) == 0)
		check_same(&a);
	if (netaddr_parse_with_port(text, PORT, &a) == 0)
		check_same(&a);
	return 0;
}
