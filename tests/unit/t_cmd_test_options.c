#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/bug.h"
#include "cmd/test_options.h"

#define WORDS_MAX 10

static int parse(struct test_options *ret, const char *const *words, struct fault *f)
{
	char *argv[WORDS_MAX + 1];
	int argc = 0;

	for (; argc < WORDS_MAX && words[argc]; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc];
	argv[argc] = NULL;
	return test_options_parse(ret, argc, argv, f);
}

static void assert_same(const char *found, const char *expected)
{
	if (expected)
		assert_string_equal(found, expected);
	else
		assert_null(found);
}

static void what_is_right_is_taken(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		struct test_options expected;
	} cases[] = {
		{{"test", "a@x"}, {.address = "a@x"}},
		{{"test", "--send", "a@x"}, {.address = "a@x", .sends = true}},
		{{"test", "a@x", "--route", "work"}, {.address = "a@x", .route = "work"}},
		{{"test", "--route=work", "a@x"}, {.address = "a@x", .route = "work"}},
		{{"test", "-f", "", "a@x"}, {.address = "a@x", .sender = ""}},
		{{"test", "-fb@y", "a@x"}, {.address = "a@x", .sender = "b@y"}},
		{{"test", "--from=b@y", "a@x"}, {.address = "a@x", .sender = "b@y"}},
		{{"test", "-C", "f", "--json", "a@x"},
			{.address = "a@x", .conf_file = "f", .is_json = true}},
		{{"test", "--", "-a@x"}, {.address = "-a@x"}},
		{{"test", "-"}, {.address = "-"}},
		{{"test", "--help"}, {.wants_help = true}},
		{{"test", "-h", "a@x"}, {.address = "a@x", .wants_help = true}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct test_options *e = &cases[i].expected;
		struct test_options o;
		struct fault f;

		assert_int_equal(parse(&o, cases[i].words, &f), 0);
		assert_int_equal(o.wants_help, e->wants_help);
		assert_int_equal(o.sends, e->sends);
		assert_int_equal(o.is_json, e->is_json);
		assert_same(o.address, e->address);
		assert_same(o.sender, e->sender);
		assert_same(o.route, e->route);
		assert_same(o.conf_file, e->conf_file);
	}
}

static void what_is_wrong_is_told(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		const char *text;
	} cases[] = {
		{{"test"}, "no address given; see \"nullmta test --help\""},
		{{"test", "--send"}, "no address given; see \"nullmta test --help\""},
		{{"test", "a@x", "b@x"}, "one address at a time, not also b@x"},
		{{"test", "a@x", "--route"}, "--route needs a value"},
		{{"test", "a@x", "-f"}, "-f needs a value"},
		{{"test", "a@x", "--sand"},
			"unknown option --sand; see \"nullmta test --help\""},
		{{"test", "a@x", "--routes=w"},
			"unknown option --routes=w; see \"nullmta test --help\""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct test_options o;
		struct fault f;

		assert_int_equal(parse(&o, cases[i].words, &f), -1);
		assert_int_equal(f.kind, FAULT_USAGE);
		assert_string_equal(f.text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_right_is_taken),
		cmocka_unit_test(what_is_wrong_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
