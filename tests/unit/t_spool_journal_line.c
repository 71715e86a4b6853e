#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "spool/journal_line.h"

#define ID "6C3MK9G1NNHHL4"

static void lines_look_as_the_page_says(void **state)
{
	const struct journal_line line = {
		.time_s = 1795419407,
		.recipient = 2,
		.event = JOURNAL_FAILED,
		.status = {5, 1, 1},
		.code = 550,
		.remote = SPAN_LIT("mx.example.org[192.0.2.1]:25"),
		.text = SPAN_LIT("5.1.1 no such user"),
	};
	struct buf out = BUF_INIT(JOURNAL_LINE_MAX);

	(void)state;
	journal_line_format(&line, ID, &out);
	assert_string_equal(buf_str(&out),
		"1795419407 2 failed 5.1.1 550 mx.example.org[192.0.2.1]:25 "
		"\"5.1.1 no such user\" 1452537d\n");
	buf_release(&out);
}

/* A sequence of events of recipient 0, and what they come to. */
static void events_come_to_a_state(void **state)
{
	static const struct {
		const char *events;
		enum outcome_kind kind;
		bool may_be_delivered, is_reported, is_warned;
		const char *why;
	} cases[] = {
		{"", OUTCOME_PENDING, false, false, false, "nothing"},
		{"D", OUTCOME_DELIVERED, false, false, false, "delivered"},
		{"d", OUTCOME_DEFERRED, false, false, false, "deferred"},
		{"u", OUTCOME_DEFERRED, true, false, false, "uncertain"},
		{"ud", OUTCOME_DEFERRED, false, false, false,
			"the last try was not uncertain"},
		{"dF", OUTCOME_FAILED, false, false, false, "failed in the end"},
		{"Fd", OUTCOME_FAILED, false, false, false, "failed is final"},
		{"Dd", OUTCOME_DELIVERED, false, false, false, "delivered is final"},
		{"DF", OUTCOME_DELIVERED, false, false, false, "nothing undoes it"},
		{"Du", OUTCOME_DELIVERED, false, false, false, "nor doubt"},
		{"FD", OUTCOME_DELIVERED, false, false, false, "delivered after all"},
		{"Fr", OUTCOME_FAILED, false, true, false, "reported"},
		{"r", OUTCOME_PENDING, false, false, false, "no failure to report"},
		{"rF", OUTCOME_FAILED, false, false, false,
			"the report was not of this failure"},
		{"FrD", OUTCOME_DELIVERED, false, false, false, "a failure was reported"},
		{"RrD", OUTCOME_DELIVERED, false, true, false, "relaying was"},
		{"R", OUTCOME_DELIVERED, false, false, false, "relayed"},
		{"Rr", OUTCOME_DELIVERED, false, true, false, "relayed and told"},
		{"RrR", OUTCOME_DELIVERED, false, true, false, "written once more"},
		{"FrR", OUTCOME_DELIVERED, false, false, false,
			"told of the failure, not of this"},
		{"Dr", OUTCOME_DELIVERED, false, false, false, "nobody wanted to know"},
		{"RFd", OUTCOME_DELIVERED, false, false, false, "relayed is final"},
		{"dwd", OUTCOME_DEFERRED, false, false, true, "warned stays"},
		{"Fx", OUTCOME_PENDING, false, false, false, "to be tried again"},
		{"Fxd", OUTCOME_DEFERRED, false, false, false, "and deferred"},
		{"FrxF", OUTCOME_FAILED, false, false, false,
			"failed once more, which nobody has been told"},
		{"Dx", OUTCOME_DELIVERED, false, false, false, "a delivery stands"},
		{"ux", OUTCOME_DEFERRED, true, false, false, "no failure to undo"},
	};
	static const struct {
		char letter;
		enum journal_event event;
	} letters[] = {
		{'D', JOURNAL_DELIVERED},
		{'d', JOURNAL_DEFERRED},
		{'F', JOURNAL_FAILED},
		{'u', JOURNAL_UNCERTAIN},
		{'r', JOURNAL_REPORTED},
		{'w', JOURNAL_WARNED},
		{'x', JOURNAL_RELEASED},
		{'R', JOURNAL_RELAYED},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct journal_recipient r = {0};
		struct journal_state s = {.recipients = mem_array(1, sizeof(r)),
			.count = 1,
			.envelope_count = 1};
		struct buf text = BUF_INIT(JOURNAL_MAX);

		for (const char *p = cases[i].events; *p; p++)
			for (size_t k = 0; k < ARRAY_LEN(letters); k++)
				if (letters[k].letter == *p)
					journal_line_format(
						&(struct journal_line){
							.event = letters[k].event},
						ID, &text);
		journal_state_apply(&s, ID, buf_span(&text));
		r = s.recipients[0];
		if (r.kind != cases[i].kind ||
			r.may_be_delivered != cases[i].may_be_delivered ||
			r.is_reported != cases[i].is_reported ||
			r.is_warned != cases[i].is_warned)
			fail_msg("%s: %s", cases[i].events, cases[i].why);
		journal_state_release(&s);
		buf_release(&text);
	}
}

