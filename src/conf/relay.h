/*
 * How mail leaves: what [relay] and each [route NAME] say, with the same keys. The values
 * of a provider (conf/provider.h) stand here already where the section has none of its own.
 */
#ifndef CONF_RELAY_H
#define CONF_RELAY_H

#include <stdbool.h>

#include "base/strv.h"
#include "conf/hop.h"

enum conf_tls {
	CONF_TLS_AUTO, /* a relay: fingerprint where there are any, else verify; MX: may */
	CONF_TLS_NONE,
	CONF_TLS_MAY,
	CONF_TLS_ENCRYPT,
	CONF_TLS_VERIFY,
	CONF_TLS_FINGERPRINT,
	CONF_TLS_DANE,
};

enum conf_tls_version {
	CONF_TLS_VERSION_AUTO, /* by level */
	CONF_TLS_VERSION_1_0,
	CONF_TLS_VERSION_1_1,
	CONF_TLS_VERSION_1_2,
	CONF_TLS_VERSION_1_3,
};

/* "socks5://[user[:password]@]host[:port]" (RFC 1928, RFC 1929), taken apart */
struct conf_proxy {
	char *host; /* NULL: no proxy; an IP literal without brackets */
	unsigned port;
	char *user;     /* NULL: no login */
	char *password; /* NULL: none */
};

struct conf_origin; /* conf/conf.h */

/* Strings are owned; NULL and empty lists are "none". Paths are for conf_path. */
struct conf_relay {
	char *name; /* of [route NAME], in lower case; NULL: [relay] */

	struct conf_hops host; /* in order; empty: straight to the MX hosts */
	unsigned port;         /* of hops without one; 0: see conf_relay_port */
	unsigned provider;     /* for conf_provider_at; 0: none */
	char *from;            /* one sender for all that goes this way */
	struct strv sources;   /* numeric addresses to bind to, at most one a family */
	struct conf_proxy proxy;

	enum conf_tls tls;
	char *tls_ca; /* file or directory; NULL: the system's */
	char *tls_cert;
	char *tls_key;                /* NULL: in tls_cert */
	struct strv tls_fingerprints; /* SHA-256: 64 digits of lower-case hex each */
	enum conf_tls_version tls_version;

	char *user;
	char *password;
	char *password_file;
	char *password_command;
	bool is_file_of_environment; /* a variable has named password_file */
	struct strv auth;            /* mechanisms in capitals; empty: any that is safe */
	bool has_insecure_auth; /* the login may go over a channel that is not verified */
	bool keeps_login;       /* of two steps (conf_load_user): the second one has left
				   alone both the login and where it goes */
	bool has_lost_login;    /* a later source redirected this section: what it had of
				    credentials is gone, and none may be looked for elsewhere */

	/* a [route NAME] is for mail that fits one of each list that is not empty */
	struct strv senders;     /* address, domain, "*.domain", "*", or "<>" */
	struct strv recipients;  /* the same without "<>" */
	struct strv local_users; /* names */

	struct conf_origin *origins; /* of a [route NAME]; see conf_origin */
};

/*
 * The port of a hop: its own, else the section's, else 465 for smtps, 24 for LMTP, 587 for
 * STARTTLS that was asked for or where there is a user (RFC 6409), and 25.
 */
unsigned conf_relay_port(const struct conf_relay *relay, const struct conf_hop *hop);

/* Whether TLS begins with the first octet (RFC 8314 3.3): smtps, or port 465. */
bool conf_relay_is_implicit(const struct conf_relay *relay, const struct conf_hop *hop);

#endif
