/*
 * The real resolver against a small name server on loopback, which does what the first
 * label of the name says. The server is a child that ends with the test.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/resolver.h"

#define HEAD_LEN   12
#define OPT_LEN    11
#define A_RECORD   "\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xc0\0\2\1"
#define MX_RECORD  "\xc0\x0c\0\x0f\0\1\0\0\1\x2c\0\7\0\x0a\2mx\xc0\x0c"
#define PORT_TRIES 50

enum { RCODE_SERVFAIL = 2, RCODE_NXDOMAIN = 3, RCODE_REFUSED = 5 };

struct query {
	unsigned char octets[512];
	size_t len;
	bool is_tcp;
};

static bool asks_for(const struct query *q, const char *label)
{
	size_t len = strlen(label);

	return q->octets[HEAD_LEN] == len &&
	       memcmp(q->octets + HEAD_LEN + 1, label, len) == 0;
}

static void begin(struct buf *b, const struct query *q, unsigned rcode, unsigned count)
{
	unsigned char head[6] = {0x81, (unsigned char)(0x80 | rcode), 0, 1,
		(unsigned char)(count >> 8), (unsigned char)count};

	buf_reset(b);
	buf_add(b, q->octets, 2);
	buf_add(b, head, sizeof(head));
	buf_add(b, "\0\0\0\0", 4);
	buf_add(b, q->octets + HEAD_LEN,
		q->len - HEAD_LEN - (q->octets[11] ? OPT_LEN : 0));
}

static void add_records(struct buf *b, const char *octets, size_t len, unsigned count)
{
	while (count--)
		buf_add(b, octets, len);
}

static void reply_udp(int fd, const struct buf *b, const struct sockaddr_in6 *to)
{
	socklen_t len = sizeof(*to);

	(void)sendto(fd, b->data, b->len, 0, (const struct sockaddr *)to, len);
}

/* what a forger who guesses sends first: another question, then another ID */
static void forge(
	int fd, struct buf *b, const struct query *q, const struct sockaddr_in6 *to)
{
	begin(b, q, RCODE_NXDOMAIN, 0);
	b->data[HEAD_LEN + 1] ^= 1;
	reply_udp(fd, b, to);
	begin(b, q, RCODE_NXDOMAIN, 0);
	b->data[0] ^= 1;
	reply_udp(fd, b, to);
}

/* Whether AD is asked for, and DO in an OPT record, both or neither (RFC 6840 5.7). */
static bool asks_for_dnssec(const struct query *q)
{
	bool wants_ad = q->octets[3] & 0x20;
	bool has_opt = q->octets[11] == 1;
	const unsigned char *opt = q->octets + q->len - OPT_LEN;

	if (wants_ad != has_opt || (has_opt && (opt[2] != 41 || opt[7] != 0x80)))
		_exit(2); /* then nobody answers, and the test fails */
	return wants_ad;
}

/* The answer into `b`; empty: none. */
static void compose(const struct query *q, struct buf *b)
{
	bool wants_dnssec = asks_for_dnssec(q);

	buf_reset(b);
	if (asks_for(q, "servfail"))
		begin(b, q, RCODE_SERVFAIL, 0);
	else if (asks_for(q, "refused"))
		begin(b, q, RCODE_REFUSED, 0);
	else if (asks_for(q, "nxdomain"))
		begin(b, q, RCODE_NXDOMAIN, 0);
	else if (asks_for(q, "nodata"))
		begin(b, q, 0, 0);
	else if (asks_for(q, "lies"))
		begin(b, q, 0, 7);
	else if (asks_for(q, "tcpfail") && q->is_tcp)
		begin(b, q, RCODE_SERVFAIL, 0);
	else if (asks_for(q, "tcpclose") && q->is_tcp)
		buf_reset(b);
	else if (!q->is_tcp && (asks_for(q, "large") || asks_for(q, "tcpfail") ||
				       asks_for(q, "tcpclose"))) {
		begin(b, q, 0, 0);
		b->data[2] |= 2; /* TC */
	} else if (asks_for(q, "large")) {
		begin(b, q, 0, 3300);
		add_records(b, MX_RECORD, sizeof(MX_RECORD) - 1, 3300);
	} else {
		begin(b, q, 0, 1);
		add_records(b, A_RECORD, sizeof(A_RECORD) - 1, 1);
	}
	/* one that lies says so without being asked, too */
	if (b->len && (asks_for(q, "lying") || (wants_dnssec && asks_for(q, "signed"))))
		b->data[3] |= 0x20;
}

