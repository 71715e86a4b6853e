#include "net/dnsudp.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/mem.h"
#include "net/dnsmsg.h"

#define TRIES       2 /* of each server */
#define TRY_SECONDS 5 /* at most, as resolv.conf(5) has it */

/* Divide the time of one lookup among the servers and the tries. */
static int try_seconds(const struct resolvconf *conf, int64_t timeout_ms)
{
	int servers = conf->server_count > 0 ? conf->server_count : 1;
	int seconds = (int)(timeout_ms / 1000) / (TRIES * servers);

	seconds = seconds > TRY_SECONDS ? TRY_SECONDS : seconds;
	return seconds < 1 ? 1 : seconds;
}

/*
 * Why all of them failed. The next server is asked where one said SERVFAIL or REFUSED; that
 * it did, the last header that was received tells, zeros for none. It is good for this text
 * and nothing else: nobody has checked it.
 */
static int fail(struct fault *f, const char *header, int err)
{
	const char *why = dnsmsg_error_text((struct span){header, NS_HFIXEDSZ});

	if (!why)
		why = err == ECONNREFUSED ? "no name server can be reached"
					  : "no name server answered in time";
	fault_set(f, FAULT_SYSTEM, 0, "%s", why);
	return -1;
}

#ifdef HAVE_DANE
#include <resolv.h>

/* what resolv.conf may decide; the rest would change what a question means */
#define OPTIONS_OF_FILE (RES_ROTATE | RES_USEVC)

struct dnsudp {
	struct __res_state state;
};

/* where libresolv keeps its servers: IPv6 ones lie beside the public array */
static void servers_from_state(const struct __res_state *state, struct resolvconf *ret)
{
	for (int i = 0; i < state->nscount && i < RESOLVCONF_SERVERS_MAX; i++) {
		struct netaddr *to = &ret->servers[ret->server_count];

		if (state->nsaddr_list[i].sin_family == AF_INET)
			to->v4 = state->nsaddr_list[i];
		else if (state->_u._ext.nsaddrs[i])
			to->v6 = *state->_u._ext.nsaddrs[i];
		else
			continue;
		ret->server_count++;
	}
}

static void servers_to_state(const struct resolvconf *conf, struct __res_state *state)
{
	for (int i = 0; i < conf->server_count; i++) {
		const struct netaddr *from = &conf->servers[i];

		memset(&state->nsaddr_list[i], 0, sizeof(state->nsaddr_list[i]));
		if (from->any.sa_family == AF_INET) {
			state->nsaddr_list[i] = from->v4;
			continue;
		}
		/* its family 0 says: look here; res_nclose frees it */
		if (!state->_u._ext.nsaddrs[i])
			state->_u._ext.nsaddrs[i] = mem_alloc(sizeof(from->v6));
		*state->_u._ext.nsaddrs[i] = from->v6;
	}
	state->nscount = conf->server_count;
}

int dnsudp_new(struct dnsudp **ret, struct resolvconf *ret_file, struct fault *f)
{
	struct dnsudp *u = mem_alloc(sizeof(*u));

	if (res_ninit(&u->state) < 0) {
		free(u);
		fault_set(f, FAULT_SYSTEM, 0, "cannot read " RESOLVCONF_PATH);
		return -1;
	}
	*ret_file = (struct resolvconf){
		.is_trusted = u->state.options & RES_TRUSTAD,
		.wants_tcp = u->state.options & RES_USEVC,
	};
	servers_from_state(&u->state, ret_file);
	/* "search" and "domain", else the domain of this machine's name */
	for (int i = 0; i < MAXDNSRCH && u->state.dnsrch[i]; i++)
		resolvconf_add_search(ret_file, span_of(u->state.dnsrch[i]));
	*ret = u;
	return 0;
}

void dnsudp_configure(struct dnsudp *u, const struct resolvconf *conf, int64_t timeout_ms,
	bool is_trusted)
{
	servers_to_state(conf, &u->state);
	u->state.options &= OPTIONS_OF_FILE;
	u->state.options |= RES_INIT | RES_RECURSE | RES_IGNTC; /* a cut stays visible */
	if (is_trusted)
		u->state.options |= RES_TRUSTAD | RES_USE_EDNS0 | RES_USE_DNSSEC;
	u->state.retrans = try_seconds(conf, timeout_ms);
	u->state.retry = TRIES;
}

