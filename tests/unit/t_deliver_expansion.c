/* sources: tests/support/fake_homes.c */
/* Who gets a message: deliver/expansion.h. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/mem.h"
#include "base/text.h"
#include "deliver/expansion.h"
#include "fake_homes.h"

#define LINE_MAX_ 1024

struct world_of_names {
	struct alias_table table;
	struct alias_scope scope;
	struct strv own;
	struct flush flush;
	struct envelope envelope;
	struct journal_state past;
};

static void note(void *ctx, const char *file, unsigned line, const char *why)
{
	(void)ctx, (void)file, (void)line, (void)why;
}

/* An envelope to the addresses of `to`, and a table with the lines of `aliases`. */
static void set_up(struct world_of_names *w, const char *aliases, const char *to)
{
	const struct alias_critic critic = {note, NULL};
	struct span rest = span_of(to), word;

	*w = (struct world_of_names){0};
	strv_add(&w->own, SPAN_LIT("box.test"));
	w->scope = (struct alias_scope){
		.own = &w->own, .hostname = "box.test", .domain = "box.test"};
	alias_table_init(&w->table);
	alias_parse(&w->table, span_of(aliases), "aliases", NULL, &critic);
	w->flush.aliases = &w->table;
	w->flush.alias_scope = &w->scope;
	w->envelope.sender = mem_string("joe@box.test");
	while (span_word(&rest, &word))
		envelope_add_recipient(&w->envelope, word, DSN_FAILURE, NULL);
	w->past = (struct journal_state){
		.recipients = mem_array(
			w->envelope.recipient_count, sizeof(w->past.recipients[0])),
		.count = w->envelope.recipient_count,
		.envelope_count = w->envelope.recipient_count,
	};
}

static void tear_down(struct world_of_names *w)
{
	journal_state_release(&w->past);
	envelope_release(&w->envelope);
	alias_table_release(&w->table);
	strv_release(&w->own);
}

static void take_homes(
	struct world_of_names *w, struct fake_homes *homes, const char *text)
{
	fake_homes_init(homes, text, &w->scope);
	w->flush.route.local = &homes->local;
	w->flush.forwards = &homes->forwards;
}

/* "0:a@x 2:b@x+ 3:c@x-": number, address; + is new, - is not for it, ! has its fate */
static void show(struct world_of_names *w, char out[LINE_MAX_])
{
	struct buf text = BUF_INIT(LINE_MAX_ - 1);
	struct expansion x;

	expansion_make(&x, &w->flush, &w->envelope, &w->past);
	for (size_t i = 0; i < x.count; i++) {
		const struct addressee *a = &x.items[i];

		buf_addf(&text, "%s%zu:%s%s%s%s", i ? " " : "", i,
			a->recipient.address ? a->recipient.address : "nobody",
			a->fate ? "!" : "", a->is_new ? "+" : "",
			a->is_active ? "" : "-");
	}
	expansion_release(&x);
	(void)text_copy(out, LINE_MAX_, buf_span(&text));
	buf_release(&text);
}

