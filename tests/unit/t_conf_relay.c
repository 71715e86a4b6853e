/* sources: tests/support/scratch.c tests/support/conf_fixture.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/bug.h"
#include "conf/key.h"
#include "conf/provider.h"
#include "conf_fixture.h"

#define HEX_32 "0123456789abcdef0123456789abcdef"

struct section_case {
	const char *why;
	const char *text;
	const char *section, *key, *value; /* in force afterwards */
	const char *problem;               /* part of the only one, or NULL */
};

static const struct section_case sections[] = {
	{"a route", "[route a]\nrecipient = *\nhost = b.example\n", "route a", "host",
		"b.example", NULL},
	{"its name in capitals", "[Route  A]\nrecipient = *\nhost = b.example\n",
		"route a", "host", "b.example", NULL},
	{"in two pieces", "[route a]\nrecipient = *\n[log]\n[route A]\nhost = b\n",
		"route a", "host", "b", NULL},
	{"the relay keeps its own",
		"[relay]\nhost = c\n[route a]\nhost = b\nsender = *\n", "relay", "host",
		"c", NULL},
	{"a key given twice", "[route a]\nhost = b\nsender = *\n[route A]\nhost = c\n",
		"route a", "host", "b",
		":5: [route A] host: given a second time, first in line 2"},
	{"not twice where it is in two routes",
		"[route a]\nhost = b\nsender = *\n[route c]\nhost = d\nsender = *\n",
		"route c", "host", "d", NULL},
	{"an unknown key", "[route a]\nhost = b\nsender = *\nsenders = *\n", "route a",
		"host", "b", ":4: [route a] senders: unknown key; this section has host"},
	{"a route's key in [relay]", "[relay]\nsender = *\n", "relay", "host", "",
		"[relay] sender: unknown key; this section has host, port"},
	{"no name", "[route]\nhost = b\n", "relay", "host", "",
		":1: [route]: unknown section; the sections are nullmta, relay, route "
		"NAME"},
	{"two names", "[route a b]\nhost = b\n", "relay", "host", "",
		":1: [route a b]: unknown section"},
	{"for no mail", "[route a]\nhost = b\n", "route a", "host", "b",
		"[route a] recipient: this route is for no mail"},
	{"to nowhere", "[route a]\nsender = *\n", "route a", "sender", "*",
		"[route a] host: where does this mail go?"},

	{"a secret is not shown", "[relay]\nuser = u\npassword = \"hunter2;#\"\n",
		"relay", "password", "(set)", NULL},
	{"a secret outside ASCII", "[relay]\nuser = u\npassword = gr\xc3\xbcn\n", "relay",
		"password", "(set)",
		":3: warning: [relay] password: has characters outside ASCII"},
	{"a user outside ASCII", "[relay]\nuser = gr\xc3\xbcn\npassword_file = /p\n",
		"relay", "password_file", "/p",
		":2: warning: [relay] user: has characters outside ASCII"},
	{"no secret", "", "relay", "password", "", NULL},
	{"a proxy's neither", "[relay]\nproxy = socks5://u:hunter2@a.example\n", "relay",
		"proxy", "socks5://(set)@a.example:1080", NULL},
	{"two passwords", "[relay]\nuser = u\npassword = hunter2\npassword_file = /p\n",
		"relay", "user", "u", ":3: [relay] password: there is more than one of"},
	{"a password of nobody", "[relay]\npassword_command = /x\n", "relay", "user", "",
		":2: [relay] password_command: a password without a user"},
	{"a program that a shell would find",
		"[relay]\nuser = u\npassword_command = pass show x\n", "relay", "user",
		"u", ":3: [relay] password_command: give an absolute path"},
	{"token or password?", "[relay]\nuser = u\nauth = plain xoauth2\n", "relay",
		"auth", "PLAIN XOAUTH2", ":3: [relay] auth: these are for a token"},
	{"a token by either, or a certificate",
		"[relay]\nuser = u\nauth = external xoauth2 oauthbearer\n", "relay",
		"user", "u", NULL},
	{"a login that nobody verifies", "[relay]\nhost = a\nuser = u\ntls = may\n",
		"relay", "tls", "may", ":4: [relay] tls: no login is sent where TLS"},
	{"nor in clear", "[relay]\nhost = a\nuser = u\ntls = none\n", "relay", "tls",
		"none", ":4: [relay] tls: no login is sent where TLS"},
	{"but for who says so",
		"[relay]\nhost = a\nuser = u\ntls = none\nauth_insecure = yes\n", "relay",
		"tls", "none", NULL},
	{"TLS and none", "[relay]\nhost = smtps://a\ntls = none\n", "relay", "tls",
		"none", ":3: [relay] tls: none, but host asks for TLS"},
	{"a fingerprint is missing", "[relay]\ntls = fingerprint\n", "relay", "tls",
		"fingerprint", ":2: [relay] tls: fingerprint, but there is no"},
	{"a fingerprint is in vain",
		"[relay]\ntls = verify\ntls_fingerprint = " HEX_32 HEX_32 "\n", "relay",
		"tls", "verify", ":3: [relay] tls_fingerprint: has no effect"},
	{"a fingerprint alone", "[relay]\ntls_fingerprint = " HEX_32 HEX_32 "\n", "relay",
		"tls", "auto", NULL},
	{"a key without its certificate", "[relay]\ntls_key = /k\n", "relay", "tls_key",
		"/k", ":2: [relay] tls_key: a key without"},

	{"a provider has a host", "[relay]\nprovider = gmail\n", "relay", "host",
		"smtps://smtp.gmail.com", NULL},
	{"and mechanisms", "[route a]\nsender = *\nprovider = GMail\n", "route a", "auth",
		"PLAIN", NULL},
	{"what the file says counts more",
		"[relay]\nprovider = ses\nhost = "
		"smtps://email-smtp.eu-west-1.amazonaws.com\n",
		"relay", "host", "smtps://email-smtp.eu-west-1.amazonaws.com", NULL},
	{"an unknown provider", "[relay]\nprovider = gmial\n", "relay", "provider",
		"none", "[relay] provider: wrong value; give none, fastmail, gmail,"},
};

