/* sources: tests/support/spool_dir.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "deliver/login_memory.h"
#include "tests/support/spool_dir.h"

#define NOW 1795419407
#define KEY "relay:[mx.example.org]:587@mx.example.org:587"

static int make_dir(void **state)
{
	struct spool_dir *d = mem_alloc(sizeof(*d));

	spool_dir_make(d);
	*state = d;
	return 0;
}

static int remove_dir(void **state)
{
	spool_dir_remove(*state);
	free(*state);
	return 0;
}

static struct smtp_login login_of(const char *user, const char *password)
{
	return (struct smtp_login){.user = user, .password = span_of(password)};
}

static struct outcome refusal(void)
{
	struct outcome o = outcome_make(
		OUTCOME_DEFERRED, OUTCOME_ROUTE, "4.7.9", "an app password is needed");

	o.code = 534;
	return o;
}

static bool is_refused(struct spool_dir *d, const char *key, const char *user,
	const char *password, int64_t now_s)
{
	struct login_memory memory = {.spool = &d->spool};
	struct smtp_login login = login_of(user, password);
	struct outcome why;

	return login_memory_is_refused(&memory, key, &login, now_s, &why);
}

static void note(struct spool_dir *d, const char *key, const char *user,
	const char *password, int64_t now_s)
{
	struct login_memory memory = {.spool = &d->spool};
	struct smtp_login login = login_of(user, password);
	struct outcome reply = refusal();

	login_memory_refused(&memory, key, &login, &reply, now_s);
}

static struct buf content(struct spool_dir *d)
{
	struct buf text = BUF_INIT(65536);
	struct fault f;

	assert_int_equal(file_read(d->spool.fd, "state/logins", &text, &f), 0);
	return text;
}

static void a_login_is_not_tried_again_unless_it_changes(void **state)
{
	struct spool_dir *d = *state;

	assert_false(is_refused(d, KEY, "joe", "hunter2", NOW));
	note(d, KEY, "joe", "hunter2", NOW);
	assert_true(is_refused(d, KEY, "joe", "hunter2", NOW));
	assert_true(is_refused(d, KEY, "joe", "hunter2", NOW + 3599));
	assert_false(is_refused(d, KEY, "joe", "hunter2", NOW + 3600));
	assert_false(is_refused(d, KEY, "joe", "hunter3", NOW));
	assert_false(is_refused(d, KEY, "jim", "hunter2", NOW));
	assert_false(is_refused(d, KEY, "joeh", "unter2", NOW));
	assert_false(is_refused(d, "relay:[other]:587@other:587", "joe", "hunter2", NOW));
	/* a clock that jumped back must not keep it away */
	assert_false(is_refused(d, KEY, "joe", "hunter2", NOW - 1));
}

static void a_token_counts_as_a_password_does(void **state)
{
	struct spool_dir *d = *state;
	struct login_memory memory = {.spool = &d->spool};
	struct smtp_login login = {.user = "joe", .token = SPAN_LIT("token")};
	struct outcome reply = refusal(), why;

	login_memory_refused(&memory, KEY, &login, &reply, NOW);
	assert_true(login_memory_is_refused(&memory, KEY, &login, NOW, &why));
	login.token = SPAN_LIT("a fresh one");
	assert_false(login_memory_is_refused(&memory, KEY, &login, NOW, &why));
	login.user = NULL;
	assert_false(login_memory_is_refused(&memory, KEY, &login, NOW, &why));
}

static void what_was_said_is_told_again(void **state)
{
	struct spool_dir *d = *state;
	struct login_memory memory = {.spool = &d->spool};
	struct smtp_login login = login_of("joe", "hunter2");
	struct outcome why;

	note(d, KEY, "joe", "hunter2", NOW);
	assert_true(login_memory_is_refused(&memory, KEY, &login, NOW + 60, &why));
	assert_int_equal(why.kind, OUTCOME_DEFERRED);
	assert_int_equal(why.scope, OUTCOME_ROUTE);
	assert_int_equal(why.code, 0); /* nobody was asked now */
	assert_int_equal(why.status.detail, 9);
	assert_non_null(strstr(why.text, "534 an app password is needed"));
}

