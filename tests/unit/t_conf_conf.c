/* sources: tests/support/scratch.c tests/support/conf_fixture.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/bug.h"
#include "conf_fixture.h"

static void has_defaults(void **state)
{
	struct conf_fixture f;

	(void)state;
	conf_fixture_init(&f);
	conf_fixture_load(&f);
	assert_int_equal(f.problems.count, 0);
	assert_int_equal(f.conf.files.count, 0);
	assert_null(f.conf.nullmta.hostname);
	assert_int_equal(f.conf.nullmta.deliver, CONF_DELIVER_BACKGROUND);
	assert_int_equal(f.conf.nullmta.message_size, 50 * 1024 * 1024);
	assert_int_equal(f.conf.relay.host.count, 0);
	assert_int_equal(f.conf.relay.tls, CONF_TLS_AUTO);
	assert_int_equal(f.conf.route_count, 0);
	assert_null(f.conf.spool.dir);
	assert_int_equal(f.conf.spool.lifetime_s, 5 * 86400);
	assert_int_equal(f.conf.delivery.reply_timeout_s, 0);
	assert_int_equal(f.conf.dns.nameservers.count, 0);
	assert_string_equal(f.conf.bounce.to, "auto");
	assert_int_equal(f.conf.log.level, LOG_LEVEL_INFO);
	assert_string_equal(conf_fixture_origin(&f, "relay", "port"), "default");
	conf_fixture_release(&f);
}

static void reads_typed_values(void **state)
{
	struct conf_fixture f;

	(void)state;
	conf_fixture_init(&f);
	conf_fixture_write(
		&f, SPAN_LIT("[nullmta]\nhostname = a.example\ndeliver = queue\n"
			     "strict = yes\nmessage_size = 1k\nrecipients = 7\n"
			     "[dns]\nnameserver = 127.0.0.1:5353 [::1]:53\n"
			     "[spool]\nwarn_after = never\n"
			     "[log]\nlevel = debug\n"));
	conf_fixture_load(&f);
	assert_string_equal(conf_fixture_problem(&f, 0), "");
	assert_string_equal(f.conf.nullmta.hostname, "a.example");
	assert_int_equal(f.conf.nullmta.deliver, CONF_DELIVER_QUEUE);
	assert_true(f.conf.nullmta.is_strict);
	assert_int_equal(f.conf.nullmta.message_size, 1024);
	assert_int_equal(f.conf.nullmta.recipients, 7);
	assert_int_equal(f.conf.dns.nameservers.count, 2);
	assert_string_equal(f.conf.dns.nameservers.items[1], "[::1]:53");
	assert_int_equal(f.conf.spool.warn_after_s, 0);
	assert_int_equal(f.conf.log.level, LOG_LEVEL_DEBUG);
	conf_fixture_release(&f);
}

static void later_sources_override(void **state)
{
	char *environment[] = {(char *)"NULLMTA_RELAY_PORT=4", NULL};
	struct conf_fixture f;
	struct scratch *s = &f.scratch;

	(void)state;
	conf_fixture_init(&f);
	f.options.home = s->dir;
	conf_fixture_write(
		&f, SPAN_LIT("[relay]\nport = 1\nhost = a\n[log]\nlevel = error\n"));
	conf_fixture_load(&f);
	assert_int_equal(f.conf.relay.port, 1);

	scratch_mkdir(s, "nullmta.conf.d");
	scratch_write(s, "nullmta.conf.d/b.conf", SPAN_LIT("[relay]\nport = 2\n"), 0644);
	scratch_write(s, "nullmta.conf.d/A.conf",
		SPAN_LIT("[relay]\nport = 9\nhost = b\n"), 0644);
	scratch_write(s, "nullmta.conf.d/.c.conf", SPAN_LIT("[relay]\nport = 9\n"), 0644);
	scratch_write(s, "nullmta.conf.d/d.conf~", SPAN_LIT("[relay]\nport = 9\n"), 0644);
	conf_fixture_load(&f);
	assert_int_equal(f.conf.relay.port, 2);
	assert_string_equal(f.conf.relay.host.items[0].name, "b");
	assert_int_equal(f.conf.files.count, 3);

	scratch_mkdir(s, ".config");
	scratch_write(s, ".config/nullmta.conf", SPAN_LIT("\n[relay]\nport = 3\n"), 0600);
	conf_fixture_load(&f);
	assert_int_equal(f.conf.relay.port, 3);
	assert_true(span_ends(
		span_of(conf_fixture_origin(&f, "relay", "port")), "/nullmta.conf:3"));

	f.options.environment = environment;
	conf_fixture_load(&f);
	assert_int_equal(f.conf.relay.port, 4);
	assert_string_equal(
		conf_fixture_origin(&f, "relay", "port"), "NULLMTA_RELAY_PORT");
	assert_int_equal(f.conf.log.level, LOG_LEVEL_ERROR);
	assert_int_equal(f.problems.count, 0);
	conf_fixture_release(&f);
}

static void later_sources_change_entries(void **state)
{
	struct conf_fixture f;
	const struct conf_entry *entries;

	(void)state;
	conf_fixture_init(&f);
	f.options.home = f.scratch.dir;
	conf_fixture_write(&f, SPAN_LIT("[generic]\nroot = ops@a.test\njoe = "
					"j@a.test\nann = ann@a.test\n"));
	scratch_mkdir(&f.scratch, ".config");
	scratch_write(&f.scratch, ".config/nullmta.conf",
		SPAN_LIT("[generic]\njoe =\nANN = a@b.test\nme = me@b.test\nnone =\n"),
		0600);
	conf_fixture_load(&f);
	assert_int_equal(f.problems.count, 0);
	assert_string_equal(conf_fixture_value(&f, "generic", "*"),
		"root = ops@a.test, ann = a@b.test, me = me@b.test");
	entries = f.conf.generic.entries;
	assert_string_equal(entries[0].origin.where, f.system);
	assert_int_equal(entries[0].origin.line, 2);
	assert_true(span_ends(span_of(entries[1].origin.where), "/.config/nullmta.conf"));
	assert_int_equal(entries[1].origin.line, 3);
	conf_fixture_release(&f);
}

static void a_mistake_leaves_the_earlier_value(void **state)
{
	struct conf_fixture f;

	(void)state;
	conf_fixture_init(&f);
	conf_fixture_write(&f, SPAN_LIT("[relay]\nport = 26\n"));
	scratch_mkdir(&f.scratch, "nullmta.conf.d");
	scratch_write(&f.scratch, "nullmta.conf.d/x.conf",
		SPAN_LIT("[relay]\nport = no\n"), 0644);
	conf_fixture_load(&f);
	assert_int_equal(f.conf.relay.port, 26);
	assert_true(span_ends(
		span_of(conf_fixture_origin(&f, "relay", "port")), "/nullmta.conf:2"));
	assert_int_equal(f.problems.errors, 1);
	conf_fixture_release(&f);
}

static void a_named_file_replaces_the_others(void **state)
{
	char path[SCRATCH_PATH_MAX + 16] = "NULLMTA_CONF=";
	char *environment[] = {path, NULL};
	struct conf_fixture f;

	(void)state;
	conf_fixture_init(&f);
	conf_fixture_write(&f, SPAN_LIT("[relay]\nport = 1\n[log]\nlevel = debug\n"));
	scratch_write(&f.scratch, "other", SPAN_LIT("[relay]\nport = 2\n"), 0600);
	scratch_write(&f.scratch, "third", SPAN_LIT("[relay]\nport = 3\n"), 0600);
	f.options.environment = environment;
	memcpy(path + 13, scratch_path(&f.scratch, "other"), SCRATCH_PATH_MAX);
	conf_fixture_load(&f);
	assert_int_equal(f.conf.relay.port, 2);
	assert_int_equal(f.conf.log.level, LOG_LEVEL_INFO);
	assert_int_equal(f.problems.count, 0);

	f.options.file = scratch_path(&f.scratch, "third");
	conf_fixture_load(&f);
	assert_int_equal(f.conf.relay.port, 3);

	f.options.file = scratch_path(&f.scratch, "missing");
	conf_fixture_load(&f);
	assert_int_equal(f.conf.relay.port, 0);
	assert_int_equal(f.problems.errors, 1);
	assert_non_null(
		strstr(conf_fixture_problem(&f, 0), "/missing: there is no such file"));
	conf_fixture_release(&f);
}

struct path_case {
	const char *path;
	const char *home;
	const char *full; /* NULL: a fault */
};