static void check_section(struct conf_fixture *f, const struct section_case *c)
{
	conf_fixture_write(f, span_of(c->text));
	conf_fixture_load(f);
	if (strcmp(conf_fixture_value(f, c->section, c->key), c->value) != 0)
		fail_msg("%s: %s", c->why, f->line);
	if (f->problems.count != (c->problem ? 1 : 0) ||
		(c->problem && !strstr(conf_fixture_problem(f, 0), c->problem)))
		fail_msg("%s: %zu %s", c->why, f->problems.count,
			conf_fixture_problem(f, 0));
	if (strstr(conf_fixture_problem(f, 0), "hunter2"))
		fail_msg("%s: shows the password", c->why);
}

static void reads_sections(void **state)
{
	struct conf_fixture f;

	(void)state;
	conf_fixture_init(&f);
	for (size_t i = 0; i < ARRAY_LEN(sections); i++)
		check_section(&f, &sections[i]);
	conf_fixture_release(&f);
}

static void says_where_a_value_comes_from(void **state)
{
	struct conf_fixture f;

	(void)state;
	conf_fixture_init(&f);
	conf_fixture_write(&f, SPAN_LIT("[route a]\nsender = *\nprovider = gmail\n"));
	conf_fixture_load(&f);
	assert_true(span_ends(span_of(conf_fixture_origin(&f, "route a", "sender")),
		"/nullmta.conf:2"));
	assert_string_equal(conf_fixture_origin(&f, "route a", "host"), "the provider");
	assert_string_equal(conf_fixture_origin(&f, "route a", "port"), "default");
	assert_string_equal(conf_fixture_origin(&f, "relay", "host"), "default");
	conf_fixture_release(&f);
}

static void a_users_routes_come_first(void **state)
{
	static const char *const order[] = {"u1", "u2", "s1", "s2", "d1"};
	struct conf_fixture f;
	struct scratch *s = &f.scratch;

	(void)state;
	conf_fixture_init(&f);
	f.options.home = s->dir;
	conf_fixture_write(&f, SPAN_LIT("[route s1]\nsender = *\nhost = a\n"
					"[route s2]\nsender = *\nhost = a\n"));
	scratch_mkdir(s, "nullmta.conf.d");
	scratch_write(s, "nullmta.conf.d/x.conf",
		SPAN_LIT("[route d1]\nsender = *\nhost = a\n"), 0644);
	scratch_mkdir(s, ".config");
	scratch_write(s, ".config/nullmta.conf",
		SPAN_LIT("[route u1]\nsender = *\nhost = a\n[route s1]\nfrom = a@b\n"
			 "[route u2]\nsender = *\nhost = a\n"),
		0600);
	conf_fixture_load(&f);
	assert_string_equal(conf_fixture_problem(&f, 0), "");
	assert_int_equal(f.conf.route_count, ARRAY_LEN(order));
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		assert_string_equal(f.conf.routes[i]->name, order[i]);
	assert_string_equal(f.conf.routes[2]->from, "a@b");
	conf_fixture_release(&f);
}