static void a_login_that_works_is_forgotten(void **state)
{
	struct spool_dir *d = *state;
	struct login_memory memory = {.spool = &d->spool};
	struct buf rest;

	login_memory_accepted(&memory, KEY); /* nothing there */
	assert_false(spool_dir_has(&d->spool, "state/logins"));
	note(d, KEY, "joe", "hunter2", NOW);
	note(d, "other", "joe", "hunter2", NOW);
	login_memory_accepted(&memory, KEY);
	assert_false(is_refused(d, KEY, "joe", "hunter2", NOW));
	assert_true(is_refused(d, "other", "joe", "hunter2", NOW));
	login_memory_accepted(&memory, "other");
	rest = content(d);
	assert_int_equal(rest.len, 0);
	buf_release(&rest);
}

static void the_file_tells_no_secret_and_does_not_grow(void **state)
{
	struct spool_dir *d = *state;
	struct buf first, second;

	note(d, KEY, "joe", "hunter2", NOW);
	first = content(d);
	assert_null(strstr(buf_str(&first), "hunter2"));
	assert_null(strstr(buf_str(&first), "joe"));
	note(d, KEY, "joe", "hunter2", NOW);
	second = content(d);
	/* one line still, with another salt and so another hash */
	assert_int_equal(first.len, second.len);
	assert_string_not_equal(buf_str(&first), buf_str(&second));
	buf_release(&first);
	buf_release(&second);
	for (int i = 0; i < 3; i++)
		note(d, i == 0 ? "a" : i == 1 ? "b" : "c", "joe", "x", NOW + i * 3600);
	first = content(d);
	assert_true(span_starts(buf_span(&first), "c "));
	assert_int_equal(span_find(buf_span(&first), '\n'), (ptrdiff_t)first.len - 1);
	buf_release(&first);
}

static void a_damaged_file_is_an_empty_one(void **state)
{
	static const char *const texts[] = {
		"\n\n\n",
		KEY,
		KEY " 1795419407",
		KEY " 1795419407 AAAA AAAA 535 4.7.8", /* no text */
		KEY " x AAAA AAAA 535 4.7.8 text\n",
		KEY " 1795419407 !!!! AAAA 535 4.7.8 text\n",
		KEY " 1795419407  AAAA 535 4.7.8 text\n",
		KEY " 1795419407 AAAA !!!! 535 4.7.8 text\n",
		KEY " 1795419407 AAAA AAAA 535 4.7.8 text\n",
		KEY " 1795419407 AAAA AAAA 9999 4.7.8 text\n",
		KEY " 99999999999999999999999 AAAA AAAA 535 4.7.8 text\n",
	};
	struct spool_dir *d = *state;

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		spool_dir_put(&d->spool, "state/logins", span_of(texts[i]));
		assert_false(is_refused(d, KEY, "joe", "hunter2", NOW));
	}
	note(d, KEY, "joe", "hunter2", NOW);
	assert_true(is_refused(d, KEY, "joe", "hunter2", NOW));
}

/* The descriptor is what children have inherited, each with a lock and a look of its own. */
static void the_systems_memory_is_one_for_all(void **state)
{
	struct spool_dir *d = *state;
	struct login_memory memory = {.fd = memfd_create("logins", MFD_CLOEXEC)};
	struct smtp_login login = login_of("joe", "hunter2");
	struct outcome reply = refusal(), why;
	pid_t child;
	int status;

	assert_true(memory.fd >= 0);
	assert_false(login_memory_is_refused(&memory, KEY, &login, NOW, &why));
	child = fork();
	if (child == 0) {
		login_memory_refused(&memory, "other", &login, &reply, NOW);
		login_memory_refused(&memory, KEY, &login, &reply, NOW);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(login_memory_is_refused(&memory, KEY, &login, NOW, &why));
	assert_true(login_memory_is_refused(&memory, "other", &login, NOW, &why));
	login_memory_accepted(&memory, KEY);
	assert_false(login_memory_is_refused(&memory, KEY, &login, NOW, &why));
	assert_true(login_memory_is_refused(&memory, "other", &login, NOW, &why));
	assert_false(spool_dir_has(&d->spool, "state/logins"));
	file_close(memory.fd);
	/* none at all costs logins, and nothing else */
	memory.fd = -1;
	login_memory_refused(&memory, KEY, &login, &reply, NOW);
	assert_false(login_memory_is_refused(&memory, KEY, &login, NOW, &why));
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, make_dir, remove_dir)
	const struct CMUnitTest tests[] = {
		TEST(a_login_is_not_tried_again_unless_it_changes),
		TEST(a_token_counts_as_a_password_does),
		TEST(what_was_said_is_told_again),
		TEST(a_login_that_works_is_forgotten),
		TEST(the_file_tells_no_secret_and_does_not_grow),
		TEST(a_damaged_file_is_an_empty_one),
		TEST(the_systems_memory_is_one_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
