#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/bug.h"
#include "base/json.h"

struct json_case {
	const char *why;
	struct span text;
	const char *json;
};

static const struct json_case cases[] = {
	{"nothing", SPAN_LIT(""), "\"\""},
	{"plain", SPAN_LIT("a b/c"), "\"a b/c\""},
	{"a quote and a backslash", SPAN_LIT("\"\\"), "\"\\\"\\\\\""},
	{"controls", SPAN_LIT("a\n\x1b\x7f\0b"), "\"a\\u000a\\u001b\\u007f\\u0000b\""},
	{"UTF-8", SPAN_LIT("b\xc3\xbc"), "\"b\xc3\xbc\""},
	{"not UTF-8", SPAN_LIT("b\xfc."), "\"b\\ufffd.\""},
	{"half a character", SPAN_LIT("\xe2\x82"), "\"\\ufffd\\ufffd\""},
};

static void quotes_any_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf out = BUF_INIT(256);

		json_add_string(&out, cases[i].text);
		if (strcmp(buf_str(&out), cases[i].json) != 0)
			fail_msg("%s: %s", cases[i].why, buf_str(&out));
		buf_release(&out);
	}
}

static void null_is_null(void **state)
{
	struct buf out = BUF_INIT(256);

	(void)state;
	json_add_text(&out, NULL);
	json_add_text(&out, "x");
	assert_string_equal(buf_str(&out), "null\"x\"");
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quotes_any_text),
		cmocka_unit_test(null_is_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
