/* sources: tests/support/scratch.c */
/* ldflags: -Wl,--wrap=clock_mono_ms */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "cmd/credential.h"
#include "cmd/credential_command.h"
#include "tests/support/scratch.h"

int64_t __real_clock_mono_ms(void);
int64_t __wrap_clock_mono_ms(void);

/* a clock that runs so much faster each time that it is looked at */
static int64_t haste_ms, hurried_ms;

int64_t __wrap_clock_mono_ms(void)
{
	hurried_ms += haste_ms;
	return __real_clock_mono_ms() + hurried_ms;
}

struct scene {
	struct scratch dir;
	struct user user;
	struct credential_owner owner;
	struct conf_relay relay;
	struct secret secret;
	struct fault fault;
};

static char user_name[] = "alice";
static char auth_token[] = "XOAUTH2";

static int make_scene(void **state)
{
	struct scene *s = mem_alloc(sizeof(*s));

	scratch_init(&s->dir);
	s->user = (struct user){.uid = getuid(), .name = user_name, .home = s->dir.dir};
	s->owner = (struct credential_owner){.user = &s->user};
	s->relay.user = user_name;
	*state = s;
	return 0;
}

static int remove_scene(void **state)
{
	struct scene *s = *state;

	secret_wipe(&s->secret);
	scratch_release(&s->dir);
	free(s);
	haste_ms = hurried_ms = 0;
	return 0;
}

static int read_it(struct scene *s)
{
	secret_wipe(&s->secret);
	s->fault = (struct fault){0};
	return credential_read(&s->secret, &s->owner, &s->relay, &s->fault);
}

static void expect(struct scene *s, const char *want)
{
	if (read_it(s) < 0)
		fail_msg("%s", s->fault.text);
	assert_int_equal(secret_span(&s->secret).len, strlen(want));
	assert_memory_equal(secret_span(&s->secret).data, want, strlen(want));
}

static void expect_fault(struct scene *s, enum fault_kind kind, const char *text)
{
	assert_int_equal(read_it(s), -1);
	assert_null(s->secret.data);
	assert_int_equal(s->fault.kind, kind);
	if (!strstr(s->fault.text, text))
		fail_msg("%s is not in: %s", text, s->fault.text);
	assert_null(strstr(s->fault.text, "hunter2"));
}

/* password_file = a file of this content and mode */
static void put_file(struct scene *s, struct span content, mode_t mode)
{
	scratch_write(&s->dir, "secret", content, mode);
	free(s->relay.password_file);
	s->relay.password_file = mem_string(scratch_path(&s->dir, "secret"));
}

static void put_script(struct scene *s, const char *text, const char *arguments)
{
	struct buf command = BUF_INIT(1024);

	scratch_write(&s->dir, "script", span_of(text), 0700);
	buf_addf(&command, "%s%s", scratch_path(&s->dir, "script"), arguments);
	free(s->relay.password_command);
	s->relay.password_command = mem_string(buf_str(&command));
	buf_release(&command);
}

static void without_a_source_there_is_no_secret(void **state)
{
	struct scene *s = *state;

	assert_int_equal(read_it(s), 0);
	assert_null(s->secret.data);
}

static void the_configuration_may_say_it(void **state)
{
	struct scene *s = *state;
	char password[] = " hunter2 ";

	s->relay.password = password;
	expect(s, " hunter2 ");
}

static void the_first_line_of_a_file_counts(void **state)
{
	static const struct {
		struct span content;
		const char *want, *why;
	} cases[] = {
		{SPAN_LIT("hunter2\n"), "hunter2", "the usual"},
		{SPAN_LIT("hunter2"), "hunter2", "no line end"},
		{SPAN_LIT("hunter2\r\n"), "hunter2", "of another system"},
		{SPAN_LIT("hunter2\nmore\nlines\n"), "hunter2", "more lines"},
		{SPAN_LIT("hunter2\n\0\n"), "hunter2", "whatever is behind"},
		{SPAN_LIT(" a b#c;d\"e\\f%g \n"), " a b#c;d\"e\\f%g ", "any character"},
		{SPAN_LIT("p\xc3\xa4ss\n"), "p\xc3\xa4ss", "not ASCII"},
	};
	struct scene *s = *state;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		put_file(s, cases[i].content, 0600);
		expect(s, cases[i].want);
	}
	free(s->relay.password_file);
}

