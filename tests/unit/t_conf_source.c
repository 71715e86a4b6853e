/* sources: tests/support/scratch.c tests/support/conf_fixture.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bug.h"
#include "conf_fixture.h"

#define PROBLEMS_MAX 4 /* with a NULL behind the last */

struct file_case {
	const char *why;
	struct span text;
	const char *section, *key, *value;  /* in force afterwards */
	const char *problems[PROBLEMS_MAX]; /* starts, behind the file's name */
};

static const struct file_case cases[] = {
	{"an empty file", SPAN_LIT(""), "relay", "port", "auto", {NULL}},
	{"a value", SPAN_LIT("[relay]\nport = 587\n"), "relay", "port", "587", {NULL}},
	{"row 138: spaces around it", SPAN_LIT("[relay]\nport =  587 \n"), "relay",
		"port", "587", {NULL}},
	{"capitals", SPAN_LIT("[Relay]\nPORT = 587\n"), "relay", "port", "587", {NULL}},
	{"CRLF", SPAN_LIT("[relay]\r\nport = 587\r\n"), "relay", "port", "587", {NULL}},
	{"quotes", SPAN_LIT("[relay]\nport = '587'\n"), "relay", "port", "587", {NULL}},
	{"empty quotes", SPAN_LIT("[relay]\nhost = \"\"\n"), "relay", "host", "", {NULL}},
	{"an empty value is none", SPAN_LIT("[relay]\nhost =\n"), "relay", "host", "",
		{NULL}},
	{"a ; in quotes", SPAN_LIT("[mailbox]\npath = \"/a;b#c\"\n"), "mailbox", "path",
		"/a;b#c", {NULL}},
	{"a backslash within", SPAN_LIT("[mailbox]\npath = \"/a\\b\"\n"), "mailbox",
		"path", "/a\\b", {NULL}},
	{"a backslash at the end of quotes", SPAN_LIT("[mailbox]\npath = \"/a\\\"\n"),
		"mailbox", "path", "/a\\", {NULL}},
	{"two of them, single quotes, and an error beside it",
		SPAN_LIT("[mailbox]\npath = '/a\\\\b\\'\n\\\n"), "mailbox", "path",
		"/a\\\\b\\", {":3: a backslash at the end"}},
	{"a backslash without quotes", SPAN_LIT("[mailbox]\npath = /a\\b\n"), "mailbox",
		"path", "/a\\b", {NULL}},
	{"an = within", SPAN_LIT("[mailbox]\npath = /a=b\n"), "mailbox", "path", "/a=b",
		{NULL}},
	{"a section in two parts",
		SPAN_LIT("[relay]\nport = 587\n[log]\n[relay]\nhost = a\n"), "relay",
		"host", "a", {NULL}},
	{"row 131: an unknown key", SPAN_LIT("[relay]\nprot = 25\nport = 587\n"), "relay",
		"port", "587",
		{":2: [relay] prot: unknown key; this section has host, port, "}},
	{"row 131: an unknown section, once", SPAN_LIT("[rely]\nport = 1\nhost = b\n"),
		"relay", "port", "auto",
		{":1: [rely]: unknown section; the sections are nullmta, relay,"}},
	{"row 132: a key twice: the first holds",
		SPAN_LIT("[relay]\nport = 587\nport = 26\n[log]\nlevel = debug\n"),
		"relay", "port", "587",
		{":3: [relay] port: given a second time, first in line 2"}},
	{"row 132: three times", SPAN_LIT("[relay]\nport = 1\nport = 2\nPort = 3\n"),
		"relay", "port", "1",
		{":3: [relay] port: given a second", ":4: [relay] Port: given"}},
	{"row 133: cut at #", SPAN_LIT("[mailbox]\npath = /a#b\n[relay]\nport = 587\n"),
		"relay", "port", "587", {":2: [mailbox] path: the value would be cut"}},
	{"row 134: no =", SPAN_LIT("[relay]\nhost \"hunter2\"\nport = 587\n"), "relay",
		"port", "587", {":2: no = in this line"}},
	{"row 135: NUL", SPAN_LIT("[relay]\nhost = a\0b\nport = 587\n"), "relay", "port",
		"587", {":2: a control character"}},
	{"row 135: a byte order mark", SPAN_LIT("\xef\xbb\xbf[relay]\nport = 587\n"),
		"relay", "port", "587", {":1: the file begins with a byte order mark"}},
	{"row 136: joined lines", SPAN_LIT("[spool]\nretry = 1m\\\nlifetime = 7d\n"),
		"spool", "lifetime", "7d", {":2: a backslash at the end"}},
	{"a joined line in a comment", SPAN_LIT("[spool]\n# C:\\\nlifetime = 7d\n"),
		"spool", "lifetime", "7d", {":2: a backslash at the end"}},
	{"row 136: an open quote", SPAN_LIT("[log]\ntarget = \"none\nlevel = debug\n"),
		"log", "level", "debug", {":2: [log] target: the quote that closes"}},
	{"row 136: junk", SPAN_LIT("[log]\ntarget = \"none\" x\nlevel = debug\n"), "log",
		"target", "auto", {":2: [log] target: text behind the closing quote"}},
	{"row 138: 25x", SPAN_LIT("[relay]\nport = 25x\n"), "relay", "port", "auto",
		{":2: [relay] port: wrong value; give a number from 1 to 65535, or "
		 "auto"}},
	{"row 139: 5x", SPAN_LIT("[spool]\nlifetime = 5x\n"), "spool", "lifetime", "5d",
		{":2: [spool] lifetime: wrong value; give a duration"}},
	{"row 140: a host that is none", SPAN_LIT("[relay]\nhost = a, b\n"), "relay",
		"host", "", {":2: [relay] host: wrong value; give up to 10 relays"}},
	{"a key outside a section", SPAN_LIT("port = 1\n[relay]\nport = 587\n"), "relay",
		"port", "587", {":1: a key in front of any section"}},
	{"an open section does not lend its keys to another",
		SPAN_LIT("[relay]\n[delivery\nport = 1\n[log]\nlevel = debug\n"), "relay",
		"port", "auto", {":2: the ] that closes"}},
	{"two mistakes, and the spool stays certain",
		SPAN_LIT("[nullmta\nx = 1\n[spool]\ndir = /srv/q\nretry = soon\n"),
		"spool", "dir", "/srv/q",
		{":1: the ] that closes", ":5: [spool] retry: wrong value"}},
	{"entries of a table, in their order",
		SPAN_LIT("[generic]\nRoot = ops@a.test\n@b.lan = \"@c.test\"\n"),
		"generic", "*", "root = ops@a.test, @b.lan = @c.test", {NULL}},
	{"a table in two parts, and an address as a key",
		SPAN_LIT("[generic]\na.b+c@d.lan = e@f\n[log]\n[Generic]\n* = g\n"),
		"generic", "*", "a.b+c@d.lan = e@f, * = g", {NULL}},
	{"an empty entry is none", SPAN_LIT("[generic]\nroot =\njoe = a@b\n"), "generic",
		"*", "joe = a@b", {NULL}},
	{"an entry twice", SPAN_LIT("[generic]\nroot = a@b\njoe = c@d\nROOT = e@f\n"),
		"generic", "*", "root = a@b, joe = c@d",
		{":4: [generic] ROOT: given a second time, first in line 2"}},
	{"an entry that is wrong", SPAN_LIT("[generic]\n\"root\" = a@b\njoe = a;b\n"),
		"generic", "*", "",
		{":2: a key stands without quotes",
			":3: [generic] joe: the value would be cut at"}},
	{"a last line without newline of one octet", SPAN_LIT("[relay]\nport = 587\nx"),
		"relay", "port", "587", {":3: no = in this line"}},
};

