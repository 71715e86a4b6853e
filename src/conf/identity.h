/*
 * The names by which this machine is known to mail: found without DNS, which may be slow
 * or down when a message is submitted.
 */
#ifndef CONF_IDENTITY_H
#define CONF_IDENTITY_H

#include <stdbool.h>

#define IDENTITY_NAME_MAX 254 /* RFC 1035 2.3.4: 253 octets as text, and a NUL */

struct identity {
	char hostname[IDENTITY_NAME_MAX]; /* for EHLO, Message-ID, Received */
	char domain[IDENTITY_NAME_MAX];   /* for addresses without one */
	/*
	 * The host name has a dot and is this machine's own. Without it EHLO gives an
	 * address literal (RFC 5321 4.1.4).
	 */
	bool is_qualified;
};

struct identity_sources {
	const char *hostname;      /* [nullmta] hostname, or NULL */
	const char *domain;        /* [nullmta] domain, or NULL */
	const char *node;          /* NULL: gethostname(2) */
	const char *hosts_file;    /* NULL: /etc/hosts */
	const char *mailname_file; /* NULL: /etc/mailname */
};

/*
 * hostname: the configured one; else the machine's name where it has a dot; else the full
 * name that the hosts file has beside it; else the bare name.
 * domain: the configured one; else the first line of the mailname file; else hostname.
 * A name that is not a valid host name counts as not there; where nothing is left the
 * hostname is "localhost.invalid" (RFC 6761 6.4). Cannot fail: submission needs a name
 * more than it needs the right one.
 */
void identity_find(struct identity *ret, const struct identity_sources *sources);

#endif
