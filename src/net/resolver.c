#include "net/resolver.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/hostname.h"
#include "base/mem.h"
#include "base/rand.h"
#include "net/dnstcp.h"
#include "net/hostsfile.h"

#define TRIES         2
#define TRY_SECONDS   5    /* at most, as resolv.conf(5) has it */
#define TCP_SHARE_MIN 2000 /* ms */

/* what resolv.conf may decide; the rest would change what a question means */
#define OPTIONS_OF_FILE (RES_ROTATE | RES_USEVC)

/*
 * A libresolv that does not know this option takes the AD bit out of no answer, and asks
 * for it in no question: DNSSEC stays off there.
 */
#ifdef RES_TRUSTAD
#define TRUST_AD RES_TRUSTAD
#else
#define TRUST_AD 0
#endif

/* what travels over every link unfragmented (DNS flag day 2020); larger comes by TCP */
#define UDP_SIZE 1232

/* root, OPT, UDP size, code and version, DO, no options (RFC 6891 6.1.2, RFC 3225 3) */
#define OPT_LEN 11

struct libresolv {
	struct resolver face;
	struct __res_state state;
	struct netaddr servers[RESOLVER_SERVERS_MAX];
	int server_count;
	int64_t timeout_ms;
	struct buf packet;
};

/* where libresolv keeps its servers: IPv6 ones lie beside the public array */
static void servers_from_state(struct libresolv *l)
{
	l->server_count = 0;
	for (int i = 0; i < l->state.nscount && i < RESOLVER_SERVERS_MAX; i++) {
		struct netaddr *to = &l->servers[l->server_count];

		if (l->state.nsaddr_list[i].sin_family == AF_INET)
			to->v4 = l->state.nsaddr_list[i];
		else if (l->state._u._ext.nsaddrs[i])
			to->v6 = *l->state._u._ext.nsaddrs[i];
		else
			continue;
		l->server_count++;
	}
}

static void servers_to_state(struct libresolv *l)
{
	for (int i = 0; i < l->server_count; i++) {
		const struct netaddr *from = &l->servers[i];

		memset(&l->state.nsaddr_list[i], 0, sizeof(l->state.nsaddr_list[i]));
		if (from->any.sa_family == AF_INET) {
			l->state.nsaddr_list[i] = from->v4;
			continue;
		}
		/* its family 0 says: look here; res_nclose frees it */
		if (!l->state._u._ext.nsaddrs[i])
			l->state._u._ext.nsaddrs[i] = mem_alloc(sizeof(from->v6));
		*l->state._u._ext.nsaddrs[i] = from->v6;
	}
	l->state.nscount = l->server_count;
}

static int servers_parse(struct libresolv *l, struct span list, struct fault *f)
{
	struct span rest = list;
	struct span word;
	int count = 0;

	while (span_word(&rest, &word)) {
		if (count == RESOLVER_SERVERS_MAX) {
			fault_set(f, FAULT_CONFIG, 0,
				"more than %d name servers: use the best of them",
				RESOLVER_SERVERS_MAX);
			return -1;
		}
		if (netaddr_parse_with_port(word, NS_DEFAULTPORT, &l->servers[count]) <
			0) {
			fault_set(f, FAULT_CONFIG, 0,
				"%.*s: a name server is a numeric address, such as "
				"127.0.0.1, 127.0.0.1:5353 or [::1]:53",
				SPAN_ARGS(word));
			return -1;
		}
		count++;
	}
	l->server_count = count;
	return 0;
}

/* Divide the time of one lookup among the servers and the tries. */
static void limit_time(struct libresolv *l)
{
	int servers = l->server_count > 0 ? l->server_count : 1;
	int seconds = (int)(l->timeout_ms / 1000) / (TRIES * servers);

	seconds = seconds > TRY_SECONDS ? TRY_SECONDS : seconds;
	l->state.retrans = seconds < 1 ? 1 : seconds;
	l->state.retry = TRIES;
}

/*
 * Why res_nsend gave up. It has asked the next server where one had said SERVFAIL or
 * REFUSED, and errno tells that from silence only by chance; the last header it received
 * does. It is good for this text and nothing else: nobody has checked it.
 */
static const char *send_error(const char *header, int err)
{
	const char *why = dnsmsg_error_text((struct span){header, NS_HFIXEDSZ});

	if (why)
		return why;
	return err == ECONNREFUSED ? "no name server can be reached"
				   : "no name server answered in time";
}