static void check_case(struct conf_fixture *f, const struct file_case *c)
{
	size_t expected = 0;

	conf_fixture_write(f, c->text);
	conf_fixture_load(f);
	if (strcmp(conf_fixture_value(f, c->section, c->key), c->value) != 0)
		fail_msg("%s: %s", c->why, f->line);
	for (; c->problems[expected]; expected++) {
		const char *got = conf_fixture_problem(f, expected);
		size_t n = strlen(f->system);

		if (strncmp(got, f->system, n) != 0 ||
			!span_starts(span_of(got + n), c->problems[expected]))
			fail_msg("%s: %s", c->why, got);
		if (strstr(got, "hunter2"))
			fail_msg("%s: shows the value", c->why);
	}
	if (f->problems.count != expected || f->problems.errors != expected)
		fail_msg("%s: %zu problems; %s", c->why, f->problems.count,
			conf_fixture_problem(f, expected));
}

static void reads_a_file(void **state)
{
	struct conf_fixture f;

	(void)state;
	conf_fixture_init(&f);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_case(&f, &cases[i]);
	conf_fixture_release(&f);
}

/* iniparser is slow with many, and then the last of them would count. */
static void entries_are_limited(void **state)
{
	struct buf text = BUF_INIT(1 << 18);
	struct conf_fixture f;

	(void)state;
	conf_fixture_init(&f);
	buf_add_str(&text, "[generic]\n");
	for (unsigned i = 0; i <= CONF_TABLE_MAX; i++)
		buf_addf(&text, "u%u = a@b\n", i);
	conf_fixture_write(&f, buf_span(&text));
	conf_fixture_load(&f);
	assert_int_equal(f.conf.generic.count, CONF_TABLE_MAX);
	assert_int_equal(f.problems.errors, 1);
	assert_non_null(strstr(conf_fixture_problem(&f, 0),
		":1002: [generic] u1000: wrong value; give at most 1000 entries"));
	for (unsigned i = 0; i < 9000; i++)
		buf_addf(&text, "v%u = a@b\n", i);
	conf_fixture_write(&f, buf_span(&text));
	conf_fixture_load(&f);
	assert_int_equal(f.conf.generic.count, CONF_TABLE_MAX);
	assert_int_equal(f.problems.errors, 9001);
	assert_non_null(strstr(
		conf_fixture_problem(&f, 0), "one of more than 1000; [rewrite] map has"));
	buf_release(&text);
	conf_fixture_release(&f);
}