static void serve_udp(int fd, struct buf *b)
{
	struct query q = {.is_tcp = false};
	struct sockaddr_in6 from;
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(
		fd, q.octets, sizeof(q.octets), 0, (struct sockaddr *)&from, &from_len);

	if (n <= HEAD_LEN)
		return;
	q.len = (size_t)n;
	if (asks_for(&q, "forged"))
		forge(fd, b, &q, &from);
	compose(&q, b);
	(void)sendto(fd, b->data, b->len, 0, (struct sockaddr *)&from, from_len);
}

static void serve_tcp(int listener, struct buf *b)
{
	struct query q = {.is_tcp = true};
	unsigned char prefix[2];
	struct fault f;
	int fd = accept(listener, NULL, NULL);

	/* a query is small and comes as one segment on loopback */
	if (recv(fd, prefix, 2, MSG_WAITALL) == 2) {
		q.len = (size_t)(prefix[0] << 8 | prefix[1]);
		if (q.len <= sizeof(q.octets) &&
			recv(fd, q.octets, q.len, MSG_WAITALL) == (ssize_t)q.len) {
			compose(&q, b);
			prefix[0] = (unsigned char)(b->len >> 8);
			prefix[1] = (unsigned char)b->len;
			if (b->len)
				(void)!write(fd, prefix, 2);
			(void)file_write_all(fd, buf_span(b), "answer", &f);
		}
	}
	file_close(fd);
}

__attribute__((noreturn)) static void serve(int udp, int tcp)
{
	struct pollfd p[2] = {
		{.fd = udp, .events = POLLIN}, {.fd = tcp, .events = POLLIN}};
	struct buf b = BUF_INIT(DNS_PACKET_MAX);

	while (poll(p, 2, -1) > 0) {
		if (p[0].revents)
			serve_udp(udp, &b);
		if (p[1].revents)
			serve_tcp(tcp, &b);
	}
	_exit(1);
}

struct server {
	pid_t pid;
	char where[NETADDR_TEXT_MAX + 8]; /* "127.0.0.1:5353" */
};

