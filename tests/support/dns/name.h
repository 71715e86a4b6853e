/*
 * Domain names in wire form: lengths and labels, a zero octet at the end (RFC 1035 3.1).
 */
#ifndef DNS_NAME_H
#define DNS_NAME_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

/*
 * Append the name that `text` says: always absolute, the last dot may be left out, "." is
 * the root, \. and \DDD are octets of a label (RFC 1035 5.1). False when it is no name.
 */
bool name_from_text(struct buf *out, struct span text);

/* Append as text without the last dot; odd octets as \DDD. */
void name_to_text(struct buf *out, struct span name);

/* The name at the start of `s`, uncompressed; false when there is none. */
bool name_take(struct span s, struct span *ret_name);

/* Append with ASCII letters in lower case. */
void name_add_lower(struct buf *out, struct span name);

/* Without its first label; empty for the root. */
struct span name_parent(struct span name);

#endif