/* Row 142. */
static void a_file_that_is_none(void **state)
{
	struct conf_fixture f;

	(void)state;
	conf_fixture_init(&f);
	scratch_mkdir(&f.scratch, "nullmta.conf");
	conf_fixture_load(&f);
	assert_non_null(strstr(
		conf_fixture_problem(&f, 0), "not a regular file but a directory"));
	assert_int_equal(rmdir(f.system), 0);

	assert_int_equal(mkfifo(f.system, 0600), 0);
	conf_fixture_load(&f);
	assert_non_null(
		strstr(conf_fixture_problem(&f, 0), "not a regular file but a pipe"));
	assert_int_equal(unlink(f.system), 0);

	assert_int_equal(symlink("/dev/null", f.system), 0);
	conf_fixture_load(&f);
	assert_int_equal(f.problems.count, 0);
	assert_int_equal(unlink(f.system), 0);

	assert_int_equal(symlink("/dev/zero", f.system), 0);
	conf_fixture_load(&f);
	assert_non_null(
		strstr(conf_fixture_problem(&f, 0), "not a regular file but a device"));
	assert_int_equal(unlink(f.system), 0);

	assert_int_equal(symlink(f.system, f.system), 0);
	conf_fixture_load(&f);
	assert_non_null(strstr(conf_fixture_problem(&f, 0), "cannot be opened"));
	assert_int_equal(f.problems.errors, 1);
	assert_int_equal(f.conf.relay.port, 0);
	conf_fixture_release(&f);
}

static void an_unreadable_file(void **state)
{
	struct conf_fixture f;

	(void)state;
	if (geteuid() == 0)
		skip();
	conf_fixture_init(&f);
	conf_fixture_write(&f, SPAN_LIT("[relay]\nport = 1\n"));
	assert_int_equal(chmod(f.system, 0), 0);
	conf_fixture_load(&f);
	assert_non_null(strstr(
		conf_fixture_problem(&f, 0), "cannot be opened: Permission denied"));
	conf_fixture_release(&f);
}