/* By datagram. That an answer was cut stays visible in it (RES_IGNTC). */
static int ask_udp(struct libresolv *l, struct span query, struct fault *f)
{
	const unsigned char *octets = (const unsigned char *)query.data;
	char *to;
	int n;

	buf_reset(&l->packet);
	to = buf_reserve(&l->packet, DNS_PACKET_MAX);
	if (!to)
		BUG("packet buffer");
	memset(to, 0, NS_HFIXEDSZ);
	n = res_nsend(&l->state, octets, span_int_len(query), (unsigned char *)to,
		DNS_PACKET_MAX);
	/* it returns the full length of an answer even where it did not fit */
	if (n < 0 || n > DNS_PACKET_MAX) {
		fault_set(f, FAULT_SYSTEM, 0, "%s", send_error(to, errno));
		return -1;
	}
	buf_commit(&l->packet, (size_t)n);
	return 0;
}

/* One server after the other by TCP, each with its share of the time that is left. */
static int ask_tcp(
	struct libresolv *l, struct span query, int64_t deadline_ms, struct fault *f)
{
	fault_set(f, FAULT_SYSTEM, 0, "no name server is known");
	for (int i = 0; i < l->server_count; i++) {
		int64_t now = clock_mono_ms();
		int64_t share = (deadline_ms - now) / (l->server_count - i);

		share = share < TCP_SHARE_MIN ? TCP_SHARE_MIN : share;
		buf_reset(&l->packet);
		if (dnstcp_ask(&l->servers[i], query, now + share, &l->packet, f) == 0)
			return 0;
	}
	return -1;
}

static int ask(struct libresolv *l, struct span query, struct fault *f)
{
	int64_t deadline_ms = clock_mono_ms() + l->timeout_ms;

	if (!(l->state.options & RES_USEVC)) {
		if (ask_udp(l, query, f) < 0)
			return -1;
		if (!dnsmsg_is_truncated(buf_span(&l->packet)))
			return 0;
	}
	return ask_tcp(l, query, deadline_ms, f);
}

/* "Tell me what you have validated": res_nquery would add it, res_nmkquery does not. */
static int add_opt(unsigned char *query, int n)
{
	static const unsigned char opt[OPT_LEN] = {
		0, 0, ns_t_opt, UDP_SIZE >> 8, UDP_SIZE & 0xff, 0, 0, 0x80, 0, 0, 0};

	memcpy(query + n, opt, OPT_LEN);
	query[11] = 1; /* ARCOUNT */
	return n + OPT_LEN;
}

static void lookup(
	struct resolver *r, const char *name, enum dns_type type, struct dns_answer *ret)
{
	struct libresolv *l = (struct libresolv *)r;
	unsigned char query[NS_PACKETSZ];
	struct fault f;
	int n = res_nmkquery(&l->state, ns_o_query, name, ns_c_in, (int)type, NULL, 0,
		NULL, query, sizeof(query) - OPT_LEN);

	if (n < NS_HFIXEDSZ) {
		dnsmsg_answer_fail(ret, name, "not a domain name");
		return;
	}
	/* the ID is half of what a forger has to guess; libresolv's is a clock's */
	rand_fill(query, 2);
	if (l->face.is_trusted)
		n = add_opt(query, n);
	if (ask(l, (struct span){(const char *)query, (size_t)n}, &f) < 0)
		dnsmsg_answer_fail(ret, name, "%s", f.text);
	else
		dnsmsg_parse(buf_span(&l->packet), name, type, ret);
}

static void release(struct resolver *r)
{
	struct libresolv *l = (struct libresolv *)r;

	res_nclose(&l->state);
	buf_release(&l->packet);
	free(l);
}

static struct libresolv *libresolv_new(void)
{
	struct libresolv *l = mem_alloc(sizeof(*l));

	/* whoever starts us must not choose what a name means, or whom to trust */
	(void)unsetenv("RES_OPTIONS");
	(void)unsetenv("LOCALDOMAIN");
	(void)unsetenv("HOSTALIASES");
	if (res_ninit(&l->state) < 0) {
		free(l);
		return NULL;
	}
	l->face = (struct resolver){.lookup = lookup, .free = release};
	buf_init(&l->packet, DNS_PACKET_MAX);
	return l;
}

static bool are_all_local(const struct libresolv *l)
{
	for (int i = 0; i < l->server_count; i++) {
		if (!netaddr_is_loopback(&l->servers[i]))
			return false;
	}
	return l->server_count > 0;
}

