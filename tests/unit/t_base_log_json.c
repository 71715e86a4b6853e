#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/log_json.h"
#include "base/mem.h"

#define HEAD                                                            \
	"{\"time\":\"2026-11-23T07:36:47.004Z\",\"level\":\"warning\"," \
	"\"program\":\"nullmta\",\"pid\":412,\"event\":\"sent\""

static const struct log_json_head head = {
	.time_us = (int64_t)1795419407 * 1000000 + 4999,
	.level = LOG_LEVEL_WARNING,
	.pid = 412,
	.event = "sent",
};

static void assert_object(const struct log_field *fields, const char *want)
{
	struct buf line = BUF_INIT(4096);

	log_json_add(&line, &head, fields, 4096);
	assert_string_equal(buf_str(&line), want);
	buf_release(&line);
}

static void a_line_is_an_object(void **state)
{
	static const struct {
		const char *why;
		struct log_field field;
		const char *want;
	} cases[] = {
		{"a text", {.key = "id", .text = "1A"}, HEAD ",\"id\":\"1A\"}"},
		{"no text", {.key = "id"}, HEAD "}"},
		{"an empty text", {.key = "id", .text = ""}, HEAD ",\"id\":\"\"}"},
		{"a number", {.key = "n", .number = INT64_MIN, .is_number = true},
			HEAD ",\"n\":-9223372036854775808}"},
		{"what JSON escapes", {.key = "a", .text = "\"\\\n\x01"},
			HEAD ",\"a\":\"\\\"\\\\\\u000a\\u0001\"}"},
		{"UTF-8", {.key = "a", .text = "\xc3\xa4"}, HEAD ",\"a\":\"\xc3\xa4\"}"},
		{"what is none", {.key = "a", .text = "\xc3(\xed\xa0\x80"},
			HEAD ",\"a\":\"\\ufffd(\\ufffd\\ufffd\\ufffd\"}"},
		{"a digit as text", {.key = "status", .text = "4"},
			HEAD ",\"status\":\"4\"}"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct log_field fields[] = {cases[i].field, {0}};

		print_message("  %s\n", cases[i].why);
		assert_object(fields, cases[i].want);
	}
}

/* Cut at any length the object is whole, and says that it was cut. */
static void a_long_line_is_cut_to_an_object(void **state)
{
	static const char *const units[] = {"x", "\"", "\xc3\xa4", "\x01", "\xff"};
	static const char tail[] = "\",\"truncated\":true}";

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		struct buf value = BUF_INIT(8192);

		while (value.len < 4000)
			buf_add_str(&value, units[i]);
		for (size_t max = LOG_JSON_MIN; max < LOG_JSON_MIN + 16; max++) {
			const struct log_field fields[] = {
				{.key = "a", .text = buf_str(&value)},
				{.key = "late", .text = "lost"}, {0}};
			struct buf line = BUF_INIT(4096);

			log_json_add(&line, &head, fields, max);
			assert_true(line.len <= max);
			assert_true(line.len > max - sizeof(tail) - 16);
			assert_true(span_ends(buf_span(&line), tail));
			assert_null(strstr(buf_str(&line), "lost"));
			/* no half of an escape, no half of a character */
			buf_truncate(&line, line.len - (sizeof(tail) - 1));
			if (i == 1)
				assert_true(span_ends(buf_span(&line), "\\\""));
			if (i == 2)
				assert_true(span_ends(buf_span(&line), "\xc3\xa4"));
			if (i == 3)
				assert_true(span_ends(buf_span(&line), "\\u0001"));
			buf_release(&line);
		}
		buf_release(&value);
	}
}

static void many_fields_are_cut_behind_one(void **state)
{
	struct log_field fields[64] = {{0}};
	struct buf line = BUF_INIT(4096);

	(void)state;
	for (size_t i = 0; i < 63; i++)
		fields[i] = LOG_NUMBER("number", 1234567);
	log_json_add(&line, &head, fields, LOG_JSON_MIN);
	assert_true(line.len <= LOG_JSON_MIN);
	assert_true(
		span_ends(buf_span(&line), ",\"number\":1234567,\"truncated\":true}"));
	buf_release(&line);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_an_object),
		cmocka_unit_test(a_long_line_is_cut_to_an_object),
		cmocka_unit_test(many_fields_are_cut_behind_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
