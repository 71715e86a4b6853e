/* sources: tests/support/scratch.c tests/support/conf_fixture.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/bug.h"
#include "conf/guard.h"
#include "conf_fixture.h"

#define LOGIN "user = sys\npassword_file = /etc/secret\n"
#define RELAY "[relay]\nhost = a.example\nport = 587\n" LOGIN

struct guard_case {
	const char *why;
	const char *system;
	const char *user;     /* "": no such file */
	const char *variable; /* NULL: none */
	const char *section;
	const char *login;  /* user and password_file afterwards */
	const char *blamed; /* the key that the only warning names; NULL: no warning */
};

static const struct guard_case cases[] = {
	{"nothing changes", RELAY, "", NULL, "relay", "sys /etc/secret", NULL},
	{"another key", RELAY, "[relay]\nfrom = a@b.example\n[log]\nlevel = debug\n",
		NULL, "relay", "sys /etc/secret", NULL},
	{"the same host", RELAY, "[relay]\nhost = A.example\nport = 587\n", NULL, "relay",
		"sys /etc/secret", NULL},
	{"another host", RELAY, "[relay]\nhost = b.example\n", NULL, "relay", " ",
		"[relay] host"},
	{"one host more", RELAY, "[relay]\nhost = a.example b.example\n", NULL, "relay",
		" ", "[relay] host"},
	{"another port", RELAY, "[relay]\nport = 2525\n", NULL, "relay", " ",
		"[relay] port"},
	{"a proxy", RELAY, "[relay]\nproxy = socks5://b.example\n", NULL, "relay", " ",
		"[relay] proxy"},
	{"a provider", RELAY, "[relay]\nprovider = gmail\n", NULL, "relay", " ",
		"[relay] provider"},
	{"less TLS", RELAY, "[relay]\ntls = may\n", NULL, "relay", " ", "[relay] tls"},
	{"another CA", RELAY, "[relay]\ntls_ca = /ca\n", NULL, "relay", " ",
		"[relay] tls_ca"},
	{"an older TLS", RELAY, "[relay]\ntls_version = 1.0\n", NULL, "relay", " ",
		"[relay] tls_version"},
	{"insecure", RELAY, "[relay]\nauth_insecure = yes\n", NULL, "relay", " ",
		"[relay] auth_insecure"},
	{"another fingerprint",
		RELAY
		"tls_fingerprint = "
		"0000000000000000000000000000000000000000000000000000000000000000\n",
		"[relay]\ntls_fingerprint = "
		"1111111111111111111111111111111111111111111111111111111111111111\n",
		NULL, "relay", " ", "[relay] tls_fingerprint"},
	{"an own login with it", RELAY,
		"[relay]\nhost = b.example\nuser = me\npassword_file = ~/p\n", NULL,
		"relay", "me ~/p", NULL},
	{"half a login with it", RELAY, "[relay]\nhost = b.example\nuser = me\n", NULL,
		"relay", "me ", "[relay] host"},
	{"an own login to the same host", RELAY,
		"[relay]\nuser = me\npassword_file = ~/p\n", NULL, "relay", "me ~/p",
		NULL},
	{"an own password in another way", RELAY, "[relay]\npassword = p\n", NULL,
		"relay", "sys ", NULL},
	{"a host where there was none", "[relay]\n" LOGIN, "[relay]\nhost = b.example\n",
		NULL, "relay", " ", "[relay] host"},
	{"a variable", RELAY, "", "NULLMTA_RELAY=b.example:587", "relay", " ",
		"[relay] host"},
	{"a variable of the same", RELAY, "", "NULLMTA_RELAY_PORT=587", "relay",
		"sys /etc/secret", NULL},
	{"a variable beats the user's file", "", "[relay]\nhost = b.example\n" LOGIN,
		"NULLMTA_RELAY_HOST=c.example", "relay", " ", "[relay] host"},
	{"a route", "[route r]\nsender = *\nhost = a.example\n" LOGIN,
		"[route R]\nhost = b.example\n", NULL, "route r", " ", "[route r] host"},
	{"another route", "[route r]\nsender = *\nhost = a.example\n" LOGIN,
		"[route s]\nsender = *\nhost = b.example\n", NULL, "route r",
		"sys /etc/secret", NULL},
	{"the pattern of a route", "[route r]\nsender = *\nhost = a.example\n" LOGIN,
		"[route r]\nsender = me@a.example\n", NULL, "route r", "sys /etc/secret",
		NULL},
	{"a client certificate", "[relay]\nhost = a.example\ntls_cert = /c\n",
		"[relay]\nhost = b.example\n", NULL, "relay", " ", "[relay] host"},
	{"nothing to lose", "[relay]\nhost = a.example\n", "[relay]\nhost = b.example\n",
		NULL, "relay", " ", NULL},
	{"name servers do not matter for a verified name", RELAY,
		"[dns]\nnameserver = 192.0.2.1\n", NULL, "relay", "sys /etc/secret",
		NULL},
	{"they do where DNS says the name", "[relay]\nhost = srv:a.example\n" LOGIN,
		"[dns]\nnameserver = 192.0.2.1\n", NULL, "relay", " ",
		"[dns] nameserver"},
	{"they do where nothing is verified",
		"[relay]\nhost = a.example\ntls = encrypt\nauth_insecure = yes\n" LOGIN,
		"[dns]\nnameserver = 192.0.2.1\n", NULL, "relay", " ",
		"[dns] nameserver"},
	{"trust in DNSSEC where DANE decides",
		"[relay]\nhost = a.example\ntls = dane\n" LOGIN,
		"[dns]\ntrust_ad = yes\n", NULL, "relay", " ", "[dns] trust_ad"},
};

