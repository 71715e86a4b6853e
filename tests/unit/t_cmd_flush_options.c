#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/bug.h"
#include "cmd/flush_options.h"

#define WORDS_MAX 8

static int parse(struct flush_options *ret, const char *const *words, struct fault *f)
{
	char *argv[WORDS_MAX + 2] = {"flush"};
	int argc = 1;

	for (; words[argc - 1]; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc - 1];
	return flush_options_parse(ret, argc, argv, f);
}

static void nothing_given_is_one_run(void **state)
{
	struct flush_options o;
	struct fault f;

	(void)state;
	assert_int_equal(parse(&o, (const char *const[]){NULL}, &f), 0);
	assert_false(o.wants_help || o.is_now);
	assert_int_equal(o.every_s, 0);
	assert_null(o.conf_file);
	assert_null(o.spool);
	assert_null(o.message);
	assert_int_equal(o.wait_fd, -1);
}

static void every_option_is_taken(void **state)
{
	static const char *const some[] = {
		"--now", "--every", "15m", "-C", "/a/conf", "--spool", "/a/spool", NULL};
	static const char *const others[] = {"--message", "6C3MK9G1NNHHL4", "--wait-fd",
		"3", "--verbose", "--help", NULL};
	struct flush_options o;
	struct fault f;

	(void)state;
	assert_int_equal(parse(&o, some, &f), 0);
	assert_true(o.is_now);
	assert_int_equal(o.every_s, 900);
	assert_string_equal(o.conf_file, "/a/conf");
	assert_string_equal(o.spool, "/a/spool");
	assert_int_equal(parse(&o, others, &f), 0);
	assert_string_equal(o.message, "6C3MK9G1NNHHL4");
	assert_int_equal(o.wait_fd, 3);
	assert_true(o.is_verbose);
	assert_true(o.wants_help);
}

static void all_users_share(void **state)
{
	struct flush_options o;
	struct fault f;

	(void)state;
	assert_int_equal(parse(&o, (const char *const[]){"--all", NULL}, &f), 0);
	assert_true(o.is_all);
	assert_int_equal(o.users, FLUSH_USERS_DEFAULT);
	assert_int_equal(o.share_s, FLUSH_SHARE_DEFAULT_S);
	assert_int_equal(parse(&o,
				 (const char *const[]){
					 "--all", "--users", "3", "--share", "2m", NULL},
				 &f),
		0);
	assert_int_equal(o.users, 3);
	assert_int_equal(o.share_s, 120);
}

static void a_part_of_the_queue_is_selected(void **state)
{
	static const char *const words[] = {"--only-id", "6C3", "--only-recipient", "a@x",
		"--only-recipient", "b", "--only-sender", "", NULL};
	struct flush_options o;
	struct fault f;

	(void)state;
	assert_int_equal(parse(&o, words, &f), 0);
	assert_int_equal(o.only.ids.count, 1);
	assert_string_equal(o.only.ids.items[0], "6C3");
	assert_int_equal(o.only.recipients.count, 2);
	assert_string_equal(o.only.recipients.items[1], "b");
	assert_int_equal(o.only.senders.count, 1);
	assert_string_equal(o.only.senders.items[0], "");
	flush_options_release(&o);
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		const char *text;
	} cases[] = {
		{{"now"}, "unknown argument now"},
		{{"--sooner"}, "unknown argument --sooner"},
		{{""}, "unknown argument"},
		{{"--every"}, "--every needs a value"},
		{{"--spool"}, "--spool needs a value"},
		{{"--now", "--message"}, "--message needs a value"},
		{{"--every", "0"}, "15m"},
		{{"--every", "often"}, "15m"},
		{{"--every", "-5m"}, "15m"},
		{{"--wait-fd", "-1"}, "number"},
		{{"--wait-fd", "x"}, "number"},
		{{"--wait-fd", "99999999"}, "number"},
		{{"--users", "0"}, "from 1"},
		{{"--users", "many"}, "from 1"},
		{{"--share", "0"}, "30s"},
		{{"--all", "--spool", "/a"}, "does not go with --spool"},
		{{"--message", "6C3", "--all"}, "does not go with --message"},
		{{"--all", "--wait-fd", "3"}, "does not go with --wait-fd"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct flush_options o = {.wait_fd = 77};
		struct fault f = {0};

		if (parse(&o, cases[i].words, &f) == 0)
			fail_msg("taken: %s", cases[i].words[0]);
		assert_int_equal(f.kind, FAULT_USAGE);
		if (!strstr(f.text, cases[i].text))
			fail_msg("%s: %s", cases[i].words[0], f.text);
		assert_int_equal(o.wait_fd, 77); /* untouched on failure */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_given_is_one_run),
		cmocka_unit_test(every_option_is_taken),
		cmocka_unit_test(all_users_share),
		cmocka_unit_test(a_part_of_the_queue_is_selected),
		cmocka_unit_test(what_is_wrong_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
