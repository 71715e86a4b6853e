/*
 * One DNS question by datagram, to one name server after the other. There are two ways to
 * do it, and HAVE_DANE, which `make` finds out, chooses: libresolv, which alone can tell
 * whether /etc/resolv.conf vouches for the AD bit; or, where the C library has no libresolv
 * to speak of (musl), sockets of our own, without DNSSEC.
 */
#ifndef NET_DNSUDP_H
#define NET_DNSUDP_H

#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "net/resolvconf.h"

struct dnsudp;

/*
 * Get ready, and tell what /etc/resolv.conf says; the caller releases `*ret_file`. Returns
 * 0, or -1 where that file cannot be read.
 */
int dnsudp_new(struct dnsudp **ret, struct resolvconf *ret_file, struct fault *f);

/*
 * Whom to ask, and for how long about altogether. `is_trusted`: ask for what is signed and
 * leave the AD bit in an answer; never with a build that has no DANE.
 */
void dnsudp_configure(struct dnsudp *u, const struct resolvconf *conf, int64_t timeout_ms,
	bool is_trusted);

/*
 * Ask, and append the answer to the query, which is one for the same question under the
 * same ID, to `*ret`. It may be cut (TC). Returns 0, or -1 and a fault that says which
 * trouble the servers had.
 */
int dnsudp_ask(struct dnsudp *u, struct span query, struct buf *ret, struct fault *f);

/* NULL is fine. */
void dnsudp_free(struct dnsudp *u);

#endif
