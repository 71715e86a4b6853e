/*
 * One bounded GET by HTTPS, as RFC 8461 3.3 wants it: no redirect, no cache, no coding, a
 * certificate that the system's CAs vouch for, one deadline over all of it.
 */
#ifndef NET_HTTPS_H
#define NET_HTTPS_H

#include <stdbool.h>
#include <stdint.h>

#include "net/http.h"
#include "net/resolver.h"
#include "net/stream.h"
#include "net/tls.h"

#define HTTPS_PORT      443
#define HTTPS_TIMEOUT_S 60
#define HTTPS_WHY_MAX   256

enum https_result {
	HTTPS_OK,
	HTTPS_FAILED,      /* DNS, network, or not what was asked for */
	HTTPS_NOT_TRUSTED, /* the certificate is not one of this host */
};

/* All borrowed. */
struct https_request {
	const char *host; /* of the URL, and to verify */
	const char *path; /* begins with a slash */
	uint16_t port;
	const char *ca_file; /* NULL: the system's CAs */
	bool may_use_local;  /* tests: a host on this machine is as good as others */
	unsigned timeout_s;
	struct resolver *resolver;
	struct tls_cache *tls;
	int (*dial)(struct stream **ret, const struct netaddr *to, struct fault *f);
	bool (*must_stop)(void); /* asked after a signal; NULL: never */
};

/*
 * Fetch. OK: `*ret` holds the response, whose body is whole; the caller releases it.
 * Otherwise `ret_why` tells, one harmless line, and `*ret` is untouched.
 */
enum https_result https_get(const struct https_request *request,
	struct http_response *ret, char ret_why[HTTPS_WHY_MAX]);

#endif
