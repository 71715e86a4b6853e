/*
 * Any octets as a hosts file: what it knows of a name are addresses, and only of lines that
 * name it.
 */
#include <stdint.h>
#include <stdlib.h>

#include "base/bug.h"
#include "net/hostsfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct netaddr_list found = {0};

	hostsfile_find((struct span){(const char *)data, size}, "a", &found);
	for (size_t i = 0; i < found.count; i++)
		if (found.items[i].any.sa_family != AF_INET &&
			found.items[i].any.sa_family != AF_INET6)
			BUG("no address");
	netaddr_list_release(&found);
	hostsfile_find((struct span){(const char *)data, size}, "", &found);
	if (found.count)
		BUG("an address of no name");
	return 0;
}
