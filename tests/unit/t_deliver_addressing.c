/* sources: tests/support/fake_homes.c */
/* Whom an address stands for: deliver/addressing.h. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bug.h"
#include "deliver/addressing.h"
#include "fake_homes.h"

#define SHOWN_MAX 4096

static void note(void *ctx, const char *file, unsigned line, const char *why)
{
	(void)ctx, (void)file, (void)line, (void)why;
}

static void note_alias(void *ctx, struct span address, const struct alias_entry *entry)
{
	buf_addf(ctx, "%.*s alias %s\n", SPAN_ARGS(address), entry->name);
}

static void note_forward(void *ctx, struct span address, const struct forwards_answer *a)
{
	buf_addf(ctx, "%.*s home %s\n", SPAN_ARGS(address), a->user);
}

/* "found a@x.test bob@box.test=bob ann@box.test=ann!4.3.0" */
static void show(struct buf *out, enum alias_result result, const struct addressing *a)
{
	static const char *const names[] = {
		[ALIAS_NONE] = "none",
		[ALIAS_FOUND] = "found",
		[ALIAS_DISCARD] = "discard",
		[ALIAS_BROKEN] = "broken",
	};

	buf_add_str(out, names[result]);
	for (size_t i = 0; i < a->count; i++) {
		const struct addressing_target *t = &a->items[i];

		buf_addf(out, " %s", t->address);
		if (t->user)
			buf_addf(out, "=%s", t->user);
		if (t->fate)
			buf_addf(out, "!%u.%u.%u", t->fate->status.class,
				t->fate->status.subject, t->fate->status.detail);
	}
}

struct scene {
	const char *aliases, *homes;
	bool has_no_forwards;
	struct buf *steps; /* NULL: not noted */
};

static void find(const struct scene *scene, const char *address, struct buf *out)
{
	const struct alias_critic critic = {note, NULL};
	struct addressing_tracer tracer = {note_alias, note_forward, scene->steps};
	struct strv own = {0};
	struct alias_scope scope = {
		.own = &own, .hostname = "box.test", .domain = "firm.test"};
	struct alias_table table;
	struct fake_homes homes;
	struct route_options route = {.mx_port = 25, .local = &homes.local};
	struct addressing_rules rules = {.aliases = &table,
		.scope = &scope,
		.route = &route,
		.tracer = scene->steps ? &tracer : NULL};
	struct addressing found;
	struct fault why;
	enum alias_result result;

	strv_add(&own, SPAN_LIT("box.test"));
	strv_add(&own, SPAN_LIT("firm.test"));
	alias_table_init(&table);
	alias_parse(&table, span_of(scene->aliases), "aliases", NULL, &critic);
	fake_homes_init(&homes, scene->homes, &scope);
	rules.forwards = scene->has_no_forwards ? NULL : &homes.forwards;
	result = addressing_find(&rules, span_of(address), &found, &why);
	show(out, result, &found);
	addressing_release(&found);
	fake_homes_release(&homes);
	alias_table_release(&table);
	strv_release(&own);
}

