#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/bug.h"
#include "base/text.h"
#include "deliver/selection.h"

static const char id[] = "6C3N1FJ823GL7F";

/* whether the message is selected by these texts, of which any may be NULL */
static const struct {
	const char *why;
	const char *ids[3];
	const char *recipients[3];
	const char *senders[3];
	bool is_selected;
} rows[] = {
	{"nothing asked", {NULL}, {NULL}, {NULL}, true},
	{"the whole id", {"6C3N1FJ823GL7F"}, {NULL}, {NULL}, true},
	{"a part of it", {"N1FJ"}, {NULL}, {NULL}, true},
	{"in small letters", {"gl7f"}, {NULL}, {NULL}, true},
	{"another id", {"6C3N1FJ823GL7G"}, {NULL}, {NULL}, false},
	{"one that is longer", {"6C3N1FJ823GL7FF"}, {NULL}, {NULL}, false},
	{"one of two ids", {"XX", "7F"}, {NULL}, {NULL}, true},
	{"a recipient", {NULL}, {"a@x.test"}, {NULL}, true},
	{"the domain of another", {NULL}, {"@Y.test"}, {NULL}, true},
	{"nobody's", {NULL}, {"z.test"}, {NULL}, false},
	{"the sender", {NULL}, {NULL}, {"me@"}, true},
	{"the sender is no recipient", {NULL}, {"me@"}, {NULL}, false},
	{"all kinds", {"6"}, {"b@"}, {"me"}, true},
	{"one kind fails", {"6"}, {"b@"}, {"you"}, false},
	{"an empty text is in all", {""}, {""}, {""}, true},
};

static void fill(struct strv *list, const char *const *texts)
{
	for (size_t i = 0; texts[i]; i++)
		strv_add(list, span_of(texts[i]));
}

static void make_envelope(struct envelope *e)
{
	*e = (struct envelope){.sender = strdup("me@client.test")};
	(void)text_copy(e->id, sizeof(e->id), span_of(id));
	envelope_add_recipient(e, SPAN_LIT("a@x.test"), 0, NULL);
	envelope_add_recipient(e, SPAN_LIT("b@y.test"), 0, NULL);
}

static void test_rows(void **state)
{
	struct envelope e;

	(void)state;
	make_envelope(&e);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct selection s = {0};

		fill(&s.ids, rows[i].ids);
		fill(&s.recipients, rows[i].recipients);
		fill(&s.senders, rows[i].senders);
		if (selection_has(&s, &e) != rows[i].is_selected)
			fail_msg("%s", rows[i].why);
		/* the name alone never excludes what is selected */
		assert_true(selection_may_have(&s, id) || !rows[i].is_selected);
		selection_release(&s);
	}
	envelope_release(&e);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
