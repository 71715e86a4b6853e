/* sources: tests/support/scratch.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/bug.h"
#include "base/file.h"
#include "cmd/config.h"
#include "scratch.h"

#define ARGUMENTS_MAX 8
#define OUTPUT_MAX    65536

struct run {
	struct scratch scratch;
	struct buf out;
	struct buf err;
	int rc;
};

static void init(struct run *r)
{
	char **variable = environ;

	*r = (struct run){.out = BUF_INIT(OUTPUT_MAX), .err = BUF_INIT(OUTPUT_MAX)};
	scratch_init(&r->scratch);
	while (*variable) {
		char *name = strndup(*variable, strcspn(*variable, "="));

		if (span_starts(span_of(name), "NULLMTA_"))
			(void)unsetenv(name);
		else
			variable++;
		free(name);
	}
	(void)setenv("NULLMTA_LOCAL_ALIASES", "none", 1); /* not this machine's */
}

static void release(struct run *r)
{
	scratch_release(&r->scratch);
	buf_release(&r->out);
	buf_release(&r->err);
}

/* Let the stream go to a file; returns what it was. */
static int divert(FILE *stream, struct scratch *s, const char *name)
{
	int old, fd;

	(void)fflush(stream);
	old = dup(fileno(stream));
	fd = open(scratch_path(s, name), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(old >= 0 && fd >= 0);
	assert_true(dup2(fd, fileno(stream)) >= 0);
	assert_int_equal(close(fd), 0);
	return old;
}

static void restore(
	FILE *stream, int old, struct scratch *s, const char *name, struct buf *ret)
{
	struct fault f;

	(void)fflush(stream);
	assert_true(dup2(old, fileno(stream)) >= 0);
	assert_int_equal(close(old), 0);
	buf_reset(ret);
	assert_int_equal(file_read(AT_FDCWD, scratch_path(s, name), ret, &f), 0);
}

/* Run `config` with these words, NULL behind the last; "FILE" is the scratch file. */
static void run(struct run *r, const char *const *words)
{
	char *argv[ARGUMENTS_MAX] = {strdup("config")};
	int argc = 1;
	int out, err;

	for (; words[argc - 1]; argc++)
		argv[argc] = strdup(strcmp(words[argc - 1], "FILE") == 0
					    ? scratch_path(&r->scratch, "conf")
					    : words[argc - 1]);
	out = divert(stdout, &r->scratch, "out");
	err = divert(stderr, &r->scratch, "err");
	r->rc = cmd_config(argc, argv);
	restore(stdout, out, &r->scratch, "out", &r->out);
	restore(stderr, err, &r->scratch, "err", &r->err);
	while (argc > 0)
		free(argv[--argc]);
}

#define RUN(run_, ...) run((run_), (const char *const[]){__VA_ARGS__, NULL})

static void check_names_every_mistake(void **state)
{
	struct run r;

	(void)state;
	init(&r);
	scratch_write(&r.scratch, "conf",
		SPAN_LIT("[relay]\nport = 0\nhots = a\n[log]\nlevel = all\n"), 0644);
	RUN(&r, "check", "-C", "FILE");
	assert_int_equal(r.rc, EX_CONFIG);
	assert_non_null(strstr(buf_str(&r.out),
		"/conf:2: [relay] port: wrong value; give a number from 1 to 65535, "
		"or auto\n"));
	assert_non_null(strstr(buf_str(&r.out), "/conf:3: [relay] hots: unknown key;"));
	assert_non_null(
		strstr(buf_str(&r.out), "/conf:5: [log] level: wrong value; give"));
	assert_non_null(strstr(buf_str(&r.out), "\n3 errors, read: "));
	assert_string_equal(buf_str(&r.err), "");
	release(&r);
}

static void check_says_that_all_is_fine(void **state)
{
	struct run r;

	(void)state;
	init(&r);
	scratch_write(&r.scratch, "conf", SPAN_LIT("[relay]\nport = 26\n"), 0644);
	RUN(&r, "check", "-C", "FILE");
	assert_int_equal(r.rc, 0);
	assert_true(span_starts(buf_span(&r.out), "the configuration is fine, read: "));
	(void)setenv("NULLMTA_TURBO", "1", 1);
	RUN(&r, "check", "-C", "FILE");
	assert_int_equal(r.rc, 0);
	assert_non_null(strstr(buf_str(&r.out), "NULLMTA_TURBO: warning: "));
	assert_non_null(strstr(buf_str(&r.out), "fine, 1 warning, read: "));
	(void)unsetenv("NULLMTA_TURBO");
	release(&r);
}

static void check_misses_a_named_file(void **state)
{
	struct run r;

	(void)state;
	init(&r);
	RUN(&r, "check", "-C", "FILE");
	assert_int_equal(r.rc, EX_CONFIG);
	assert_non_null(strstr(buf_str(&r.out), "/conf: there is no such file\n"));
	release(&r);
}

static void show_tells_values_and_origins(void **state)
{
	struct run r;

	(void)state;
	init(&r);
	scratch_write(&r.scratch, "conf",
		SPAN_LIT("[nullmta]\nhostname = box.example\ndomain = example.org\n"),
		0644);
	(void)setenv("NULLMTA_RELAY", "mx.example:587", 1);
	RUN(&r, "show", "-CFILE");
	assert_int_equal(
		r.rc, EX_CONFIG); /* FILE is replaced only as a word of its own */
	RUN(&r, "show", "-C", "FILE");
	assert_int_equal(r.rc, 0);
	assert_true(
		span_starts(buf_span(&r.out), "nullmta.hostname         = box.example "));
	assert_non_null(strstr(buf_str(&r.out), "/conf:3\n"));
	assert_non_null(strstr(buf_str(&r.out),
		"relay.port               = 587                     # NULLMTA_RELAY\n"));
	assert_non_null(strstr(buf_str(&r.out),
		"spool.lifetime           = 5d                      # default\n"));
	(void)unsetenv("NULLMTA_RELAY");
	RUN(&r, "show", "-v", "-C", "FILE");
	assert_non_null(
		strstr(buf_str(&r.out), "\n\n# most connections at a time\ndelivery"));
	release(&r);
}

/* What is in force is of interest above all where something is wrong. */
static void show_shows_in_spite_of_mistakes(void **state)
{
	struct run r;

	(void)state;
	init(&r);
	scratch_write(
		&r.scratch, "conf", SPAN_LIT("[relay]\nport = 0\nhost = a\n"), 0644);
	RUN(&r, "show", "-C", "FILE");
	assert_int_equal(r.rc, EX_CONFIG);
	assert_non_null(strstr(buf_str(&r.err), "/conf:2: [relay] port: wrong value"));
	assert_non_null(strstr(buf_str(&r.out), "relay.host               = a "));
	release(&r);
}

static void show_speaks_json(void **state)
{
	struct run r;

	(void)state;
	init(&r);
	scratch_write(
		&r.scratch, "conf", SPAN_LIT("[mailbox]\npath = '/a\"b'\nx=\n"), 0644);
	RUN(&r, "show", "--json", "-C", "FILE");
	assert_int_equal(r.rc, EX_CONFIG);
	assert_string_equal(buf_str(&r.err), "");
	assert_non_null(strstr(buf_str(&r.out), "{\"section\": \"mailbox\", \"key\": "
						"\"path\", \"value\": \"/a\\\"b\", "));
	assert_non_null(strstr(buf_str(&r.out),
		"\"key\": \"host\", \"value\": null, \"origin\": \"default\", "));
	assert_non_null(
		strstr(buf_str(&r.out), "{\"severity\": \"error\", \"where\": \""));
	assert_non_null(
		strstr(buf_str(&r.out), "\"line\": 3, \"key\": \"[mailbox] x\", "));
	release(&r);
}

static void usage_is_told(void **state)
{
	struct run r;

	(void)state;
	init(&r);
	RUN(&r, "--help");
	assert_int_equal(r.rc, 0);
	assert_true(span_starts(buf_span(&r.out), "usage: nullmta config check"));
	RUN(&r, NULL);
	assert_int_equal(r.rc, EX_USAGE);
	assert_non_null(strstr(
		buf_str(&r.err), "say check or show; see nullmta config --help\n"));
	RUN(&r, "edit");
	assert_int_equal(r.rc, EX_USAGE);
	RUN(&r, "check", "show");
	assert_int_equal(r.rc, EX_USAGE);
	RUN(&r, "check", "-C");
	assert_int_equal(r.rc, EX_USAGE);
	RUN(&r, "check", "--x\033[m");
	assert_int_equal(r.rc, EX_USAGE);
	assert_non_null(strstr(buf_str(&r.err), "unknown option --x\\x1B[m; see"));
	assert_string_equal(buf_str(&r.out), "");
	release(&r);
}

/* A script that trusts the exit code must not take a cut list for the whole. */
static void a_full_disk_is_told(void **state)
{
	char *argv[] = {(char *)"config", (char *)"--help", NULL};
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct run r;
	int old, rc;

	(void)state;
	if (full < 0)
		skip();
	init(&r);
	(void)fflush(stdout);
	old = dup(STDOUT_FILENO);
	assert_true(dup2(full, STDOUT_FILENO) >= 0);
	rc = cmd_config(2, argv);
	clearerr(stdout);
	assert_true(dup2(old, STDOUT_FILENO) >= 0);
	assert_int_equal(rc, EX_IOERR);
	assert_int_equal(close(old) | close(full), 0);
	release(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(check_names_every_mistake),
		cmocka_unit_test(check_says_that_all_is_fine),
		cmocka_unit_test(check_misses_a_named_file),
		cmocka_unit_test(show_tells_values_and_origins),
		cmocka_unit_test(show_shows_in_spite_of_mistakes),
		cmocka_unit_test(show_speaks_json),
		cmocka_unit_test(usage_is_told),
		cmocka_unit_test(a_full_disk_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
