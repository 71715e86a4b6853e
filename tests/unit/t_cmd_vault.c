/* sources: tests/support/certificate.c tests/support/scratch.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bug.h"
#include "certificate.h"
#include "cmd/vault.h"
#include "scratch.h"

#define TEXT_MAX 1024

#define HOST  "host = a.example\n"
#define LOGIN "user = sys\npassword_file = @/secret\n"
#define RELAY "[relay]\n" HOST LOGIN
#define ROUTE "[route r]\nsender = *\n" HOST LOGIN

/* "@" in a text is the directory of the fixture. */
struct vault_case {
	const char *why;
	const char *system;
	const char *user;
	const char
		*secret; /* of [relay], else of the first route; "": none, "!": a fault */
};

static const struct vault_case cases[] = {
	{"as the system says", RELAY, "", "pencil"},
	{"of a route", ROUTE, "", "pencil"},
	{"another key", RELAY, "[relay]\nfrom = a@b.example\n", "pencil"},
	{"another host", RELAY, "[relay]\nhost = b.example\n", ""},
	{"another host and the same file", RELAY, "[relay]\nhost = b.example\n" LOGIN,
		""},
	{"the same file, said again", RELAY, "[relay]\npassword_file = @/secret\n", ""},
	{"another user", RELAY, "[relay]\nuser = me\n", ""},
	{"another way", RELAY, "[relay]\ntls = may\n", ""},
	{"a route redirected", ROUTE, "[route r]\nhost = b.example\n", ""},
	{"a route with the same file", ROUTE, "[route r]\nhost = b.example\n" LOGIN, ""},
	{"a route of the user's own", "",
		"[route own]\nsender = *\nhost = b.example\n" LOGIN, ""},
	{"nobody's secret", "[relay]\n" HOST, "", ""},
	{"in the configuration itself", "[relay]\n" HOST "user = sys\npassword = p\n", "",
		""},
	{"a path that differs", "[relay]\n" HOST "user = s\npassword_file = @/%u\n", "",
		""},
	{"a path of the user's", "[relay]\n" HOST "user = s\npassword_file = ~/secret\n",
		"", ""},
	{"a file that is not there",
		"[relay]\n" HOST "user = sys\npassword_file = @/none\n", "", "!"},
	{"not there, and redirected",
		"[relay]\n" HOST "user = sys\npassword_file = @/none\n",
		"[relay]\nhost = b.example\n", ""},
};

static void expand(char out[TEXT_MAX], const char *text, const char *dir)
{
	size_t len = 0;

	for (; *text; text++) {
		if (*text == '@' && text[1] == '/')
			len += (size_t)snprintf(out + len, TEXT_MAX - len, "%s", dir);
		else
			out[len++] = *text;
		assert_true(len < TEXT_MAX - 1);
	}
	out[len] = '\0';
}

struct scene {
	struct scratch dir;
	char text[TEXT_MAX];
	char system[SCRATCH_PATH_MAX];
	struct conf conf; /* with the user's file on top */
	struct conf_problems problems;
	struct securing securing;
	struct vault vault;
};

static void write_file(struct scene *s, const char *name, const char *text)
{
	expand(s->text, text, s->dir.dir);
	scratch_write(&s->dir, name, span_of(s->text), 0600);
}

/* What root does, then what its child does. */
static void play(struct scene *s, const char *system, const char *user)
{
	const struct conf_options options = {.system_file = s->system};
	struct user me = {.uid = getuid(), .home = s->dir.dir};
	struct conf whole;

	memcpy(s->system, scratch_path(&s->dir, "nullmta.conf"), sizeof(s->system));
	write_file(s, "nullmta.conf", system);
	scratch_mkdir(&s->dir, ".config");
	write_file(s, ".config/nullmta.conf", user);
	conf_load_system(&whole, &options, &s->problems);
	conf_load_user(&whole, NULL, &s->problems);
	vault_load(&s->vault, &whole);
	conf_release(&whole);
	conf_load_system(&s->conf, &options, &s->problems);
	conf_load_user(&s->conf, s->dir.dir, &s->problems);
	securing_load(&s->securing, &s->conf, &me, &s->problems);
	vault_narrow(&s->vault, &s->conf, s->securing.ways);
}