static void names_lead_to_people(void **state)
{
	static const struct {
		const char *aliases, *homes, *address, *want, *why;
	} cases[] = {
		{"", "bob", "bob@box.test", "none bob@box.test=bob", "no file"},
		{"", "bob", "joe@x.test", "none joe@x.test", "elsewhere"},
		{"", "bob j@x.test", "bob@firm.test", "none bob@firm.test",
			"the mail domain is not this machine"},
		{"", "bob j@x.test", "bob@box.test", "found j@x.test", "outside"},
		{"", "bob j@x.test", "Bob+lists@localhost", "found j@x.test",
			"another name of the mailbox"},
		{"", "bob", "ann@box.test", "none ann@box.test", "an unknown user"},
		{"", "bob \\bob, j@x.test", "bob@box.test",
			"found bob@box.test=bob j@x.test", "a copy stays"},
		{"", "bob bob, j@x.test", "bob@box.test",
			"found bob@box.test=bob j@x.test", "by the own name as well"},
		{"", "bob bob@localhost, j@x.test", "bob@box.test",
			"found bob@localhost=bob j@x.test",
			"by another name of the machine"},
		{"", "bob bob", "bob@box.test", "none bob@box.test=bob", "only oneself"},
		{"", "bob /dev/null", "bob@box.test", "discard", "a bin"},
		{"", "bob |prog", "bob@box.test", "none bob@box.test=bob", "a program"},
		{"", "bob ann\nann j@x.test", "bob@box.test", "found j@x.test",
			"two hops"},
		{"", "bob ann\nann bob", "bob@box.test", "none bob@box.test=bob",
			"a loop of two"},
		{"", "bob ann, b@x.test\nann bob, a@x.test", "bob@box.test",
			"found bob@box.test=bob a@x.test b@x.test",
			"a loop of two with others"},
		{"", "bob ann\nann \\bob", "bob@box.test", "none bob@box.test=bob",
			"back with a backslash"},
		{"", "bob \\ann\nann j@x.test", "bob@box.test", "found ann@box.test=ann",
			"the other one's file does not count"},
		{"", "bob ann, eve\nann eve\neve e@x.test", "bob@box.test",
			"found e@x.test", "two ways to one"},
		{"", "bob ann, j@x.test\nann", "bob@box.test",
			"found ann@box.test=ann j@x.test", "to a mailbox"},
		{"", "bob nobody, j@x.test", "bob@box.test",
			"found nobody@box.test j@x.test", "to nobody, who bounces"},
		{"root: bob", "bob j@x.test", "root@box.test", "found bob@firm.test",
			"an alias shows the mail domain"},
		{"root: bob@localhost", "bob j@x.test", "root@box.test", "found j@x.test",
			"behind an alias"},
		{"bob: \\bob@box.test", "bob j@x.test", "bob@box.test",
			"none bob@box.test=bob", "final by the alias"},
		{"bob: bob@box.test, k@x.test", "bob j@x.test", "bob@box.test",
			"found j@x.test k@x.test", "an alias with the name itself"},
		{"team: bob@box.test, ann@box.test", "bob b@x.test\nann", "team@box.test",
			"found b@x.test ann@box.test=ann", "a list"},
		{"list: k@x.test, l@x.test", "bob list", "bob@box.test",
			"found k@x.test l@x.test", "an alias behind a file"},
		{"ops: bob@box.test", "bob ops, j@x.test", "bob@box.test",
			"found bob@box.test=bob j@x.test",
			"an alias behind a file that leads back"},
		{"bad: |prog", "bob bad, j@x.test", "bob@box.test",
			"found bad@box.test!4.3.5 j@x.test",
			"a broken alias behind a file harms itself"},
		{"bad: |prog", "bob", "bad@box.test", "broken", "a broken alias"},
		{"none: /dev/null", "bob none, j@x.test", "bob@box.test",
			"found j@x.test", "a bin behind a file"},
		{"", "bob !left", "bob@box.test", "none bob@box.test=bob",
			"left to the system"},
		{"", "bob !later", "bob@box.test", "found bob@box.test=bob!4.3.0",
			"not now"},
		{"", "bob ann, j@x.test\nann !gone", "bob@box.test",
			"found ann@box.test=ann!4.3.0 j@x.test", "not now, one of two"},
		{"", "a b\nb c\nc d\nd e\ne f\nf g\ng h\nh i\ni j\nj k\nk l@x.test",
			"a@box.test", "found k@box.test=k!4.4.6", "too far"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct scene scene = {
			.aliases = cases[i].aliases, .homes = cases[i].homes};
		struct buf got = BUF_INIT(SHOWN_MAX);

		find(&scene, cases[i].address, &got);
		if (!span_is(buf_span(&got), cases[i].want))
			fail_msg("%s: %s instead of %s", cases[i].why, buf_str(&got),
				cases[i].want);
		buf_release(&got);
	}
}

static void without_forwards_mailboxes_are_known_still(void **state)
{
	const struct scene scene = {
		.aliases = "", .homes = "bob j@x.test", .has_no_forwards = true};
	struct buf got = BUF_INIT(SHOWN_MAX);

	(void)state;
	find(&scene, "bob@box.test", &got);
	assert_string_equal(buf_str(&got), "none bob@box.test=bob");
	buf_release(&got);
}

static void each_step_is_told(void **state)
{
	struct buf got = BUF_INIT(SHOWN_MAX), steps = BUF_INIT(SHOWN_MAX);
	const struct scene scene = {
		.aliases = "team: bob@box.test, k@x.test\nlist: ann@box.test",
		.homes = "bob list\nann !later",
		.steps = &steps};

	(void)state;
	find(&scene, "team@box.test", &got);
	assert_string_equal(buf_str(&got), "found ann@box.test=ann!4.3.0 k@x.test");
	assert_string_equal(buf_str(&steps),
		"team@box.test alias team\nbob@box.test home bob\n"
		"list@box.test alias list\nann@box.test home ann\n");
	buf_release(&got);
	buf_release(&steps);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_lead_to_people),
		cmocka_unit_test(without_forwards_mailboxes_are_known_still),
		cmocka_unit_test(each_step_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
