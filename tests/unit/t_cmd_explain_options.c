#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/bug.h"
#include "cmd/explain_options.h"

#define WORDS_MAX 8

static int parse(struct explain_options *ret, const char *const *words, char **argv,
	struct fault *f)
{
	int argc = 0;

	for (; words[argc]; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc];
	argv[argc] = NULL;
	return explain_options_parse(ret, argc, argv, f);
}

static void what_is_right_is_taken(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		const char *sender, *message, *conf_file;
		bool has_no_dns, wants_help;
		const char *first, *second;
	} cases[] = {
		{{"explain", "a@x"}, .first = "a@x"},
		{{"explain", "a@x", "-f", "b@y", "c@z"}, .sender = "b@y", .first = "a@x",
			.second = "c@z"},
		{{"explain", "-fb@y", "a@x"}, .sender = "b@y", .first = "a@x"},
		{{"explain", "--from=", "a@x"}, .sender = "", .first = "a@x"},
		{{"explain", "--from", "", "a@x"}, .sender = "", .first = "a@x"},
		{{"explain", "-m", "-"}, .message = "-"},
		{{"explain", "--message=f", "-Cg"}, .message = "f", .conf_file = "g"},
		{{"explain", "--no-dns", "-"}, .has_no_dns = true, .first = "-"},
		{{"explain", "--", "-f", "--"}, .first = "-f", .second = "--"},
		{{"explain", "--help"}, .wants_help = true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *want[] = {cases[i].first, cases[i].second};
		struct explain_options o;
		char *argv[WORDS_MAX + 1];
		struct fault f;

		assert_int_equal(parse(&o, cases[i].words, argv, &f), 0);
		assert_true(o.has_no_dns == cases[i].has_no_dns);
		assert_true(o.wants_help == cases[i].wants_help);
		assert_true(!o.sender == !cases[i].sender);
		assert_true(!o.message == !cases[i].message);
		assert_true(!o.conf_file == !cases[i].conf_file);
		if (o.sender)
			assert_string_equal(o.sender, cases[i].sender);
		if (o.message)
			assert_string_equal(o.message, cases[i].message);
		if (o.conf_file)
			assert_string_equal(o.conf_file, cases[i].conf_file);
		assert_int_equal(
			o.recipient_count, (size_t) !!want[0] + (size_t) !!want[1]);
		for (size_t k = 0; k < o.recipient_count; k++)
			assert_string_equal(o.recipients[k], want[k]);
	}
}

static void what_is_wrong_is_refused_with_a_word(void **state)
{
	static const struct {
		const char *words[WORDS_MAX];
		const char *text;
	} cases[] = {
		{{"explain"}, "no address given"},
		{{"explain", "-f"}, "-f needs a value"},
		{{"explain", "a@x", "--message"}, "--message needs a value"},
		{{"explain", "a@x", "-x"}, "unknown option -x"},
		{{"explain", "--dns", "a@x"}, "unknown option --dns"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct explain_options o;
		char *argv[WORDS_MAX + 1];
		struct fault f = {0};

		assert_int_equal(parse(&o, cases[i].words, argv, &f), -1);
		assert_int_equal(f.kind, FAULT_USAGE);
		if (!strstr(f.text, cases[i].text))
			fail_msg("%s instead of %s", f.text, cases[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_right_is_taken),
		cmocka_unit_test(what_is_wrong_is_refused_with_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