static void a_file_without_a_password_is_refused(void **state)
{
	static char large[CREDENTIAL_MAX + 2];
	static const struct {
		struct span content;
		const char *why;
	} cases[] = {
		{SPAN_LIT(""), "no password"},
		{SPAN_LIT("\n"), "no password"},
		{SPAN_LIT("\r\nhunter2\n"), "no password"},
		{SPAN_LIT("hunter2\0x\n"), "control character"},
		{SPAN_LIT("hunter2\tx\n"), "control character"},
		{SPAN_LIT("hunter2\x7f\n"), "control character"},
		{{large, sizeof(large) - 1}, "too long"},
	};
	struct scene *s = *state;

	memset(large, 'x', sizeof(large));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		put_file(s, cases[i].content, 0600);
		expect_fault(s, FAULT_CONFIG, cases[i].why);
	}
	put_file(s, (struct span){large, CREDENTIAL_MAX}, 0600);
	assert_int_equal(read_it(s), 0);
	assert_int_equal(secret_span(&s->secret).len, CREDENTIAL_MAX);
	free(s->relay.password_file);
}

/* row 137 of protocol.md 4.5 */
static void a_file_that_others_can_read_is_refused(void **state)
{
	static const mode_t modes[] = {0644, 0640, 0604, 0620, 0601, 0666, 0777};
	struct scene *s = *state;
	struct buf advice = BUF_INIT(1024);

	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		put_file(s, SPAN_LIT("hunter2\n"), modes[i]);
		buf_reset(&advice);
		buf_addf(&advice, "; chmod 600 %s", s->relay.password_file);
		expect_fault(s, FAULT_CONFIG, buf_str(&advice));
	}
	put_file(s, SPAN_LIT("hunter2\n"), 0400);
	expect(s, "hunter2");
	buf_release(&advice);
	free(s->relay.password_file);
}

static void a_link_or_what_is_no_file_is_refused(void **state)
{
	struct scene *s = *state;
	char target[SCRATCH_PATH_MAX];

	put_file(s, SPAN_LIT("hunter2\n"), 0600);
	memcpy(target, s->relay.password_file, strlen(s->relay.password_file) + 1);
	free(s->relay.password_file);
	s->relay.password_file = mem_string(scratch_path(&s->dir, "link"));
	assert_int_equal(symlink(target, s->relay.password_file), 0);
	expect_fault(s, FAULT_CONFIG, "is a link");
	free(s->relay.password_file);
	s->relay.password_file = s->dir.dir;
	expect_fault(s, FAULT_CONFIG, "is no file");
	s->relay.password_file = mem_string(scratch_path(&s->dir, "fifo"));
	assert_int_equal(mkfifo(s->relay.password_file, 0600), 0);
	expect_fault(s, FAULT_CONFIG, "is no file");
	free(s->relay.password_file);
	s->relay.password_file = mem_string(scratch_path(&s->dir, "absent"));
	expect_fault(s, FAULT_CONFIG, "No such file");
	free(s->relay.password_file);
}

static void a_file_of_another_user_is_refused(void **state)
{
	struct scene *s = *state;

	if (geteuid() != 0)
		skip();
	put_file(s, SPAN_LIT("hunter2\n"), 0600);
	assert_int_equal(chown(s->relay.password_file, 12345, 12345), 0);
	expect_fault(s, FAULT_CONFIG, "belongs to another user; chown 0 ");
	free(s->relay.password_file);
}

/* the system's secret is not this user's business: no mistake of anybody */
static void a_file_that_we_may_not_read_is_told_apart(void **state)
{
	struct scene *s = *state;

	put_file(s, SPAN_LIT("hunter2\n"), 0600);
	if (geteuid() == 0) {
		assert_int_equal(chmod(s->dir.dir, 0711), 0);
		assert_int_equal(seteuid(12345), 0);
	} else {
		assert_int_equal(chmod(s->relay.password_file, 0), 0);
	}
	expect_fault(s, FAULT_ACCESS, "cannot read the password in ");
	if (getuid() == 0)
		assert_int_equal(seteuid(0), 0);
	free(s->relay.password_file);
}

static void a_path_may_begin_at_home(void **state)
{
	struct scene *s = *state;
	char path[] = "~/secret-%u";
	struct buf name = BUF_INIT(64);

	buf_addf(&name, "secret-%u", getuid());
	scratch_write(&s->dir, buf_str(&name), SPAN_LIT("hunter2\n"), 0600);
	s->relay.password_file = path;
	expect(s, "hunter2");
	buf_release(&name);
}

static void a_command_prints_it(void **state)
{
	struct scene *s = *state;

	put_script(s, "#!/bin/sh\necho hunter2\necho more\n", "");
	expect(s, "hunter2");
	put_script(s, "#!/bin/sh\nprintf %s \"$*|$#\"\n", " a  b $HOME `id` ; exit 1");
	expect(s, "a b $HOME `id` ; exit 1|7"); /* no shell has seen it */
	free(s->relay.password_command);
}

