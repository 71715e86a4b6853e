/*
 * Whether a name from DNS, a user or a configuration can be the name of a host.
 */
#ifndef BASE_HOSTNAME_H
#define BASE_HOSTNAME_H

#include <stdbool.h>

#include "base/span.h"

#define HOSTNAME_MAX       253 /* octets of text (RFC 1035 2.3.4) */
#define HOSTNAME_LABEL_MAX 63

/*
 * Labels of 1 to 63 letters, digits, '-' and '_' (which exists in practice), none with a
 * '-' at its start or end, at most HOSTNAME_MAX octets, no trailing dot, and not a number
 * in the last label: "192.0.2.1" is an address (RFC 1123 2.1).
 */
bool hostname_is_valid(struct span s);

/* The same without '_': what may stand on the wire as our own name. */
bool hostname_is_strict(struct span s);

/* "localhost" or a name below it (RFC 6761 6.3), in any case. */
bool hostname_is_localhost(struct span s);

#endif