static void forms_of_the_future_are_skipped(void **state)
{
	static const struct {
		const char *text;
		bool is_good;
	} cases[] = {
		{"1795419407 2 failed 5.1.1 550 mx \"no\"", true},
		{"1795419407 2 failed 5.1.1 550 - \"\"", true},
		{"1795419407 2 failed - 0 - \"a \" b\"", true},
		{"1795419407 2 vanished 5.1.1 550 mx \"no\"", false},
		{"1795419407 2 failed 5.1.1 550 mx no", false},
		{"1795419407 2 failed 5.1.1 550 mx \"", false},
		{"1795419407 2 failed 5.1.1 550 mx", false},
		{"1795419407 2 failed", false},
		{"", false},
		{"-1 2 failed 5.1.1 550 mx \"no\"", false},
		{"1795419407 -2 failed 5.1.1 550 mx \"no\"", false},
		{"1795419407 99999 failed 5.1.1 550 mx \"no\"", false},
		{"1795419407 2 failed 6.1.1 550 mx \"no\"", false},
		{"1795419407 2 failed 5.1.1 5500 mx \"no\"", false},
		{"1795419407 2 failed 5.1.1 550 mx \"n\ro\"", false},
		{"1795419407 2 failed 5.1.1 550 mx \"\xff\"", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct journal_line line;

		if (journal_line_parse(span_of(cases[i].text), &line) != cases[i].is_good)
			fail_msg("%s", cases[i].text);
	}
}

/* Whatever a caller gives: it is one line, and journal_line_parse takes it. */
static void every_written_line_is_readable(void **state)
{
	struct buf out = BUF_INIT(JOURNAL_MAX);
	uint32_t x = 7;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		char remote[OUTCOME_REMOTE_MAX - 1], text[OUTCOME_TEXT_MAX - 1];
		struct journal_line line = {.event = JOURNAL_UNCERTAIN}, again;
		struct span rest, one;

		for (size_t k = 0; k < sizeof(text); k++) {
			x = x * 1103515245U + 12345U;
			text[k] = (char)(x >> 16);
			remote[k % sizeof(remote)] = (char)(x >> 20);
		}
		line.time_s = (int64_t)x - 1000000000;
		line.code = (int)(x >> 8);
		line.recipient = x % 10000;
		line.status = (struct outcome_status){(unsigned short)(x % 7),
			(unsigned short)(x >> 16), (unsigned short)(x >> 3)};
		line.remote = (struct span){remote, x % sizeof(remote)};
		line.text = (struct span){text, x % sizeof(text)};
		buf_reset(&out);
		journal_line_format(&line, ID, &out);
		assert_true(out.len <= JOURNAL_LINE_MAX);
		rest = buf_span(&out);
		assert_true(journal_line_next(&rest, ID, &one));
		assert_int_equal(one.len + 10, out.len);
		assert_true(journal_line_parse(one, &again));
		assert_int_equal(again.recipient, line.recipient);
		assert_int_equal(again.text.len, line.text.len);
	}
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_look_as_the_page_says),
		cmocka_unit_test(events_come_to_a_state),
		cmocka_unit_test(forms_of_the_future_are_skipped),
		cmocka_unit_test(every_written_line_is_readable),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