static void names_are_replaced(void **state)
{
	static const struct {
		const char *aliases, *to, *want, *why;
	} cases[] = {
		{"", "a@x.test", "0:a@x.test", "nothing to look up"},
		{"root: a@x.test", "root@box.test", "0:a@x.test", "one for one"},
		{"root: a@x.test", "root@x.test", "0:root@x.test", "not our name"},
		{"root: root", "root@box.test", "0:root@box.test", "itself"},
		{"root: a@x.test, b@x.test", "root@box.test",
			"0:root@box.test- 1:a@x.test+ 2:b@x.test+", "one for two"},
		{"root: root, a@x.test", "root@box.test",
			"0:root@box.test- 1:root@box.test+ 2:a@x.test+",
			"itself and another one"},
		{"root: a@x.test", "a@x.test root@box.test", "0:a@x.test 1:a@x.test-",
			"named twice, the first is the alias"},
		{"root: a@x.test", "root@box.test a@X.test", "0:a@x.test 1:a@X.test-",
			"named twice, the second is"},
		{"root: a@x.test, b@x.test", "root@box.test a@x.test",
			"0:root@box.test- 1:a@x.test 2:b@x.test+",
			"one of a list is named as well: no number for nothing"},
		{"p: a@x.test, b@x.test\nq: b@x.test, c@x.test", "p@box.test q@box.test",
			"0:p@box.test- 1:q@box.test- 2:a@x.test+ 3:b@x.test+ 4:c@x.test+",
			"two lists share somebody"},
		{"none: /dev/null", "none@box.test", "0:none@box.test!", "discarded"},
		{"prog: |/bin/cat", "prog@box.test", "0:prog@box.test!", "refused"},
		{"p: none, a@x.test\nnone: /dev/null", "p@box.test", "0:a@x.test",
			"a list with a bin in it"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world_of_names w;
		char got[LINE_MAX_];

		set_up(&w, cases[i].aliases, cases[i].to);
		show(&w, got);
		if (!span_is(span_of(got), cases[i].want))
			fail_msg(
				"%s: %s instead of %s", cases[i].why, got, cases[i].want);
		tear_down(&w);
	}
}

/* What earlier tries have brought counts by number, whatever the table says today. */
static void the_past_stays(void **state)
{
	static const struct {
		const char *aliases;
		enum outcome_kind a, b; /* of numbers 1 and 2, which root once was */
		const char *want, *why;
	} cases[] = {
		{"root: a@x.test, b@x.test", OUTCOME_DELIVERED, OUTCOME_DEFERRED,
			"0:root@box.test- 1:a@x.test 2:b@x.test", "as it was"},
		{"root: b@x.test, a@x.test", OUTCOME_DELIVERED, OUTCOME_DEFERRED,
			"0:root@box.test- 1:a@x.test 2:b@x.test", "in another order"},
		{"root: b@x.test, c@x.test", OUTCOME_DELIVERED, OUTCOME_DEFERRED,
			"0:root@box.test- 1:a@x.test- 2:b@x.test 3:c@x.test+",
			"one leaves, one joins"},
		{"root: a@x.test", OUTCOME_DELIVERED, OUTCOME_DEFERRED,
			"0:root@box.test- 1:a@x.test 2:b@x.test-",
			"a list of one: the number that had it counts"},
		{"root: d@x.test", OUTCOME_DELIVERED, OUTCOME_DEFERRED,
			"0:d@x.test 1:a@x.test- 2:b@x.test-", "somebody else"},
		{"", OUTCOME_DEFERRED, OUTCOME_DEFERRED,
			"0:root@box.test 1:a@x.test- 2:b@x.test-", "no alias any more"},
		{"", OUTCOME_DELIVERED, OUTCOME_FAILED,
			"0:root@box.test- 1:a@x.test- 2:b@x.test-",
			"all are served: nobody is looked up again"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world_of_names w;
		char got[LINE_MAX_];

		set_up(&w, cases[i].aliases, "root@box.test");
		journal_state_expand(&w.past, 1, 0, SPAN_LIT("a@x.test"));
		journal_state_expand(&w.past, 2, 0, SPAN_LIT("b@x.test"));
		w.past.recipients[1].kind = cases[i].a;
		w.past.recipients[2].kind = cases[i].b;
		show(&w, got);
		if (!span_is(span_of(got), cases[i].want))
			fail_msg(
				"%s: %s instead of %s", cases[i].why, got, cases[i].want);
		/* also where no table is used any more */
		w.flush.aliases = NULL;
		show(&w, got);
		tear_down(&w);
	}
}

/* Who was named twice and has had it under the first number has had it. */
static void a_later_try_repeats_nothing(void **state)
{
	struct world_of_names w;
	char got[LINE_MAX_];

	(void)state;
	set_up(&w, "root: a@x.test", "root@box.test a@x.test c@x.test");
	show(&w, got);
	assert_string_equal(got, "0:a@x.test 1:a@x.test- 2:c@x.test");
	w.past.recipients[0].kind = OUTCOME_DELIVERED;
	w.past.recipients[2].kind = OUTCOME_DEFERRED;
	show(&w, got);
	assert_string_equal(got, "0:a@x.test 1:a@x.test- 2:c@x.test");
	tear_down(&w);
}

/* The same with users of this machine; and their ~/.forward. */
static void files_of_users_are_followed(void **state)
{
	static const struct {
		const char *homes, *to, *want, *why;
	} cases[] = {
		{"bob", "bob@box.test", "0:bob@box.test", "a mailbox"},
		{"bob b@x.test", "bob@box.test", "0:b@x.test", "one for one"},
		{"bob \\bob, b@x.test", "bob@box.test",
			"0:bob@box.test- 1:bob@box.test+ 2:b@x.test+", "one for two"},
		{"bob", "bob@box.test bob+x@box.test bob@localhost",
			"0:bob@box.test 1:bob+x@box.test- 2:bob@localhost-",
			"one mailbox, one copy"},
		{"bob\nann bob, a@x.test", "ann@box.test bob@localhost",
			"0:ann@box.test- 1:bob@localhost 2:a@x.test+",
			"a forward to who is named as well"},
		{"bob /dev/null", "bob@box.test", "0:bob@box.test!", "discarded"},
		{"bob !later", "bob@box.test", "0:bob@box.test!", "not now"},
		{"bob !later", "bob@box.test k@x.test", "0:bob@box.test! 1:k@x.test",
			"not now harms nobody else"},
		{"bob !left", "bob@box.test", "0:bob@box.test", "left to the system"},
		{"bob ann, b@x.test\nann !gone", "bob@box.test",
			"0:bob@box.test- 1:ann@box.test!+ 2:b@x.test+",
			"one of two not now"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world_of_names w;
		struct fake_homes homes;
		char got[LINE_MAX_];

		set_up(&w, "", cases[i].to);
		take_homes(&w, &homes, cases[i].homes);
		show(&w, got);
		if (!span_is(span_of(got), cases[i].want))
			fail_msg(
				"%s: %s instead of %s", cases[i].why, got, cases[i].want);
		fake_homes_release(&homes);
		tear_down(&w);
	}
}

/* bob was two at the first try, his mailbox (1) and b@x.test (2); today his file is another. */
static void a_file_may_change_between_tries(void **state)
{
	static const struct {
		const char *homes;
		enum outcome_kind a, b;
		const char *want, *why;
	} cases[] = {
		{"bob b@x.test, \\bob", OUTCOME_DELIVERED, OUTCOME_DEFERRED,
			"0:bob@box.test- 1:bob@box.test 2:b@x.test", "another order"},
		{"bob", OUTCOME_DELIVERED, OUTCOME_DEFERRED,
			"0:bob@box.test- 1:bob@box.test 2:b@x.test-",
			"no file any more: the mailbox has it already"},
		{"bob b@x.test", OUTCOME_DEFERRED, OUTCOME_DELIVERED,
			"0:bob@box.test- 1:bob@box.test- 2:b@x.test",
			"no own copy any more"},
		{"bob !later", OUTCOME_DELIVERED, OUTCOME_DEFERRED,
			"0:bob@box.test- 1:bob@box.test 2:b@x.test",
			"not readable: who waits, waits on"},
		{"bob !left", OUTCOME_DELIVERED, OUTCOME_DEFERRED,
			"0:bob@box.test- 1:bob@box.test 2:b@x.test",
			"the same where only the system may ask"},
		{"bob !left", OUTCOME_DEFERRED, OUTCOME_DEFERRED,
			"0:bob@box.test- 1:bob@box.test 2:b@x.test", "both wait"},
		{"bob !later", OUTCOME_DEFERRED, OUTCOME_DELIVERED,
			"0:bob@box.test- 1:bob@box.test! 2:b@x.test-", "not readable"},
		{"bob !later", OUTCOME_DELIVERED, OUTCOME_FAILED,
			"0:bob@box.test- 1:bob@box.test- 2:b@x.test-", "all is done"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world_of_names w;
		struct fake_homes homes;
		char got[LINE_MAX_];

		set_up(&w, "", "bob@box.test");
		take_homes(&w, &homes, cases[i].homes);
		journal_state_expand(&w.past, 1, 0, SPAN_LIT("bob@box.test"));
		journal_state_expand(&w.past, 2, 0, SPAN_LIT("b@x.test"));
		w.past.recipients[1].kind = cases[i].a;
		w.past.recipients[2].kind = cases[i].b;
		show(&w, got);
		if (!span_is(span_of(got), cases[i].want))
			fail_msg(
				"%s: %s instead of %s", cases[i].why, got, cases[i].want);
		fake_homes_release(&homes);
		tear_down(&w);
	}
}

static void a_number_without_an_address_is_nobody(void **state)
{
	struct world_of_names w;
	char got[LINE_MAX_];

	(void)state;
	set_up(&w, "root: a@x.test, b@x.test", "root@box.test");
	journal_state_expand(&w.past, 2, 0, SPAN_LIT("b@x.test"));
	show(&w, got);
	assert_string_equal(got, "0:root@box.test- 1:nobody- 2:b@x.test 3:a@x.test+");
	tear_down(&w);
}

/* RFC 3461 5.2.7: options travel, and the report can tell whom the sender had named. */
static void options_travel(void **state)
{
	struct world_of_names w;
	struct expansion x;

	(void)state;
	set_up(&w, "r+t: a@x.test\np: b@x.test, c@x.test", "r+t@box.test p@box.test");
	w.envelope.recipients[1].orcpt = mem_string("rfc822;old@x.test");
	expansion_make(&x, &w.flush, &w.envelope, &w.past);
	assert_int_equal(x.count, 4);
	assert_int_equal(x.items[0].recipient.notify, DSN_FAILURE);
	assert_string_equal(x.items[0].recipient.orcpt, "rfc822;r+2Bt@box.test");
	assert_string_equal(x.items[2].recipient.orcpt, "rfc822;old@x.test");
	assert_int_equal(x.items[3].recipient.notify, DSN_FAILURE);
	assert_int_equal(x.items[3].parent, 1);
	expansion_release(&x);
	tear_down(&w);
}

static void a_fate_needs_no_host(void **state)
{
	static const struct {
		const char *aliases;
		enum outcome_kind kind;
		unsigned detail;
	} cases[] = {
		{"root: /dev/null", OUTCOME_DELIVERED, 0},
		{"root: |/bin/cat", OUTCOME_DEFERRED, 5},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct world_of_names w;
		struct expansion x;
		struct outcome why;
		struct route route;

		set_up(&w, cases[i].aliases, "root@box.test");
		expansion_make(&x, &w.flush, &w.envelope, &w.past);
		assert_int_equal(
			expansion_route(&w.flush, &w.envelope, &x.items[0], &route, &why),
			-1);
		assert_int_equal(why.kind, cases[i].kind);
		assert_int_equal(why.status.detail, cases[i].detail);
		assert_true(why.text[0]);
		expansion_release(&x);
		tear_down(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_replaced),
		cmocka_unit_test(the_past_stays),
		cmocka_unit_test(a_later_try_repeats_nothing),
		cmocka_unit_test(files_of_users_are_followed),
		cmocka_unit_test(a_file_may_change_between_tries),
		cmocka_unit_test(a_number_without_an_address_is_nobody),
		cmocka_unit_test(options_travel),
		cmocka_unit_test(a_fate_needs_no_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