static void begin(struct scene *s)
{
	*s = (struct scene){0};
	scratch_init(&s->dir);
	scratch_write(&s->dir, "secret", SPAN_LIT("pencil\n"), 0600);
}

static void end(struct scene *s)
{
	assert_int_equal(s->problems.errors, 0);
	vault_release(&s->vault);
	securing_release(&s->securing);
	conf_problems_release(&s->problems);
	conf_release(&s->conf);
	scratch_release(&s->dir);
}

static void check_case(const struct vault_case *c)
{
	struct secret secret = {0};
	const struct conf_relay *relay;
	struct scene s;
	struct fault f;
	int found;

	begin(&s);
	play(&s, c->system, c->user);
	relay = s.conf.route_count ? s.conf.routes[0] : &s.conf.relay;
	found = vault_read(&s.vault, relay, &secret, &f);
	if (found != (*c->secret == '!' ? -1 : *c->secret != '\0'))
		fail_msg("%s: %d", c->why, found);
	if (found < 0)
		assert_int_equal(f.kind, FAULT_CONFIG);
	if (found > 0)
		assert_true(span_is(secret_span(&secret), c->secret));
	if (found == 0)
		assert_int_equal(s.vault.count, 0); /* not even in memory */
	secret_wipe(&secret);
	end(&s);
}

static void lends_a_secret_to_the_section_it_is_for(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_case(&cases[i]);
}

static void systemd_gives_one_to_who_is_left_alone(void **state)
{
	static const char *const users[] = {"", "[relay]\nhost = b.example\nuser = me\n"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(users); i++) {
		struct secret secret = {0};
		struct scene s;
		struct fault f;

		begin(&s);
		scratch_write(&s.dir, "nullmta.password", SPAN_LIT("pen\n"), 0440);
		assert_int_equal(setenv("CREDENTIALS_DIRECTORY", s.dir.dir, 1), 0);
		play(&s, "[relay]\n" HOST "user = sys\n", users[i]);
		assert_int_equal(
			vault_read(&s.vault, &s.conf.relay, &secret, &f), i == 0);
		if (i == 0)
			assert_true(span_is(secret_span(&secret), "pen"));
		secret_wipe(&secret);
		assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
		end(&s);
	}
}

static void make_certificate(struct scratch *dir)
{
	const struct certificate_wish wish = {.subject = "me", .purpose = "clientAuth"};
	struct certificate own = certificate_make(&wish, NULL);

	certificate_write(&own, scratch_path(dir, "client.pem"), dir->path);
	certificate_release(&own);
}

/* The same certificate in a section of the user's is read with the user's rights, or not. */
static void a_certificate_goes_where_the_system_sends_it(void **state)
{
	static const char system[] = "[relay]\n" HOST "tls_cert = @/client.pem\n";
	static const struct {
		const char *user;
		bool is_lent;
	} users[] = {
		{"", true},
		{"[relay]\nfrom = a@b.example\n", true},
		{"[relay]\nhost = b.example\n", true}, /* has none any more */
		{"[relay]\nhost = b.example\ntls_cert = @/client.pem\n", false},
		{"[route own]\nsender = *\nhost = b.example\ntls_cert = @/client.pem\n",
			false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(users); i++) {
		struct tls_cache *tls;
		struct scene s;

		begin(&s);
		make_certificate(&s.dir);
		play(&s, system, users[i].user);
		tls = vault_take_tls(&s.vault);
		assert_int_equal(tls != NULL, users[i].is_lent);
		tls_cache_free(tls);
		end(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lends_a_secret_to_the_section_it_is_for),
		cmocka_unit_test(systemd_gives_one_to_who_is_left_alone),
		cmocka_unit_test(a_certificate_goes_where_the_system_sends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
