/*
 * Bare names in the address fields of a header: servers refuse "To: root".
 */
#ifndef MAIL_QUALIFY_H
#define MAIL_QUALIFY_H

#include "base/buf.h"
#include "base/span.h"

/*
 * Append the value of an address field with "@`domain`" behind every bare name, and all
 * else byte for byte. A value that cannot be parsed is appended as it is. `*room` octets may
 * be added, and what was is taken off; where that is not enough: -1, nothing appended.
 */
int qualify_field(struct buf *out, struct span value, const char *domain, size_t *room);

#endif