static int bind_to(int type, struct netaddr *at)
{
	socklen_t len = sizeof(*at);
	int fd = socket(at->any.sa_family, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (bind(fd, &at->any, netaddr_len(at)) < 0 ||
		getsockname(fd, &at->any, &len) < 0 ||
		(type == SOCK_STREAM && listen(fd, 8) < 0)) {
		file_close(fd);
		return -1;
	}
	return fd;
}

/* Both sockets on one port of `address`; false when the machine has no such address. */
static bool bind_both(
	const char *address, int *ret_udp, int *ret_tcp, struct netaddr *ret_at)
{
	for (int i = 0; i < PORT_TRIES; i++) {
		assert_int_equal(netaddr_parse(span_of(address), 0, ret_at), 0);
		*ret_udp = bind_to(SOCK_DGRAM, ret_at);
		if (*ret_udp < 0)
			return false;
		*ret_tcp = bind_to(SOCK_STREAM, ret_at);
		if (*ret_tcp >= 0)
			return true;
		file_close(*ret_udp);
	}
	return false;
}

static bool server_start(struct server *s, const char *address)
{
	char address_text[NETADDR_TEXT_MAX];
	struct netaddr at;
	int udp, tcp;

	if (!bind_both(address, &udp, &tcp, &at))
		return false;
	netaddr_format(&at, address_text);
	(void)snprintf(s->where, sizeof(s->where),
		at.any.sa_family == AF_INET6 ? "[%.46s]:%u" : "%.46s:%u", address_text,
		(unsigned)netaddr_port(&at));
	s->pid = fork();
	assert_true(s->pid >= 0);
	if (s->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(udp, tcp);
	}
	file_close(udp);
	file_close(tcp);
	return true;
}

static void server_stop(struct server *s)
{
	(void)kill(s->pid, SIGKILL);
	(void)waitpid(s->pid, NULL, 0);
}

static int set_up(void **state)
{
	struct server *s = mem_alloc(sizeof(*s));

	*state = s;
	return server_start(s, "127.0.0.1") ? 0 : -1;
}

static int tear_down(void **state)
{
	server_stop(*state);
	free(*state);
	return 0;
}

static struct resolver *resolver_for(const char *nameservers)
{
	struct resolver_options options = {.nameservers = nameservers};
	struct resolver *r = NULL;
	struct fault f;

	if (resolver_new(&r, &options, &f) < 0)
		fail_msg("%s", f.text);
	return r;
}

/* a port of 127.0.0.1 where nobody listens */
static void nobody(char where[NETADDR_TEXT_MAX + 8])
{
	struct server s;

	assert_true(server_start(&s, "127.0.0.1"));
	server_stop(&s);
	(void)text_copy(where, sizeof(s.where), span_of(s.where));
}

static void test_results(void **state)
{
	static const struct {
		const char *name;
		enum dns_type type;
		enum dns_result result;
		size_t count;
		const char *why;
	} cases[] = {
		{"good.test", DNS_A, DNS_FOUND, 1, ""},
		{"nxdomain.test", DNS_MX, DNS_NO_NAME, 0, ""},
		{"nodata.test", DNS_MX, DNS_NO_DATA, 0, ""},
		{"servfail.test", DNS_MX, DNS_FAILED, 0,
			"the name server failed (SERVFAIL)"},
		{"refused.test", DNS_MX, DNS_FAILED, 0,
			"the name server refused to answer (REFUSED)"},
		{"lies.test", DNS_MX, DNS_FAILED, 0, "malformed answer"},
		{"forged.test", DNS_A, DNS_FOUND, 1, ""},
		{"large.test", DNS_MX, DNS_FOUND, DNS_RECORDS_MAX, ""},
		{"tcpfail.test", DNS_MX, DNS_FAILED, 0,
			"the name server failed (SERVFAIL)"},
		{"tcpclose.test", DNS_MX, DNS_FAILED, 0, "by TCP: connection closed"},
		{"bad name.test", DNS_MX, DNS_FAILED, 0, "not a host name"},
		{"", DNS_MX, DNS_FAILED, 0, "not a host name"},
		{"192.0.2.1", DNS_A, DNS_FAILED, 0, "not a host name"},
	};
	const struct server *s = *state;
	struct resolver *r = resolver_for(s->where);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct dns_answer answer;

		resolver_lookup(r, cases[i].name, cases[i].type, &answer);
		if (answer.result != cases[i].result)
			fail_msg("%s: %d %s", cases[i].name, (int)answer.result,
				answer.why);
		assert_int_equal(answer.count, cases[i].count);
		assert_string_equal(answer.why, cases[i].why);
		dnsmsg_answer_release(&answer);
	}
	resolver_free(r);
	resolver_free(NULL);
}

static void expect_found(struct resolver *r, const char *name)
{
	struct dns_answer answer;

	resolver_lookup(r, name, DNS_A, &answer);
	if (answer.result != DNS_FOUND)
		fail_msg("%s: %s", name, answer.why);
	dnsmsg_answer_release(&answer);
}

static void test_next_server_is_asked(void **state)
{
	const struct server *s = *state;
	char dead[NETADDR_TEXT_MAX + 8];
	struct buf servers = BUF_INIT(256);
	struct resolver *r;

	nobody(dead);
	buf_addf(&servers, "%s \t%s", dead, s->where);
	r = resolver_for(buf_str(&servers));
	expect_found(r, "good.test");
	resolver_free(r);
	buf_release(&servers);
}

static void test_nobody_there(void **state)
{
	char dead[NETADDR_TEXT_MAX + 8];
	struct dns_answer answer;
	int64_t begin_ms = clock_mono_ms();
	struct resolver *r;

	(void)state;
	nobody(dead);
	r = resolver_for(dead);
	resolver_lookup(r, "good.test", DNS_A, &answer);
	assert_int_equal(answer.result, DNS_FAILED);
	assert_string_equal(answer.why, "no name server can be reached");
	assert_true(clock_mono_ms() - begin_ms < 1000 * (int64_t)RESOLVER_TIMEOUT_S);
	dnsmsg_answer_release(&answer);
	resolver_free(r);
}