static void a_command_has_a_clean_environment(void **state)
{
	struct scene *s = *state;
	struct buf want = BUF_INIT(1024);

	assert_int_equal(setenv("NULLMTA_SECRET", "x", 1), 0);
	buf_addf(&want,
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "
		"LC_ALL=C USER=alice LOGNAME=alice HOME=%s ",
		s->dir.dir);
	put_script(s, "#!/bin/sh\ntr '\\0' ' ' </proc/$$/environ\n", "");
	expect(s, buf_str(&want));
	put_script(s, "#!/bin/sh\ncat; ls /proc/self/fd | wc -l\n", "");
	expect(s, "4"); /* 0, 1, 2, and the directory */
	buf_release(&want);
	free(s->relay.password_command);
}

static void a_command_that_fails_gives_nothing(void **state)
{
	struct scene *s = *state;
	char relative[] = "pass show mail", empty[] = " ";

	put_script(s, "#!/bin/sh\necho hunter2\nexit 3\n", "");
	expect_fault(s, FAULT_SYSTEM, "failed, exit 3");
	put_script(s, "#!/bin/sh\necho hunter2\nkill -TERM $$\n", "");
	expect_fault(s, FAULT_SYSTEM, "ended by signal 15");
	put_script(s, "#!/bin/sh\nexit 0\n", "");
	expect_fault(s, FAULT_CONFIG, "no password in the first line");
	put_script(s, "#!/bin/sh\nexec yes hunter2\n", "");
	expect_fault(s, FAULT_SYSTEM, "prints more than 16384 octets");
	/* valgrind's vfork does not tell why, so that is not looked at */
	put_script(s, "#!/does/not/exist\n", "");
	assert_int_equal(read_it(s), -1);
	assert_null(s->secret.data);
	free(s->relay.password_command);
	s->relay.password_command = relative;
	expect_fault(s, FAULT_CONFIG, "no absolute path");
	s->relay.password_command = empty;
	expect_fault(s, FAULT_CONFIG, "no absolute path");
}

static void a_command_has_thirty_seconds(void **state)
{
	struct scene *s = *state;

	haste_ms = 1000;
	put_script(s, "#!/bin/sh\necho hunter2\nexec sleep 1000\n", "");
	expect_fault(s, FAULT_SYSTEM, "took more than 30 seconds");
	free(s->relay.password_command);
}

static void what_a_command_leaves_running_is_not_waited_for(void **state)
{
	struct scene *s = *state;
	char pid[32];
	ssize_t n;
	int fd;

	/* an agent, which keeps the pipe open */
	put_script(s, "#!/bin/sh\nsleep 1000 & echo $! >$HOME/pid\necho hunter2\n", "");
	expect(s, "hunter2");
	fd = open(scratch_path(&s->dir, "pid"), O_RDONLY | O_CLOEXEC);
	n = read(fd, pid, sizeof(pid) - 1);
	assert_true(n > 0);
	pid[n] = '\0';
	assert_int_equal(kill((pid_t)strtol(pid, NULL, 10), SIGKILL), 0);
	file_close(fd);
	free(s->relay.password_command);
}

static void systemd_may_have_it(void **state)
{
	struct scene *s = *state;
	char route[] = "work";
	char *token[] = {auth_token};

	/* systemd shows an access list as a mode */
	scratch_write(&s->dir, "nullmta.password", SPAN_LIT("hunter2\n"), 0440);
	scratch_write(&s->dir, "nullmta.work.password", SPAN_LIT("hunter3\n"), 0400);
	assert_int_equal(read_it(s), 0);
	assert_null(s->secret.data);
	s->owner.credentials_dir = s->dir.dir;
	expect(s, "hunter2");
	s->relay.name = route;
	expect(s, "hunter3");
	s->relay.name = NULL;
	s->relay.user = NULL; /* nobody to log in as */
	assert_int_equal(read_it(s), 0);
	assert_null(s->secret.data);
	s->relay.auth = (struct strv){token, 1, 1}; /* a token says who */
	expect(s, "hunter2");
	s->relay.has_lost_login = true; /* it would go elsewhere than it should */
	assert_int_equal(read_it(s), 0);
	assert_null(s->secret.data);
	s->relay.has_lost_login = false;
	s->owner.credentials_dir = "relative";
	assert_int_equal(read_it(s), 0);
	assert_null(s->secret.data);
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, make_scene, remove_scene)
	const struct CMUnitTest tests[] = {
		TEST(without_a_source_there_is_no_secret),
		TEST(the_configuration_may_say_it),
		TEST(the_first_line_of_a_file_counts),
		TEST(a_file_without_a_password_is_refused),
		TEST(a_file_that_others_can_read_is_refused),
		TEST(a_link_or_what_is_no_file_is_refused),
		TEST(a_file_of_another_user_is_refused),
		TEST(a_file_that_we_may_not_read_is_told_apart),
		TEST(a_path_may_begin_at_home),
		TEST(a_command_prints_it),
		TEST(a_command_has_a_clean_environment),
		TEST(a_command_that_fails_gives_nothing),
		TEST(a_command_has_thirty_seconds),
		TEST(what_a_command_leaves_running_is_not_waited_for),
		TEST(systemd_may_have_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
