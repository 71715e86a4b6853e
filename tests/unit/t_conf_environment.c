/* sources: tests/support/scratch.c tests/support/conf_fixture.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bug.h"
#include "conf/environment.h"
#include "conf/key.h"
#include "conf_fixture.h"
#include "scratch.h"

#define VARIABLES_MAX 4

struct environment_case {
	const char *why;
	const char *variables[VARIABLES_MAX]; /* with a NULL behind the last */
	const char *section, *key, *value;    /* in force afterwards */
	const char *problem;                  /* start of the only one, or NULL */
};

static const struct environment_case cases[] = {
	{"a key of [nullmta]", {"NULLMTA_HOSTNAME=a.example"}, "nullmta", "hostname",
		"a.example", NULL},
	{"a key of another section", {"NULLMTA_DNS_NAMESERVER=127.0.0.1:5353"}, "dns",
		"nameserver", "127.0.0.1:5353", NULL},
	{"a key of two words", {"NULLMTA_DELIVERY_PER_DESTINATION=7"}, "delivery",
		"per_destination", "7", NULL},
	{"an empty one is none", {"NULLMTA_RELAY_PORT="}, "relay", "port", "26", NULL},
	{"one without =", {"NULLMTA_RELAY_PORT"}, "relay", "port", "26", NULL},
	{"of two the first", {"NULLMTA_RELAY_PORT=1", "NULLMTA_RELAY_PORT=2"}, "relay",
		"port", "1", NULL},
	{"a ; and quotes are part of the value", {"NULLMTA_MAILBOX_PATH=/a;\"b\" #"},
		"mailbox", "path", "/a;\"b\" #", NULL},
	{"a wrong value", {"NULLMTA_RELAY_PORT=25x"}, "relay", "port", "26",
		"NULLMTA_RELAY_PORT: [relay] port: wrong value; give a number from 1 to "
		"65535"},
	{"a newline", {"NULLMTA_RELAY_HOST=a\nb"}, "relay", "host", "mx.example",
		"NULLMTA_RELAY_HOST: [relay] host: wrong value; give text without "
		"control"},
	{"an unknown one is a warning", {"NULLMTA_TURBO=1"}, "relay", "port", "26",
		"NULLMTA_TURBO: warning: no variable of this version"},
	{"lower case is another name", {"NULLMTA_relay_port=1"}, "relay", "port", "26",
		"NULLMTA_relay_port: warning: "},
	{"an odd name is cleaned", {"NULLMTA_\033[31m=1"}, "relay", "port", "26",
		"NULLMTA_\\x1B[31m: warning: "},
	{"other programs' variables", {"PATH=/bin", "NULLMTA=1", "=x"}, "relay", "port",
		"26", NULL},

	{"the relay's host, and no port of another", {"NULLMTA_RELAY=a.example"}, "relay",
		"port", "auto", NULL},
	{"the relay's port", {"NULLMTA_RELAY=a.example:587"}, "relay", "port", "587",
		NULL},
	{"an IPv6 relay", {"NULLMTA_RELAY=[::1]:2525"}, "relay", "host", "::1", NULL},
	{"a bare IPv6 relay", {"NULLMTA_RELAY=::1"}, "relay", "host", "::1", NULL},
	{"a URL", {"NULLMTA_RELAY=smtp://a.example:587"}, "relay", "port", "587", NULL},
	{"a URL in capitals with a /", {"NULLMTA_RELAY=SMTP://a.example/"}, "relay",
		"host", "a.example", NULL},
	{"TLS", {"NULLMTA_RELAY=smtps://a.example"}, "relay", "host", "smtps://a.example",
		NULL},
	{"TLS, IPv6, a port", {"NULLMTA_RELAY=smtps://[::1]:466"}, "relay", "host",
		"smtps://[::1]", NULL},
	{"STARTTLS", {"NULLMTA_RELAY=smtp+starttls://a.example:25"}, "relay", "host",
		"smtp+starttls://a.example", NULL},
	{"a user", {"NULLMTA_RELAY=smtps://joe%40b.example@a.example:465"}, "relay",
		"user", "joe@b.example", NULL},
	{"a user, plainly", {"NULLMTA_RELAY=smtps://joe@b.example@a.example"}, "relay",
		"user", "joe@b.example", NULL},
	{"a socket", {"NULLMTA_RELAY=lmtp:///run/lmtp"}, "relay", "host",
		"lmtp:/run/lmtp", NULL},
	{"what host may be", {"NULLMTA_RELAY=srv:a.example b.example:26"}, "relay",
		"host", "srv:a.example b.example:26", NULL},
	{"a password", {"NULLMTA_RELAY=smtp://joe:hunter2@a.example"}, "relay", "host",
		"mx.example",
		"NULLMTA_RELAY: [relay] host: a password does not belong into this"},
	{"a password and no user", {"NULLMTA_RELAY=smtp://:hunter2@a.example"}, "relay",
		"host", "mx.example", "NULLMTA_RELAY: [relay] host: a password"},
	{"a broken escape", {"NULLMTA_RELAY=smtp://joe%4@a.example"}, "relay", "host",
		"mx.example", "NULLMTA_RELAY: [relay] host: wrong value; a %XX"},
	{"an escaped NUL", {"NULLMTA_RELAY=smtp://joe%00@a.example"}, "relay", "host",
		"mx.example", "NULLMTA_RELAY: [relay] host: wrong value; a %XX"},
	{"a path", {"NULLMTA_RELAY=smtp://a.example/x"}, "relay", "host", "mx.example",
		"NULLMTA_RELAY: [relay] host: wrong value; give up to 10 relays"},
	{"another scheme", {"NULLMTA_RELAY=https://a.example"}, "relay", "host",
		"mx.example", "NULLMTA_RELAY: [relay] host: wrong value"},
	{"no host", {"NULLMTA_RELAY=smtp://"}, "relay", "host", "mx.example",
		"NULLMTA_RELAY: [relay] host: wrong value"},
	{"a wrong port", {"NULLMTA_RELAY=a.example:0"}, "relay", "port", "26",
		"NULLMTA_RELAY: [relay] host: wrong value"},
	{"the longer one counts", {"NULLMTA_RELAY_PORT=1", "NULLMTA_RELAY=a:2"}, "relay",
		"port", "1", NULL},
	{"the spool", {"NULLMTA_SPOOL=/q/%u"}, "spool", "dir", "/q/%u", NULL},
	{"the log", {"NULLMTA_LOG=stderr"}, "log", "target", "stderr", NULL},
	{"a wrong short one", {"NULLMTA_SPOOL=q"}, "spool", "dir", "",
		"NULLMTA_SPOOL: [spool] dir: wrong value; give an absolute path"},
};