static void test_ipv6_server(void **state)
{
	struct server s;
	struct resolver *r;

	(void)state;
	if (!server_start(&s, "::1"))
		skip(); /* a machine without IPv6 */
	r = resolver_for(s.where);
	expect_found(r, "good.test");
	resolver_free(r);
	server_stop(&s);
}

static void test_environment_does_not_matter(void **state)
{
	const struct server *s = *state;
	struct resolver *r;

	(void)setenv("RES_OPTIONS", "ndots:9 use-vc trust-ad timeout:30 attempts:5", 1);
	(void)setenv("LOCALDOMAIN", "evil.example", 1);
	(void)setenv("HOSTALIASES", "/nonexistent", 1);
	r = resolver_for(s->where);
	assert_null(getenv("RES_OPTIONS"));
	assert_null(getenv("LOCALDOMAIN"));
	assert_null(getenv("HOSTALIASES"));
	expect_found(r, "good");
	resolver_free(r);
}

static void test_bad_name_servers(void **state)
{
	static const char *const cases[] = {"ns.example.org", "127.0.0.1:0",
		"127.0.0.1:x", "::1 ::2 ::3 ::4", "127.0.0.1,::1"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct resolver_options options = {.nameservers = cases[i]};
		struct resolver *r = NULL;
		struct fault f;

		assert_int_equal(resolver_new(&r, &options, &f), -1);
		assert_int_equal(f.kind, FAULT_CONFIG);
		assert_null(r);
	}
}

/* protocol T6: the AD bit counts only from a server that is trusted for it */
static void test_who_is_trusted(void **state)
{
	static const struct {
		const char *why;
		enum resolver_trust trust;
		const char *more; /* servers behind the one that answers */
		const char *name;
		bool is_secure;
	} cases[] = {
		{"on this machine", RESOLVER_TRUST_AUTO, "", "signed.test", true},
		{"not signed", RESOLVER_TRUST_AUTO, "", "good.test", false},
		{"not wanted", RESOLVER_TRUST_NO, "", "signed.test", false},
		{"not wanted, and says so all the same", RESOLVER_TRUST_NO, "",
			"lying.test", false},
		{"another one is far away", RESOLVER_TRUST_AUTO, "192.0.2.1",
			"signed.test", false},
		{"far away, and says so all the same", RESOLVER_TRUST_AUTO, "192.0.2.1",
			"lying.test", false},
		{"far away, but trusted", RESOLVER_TRUST_YES, "192.0.2.1", "signed.test",
			true},
	};
	const struct server *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf servers = BUF_INIT(256);
		struct resolver_options options = {.trust = cases[i].trust};
		struct dns_answer answer;
		struct resolver *r;
		struct fault f;

		buf_addf(&servers, "%s %s", s->where, cases[i].more);
		options.nameservers = buf_str(&servers);
		assert_int_equal(resolver_new(&r, &options, &f), 0);
		resolver_lookup(r, cases[i].name, DNS_A, &answer);
		if (answer.result != DNS_FOUND ||
			answer.is_secure != (cases[i].is_secure && RESOLVER_HAS_DNSSEC))
			fail_msg(
				"%s: %d, %s", cases[i].why, answer.is_secure, answer.why);
		dnsmsg_answer_release(&answer);
		resolver_free(r);
		buf_release(&servers);
	}
}

static void test_a_failure_is_never_secure(void **state)
{
	const struct server *s = *state;
	struct resolver *r = resolver_for(s->where);
	struct dns_answer answer;

	resolver_lookup(r, "servfail.test", DNS_A, &answer);
	assert_int_equal(answer.result, DNS_FAILED);
	assert_false(answer.is_secure);
	resolver_free(r);
}

static void test_system_configuration_is_read(void **state)
{
	struct resolver *r = resolver_for(NULL);

	(void)state;
	resolver_free(r);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_results),
		cmocka_unit_test(test_next_server_is_asked),
		cmocka_unit_test(test_nobody_there),
		cmocka_unit_test(test_ipv6_server),
		cmocka_unit_test(test_environment_does_not_matter),
		cmocka_unit_test(test_bad_name_servers),
		cmocka_unit_test(test_who_is_trusted),
		cmocka_unit_test(test_a_failure_is_never_secure),
		cmocka_unit_test(test_system_configuration_is_read),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