static void follows_a_link(void **state)
{
	struct conf_fixture f;

	(void)state;
	conf_fixture_init(&f);
	scratch_write(&f.scratch, "real", SPAN_LIT("[relay]\nport = 1\n"), 0644);
	assert_int_equal(symlink("real", f.system), 0);
	conf_fixture_load(&f);
	assert_int_equal(f.conf.relay.port, 1);
	assert_int_equal(f.problems.count, 0);
	conf_fixture_release(&f);
}

static void a_file_too_large(void **state)
{
	struct buf text = BUF_INIT(1 << 20);
	struct conf_fixture f;

	(void)state;
	conf_fixture_init(&f);
	buf_add_str(&text, "[relay]\nport = 1\n");
	while (text.len < 256 * 1024 - 10)
		buf_add_str(&text, "# so it goes\n");
	conf_fixture_write(&f, buf_span(&text));
	conf_fixture_load(&f);
	assert_int_equal(f.conf.relay.port, 1);
	while (text.len < 300 * 1024)
		buf_add_str(&text, "# so it goes\n");
	conf_fixture_write(&f, buf_span(&text));
	conf_fixture_load(&f);
	assert_int_equal(f.conf.relay.port, 0);
	assert_non_null(strstr(conf_fixture_problem(&f, 0), "larger than"));
	buf_release(&text);
	conf_fixture_release(&f);
}

static void counts_problems_without_end(void **state)
{
	struct buf text = BUF_INIT(1 << 16);
	struct conf_fixture f;

	(void)state;
	conf_fixture_init(&f);
	for (int i = 0; i < 1000; i++)
		buf_add_str(&text, "nonsense\n");
	conf_fixture_write(&f, buf_span(&text));
	conf_fixture_load(&f);
	assert_int_equal(f.problems.count, CONF_PROBLEMS_MAX);
	assert_int_equal(f.problems.errors, 1000);
	buf_release(&text);
	conf_fixture_release(&f);
}

static void a_user_file_must_be_private(void **state)
{
	struct conf_fixture f;
	char path[SCRATCH_PATH_MAX];

	(void)state;
	conf_fixture_init(&f);
	f.options.home = f.scratch.dir;
	scratch_mkdir(&f.scratch, ".config");
	scratch_write(&f.scratch, ".config/nullmta.conf", SPAN_LIT("[relay]\nport = 1\n"),
		0666);
	memcpy(path, scratch_path(&f.scratch, ".config/nullmta.conf"), sizeof(path));
	conf_fixture_load(&f);
	assert_int_equal(f.conf.relay.port, 0);
	assert_int_equal(f.conf.files.count, 0);
	assert_int_equal(f.problems.errors, 1);
	assert_non_null(strstr(
		conf_fixture_problem(&f, 0), "others can write it and it is ignored"));

	assert_int_equal(chmod(path, 0664), 0);
	conf_fixture_load(&f);
	assert_int_equal(f.conf.relay.port, 1);
	if (chown(path, 12345, (gid_t)-1) == 0) {
		conf_fixture_load(&f);
		assert_int_equal(f.conf.relay.port, 0);
		assert_non_null(
			strstr(conf_fixture_problem(&f, 0), "belongs to another user"));
	}
	conf_fixture_release(&f);
}

static void a_system_file_for_all_is_a_warning(void **state)
{
	struct conf_fixture f;

	(void)state;
	conf_fixture_init(&f);
	scratch_write(&f.scratch, "nullmta.conf", SPAN_LIT("[relay]\nport = 1\n"), 0666);
	conf_fixture_load(&f);
	assert_int_equal(f.conf.relay.port, 1);
	assert_int_equal(f.problems.errors, 0);
	assert_int_equal(f.problems.warnings, 1);
	assert_non_null(strstr(conf_fixture_problem(&f, 0),
		"nullmta.conf: warning: others can write it"));
	conf_fixture_release(&f);
}

