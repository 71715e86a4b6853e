/*
 * DANE for SMTP (RFC 7672): from a host to connect to, to the TLSA records that say who it
 * is. Pure but for the resolver that is passed in; one that is not trusted knows nothing
 * secure, so all hosts are DANE_NONE.
 */
#ifndef POLICY_DANE_H
#define POLICY_DANE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/strv.h"
#include "net/resolver.h"
#include "net/tls.h"
#include "policy/mx.h"

enum dane_result {
	DANE_NONE,     /* nothing secure is published: as if there were no DANE */
	DANE_USABLE,   /* `records` say who the host is; nothing else counts */
	DANE_UNUSABLE, /* secure records, of which none can be used: TLS is a must, but
			  who the host is cannot be told (RFC 7672 2.2) */
	DANE_FAILED,   /* DNS gives no trustworthy answer: leave the host alone (2.1.2) */
};

#define DANE_WHY_MAX (DNS_NAME_SIZE + DNS_WHY_MAX + 64)

struct dane {
	enum dane_result result;
	char base[DNS_NAME_SIZE]; /* where records are: the name to verify, and for SNI */
	struct strv names;        /* for DANE-TA: others that are as good (3.2.2) */
	struct tls_tlsa *records; /* usable ones of the strongest digests, in DNS order */
	size_t count;
	struct dns_answer answer; /* holds their data */
	char why[DANE_WHY_MAX];   /* DANE_FAILED: one line for a person */
};

/*
 * Find the records of `target`, which is one of `hosts`. `domain` is the next hop whose MX
 * named it, NULL where a configuration did. `*ret` is always filled; release it.
 */
void dane_resolve(struct resolver *r, const char *domain, const struct mx_list *hosts,
	const struct mx_target *target, struct dane *ret);

void dane_release(struct dane *d);

#endif
