#include "policy/mx_search.h"

#include <string.h>

#include "base/hostname.h"
#include "base/rand.h"
#include "base/text.h"

static void note_failed_lookup(struct mx_search *s, const char *why)
{
	if (s->failures == 0)
		(void)text_copy(s->why, sizeof(s->why), span_of(why));
	s->failures++;
}

void mx_search_lookup(
	struct mx_search *s, const char *name, enum dns_type type, struct dns_answer *ret)
{
	resolver_follow(s->resolver, name, type, ret);
	if (ret->result == DNS_FAILED)
		note_failed_lookup(s, ret->why);
}

bool mx_search_is_self(const struct mx_search *s, const struct netaddr *address)
{
	const struct netaddr_list *own = s->options->own_addresses;

	if (s->may_be_self || s->options->may_use_local)
		return false;
	return netaddr_is_loopback(address) || (own && netaddr_list_has(own, address));
}

static bool has_self(const struct mx_search *s, const struct dns_answer *answer)
{
	for (size_t i = 0; i < answer->count; i++) {
		if (mx_search_is_self(s, &answer->records[i].address))
			return true;
	}
	return false;
}

/*
 * By name and address: at one address, two names may have two certificates, two sets of TLSA
 * records (RFC 7672 2.2), and a policy of which only one is a host (RFC 8461 4.1). Hosts
 * that a proxy looks up have no address here.
 */
static bool is_target(
	const struct mx_search *s, const char *host, const struct netaddr *address)
{
	for (size_t i = 0; i < s->list.count; i++) {
		const struct mx_target *target = &s->list.targets[i];
		bool is_same = mx_target_is_named(target) ||
			       netaddr_is_same(&target->address, address);

		if (is_same && target->port == s->port &&
			span_iis(span_of(target->host), host))
			return true;
	}
	return false;
}

/*
 * The name that the certificate has to show: one that somebody vouches for. A host that only
 * an unsigned DNS says to belong to the domain of the configuration could be anybody's.
 */
static const char *name_to_verify(const struct mx_search *s, const char *host)
{
	struct span name = span_of(host), domain = span_of(s->vouched);

	if (!s->vouched || s->is_secure || !span_ends(name, s->vouched))
		return s->vouched && !s->is_secure ? s->vouched : host;
	if (name.len == domain.len || name.data[name.len - domain.len - 1] == '.')
		return host;
	return s->vouched;
}

static size_t add_target(struct mx_search *s, const struct dns_record *host,
	const struct netaddr *address, const struct dns_answer *from)
{
	struct mx_target *target = &s->list.targets[s->list.count];
	char numeric[NETADDR_TEXT_MAX];

	if (s->list.count >= s->limit || is_target(s, host->name, address))
		return 0;
	*target = (struct mx_target){
		.preference = host->preference,
		.address = *address,
		.port = s->port,
		.is_secure = from && from->is_secure,
		.is_implicit = s->is_implicit,
		.is_lmtp = s->is_lmtp,
	};
	netaddr_set_port(&target->address, s->port);
	netaddr_format(address, numeric);
	(void)text_copy(target->host, sizeof(target->host), span_of(host->name));
	(void)text_copy(target->canonical, sizeof(target->canonical),
		span_of(from ? from->canonical : host->name));
	(void)text_copy(target->verify, sizeof(target->verify),
		span_of(host->name[0] ? name_to_verify(s, host->name) : numeric));
	s->list.count++;
	return 1;
}

size_t mx_search_add_address(struct mx_search *s, const struct dns_record *host,
	const struct netaddr *address, const struct dns_answer *from)
{
	return netaddr_is_unusable(address) ? 0 : add_target(s, host, address, from);
}

/* The families take turns, so that many IPv6 addresses cannot crowd out IPv4. */
static size_t add_addresses(struct mx_search *s, const struct dns_record *host,
	const struct dns_answer *v6, const struct dns_answer *v4)
{
	size_t added = 0;

	for (size_t i = 0; i < v6->count || i < v4->count; i++) {
		if (i < v6->count && added < MX_HOST_ADDRESSES_MAX)
			added += mx_search_add_address(
				s, host, &v6->records[i].address, v6);
		if (i < v4->count && added < MX_HOST_ADDRESSES_MAX)
			added += mx_search_add_address(
				s, host, &v4->records[i].address, v4);
	}
	return added;
}

