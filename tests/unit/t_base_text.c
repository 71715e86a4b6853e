#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/bug.h"
#include "base/fault.h"
#include "base/text.h"

static const struct {
	struct span in;
	const char *out;
	const char *why;
} clean_cases[] = {
	{SPAN_LIT("plain text"), "plain text", "nothing to do"},
	{SPAN_LIT("\x1b]0;owned\x07"), "\\x1B]0;owned\\x07", "a terminal's title"},
	{SPAN_LIT("a\r\nb"), "a\\x0D\\x0Ab", "a second line"},
	{SPAN_LIT("a\0b"), "a\\x00b", "a NUL"},
	{SPAN_LIT("caf\xc3\xa9"), "caf\xc3\xa9", "UTF-8"},
	{SPAN_LIT("caf\xe9"), "caf\\xE9", "not UTF-8"},
	{SPAN_LIT("\xc2\x9b"
		  "2J"),
		"\\xC2\\x9B2J", "a C1 control in UTF-8"},
	{SPAN_LIT("\xe2\x80\xaegpj.exe"), "\\xE2\\x80\\xAEgpj.exe", "right to left"},
	{SPAN_LIT("\xe2\x80\xa8"), "\\xE2\\x80\\xA8", "a line separator"},
	{SPAN_LIT("C:\\x41"), "C:\\\\x41", "a backslash is doubled"},
	{SPAN_LIT("\x7f"), "\\x7F", "DEL"},
	{SPAN_LIT(""), "", "nothing at all"},
};

static void untrusted_text_is_one_harmless_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(clean_cases); i++) {
		struct buf b = BUF_INIT(1000);
		char array[1000];

		text_clean(&b, clean_cases[i].in);
		text_clean_into(array, sizeof(array), clean_cases[i].in);
		if (strcmp(buf_str(&b), clean_cases[i].out) != 0 ||
			strcmp(array, clean_cases[i].out) != 0)
			fail_msg("%s: %s", clean_cases[i].why, buf_str(&b));
		buf_release(&b);
	}
}

static void what_is_cut_is_cut_between_characters(void **state)
{
	char out[6];

	(void)state;
	for (size_t size = 1; size <= sizeof(out); size++) {
		memset(out, '#', sizeof(out));
		text_clean_into(out, size, span_of("ab\xc3\xa9\x01"));
		assert_true(strlen(out) < size);
		assert_true(span_is_utf8(span_of(out)));
	}
	assert_string_equal(out, "ab\xc3\xa9");
	assert_false(text_copy(out, 3, span_of("abc")));
	assert_string_equal(out, "ab");
	assert_true(text_copy(out, 4, span_of("abc")));
	assert_string_equal(out, "abc");
}

static void durations_and_sizes(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds; /* -1: refused */
		int64_t octets;
	} cases[] = {
		{"90", 90, 90},
		{"90s", 90, -1},
		{"5m", 300, 5 * 1024 * 1024},
		{"4H", 14400, -1},
		{"5d", 432000, -1},
		{"2w", 1209600, -1},
		{"64k", -1, 65536},
		{"1g", -1, 1073741824},
		{"", -1, -1},
		{"m", -1, -1},
		{"-1", -1, -1},
		{"5x", -1, -1},
		{"5 m", -1, -1},
		{"1.5h", -1, -1},
		{"100000000000000000000", -1, -1},
		{"9223372036854775807g", -1, -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t seconds = -1;
		uint64_t octets = (uint64_t)-1;

		(void)text_to_seconds(span_of(cases[i].text), &seconds);
		(void)text_to_octets(span_of(cases[i].text), &octets);
		if (seconds != cases[i].seconds || (int64_t)octets != cases[i].octets)
			fail_msg("%s", cases[i].text);
	}
	/* ten years, and a day more */
	assert_int_equal(text_to_seconds(span_of("3653d"), &(int64_t){0}), 0);
	assert_int_equal(text_to_seconds(span_of("3654d"), &(int64_t){0}), -1);
}

static void faults_are_one_clean_line(void **state)
{
	struct fault f;
	char flood[2000];

	(void)state;
	fault_set(&f, FAULT_SYSTEM, 2, "cannot open %s", "a\nb");
	assert_string_equal(f.text, "cannot open a\\x0Ab: No such file or directory");
	assert_int_equal(f.kind, FAULT_SYSTEM);
	assert_int_equal(f.err, 2);
	fault_prefix(&f, "spool");
	fault_append(&f, "; %s", "do this");
	assert_string_equal(
		f.text, "spool: cannot open a\\x0Ab: No such file or directory; do this");
	memset(flood, 'x', sizeof(flood));
	flood[sizeof(flood) - 1] = '\0';
	fault_set(&f, FAULT_DATA, 0, "%s", flood);
	assert_int_equal(strlen(f.text), FAULT_TEXT_MAX - 1);
	fault_append(&f, "%s", flood);
	fault_prefix(&f, "%s", flood);
	assert_int_equal(strlen(f.text), FAULT_TEXT_MAX - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(untrusted_text_is_one_harmless_line),
		cmocka_unit_test(what_is_cut_is_cut_between_characters),
		cmocka_unit_test(durations_and_sizes),
		cmocka_unit_test(faults_are_one_clean_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
