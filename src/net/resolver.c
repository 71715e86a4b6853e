#include "net/resolver.h"

#include <arpa/nameser.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/hostname.h"
#include "base/mem.h"
#include "base/rand.h"
#include "net/dnstcp.h"
#include "net/dnsudp.h"
#include "net/hostsfile.h"
#include "net/resolvconf.h"

#define TCP_SHARE_MIN 2000 /* ms */

/* what travels over every link unfragmented (DNS flag day 2020); larger comes by TCP */
#define UDP_SIZE 1232

/* root, OPT, UDP size, code and version, DO, no options (RFC 6891 6.1.2, RFC 3225 3) */
#define OPT_LEN 11

/* of a header's third and fourth octet (RFC 1035 4.1.1, RFC 6840 5.7) */
#define RECURSION_DESIRED 0x01
#define AUTHENTIC_DATA    0x20

/* the one that asks a name server */
struct asker {
	struct resolver face;
	struct dnsudp *udp;
	struct resolvconf conf; /* its search list has moved to `face` */
	int64_t timeout_ms;
	struct buf packet;
};

static int servers_parse(struct resolvconf *c, struct span list, struct fault *f)
{
	struct span rest = list;
	struct span word;
	int count = 0;

	while (span_word(&rest, &word)) {
		if (count == RESOLVCONF_SERVERS_MAX) {
			fault_set(f, FAULT_CONFIG, 0,
				"more than %d name servers: use the best of them",
				RESOLVCONF_SERVERS_MAX);
			return -1;
		}
		if (netaddr_parse_with_port(word, NS_DEFAULTPORT, &c->servers[count]) <
			0) {
			fault_set(f, FAULT_CONFIG, 0,
				"%.*s: a name server is a numeric address, such as "
				"127.0.0.1, 127.0.0.1:5353 or [::1]:53",
				SPAN_ARGS(word));
			return -1;
		}
		count++;
	}
	c->server_count = count;
	return 0;
}

/* One server after the other by TCP, each with its share of the time that is left. */
static int ask_tcp(
	struct asker *a, struct span query, int64_t deadline_ms, struct fault *f)
{
	fault_set(f, FAULT_SYSTEM, 0, "no name server is known");
	for (int i = 0; i < a->conf.server_count; i++) {
		int64_t now = clock_mono_ms();
		int64_t share = (deadline_ms - now) / (a->conf.server_count - i);

		share = share < TCP_SHARE_MIN ? TCP_SHARE_MIN : share;
		buf_reset(&a->packet);
		if (dnstcp_ask(&a->conf.servers[i], query, now + share, &a->packet, f) ==
			0)
			return 0;
	}
	return -1;
}

static int ask(struct asker *a, struct span query, struct fault *f)
{
	int64_t deadline_ms = clock_mono_ms() + a->timeout_ms;

	buf_reset(&a->packet);
	if (!a->conf.wants_tcp) {
		if (dnsudp_ask(a->udp, query, &a->packet, f) < 0)
			return -1;
		if (!dnsmsg_is_truncated(buf_span(&a->packet)))
			return 0;
	}
	return ask_tcp(a, query, deadline_ms, f);
}

static void add_name(struct buf *query, const char *name)
{
	struct span rest = span_of(name);
	struct span label;

	while (span_cut(&rest, '.', &label)) {
		buf_add_char(query, (char)label.len);
		buf_add_span(query, label);
	}
	buf_add_char(query, '\0');
}

/*
 * RFC 1035 4.1. The ID is half of what a forger has to guess: at random, not a clock's.
 * Whoever is trusted is asked for what it has validated.
 */
static void make_query(
	struct buf *query, const char *name, enum dns_type type, bool is_trusted)
{
	static const char opt[OPT_LEN] = {
		0, 0, ns_t_opt, UDP_SIZE >> 8, (char)(UDP_SIZE & 0xff), 0, 0, (char)0x80};
	char head[NS_HFIXEDSZ] = {0, 0, RECURSION_DESIRED, 0, 0, 1};