int dnsudp_ask(struct dnsudp *u, struct span query, struct buf *ret, struct fault *f)
{
	const unsigned char *octets = (const unsigned char *)query.data;
	char *to = buf_reserve(ret, DNS_PACKET_MAX);
	int n;

	if (!to)
		BUG("packet buffer");
	memset(to, 0, NS_HFIXEDSZ);
	n = res_nsend(&u->state, octets, span_int_len(query), (unsigned char *)to,
		DNS_PACKET_MAX);
	/* it returns the full length of an answer even where it did not fit */
	if (n < 0 || n > DNS_PACKET_MAX)
		return fail(f, to, errno);
	buf_commit(ret, (size_t)n);
	return 0;
}

void dnsudp_free(struct dnsudp *u)
{
	if (u)
		res_nclose(&u->state);
	free(u);
}

#else
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/clock.h"

struct dnsudp {
	struct resolvconf conf; /* its servers; nothing that is owned */
	int seconds;
};

/* One question; the errno of the server that failed last. */
struct asking {
	struct span query;
	char *to; /* DNS_PACKET_MAX octets, its head zeros until something came */
	size_t len;
	int err;
};

int dnsudp_new(struct dnsudp **ret, struct resolvconf *ret_file, struct fault *f)
{
	struct buf text = BUF_INIT(RESOLVCONF_MAX);
	int fd = open(RESOLVCONF_PATH, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd >= 0 && file_read_rest(fd, &text, RESOLVCONF_PATH, f) < 0) {
		file_close(fd);
		buf_release(&text);
		return -1;
	}
	resolvconf_parse(buf_span(&text), ret_file);
	file_close(fd);
	buf_release(&text);
	*ret = mem_alloc(sizeof(**ret));
	return 0;
}

void dnsudp_configure(struct dnsudp *u, const struct resolvconf *conf, int64_t timeout_ms,
	bool is_trusted)
{
	if (is_trusted)
		BUG("DNSSEC");
	u->conf = *conf;
	u->conf.search = (struct strv){0};
	u->seconds = try_seconds(conf, timeout_ms);
}

/* Under our ID and about our question: anybody else's would be a guess (RFC 5452 9.1). */
static bool is_answer(const struct asking *a)
{
	size_t question_end = a->query.len;

	return a->len >= question_end && memcmp(a->to, a->query.data, 2) == 0 &&
	       (a->to[2] & 0x80) && memcmp(a->to + 4, a->query.data + 4, 2) == 0 &&
	       span_ieq(span_from((struct span){a->to, question_end}, NS_HFIXEDSZ),
		       span_from(a->query, NS_HFIXEDSZ));
}

/* Whether another server may know more than this one. */
static bool is_useless(const struct asking *a)
{
	return dnsmsg_error_text((struct span){a->to, a->len}) != NULL;
}

/* Wait for the answer on a connected socket; false: ask the next server. */
static bool receive(struct asking *a, int fd, int64_t deadline_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int64_t left_ms;

	while ((left_ms = deadline_ms - clock_mono_ms()) > 0) {
		ssize_t n;

		if (poll(&p, 1, (int)left_ms) <= 0)
			continue;
		n = recv(fd, a->to, DNS_PACKET_MAX, MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			a->err = errno; /* the port is closed */
			return false;
		}
		a->len = n < 0 ? 0 : (size_t)n;
		if (is_answer(a))
			return !is_useless(a);
		memset(a->to, 0, NS_HFIXEDSZ);
	}
	a->err = ETIMEDOUT;
	return false;
}

/* A socket for one try alone: its port is the other half of what a forger has to guess. */
static bool ask_one(struct asking *a, const struct netaddr *server, int seconds)
{
	int fd = socket(server->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_done = false;

	if (fd >= 0 && connect(fd, &server->any, netaddr_len(server)) == 0 &&
		send(fd, a->query.data, a->query.len, MSG_NOSIGNAL) >= 0)
		is_done = receive(a, fd, clock_mono_ms() + (int64_t)seconds * 1000);
	else
		a->err = ECONNREFUSED;
	file_close(fd);
	return is_done;
}

int dnsudp_ask(struct dnsudp *u, struct span query, struct buf *ret, struct fault *f)
{
	struct asking a = {.query = query, .to = buf_reserve(ret, DNS_PACKET_MAX)};

	if (!a.to)
		BUG("packet buffer");
	memset(a.to, 0, NS_HFIXEDSZ);
	for (int i = 0; i < TRIES * u->conf.server_count; i++) {
		if (ask_one(&a, &u->conf.servers[i % u->conf.server_count], u->seconds)) {
			buf_commit(ret, a.len);
			return 0;
		}
	}
	return fail(f, a.to, a.err);
}

void dnsudp_free(struct dnsudp *u)
{
	free(u);
}
#endif
