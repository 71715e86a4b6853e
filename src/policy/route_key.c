/*
 * route_key alone: the submission program wants it without the library for international
 * domain names that route_resolve brings along.
 */
#include "policy/route.h"

#include <stdio.h>

void route_key(const struct route *route, char ret[ROUTE_KEY_SIZE])
{
	static const char *const openings[] = {
		[ROUTE_RELAY] = "relay:[",
		[ROUTE_MX] = "mx:",
		[ROUTE_LITERAL] = "literal:[",
	};
	const char *close = route->kind == ROUTE_MX ? "" : "]";

	(void)snprintf(ret, ROUTE_KEY_SIZE, "%s%s%s:%u", openings[route->kind],
		route->name, close, (unsigned)route->port);
}