	rand_fill(head, 2);
	if (is_trusted) {
		head[3] = AUTHENTIC_DATA;
		head[11] = 1; /* ARCOUNT */
	}
	buf_add(query, head, sizeof(head));
	add_name(query, name);
	buf_add_char(query, '\0');
	buf_add_char(query, (char)type);
	buf_add_char(query, '\0');
	buf_add_char(query, ns_c_in);
	if (is_trusted)
		buf_add(query, opt, sizeof(opt));
}

static void lookup(
	struct resolver *r, const char *name, enum dns_type type, struct dns_answer *ret)
{
	struct asker *a = (struct asker *)r;
	struct buf query = BUF_INIT(NS_PACKETSZ);
	struct fault f;

	make_query(&query, name, type, r->is_trusted);
	if (ask(a, buf_span(&query), &f) < 0)
		dnsmsg_answer_fail(ret, name, "%s", f.text);
	else
		dnsmsg_parse(buf_span(&a->packet), name, type, ret);
	buf_release(&query);
}

static void release(struct resolver *r)
{
	struct asker *a = (struct asker *)r;

	dnsudp_free(a->udp);
	resolvconf_release(&a->conf);
	buf_release(&a->packet);
	free(a);
}

static int asker_new(struct asker **ret, struct fault *f)
{
	struct asker *a = mem_alloc(sizeof(*a));

	/* whoever starts us must not choose what a name means, or whom to trust */
	(void)unsetenv("RES_OPTIONS");
	(void)unsetenv("LOCALDOMAIN");
	(void)unsetenv("HOSTALIASES");
	if (dnsudp_new(&a->udp, &a->conf, f) < 0) {
		free(a);
		return -1;
	}
	a->face = (struct resolver){.lookup = lookup, .free = release};
	buf_init(&a->packet, DNS_PACKET_MAX);
	*ret = a;
	return 0;
}

static bool are_all_local(const struct resolvconf *c)
{
	for (int i = 0; i < c->server_count; i++) {
		if (!netaddr_is_loopback(&c->servers[i]))
			return false;
	}
	return c->server_count > 0;
}

/* `conf->is_trusted`: the administrator said so, about the servers that stand beside it */
static bool is_trusted(const struct resolvconf *conf, enum resolver_trust trust)
{
	if (!RESOLVER_HAS_DNSSEC)
		return false;
	switch (trust) {
	case RESOLVER_TRUST_AUTO:
		return conf->is_trusted || are_all_local(conf);
	case RESOLVER_TRUST_YES:
		return true;
	case RESOLVER_TRUST_NO:
		return false;
	}
	BUG("trust");
}

static int configure(
	struct asker *a, const struct resolver_options *options, struct fault *f)
{
	unsigned timeout_s = options->timeout_s ? options->timeout_s : RESOLVER_TIMEOUT_S;

	if (options->nameservers && options->nameservers[0]) {
		if (servers_parse(&a->conf, span_of(options->nameservers), f) < 0)
			return -1;
		a->conf.is_trusted = false;
	}
	a->face.is_trusted = is_trusted(&a->conf, options->trust);
	a->face.hosts_file = mem_string(options->hosts_file);
	a->face.search = a->conf.search;
	a->conf.search = (struct strv){0}; /* moved */
	a->timeout_ms = (int64_t)timeout_s * 1000;
	dnsudp_configure(a->udp, &a->conf, a->timeout_ms, a->face.is_trusted);
	return 0;
}

int resolver_new(
	struct resolver **ret, const struct resolver_options *options, struct fault *f)
{
	struct asker *a;

	if (asker_new(&a, f) < 0)
		return -1;
	if (configure(a, options, f) < 0) {
		resolver_free(&a->face);
		return -1;
	}
	*ret = &a->face;
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
