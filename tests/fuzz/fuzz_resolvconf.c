/*
 * Any octets as /etc/resolv.conf: at least one server and at most three, and a search list of
 * names that hosts can have.
 */
#include <stdint.h>

#include "base/bug.h"
#include "base/hostname.h"
#include "net/resolvconf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct resolvconf c;

	resolvconf_parse((struct span){(const char *)data, size}, &c);
	if (c.server_count < 1 || c.server_count > RESOLVCONF_SERVERS_MAX)
		BUG("servers");
	for (int i = 0; i < c.server_count; i++)
		if (netaddr_port(&c.servers[i]) == 0)
			BUG("a server without a port");
	if (c.search.count > RESOLVCONF_SEARCH_MAX)
		BUG("search list");
	for (size_t i = 0; i < c.search.count; i++)
		if (!hostname_is_valid(span_of(c.search.items[i])))
			BUG("a domain that is none");
	resolvconf_release(&c);
	return 0;
}