/* `file_says_so`: the administrator did, about the servers that stand beside it */
static bool is_trusted(
	const struct libresolv *l, enum resolver_trust trust, bool file_says_so)
{
	if (TRUST_AD == 0)
		return false;
	switch (trust) {
	case RESOLVER_TRUST_AUTO:
		return file_says_so || are_all_local(l);
	case RESOLVER_TRUST_YES:
		return true;
	case RESOLVER_TRUST_NO:
		return false;
	}
	BUG("trust");
}

/* "search" and "domain" of resolv.conf, else the domain of this machine's name */
static void take_search_list(struct libresolv *l)
{
	for (int i = 0; i < MAXDNSRCH && l->state.dnsrch[i]; i++) {
		struct span domain = span_of(l->state.dnsrch[i]);

		if (span_ends(domain, "."))
			domain.len--;
		if (hostname_is_valid(domain))
			strv_add(&l->face.search, domain);
	}
}

static int configure(
	struct libresolv *l, const struct resolver_options *options, struct fault *f)
{
	unsigned timeout_s = options->timeout_s ? options->timeout_s : RESOLVER_TIMEOUT_S;
	bool file_trusts_ad = l->state.options & TRUST_AD;

	l->state.options &= OPTIONS_OF_FILE;
	l->state.options |= RES_INIT | RES_RECURSE | RES_IGNTC;
	if (options->nameservers && options->nameservers[0]) {
		if (servers_parse(l, span_of(options->nameservers), f) < 0)
			return -1;
		servers_to_state(l);
		file_trusts_ad = false;
	} else {
		servers_from_state(l);
	}
	l->face.is_trusted = is_trusted(l, options->trust, file_trusts_ad);
	if (l->face.is_trusted)
		l->state.options |= TRUST_AD | RES_USE_EDNS0 | RES_USE_DNSSEC;
	l->face.hosts_file = mem_string(options->hosts_file);
	take_search_list(l);
	l->timeout_ms = (int64_t)timeout_s * 1000;
	limit_time(l);
	return 0;
}

int resolver_new(
	struct resolver **ret, const struct resolver_options *options, struct fault *f)
{
	struct libresolv *l = libresolv_new();

	if (!l) {
		fault_set(f, FAULT_SYSTEM, 0, "cannot read /etc/resolv.conf");
		return -1;
	}
	if (configure(l, options, f) < 0) {
		resolver_free(&l->face);
		return -1;
	}
	*ret = &l->face;
	return 0;
}

void resolver_lookup(
	struct resolver *r, const char *name, enum dns_type type, struct dns_answer *ret)
{
	if (hostname_is_valid(span_of(name)))
		r->lookup(r, name, type, ret);
	else
		dnsmsg_answer_fail(ret, name, "not a host name");
	if (!r->is_trusted)
		ret->is_secure = false;
}

void resolver_follow(
	struct resolver *r, const char *name, enum dns_type type, struct dns_answer *ret)
{
	char next[DNS_NAME_SIZE];
	bool is_secure;
	unsigned cnames;

	resolver_lookup(r, name, type, ret);
	cnames = ret->cnames;
	is_secure = ret->is_secure;
	while (ret->result == DNS_NO_DATA && ret->cnames && cnames <= DNS_CNAMES_MAX) {
		memcpy(next, ret->canonical, sizeof(next));
		dnsmsg_answer_release(ret);
		resolver_lookup(r, next, type, ret);
		cnames += ret->cnames;
		is_secure &= ret->is_secure;
	}
	ret->cnames = cnames;
	ret->is_secure = is_secure;
	if (cnames > DNS_CNAMES_MAX) {
		dnsmsg_answer_release(ret);
		dnsmsg_answer_fail(ret, name, "too many CNAMEs");
	}
}

void resolver_known(struct resolver *r, const char *name, struct netaddr_list *ret)
{
	struct buf text = BUF_INIT(HOSTSFILE_MAX);
	struct fault ignored;
	int fd = -1;

	if (r->hosts_file)
		fd = open(r->hosts_file, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	/* what cannot be read is not known: DNS may know it */
	if (fd >= 0 && file_read_rest(fd, &text, r->hosts_file, &ignored) == 0)
		hostsfile_find(buf_span(&text), name, ret);
	file_close(fd);
	buf_release(&text);
}

void resolver_free(struct resolver *r)
{
	if (!r)
		return;
	strv_release(&r->search);
	free(r->hosts_file);
	r->free(r);
}