static void check_case(struct conf_fixture *f, const struct environment_case *c)
{
	char *environment[VARIABLES_MAX] = {NULL};

	for (size_t i = 0; c->variables[i]; i++)
		environment[i] = strdup(c->variables[i]);
	f->options.environment = environment;
	conf_fixture_load(f);
	for (size_t i = 0; environment[i]; i++)
		free(environment[i]);
	f->options.environment = NULL;
	if (strcmp(conf_fixture_value(f, c->section, c->key), c->value) != 0)
		fail_msg("%s: %s", c->why, f->line);
	if (f->problems.count != (c->problem ? 1 : 0) ||
		(c->problem &&
			!span_starts(span_of(conf_fixture_problem(f, 0)), c->problem)))
		fail_msg("%s: %s", c->why, conf_fixture_problem(f, 0));
	if (strstr(conf_fixture_problem(f, 0), "hunter2"))
		fail_msg("%s: shows the password", c->why);
}

static void overrides_the_files(void **state)
{
	struct conf_fixture f;

	(void)state;
	conf_fixture_init(&f);
	conf_fixture_write(&f, SPAN_LIT("[relay]\nhost = mx.example\nport = 26\n"));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_case(&f, &cases[i]);
	conf_fixture_release(&f);
}

static void every_key_has_its_own_variable(void **state)
{
	struct buf one = BUF_INIT(128), other = BUF_INIT(128);

	(void)state;
	for (size_t i = 0; i < conf_key_count(); i++) {
		buf_reset(&one);
		conf_key_variable(&one, conf_key_at(i));
		if (one.len == 0) {
			assert_true(conf_key_is_route(conf_key_at(i)) ||
				    conf_key_at(i)->spec.kind == VALUE_TABLE);
			continue;
		}
		for (size_t j = 0; j < i; j++) {
			buf_reset(&other);
			conf_key_variable(&other, conf_key_at(j));
			assert_string_not_equal(buf_str(&one), buf_str(&other));
		}
		assert_string_not_equal(buf_str(&one), "NULLMTA_CONF");
		assert_string_not_equal(buf_str(&one), "NULLMTA_RELAY");
		assert_string_not_equal(buf_str(&one), "NULLMTA_SPOOL");
		assert_string_not_equal(buf_str(&one), "NULLMTA_LOG");
	}
	buf_release(&one);
	buf_release(&other);
}