static void check_login(struct conf_fixture *f, const struct guard_case *c)
{
	struct buf login = BUF_INIT(256);

	buf_add_str(&login, conf_fixture_value(f, c->section, "user"));
	buf_add_char(&login, ' ');
	buf_add_str(&login, conf_fixture_value(f, c->section, "password_file"));
	if (strcmp(buf_str(&login), c->login) != 0)
		fail_msg("%s: %s", c->why, buf_str(&login));
	assert_string_equal(conf_fixture_value(f, c->section, "tls_cert"), "");
	buf_release(&login);
}

static void check_warning(struct conf_fixture *f, const struct guard_case *c)
{
	if (f->problems.errors || f->problems.warnings != (c->blamed ? 1 : 0))
		fail_msg("%s: %s", c->why, conf_fixture_problem(f, 0));
	if (!c->blamed)
		return;
	if (!strstr(conf_fixture_problem(f, 0), c->blamed) ||
		!strstr(conf_fixture_problem(f, 0), "is not used here"))
		fail_msg("%s: %s", c->why, f->line);
}

static void check_case(const struct guard_case *c)
{
	char *environment[] = {(char *)(uintptr_t)c->variable, NULL};
	struct conf_fixture f;

	conf_fixture_init(&f);
	f.options.home = f.scratch.dir;
	f.options.environment = environment;
	conf_fixture_write(&f, span_of(c->system));
	scratch_mkdir(&f.scratch, ".config");
	scratch_write(&f.scratch, ".config/nullmta.conf", span_of(c->user), 0600);
	conf_fixture_load(&f);
	check_login(&f, c);
	check_warning(&f, c);
	if (c->blamed && span_is(span_of(c->section), "relay"))
		assert_true(f.conf.relay.has_lost_login);
	conf_fixture_release(&f);
}

static void keeps_a_login_where_it_belongs(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_case(&cases[i]);
}

/* Who names the file names its secrets, too: a container sets both. */
static void a_named_file_is_the_environments_own(void **state)
{
	char path[SCRATCH_PATH_MAX + 16] = "NULLMTA_CONF=";
	char *environment[] = {path, (char *)(uintptr_t) "NULLMTA_RELAY=b.example", NULL};
	struct conf_fixture f;

	(void)state;
	conf_fixture_init(&f);
	conf_fixture_write(&f, SPAN_LIT(RELAY));
	memcpy(path + 13, f.system, SCRATCH_PATH_MAX);
	f.options.environment = environment;
	conf_fixture_load(&f);
	assert_int_equal(f.problems.count, 0);
	assert_string_equal(f.conf.relay.user, "sys");
	assert_string_equal(f.conf.relay.host.items[0].name, "b.example");
	conf_fixture_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_a_login_where_it_belongs),
		cmocka_unit_test(a_named_file_is_the_environments_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
