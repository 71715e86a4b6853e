/* sources: tests/support/conf_fixture.c tests/support/scratch.c */
/* What the configuration says of TLS, as options. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "cmd/securing.h"
#include "net/resolver.h"
#include "tests/support/conf_fixture.h"

static struct user somebody = {.uid = 1000, .home = NULL};

struct scene {
	struct conf_fixture conf;
	struct securing securing;
};

static int begin(void **state)
{
	static struct scene s;

	memset(&s, 0, sizeof(s));
	conf_fixture_init(&s.conf);
	*state = &s;
	return 0;
}

static int end(void **state)
{
	struct scene *s = *state;

	securing_release(&s->securing);
	conf_fixture_release(&s->conf);
	return 0;
}

static void load(struct scene *s, const char *text)
{
	securing_release(&s->securing);
	conf_fixture_write(&s->conf, span_of(text));
	conf_fixture_load(&s->conf);
	assert_int_equal(s->conf.problems.errors, 0);
	securing_load(&s->securing, &s->conf.conf, &somebody, &s->conf.problems);
}

#define FINGERPRINT "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void test_levels(void **state)
{
	static const struct {
		const char *text;
		enum tls_level level;
		const char *why;
	} cases[] = {
		{"", TLS_MAY, "MX hosts"},
		{"[relay]\nhost = direct\n", TLS_MAY, "the same, said"},
		{"[relay]\nhost = mail.example.org\n", TLS_VERIFY, "a relay"},
		{"[relay]\nhost = 192.0.2.1\n", TLS_VERIFY, "by its address"},
		{"[relay]\nhost = srv:example.org\n", TLS_VERIFY, "by its domain"},
		{"[relay]\nhost = mx:localhost\n", TLS_VERIFY, "that is no host"},
		{"[relay]\nhost = 127.0.0.1\n", TLS_MAY, "this machine"},
		{"[relay]\nhost = [::1]:2525\n", TLS_MAY, "this machine"},
		{"[relay]\nhost = localhost\n", TLS_MAY, "this machine"},
		{"[relay]\nhost = localhost\ntls_ca = /etc/ca.pem\n", TLS_VERIFY, "a CA"},
		{"[relay]\nhost = localhost\nuser = joe\n", TLS_VERIFY, "a login"},
		{"[relay]\nhost = lmtp:/run/lmtp\n", TLS_NONE, "a socket"},
		{"[relay]\nhost = localhost mail.example.org\n", TLS_VERIFY, "not only"},
		{"[relay]\nhost = mail.example.org\ntls_fingerprint = " FINGERPRINT "\n",
			TLS_FINGERPRINT, "one is known"},
		{"[relay]\nhost = mail.example.org\ntls = none\n", TLS_NONE, ""},
		{"[relay]\nhost = mail.example.org\ntls = may\n", TLS_MAY, ""},
		{"[relay]\nhost = mail.example.org\ntls = encrypt\n", TLS_ENCRYPT, ""},
		{"[relay]\nhost = localhost\ntls = verify\n", TLS_VERIFY, ""},
		{"[relay]\nhost = mail.example.org\ntls = dane\n", TLS_DANE, ""},
		{"[relay]\ntls = encrypt\n", TLS_ENCRYPT, "MX hosts"},
	};
	struct scene *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		load(s, cases[i].text);
		if (s->securing.ways[0].level != cases[i].level)
			fail_msg("%s (%s): %s", cases[i].text, cases[i].why,
				tls_level_name(s->securing.ways[0].level));
	}
}

/* Sections keep apart; the last one is [relay]. */
static void test_every_way_has_its_own(void **state)
{
	struct scene *s = *state;

	load(s, "[relay]\nhost = mail.example.org\ntls_version = 1.3\n"
		"[route a]\nhost = a.example\ntls = may\ntls_version = 1.0\n"
		"sender = a@example.org\n"
		"[route b]\nhost = b.example\ntls_fingerprint = " FINGERPRINT "\n"
		"sender = b@example.org\n");
	assert_int_equal(s->securing.ways[0].level, TLS_MAY);
	assert_int_equal(s->securing.ways[0].version_min, TLS_1_0);
	assert_int_equal(s->securing.ways[1].level, TLS_FINGERPRINT);
	assert_int_equal(s->securing.ways[1].fingerprints->count, 1);
	assert_int_equal(s->securing.ways[1].version_min, 0);
	assert_int_equal(s->securing.ways[2].level, TLS_VERIFY);
	assert_int_equal(s->securing.ways[2].version_min, TLS_1_3);
	assert_null(s->securing.ways[2].ca_file);
	assert_null(s->securing.ways[2].name);
}

static void test_files_and_directories(void **state)
{
	struct scene *s = *state;
	char text[4 * SCRATCH_PATH_MAX];

	load(s, "[relay]\nhost = mail.example.org\ntls_ca = /nowhere/ca.pem\n"
		"tls_cert = /etc/me-%u.pem\ntls_key = /etc/me.key\n");
	assert_string_equal(s->securing.ways[0].ca_file, "/nowhere/ca.pem");
	assert_null(s->securing.ways[0].ca_dir);
	assert_string_equal(s->securing.ways[0].cert_file, "/etc/me-1000.pem");
	assert_string_equal(s->securing.ways[0].key_file, "/etc/me.key");

	(void)snprintf(text, sizeof(text),
		"[relay]\nhost = mail.example.org\ntls_ca = %s\n", s->conf.scratch.dir);
	load(s, text);
	assert_null(s->securing.ways[0].ca_file);
	assert_string_equal(s->securing.ways[0].ca_dir, s->conf.scratch.dir);
}

static void test_a_home_that_nobody_has_is_a_problem(void **state)
{
	struct scene *s = *state;

	load(s, "[route a]\nhost = a.example\nsender = a@example.org\n"
		"tls_cert = /etc/me.pem\ntls_key = ~/me.key\n");
	assert_int_equal(s->conf.problems.errors, 1);
	assert_non_null(strstr(conf_fixture_problem(&s->conf, 0), "[route a] tls_key"));
	assert_null(s->securing.ways[0].key_file);
	assert_non_null(s->securing.ways[0].cert_file);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

static void test_dane_needs_a_build_that_has_it(void **state)
{
	struct scene *s = *state;
	const struct conf_problems *problems = &s->conf.problems;

	load(s, "[relay]\nhost = mail.example.org\n[route a]\nhost = b.example\n"
		"sender = a@example.org\ntls = dane\n");
	assert_int_equal(s->securing.ways[0].level, TLS_DANE);
	assert_int_equal(problems->errors, RESOLVER_HAS_DNSSEC ? 0 : 1);
	if (problems->errors) {
		assert_string_equal(problems->items[0].key, "[route a] tls");
		assert_non_null(strstr(problems->items[0].where, ":6"));
		assert_non_null(strstr(problems->items[0].text, "without DANE"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_levels),
		TEST(test_every_way_has_its_own),
		TEST(test_files_and_directories),
		TEST(test_a_home_that_nobody_has_is_a_problem),
		TEST(test_dane_needs_a_build_that_has_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