/* We stand at `preference`: no host there or behind it is nearer (RFC 5321 5.1). */
static void note_self(struct mx_search *s, uint16_t preference)
{
	struct mx_list *list = &s->list;

	s->has_self = true;
	s->self_preference = preference;
	while (list->count && list->targets[list->count - 1].preference >= preference)
		list->count--;
}

/* A proxy will look it up: from here the name may well be unknown. */
static size_t add_name(struct mx_search *s, const struct dns_record *host)
{
	const struct netaddr unknown = {0};

	return add_target(s, host, &unknown, NULL);
}

size_t mx_search_add_host(
	struct mx_search *s, const struct dns_record *host, const char *name)
{
	struct dns_answer v4, v6 = {.result = DNS_NO_NAME};
	size_t added = 0;

	if (s->route->way && s->route->way->proxy)
		return add_name(s, host);
	mx_search_lookup(s, name, DNS_A, &v4);
	if (v4.result != DNS_NO_NAME)
		mx_search_lookup(s, name, DNS_AAAA, &v6);
	if (has_self(s, &v4) || has_self(s, &v6))
		note_self(s, host->preference);
	else
		added = add_addresses(s, host, &v6, &v4);
	dnsmsg_answer_release(&v4);
	dnsmsg_answer_release(&v6);
	return added;
}

static bool is_own_name(const struct mx_search *s, const char *name)
{
	const char *own = s->options->own_name;

	return own && own[0] && span_iis(span_of(name), own);
}

/* Take out the hosts at and behind the best one that has our own name. */
static void drop_own_name(struct mx_search *s, struct dns_answer *hosts)
{
	for (size_t i = 0; i < hosts->count; i++) {
		if (!is_own_name(s, hosts->records[i].name))
			continue;
		note_self(s, hosts->records[i].preference);
		while (i && hosts->records[i - 1].preference == s->self_preference)
			i--;
		hosts->count = i;
		return;
	}
}

void mx_search_add_hosts(struct mx_search *s, struct dns_answer *hosts)
{
	drop_own_name(s, hosts);
	for (size_t i = 0; i < hosts->count && i < MX_HOSTS_MAX; i++) {
		const struct dns_record *host = &hosts->records[i];
		bool begins_level = i == 0 || host[-1].preference != host->preference;

		if (s->failures >= MX_FAILURES_MAX)
			return;
		if (begins_level && s->list.count >= s->limit)
			return;
		(void)mx_search_add_host(s, host, host->name);
		if (s->has_self && s->self_preference <= host->preference)
			return;
	}
}

uint32_t mx_search_random(const struct mx_options *options, uint32_t bound)
{
	return options->random_below ? options->random_below(bound, options->random_arg)
				     : rand_below(bound);
}

static void swap(struct dns_record *a, struct dns_record *b)
{
	struct dns_record old = *a;

	*a = *b;
	*b = old;
}

void mx_search_order(const struct mx_options *options, struct dns_answer *hosts)
{
	struct dns_record *r = hosts->records;

	for (size_t i = hosts->count; i > 1; i--)
		swap(&r[i - 1], &r[mx_search_random(options, (uint32_t)i)]);
	for (size_t i = 1; i < hosts->count; i++) {
		for (size_t j = i; j && r[j - 1].preference > r[j].preference; j--)
			swap(&r[j - 1], &r[j]);
	}
}

/* "." (RFC 7505) and localhost, with which some say the same */
static bool is_null(const struct dns_record *host)
{
	return host->name[0] == '\0' || hostname_is_localhost(span_of(host->name));
}

bool mx_search_drop_bad(struct dns_answer *hosts)
{
	size_t kept = 0, nulls = 0;
	size_t count = hosts->count;

	for (size_t i = 0; i < count; i++) {
		const struct dns_record *host = &hosts->records[i];

		if (is_null(host))
			nulls++;
		else if (hostname_is_valid(span_of(host->name)))
			hosts->records[kept++] = *host;
	}
	hosts->count = kept;
	return nulls == count;
}