static void makes_paths(void **state)
{
	static const struct path_case paths[] = {
		{"/var/spool", NULL, "/var/spool"},
		{"/var/spool/%u/", NULL, "/var/spool/1000/"},
		{"/%u%%%u", NULL, "/1000%1000"},
		{"/%%u", NULL, "/%u"},
		{"~/.q", "/home/%u", "/home/%u/.q"},
		{"~/%u", "/root", "/root/1000"},
		{"~/", "/root", "/root/"},
		{"~/.q", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(paths); i++) {
		struct buf full = BUF_INIT(64);
		struct fault f;
		int rc = conf_path(&full, paths[i].path, 1000, paths[i].home, &f);

		assert_int_equal(rc, paths[i].full ? 0 : -1);
		if (paths[i].full)
			assert_string_equal(buf_str(&full), paths[i].full);
		buf_release(&full);
	}
}

static void limits_a_path(void **state)
{
	struct buf full = BUF_INIT(8);
	struct fault f;

	(void)state;
	assert_int_equal(conf_path(&full, "/longer/than/that", 0, NULL, &f), -1);
	assert_int_equal(f.kind, FAULT_CONFIG);
	buf_release(&full);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(has_defaults),
		cmocka_unit_test(reads_typed_values),
		cmocka_unit_test(later_sources_override),
		cmocka_unit_test(later_sources_change_entries),
		cmocka_unit_test(a_mistake_leaves_the_earlier_value),
		cmocka_unit_test(a_named_file_replaces_the_others),
		cmocka_unit_test(makes_paths),
		cmocka_unit_test(limits_a_path),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
