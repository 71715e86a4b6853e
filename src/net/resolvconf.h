/*
 * What /etc/resolv.conf says (resolv.conf(5)), as far as mail is concerned.
 */
#ifndef NET_RESOLVCONF_H
#define NET_RESOLVCONF_H

#include "base/span.h"
#include "base/strv.h"
#include "net/netaddr.h"

#define RESOLVCONF_PATH        "/etc/resolv.conf"
#define RESOLVCONF_MAX         65536 /* octets */
#define RESOLVCONF_SERVERS_MAX 3     /* MAXNS of libresolv */
#define RESOLVCONF_SEARCH_MAX  6     /* MAXDNSRCH of libresolv */

struct resolvconf {
	struct netaddr servers[RESOLVCONF_SERVERS_MAX];
	int server_count;
	struct strv search; /* "search" or "domain": host names without a last dot */
	bool is_trusted;    /* "options trust-ad": they validate, and nobody is between */
	bool wants_tcp;     /* "options use-vc" */
};

/*
 * Read the text of the file; where it names no server, that is 127.0.0.1, and where it has
 * no search list, `search` is empty. What is not understood is left out: another program's
 * file is not ours to judge. The caller releases `*ret`. Of the options none is read: they
 * are for those who ask by libresolv, which does it.
 */
void resolvconf_parse(struct span text, struct resolvconf *ret);

/* Append `domain` to the search list, where it can be the name of one. */
void resolvconf_add_search(struct resolvconf *c, struct span domain);

void resolvconf_release(struct resolvconf *c);

#endif