struct file_case {
	const char *why;
	const char *content; /* NULL: there is no such file */
	const char *name;
	const char *other; /* another variable, or NULL */
	const char *section, *key, *value;
	const char *problem;
};

/* NAME_FILE, which is what containers do with everything that they want to hide. */
static void a_file_has_the_value(void **state)
{
	static const struct file_case file_cases[] = {
		{"a short one", "a.example:587\n", "NULLMTA_RELAY_FILE", NULL, "relay",
			"port", "587", NULL},
		{"a key", "joe\n", "NULLMTA_RELAY_USER_FILE", NULL, "relay", "user",
			"joe", NULL},
		{"without line end", "joe", "NULLMTA_RELAY_USER_FILE", NULL, "relay",
			"user", "joe", NULL},
		{"CRLF, and more lines", "joe\r\njim\n", "NULLMTA_RELAY_USER_FILE", NULL,
			"relay", "user", "joe", NULL},
		{"an empty file is none", "\n", "NULLMTA_RELAY_PORT_FILE", NULL, "relay",
			"port", "26", NULL},
		{"a longer one counts", "a.example:587", "NULLMTA_RELAY_FILE",
			"NULLMTA_RELAY_PORT=1", "relay", "port", "1", NULL},
		{"a wrong value", "x", "NULLMTA_RELAY_PORT_FILE", NULL, "relay", "port",
			"26", "NULLMTA_RELAY_PORT_FILE: [relay] port: wrong value; give"},
		{"both", "1", "NULLMTA_RELAY_PORT_FILE", "NULLMTA_RELAY_PORT=2", "relay",
			"port", "2", "NULLMTA_RELAY_PORT_FILE: the variable without"},
		{"no file", NULL, "NULLMTA_RELAY_PORT_FILE", NULL, "relay", "port", "26",
			"NULLMTA_RELAY_PORT_FILE: cannot be read"},
		{"no variable has a file", "1", "NULLMTA_TURBO_FILE", NULL, "relay",
			"port", "26", "NULLMTA_TURBO_FILE: warning: no variable"},
		{"a key that is a file", "x", "NULLMTA_RELAY_PASSWORD_FILE",
			"NULLMTA_RELAY_USER=joe", "relay", "user", "joe", NULL},
	};
	struct conf_fixture f;
	struct scratch dir;

	(void)state;
	scratch_init(&dir);
	conf_fixture_init(&f);
	conf_fixture_write(&f, SPAN_LIT("[relay]\nhost = mx.example\nport = 26\n"));
	for (size_t i = 0; i < ARRAY_LEN(file_cases); i++) {
		const struct file_case *c = &file_cases[i];
		struct environment_case one = {c->why, {NULL, c->other}, c->section,
			c->key, c->value, c->problem};
		struct buf variable = BUF_INIT(1024);

		(void)unlink(scratch_path(&dir, "value"));
		if (c->content)
			scratch_write(&dir, "value", span_of(c->content), 0600);
		buf_addf(&variable, "%s=%s", c->name, scratch_path(&dir, "value"));
		one.variables[0] = buf_str(&variable);
		check_case(&f, &one);
		buf_release(&variable);
	}
	conf_fixture_release(&f);
	scratch_release(&dir);
}

static void gets_a_variable(void **state)
{
	char *environment[] = {
		(char *)"ab=1", (char *)"a=2", (char *)"e=", (char *)"a=3", NULL};

	(void)state;
	assert_string_equal(environment_get(environment, "a"), "2");
	assert_null(environment_get(environment, "e"));
	assert_null(environment_get(environment, "b"));
	assert_null(environment_get(NULL, "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(overrides_the_files),
		cmocka_unit_test(every_key_has_its_own_variable),
		cmocka_unit_test(a_file_has_the_value),
		cmocka_unit_test(gets_a_variable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