/* row 137 of protocol.md 4.5 */
static void a_password_that_others_can_read_is_refused(void **state)
{
	static const mode_t modes[] = {0644, 0640, 0604};
	struct conf_fixture f;

	(void)state;
	conf_fixture_init(&f);
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		scratch_write(&f.scratch, "nullmta.conf",
			SPAN_LIT("[relay]\nhost = a\nuser = u\npassword = hunter2\n"),
			modes[i]);
		conf_fixture_load(&f);
		assert_int_equal(f.problems.errors, 1);
		assert_non_null(strstr(conf_fixture_problem(&f, 0),
			":4: [relay] password: others can read this file"));
		assert_non_null(strstr(conf_fixture_problem(&f, 0), "chmod 600 /"));
		assert_null(strstr(conf_fixture_problem(&f, 0), "hunter2"));
		assert_null(f.conf.relay.password);
		assert_string_equal(conf_fixture_value(&f, "relay", "user"), "u");
	}
	scratch_write(&f.scratch, "nullmta.conf",
		SPAN_LIT("[relay]\nhost = a\nproxy = socks5://joe:hunter2@p\n"), 0644);
	conf_fixture_load(&f);
	assert_int_equal(f.problems.errors, 1);
	assert_non_null(strstr(conf_fixture_problem(&f, 0),
		":3: [relay] proxy: others can read this file"));
	assert_null(strstr(conf_fixture_problem(&f, 0), "hunter2"));
	assert_null(f.conf.relay.proxy.host);
	/* a user alone is no secret */
	scratch_write(&f.scratch, "nullmta.conf",
		SPAN_LIT("[relay]\nhost = a\nproxy = socks5://joe@p\n"), 0644);
	conf_fixture_load(&f);
	assert_int_equal(f.problems.errors, 0);
	assert_string_equal(f.conf.relay.proxy.user, "joe");
	/* an empty one is none; where the file is private all is well */
	scratch_write(
		&f.scratch, "nullmta.conf", SPAN_LIT("[relay]\npassword =\n"), 0644);
	conf_fixture_load(&f);
	assert_int_equal(f.problems.errors, 0);
	assert_int_equal(chmod(f.system, 0600), 0);
	conf_fixture_write(
		&f, SPAN_LIT("[relay]\nhost = a\nuser = u\npassword = hunter2\n"));
	conf_fixture_load(&f);
	assert_int_equal(f.problems.errors, 0);
	assert_string_equal(f.conf.relay.password, "hunter2");
	conf_fixture_release(&f);
}

static void the_directory_is_a_file(void **state)
{
	struct conf_fixture f;

	(void)state;
	conf_fixture_init(&f);
	scratch_write(&f.scratch, "nullmta.conf.d", SPAN_LIT(""), 0644);
	conf_fixture_load(&f);
	assert_non_null(strstr(conf_fixture_problem(&f, 0),
		"nullmta.conf.d: cannot be read: Not a directory"));
	conf_fixture_release(&f);
}

/* What it says is unknown for now, while a mistake hides nothing but itself. */
static void a_shortage_is_no_mistake(void **state)
{
	struct rlimit usual, none;
	struct conf_fixture f;

	(void)state;
	conf_fixture_init(&f);
	conf_fixture_write(&f, SPAN_LIT("[relay]\nport = x\n"));
	conf_fixture_load(&f);
	assert_int_equal(f.problems.errors, 1);
	assert_false(f.problems.is_unread);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = usual.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
	conf_fixture_load(&f);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
	assert_true(f.problems.is_unread);
	assert_non_null(
		strstr(conf_fixture_problem(&f, 0), "cannot be opened: Too many"));
	conf_fixture_load(&f);
	assert_false(f.problems.is_unread);
	conf_fixture_release(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_file),
		cmocka_unit_test(entries_are_limited),
		cmocka_unit_test(a_file_that_is_none),
		cmocka_unit_test(an_unreadable_file),
		cmocka_unit_test(follows_a_link),
		cmocka_unit_test(a_file_too_large),
		cmocka_unit_test(counts_problems_without_end),
		cmocka_unit_test(a_user_file_must_be_private),
		cmocka_unit_test(a_system_file_for_all_is_a_warning),
		cmocka_unit_test(a_password_that_others_can_read_is_refused),
		cmocka_unit_test(the_directory_is_a_file),
		cmocka_unit_test(a_shortage_is_no_mistake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