static void takes_so_many_routes(void **state)
{
	struct buf text = BUF_INIT(65536);
	struct conf_fixture f;

	(void)state;
	conf_fixture_init(&f);
	for (unsigned i = 0; i <= CONF_ROUTES_MAX; i++)
		buf_addf(&text, "[route r%u]\nsender = *\nhost = a\n", i);
	conf_fixture_write(&f, buf_span(&text));
	conf_fixture_load(&f);
	assert_int_equal(f.conf.route_count, CONF_ROUTES_MAX);
	assert_non_null(strstr(conf_fixture_problem(&f, 0), "more than 100 routes"));
	buf_release(&text);
	conf_fixture_release(&f);
}

struct port_case {
	const char *text;
	unsigned port;
	bool is_implicit;
};

static const struct port_case ports[] = {
	{"host = a\n", 25, false},
	{"host = a:465\n", 465, true},
	{"host = a\nport = 465\n", 465, true},
	{"host = a:587\nport = 465\n", 587, false},
	{"host = a\nuser = u\n", 587, false},
	{"host = smtps://a\n", 465, true},
	{"host = smtps://a:2465\n", 2465, true},
	{"host = smtps://a\nport = 25\n", 25, true},
	{"host = smtp+starttls://a\n", 587, false},
	{"host = smtp+starttls://a:465\n", 465, false},
	{"host = lmtp://a\n", 24, false},
	{"host = lmtp://a:465\n", 465, false},
	{"host = mx:a\nuser = u\n", 587, false},
};

static void knows_the_port(void **state)
{
	struct conf_fixture f;

	(void)state;
	conf_fixture_init(&f);
	for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
		struct buf text = BUF_INIT(256);
		const struct conf_relay *relay = &f.conf.relay;

		buf_addf(&text, "[relay]\n%s", ports[i].text);
		conf_fixture_write(&f, buf_span(&text));
		buf_release(&text);
		conf_fixture_load(&f);
		if (conf_relay_port(relay, &relay->host.items[0]) != ports[i].port ||
			conf_relay_is_implicit(relay, &relay->host.items[0]) !=
				ports[i].is_implicit)
			fail_msg("%s", ports[i].text);
	}
	conf_fixture_release(&f);
}

/* What a provider's row says must be what a file could say. */
static void providers_are_sound(void **state)
{
	struct conf_fixture f;
	struct buf names = BUF_INIT(1024);
	struct span rest, name;

	(void)state;
	conf_fixture_init(&f);
	conf_provider_list(&names);
	rest = buf_span(&names);
	while (span_cut(&rest, ',', &name)) {
		struct buf text = BUF_INIT(256);
		unsigned number = 0;

		name = span_trim(name);
		assert_true(conf_provider_find(name, &number));
		buf_addf(&text, "[relay]\nprovider = %.*s\n", SPAN_ARGS(name));
		conf_fixture_write(&f, buf_span(&text));
		buf_release(&text);
		conf_fixture_load(&f);
		assert_string_equal(conf_fixture_problem(&f, 0), "");
		assert_string_equal(conf_fixture_value(&f, "relay", "host"),
			conf_provider_at(number)->host);
		assert_string_equal(conf_fixture_value(&f, "relay", "auth"),
			conf_provider_at(number)->auth);
		assert_int_equal(f.conf.relay.host.count, number ? 1 : 0);
	}
	buf_release(&names);
	conf_fixture_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_sections),
		cmocka_unit_test(says_where_a_value_comes_from),
		cmocka_unit_test(a_users_routes_come_first),
		cmocka_unit_test(takes_so_many_routes),
		cmocka_unit_test(knows_the_port),
		cmocka_unit_test(providers_are_sound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
