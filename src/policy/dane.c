#include "policy/dane.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hostname.h"
#include "base/mem.h"
#include "base/text.h"

#define USAGE_TA         2 /* RFC 7218 2.1 */
#define USAGE_EE         3
#define SELECTOR_MAX     1 /* certificate, public key */
#define MATCHING_FULL    0
#define MATCHING_SHA_256 1
#define MATCHING_SHA_512 2

/* "_65535._tcp." and a name; longer than any name may be */
#define TLSA_NAME_SIZE (DNS_NAME_SIZE + 16)

/* The names under which records may stand, best first (RFC 7672 2.2.3). */
struct candidates {
	const char *names[2];
	size_t count;
};

/* RFC 7672 3.1.3: usages 0 and 1 are none for SMTP. */
static bool is_usable(const struct dns_record *r)
{
	if ((r->usage != USAGE_TA && r->usage != USAGE_EE) || r->selector > SELECTOR_MAX)
		return false;
	switch (r->matching) {
	case MATCHING_FULL:
		return r->data_len > 0;
	case MATCHING_SHA_256:
		return r->data_len == 32;
	case MATCHING_SHA_512:
		return r->data_len == 64;
	default:
		return false;
	}
}

/* RFC 7671 9: beside a stronger digest of the same thing a weaker one does not count. */
static bool is_strongest(const struct dns_answer *answer, const struct dns_record *r)
{
	if (r->matching != MATCHING_SHA_256)
		return true;
	for (size_t i = 0; i < answer->count; i++) {
		const struct dns_record *other = &answer->records[i];

		if (other->usage == r->usage && other->selector == r->selector &&
			other->matching == MATCHING_SHA_512 && is_usable(other))
			return false;
	}
	return true;
}

static void collect(struct dane *d)
{
	d->records = mem_array(d->answer.count, sizeof(*d->records));
	for (size_t i = 0; i < d->answer.count; i++) {
		const struct dns_record *r = &d->answer.records[i];

		if (!is_usable(r) || !is_strongest(&d->answer, r))
			continue;
		d->records[d->count++] = (struct tls_tlsa){
			.usage = r->usage,
			.selector = r->selector,
			.matching = r->matching,
			.data = (const unsigned char *)r->data,
			.len = r->data_len,
		};
	}
	d->result = d->count ? DANE_USABLE : DANE_UNUSABLE;
}

static void add_name(struct dane *d, const char *name)
{
	if (name && name[0] && strcmp(name, d->base) != 0 &&
		!strv_has(&d->names, span_of(name)))
		strv_add(&d->names, span_of(name));
}

static void fail(struct dane *d, const char *what, const char *name)
{
	d->result = DANE_FAILED;
	(void)snprintf(d->why, sizeof(d->why), "%s lookup for %s failed: %s", what, name,
		d->answer.why);
}

/* Whether the alias itself is signed: then what stands at its own name is, too (2.2.2). */
static bool has_secure_alias(struct resolver *r, const char *host, struct dane *ret)
{
	bool is_secure;

	resolver_lookup(r, host, DNS_CNAME, &ret->answer);
	is_secure = ret->answer.result == DNS_FOUND && ret->answer.is_secure;
	if (ret->answer.result == DNS_FAILED)
		fail(ret, "CNAME", host);
	dnsmsg_answer_release(&ret->answer);
	return is_secure;
}

/*
 * Servers of unsigned zones often fail on questions for TLSA: where the address is not
 * secure, nothing can be, and nobody is asked (RFC 7672 2.2.2).
 */
static struct candidates find_candidates(
	struct resolver *r, const struct mx_target *target, struct dane *ret)
{
	bool is_alias = strcmp(target->host, target->canonical) != 0;

	if (target->host[0] == '\0')
		return (struct candidates){0};
	if (target->is_secure && is_alias)
		return (struct candidates){{target->canonical, target->host}, 2};
	if (target->is_secure || (is_alias && has_secure_alias(r, target->host, ret)))
		return (struct candidates){{target->host}, 1};
	return (struct candidates){0};
}

/* Records of one candidate; an alias at their own name changes nothing (2.2.3). */
static void look_at(struct resolver *r, const char *base, unsigned port, struct dane *ret)
{
	char name[TLSA_NAME_SIZE];
	int len = snprintf(name, sizeof(name), "_%u._tcp.%s", port, base);

	if (len > HOSTNAME_MAX)
		return; /* nothing can stand there */
	resolver_follow(r, name, DNS_TLSA, &ret->answer);
	if (ret->answer.result == DNS_FAILED) {
		fail(ret, "TLSA", name);
	} else if (ret->answer.result == DNS_FOUND && ret->answer.is_secure) {
		(void)text_copy(ret->base, sizeof(ret->base), span_of(base));
		collect(ret);
		return;
	}
	dnsmsg_answer_release(&ret->answer);
}

void dane_resolve(struct resolver *r, const char *domain, const struct mx_list *hosts,
	const struct mx_target *target, struct dane *ret)
{
	struct candidates candidates;

	*ret = (struct dane){.result = DANE_NONE};
	if (!r->is_trusted)
		return;
	candidates = find_candidates(r, target, ret);
	for (size_t i = 0; i < candidates.count && ret->result == DANE_NONE; i++)
		look_at(r, candidates.names[i], netaddr_port(&target->address), ret);
	if (ret->result != DANE_USABLE || !domain || !hosts->is_secure)
		return;
	/* whoever signs the MX records vouches for the domain's name, too */
	add_name(ret, domain);
	add_name(ret, hosts->domain);
}

void dane_release(struct dane *d)
{
	strv_release(&d->names);
	free(d->records);
	dnsmsg_answer_release(&d->answer);
	*d = (struct dane){.result = DANE_NONE};
}
