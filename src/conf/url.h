/*
 * URLs that name a server (RFC 3986): scheme://[user[:password]@]host[:port][/path]. No
 * query, no fragment. Pure; borrows the text.
 */
#ifndef CONF_URL_H
#define CONF_URL_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

struct url {
	struct span scheme;
	struct span user;     /* with its %XX; data NULL: none */
	struct span password; /* the same */
	struct span host;     /* without brackets; empty where there is only a path */
	unsigned port;        /* 0: none */
	struct span path;     /* with its first /; empty where there is none */
};

/*
 * 0; or -1 for anything else: no scheme, neither host nor path, a host that is no target
 * (conf/host.h), a port outside 1 to 65535.
 */
int url_parse(struct span text, struct url *ret);

/* Append with %XX as the octet it stands for. -1: a broken escape, or a control character. */
int url_decode(struct span part, struct buf *out);

#endif
