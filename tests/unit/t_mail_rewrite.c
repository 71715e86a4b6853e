#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "mail/rewrite.h"

/* Lists end in NULL; rules as a configuration has them. */
struct rules {
	const char *from, *domain, *name, *map;
	bool keeps_original;
	const char *add[4], *set[4], *remove[4];
};

struct built {
	struct rewrite rewrite;
	struct strv own, added, set, removed;
	struct generic_map map;
};

static void fill(struct strv *list, const char *const *items)
{
	while (*items)
		strv_add(list, span_of(*items++));
}

static void complain(void *ctx, unsigned line, const char *why)
{
	(void)ctx;
	fail_msg("line %u of the map: %s", line, why);
}

static void build(struct built *b, const struct rules *rules)
{
	static const char *const own[] = {
		"box.lan", "lan.test", "localhost", ".below.test", NULL};
	static const struct generic_map_critic critic = {complain, NULL};

	*b = (struct built){0};
	fill(&b->own, own);
	fill(&b->added, rules->add);
	fill(&b->set, rules->set);
	fill(&b->removed, rules->remove);
	generic_map_parse(&b->map, "map", span_of(rules->map), &critic);
	b->rewrite = (struct rewrite){
		.own = &b->own,
		.own_domain = "lan.test",
		.hostname = "box.lan",
		.user = "joe",
		.map = &b->map,
		.from = rules->from,
		.domain = rules->domain,
		.name = rules->name,
		.keeps_original = rules->keeps_original,
		.added = &b->added,
		.set = &b->set,
		.removed = &b->removed,
	};
}

static void release(struct built *b)
{
	strv_release(&b->own);
	strv_release(&b->added);
	strv_release(&b->set);
	strv_release(&b->removed);
	generic_map_release(&b->map);
}

struct example {
	const char *why;
	struct rules rules;
	const char *section;
	const char *expect; /* NULL: as it was */
};

static void expect_all(const struct example *cases, size_t n)
{
	struct buf out = BUF_INIT(1 << 20);

	for (size_t i = 0; i < n; i++) {
		const char *expect = cases[i].expect ? cases[i].expect : cases[i].section;
		struct built b;

		build(&b, &cases[i].rules);
		buf_reset(&out);
		rewrite_header(&b.rewrite, span_of(cases[i].section), "ID1", &out);
		if (strcmp(buf_str(&out), expect) != 0)
			fail_msg("%s: got\n%s", cases[i].why, buf_str(&out));
		release(&b);
	}
	buf_release(&out);
}

/*
 * field.md 3a 40: what -f said, what the rules are, and whether From was given. All that
 * -f and a submission without From do is done before; what is left is the sender that
 * stands in the envelope and the From that stands in the message.
 */
static void envelope_and_from_agree(void **state)
{
	static const struct {
		const char *why;
		struct rules rules;
		const char *sender, *expect_sender, *from, *expect_from;
	} cases[] = {
		{"no rule", {0}, "joe@box.lan", "joe@box.lan", "joe@box.lan",
			"joe@box.lan"},
		{"no rule, -f", {0}, "a@x", "a@x", "joe@box.lan", "joe@box.lan"},
		{"no rule, null", {0}, "", "", "joe@box.lan", "joe@box.lan"},

		{"domain", {.domain = "out.test"}, "joe@box.lan", "joe@out.test",
			"joe@lan.test", "joe@out.test"},
		{"domain, -f own", {.domain = "out.test"}, "cron@lan.test",
			"cron@out.test", "joe@localhost", "joe@out.test"},
		{"domain, -f other", {.domain = "out.test"}, "a@x", "a@x", "joe@box.lan",
			"joe@out.test"},
		{"domain, From other", {.domain = "out.test"}, "joe@box.lan",
			"joe@out.test", "a@x", "a@x"},
		{"domain, null", {.domain = "out.test"}, "", "", "joe@box.lan",
			"joe@out.test"},
		{"domain, below", {.domain = "out.test"}, "joe@a.b.below.test",
			"joe@out.test", "joe@below.test", "joe@below.test"},

		{"from", {.from = "me@out.test"}, "joe@box.lan", "me@out.test",
			"joe@box.lan", "me@out.test"},
		{"from, -f other", {.from = "me@out.test"}, "a@x", "me@out.test",
			"joe@box.lan", "me@out.test"},
		{"from, From other", {.from = "me@out.test"}, "joe@box.lan",
			"me@out.test", "a@x", "me@out.test"},
		{"from, both other", {.from = "me@out.test"}, "a@x", "me@out.test", "b@y",
			"me@out.test"},
		{"from, null", {.from = "me@out.test"}, "", "", "b@y", "me@out.test"},

		{"map", {.map = "joe j@out.test"}, "joe@box.lan", "j@out.test",
			"joe@lan.test", "j@out.test"},
		{"map, another user", {.map = "joe j@out.test"}, "root@box.lan",
			"root@box.lan", "root@box.lan", "root@box.lan"},
		{"map, -f other", {.map = "joe j@out.test"}, "joe@x", "joe@x",
			"joe@box.lan", "j@out.test"},
		{"map, -f named", {.map = "joe@x j@out.test"}, "joe@x", "j@out.test",
			"joe@box.lan", "joe@box.lan"},

		{"map before from and domain",
			{.map = "root ops@out.test",
				.from = "me@out.test",
				.domain = "z.test"},
			"root@box.lan", "ops@out.test", "joe@box.lan", "me@out.test"},
		{"map before domain", {.map = "root ops@out.test", .domain = "z.test"},
			"root@box.lan", "ops@out.test", "joe@box.lan", "joe@z.test"},
		{"an exception", {.map = "root root@box.lan", .domain = "z.test"},
			"root@box.lan", "root@box.lan", "joe@box.lan", "joe@z.test"},
	};
	struct buf out = BUF_INIT(1 << 16), field = BUF_INIT(1000);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct built b;
		struct example e = {cases[i].why, cases[i].rules, NULL, NULL};
		char given[200], expect[200];

		build(&b, &cases[i].rules);
		buf_reset(&out);
		rewrite_sender(&b.rewrite, span_of(cases[i].sender), &out);
		if (strcmp(buf_str(&out), cases[i].expect_sender) != 0)
			fail_msg("%s: sender %s", cases[i].why, buf_str(&out));
		release(&b);
		e.section = given;
		e.expect = expect;
		for (size_t k = 0; k < 4; k++) {
			static const char *const names[] = {
				"From", "Sender", "Resent-From", "resent-sender"};

			(void)snprintf(given, sizeof(given), "%s: A <%s>\r\nX: y\r\n",
				names[k], cases[i].from);
			(void)snprintf(expect, sizeof(expect), "%s: A <%s>\r\nX: y\r\n",
				names[k], cases[i].expect_from);
			expect_all(&e, 1);
		}
	}
	buf_release(&out);
	buf_release(&field);
}

static void only_addresses_change(void **state)
{
	static const struct example cases[] = {
		{"cron", {.from = "o@out.test"}, "From: root@lan.test (Cron Daemon)\r\n",
			"From: o@out.test (Cron Daemon)\r\n"},
		{"bare", {.from = "o@out.test"}, "From: root\r\n",
			"From: o@out.test\r\n"},
		{"recipients and text stay", {.from = "o@out.test", .domain = "z"},
			"To: a@box.lan\r\nCc: b@box.lan\r\nSubject: From: "
			"a@box.lan\r\n\tx\r\nX-From : a@box.lan\r\n",
			NULL},
		{"folds stay", {.domain = "z.test"},
			"From:\r\n \"A, B\"\r\n\t<a@box.lan>,\r\n c@x\r\nX:1\r\n",
			"From:\r\n \"A, B\"\r\n\t<a@z.test>,\r\n c@x\r\nX:1\r\n"},
		{"octets stay where nothing changes", {.domain = "z.test"},
			"From :  \ta@x\r\nREPLY-TO:b@y  \r\n", NULL},
		{"a group", {.domain = "z.test"}, "From: g: a@box.lan, b@x;\r\n",
			"From: g: a@z.test, b@x;\r\n"},
		{"answers elsewhere stay", {.from = "o@out.test"},
			"Reply-To: customer@x, root@box.lan\r\n",
			"Reply-To: customer@x, o@out.test\r\n"},
		{"answers: map", {.map = "a@x b@y"}, "Reply-To: a@x\r\n",
			"Reply-To: b@y\r\n"},
		{"garbage, and one for all", {.from = "o@out.test"},
			"From: a b c\r\nReply-To: d e\r\n",
			"From: o@out.test\r\nReply-To: d e\r\n"},
		{"garbage", {.domain = "z.test"}, "From: a b c\r\n", NULL},
		{"what is no field", {.from = "o@out.test"}, "From: a@x\r\nno field\r\n",
			"From: o@out.test\r\nno field\r\n"},
		{"too long to be moved",
			{.domain = "a-label-that-is-quite-long.another-label-that-is-as-"
				   "long-or-longer.and-one-more-label-of-some-length."
				   "until-there-is-no-room-for-it.and-still-one-more."
				   "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
				   "aaaa"},
			"From: "
			"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@box."
			"lan\r\n",
			NULL},
	};

	(void)state;
	expect_all(cases, ARRAY_LEN(cases));
}

static void one_mailbox_is_kept(void **state)
{
	static const struct example cases[] = {
		{"two become one", {.from = "o@out.test"},
			"From: A <a@box.lan>, B <b@x>\r\n", "From: A <o@out.test>\r\n"},
		{"two of three", {.map = "a o@out.test\nb o@out.test"},
			"From: A <a@box.lan>,\r\n C <c@x>, B <b@box.lan>\r\n",
			"From: A <o@out.test>,\r\n C <c@x>\r\n"},
		{"one that is there already", {.from = "o@out.test"},
			"From: o@out.test, a@x\r\n", "From: o@out.test\r\n"},
		{"doubles of others", {.domain = "z.test"}, "From: a@x, a@x\r\n", NULL},
		{"folded and merged", {.from = "o@out.test"},
			"From: g: \"A\r\n B\" <a@x>, b@y;\r\n",
			"From: \"A\r\n B\" <o@out.test>\r\n"},
	};

	(void)state;
	expect_all(cases, ARRAY_LEN(cases));
}

static void names_follow_the_template(void **state)
{
	static const struct example cases[] = {
		{"via", {.name = "%n via %h"}, "From: Joe <joe@box.lan>\r\n",
			"From: \"Joe via box.lan\" <joe@box.lan>\r\n"},
		{"a comment", {.name = "%n via %h", .from = "o@out.test"},
			"From: root@lan.test (Cron Daemon)\r\n",
			"From: \"Cron Daemon via box.lan\" <o@out.test>\r\n"},
		{"no name", {.name = "%n on %h"}, "From: <root@lan.test>\r\n",
			"From: \"root on box.lan\" <root@lan.test>\r\n"},
		{"atoms", {.name = "%n"}, "From: \"Joe\" \"Doe\" <joe@box.lan>\r\n",
			"From: Joe Doe <joe@box.lan>\r\n"},
		{"quotes", {.name = "%n (%u)"}, "From: \"Doe, \\\"J\\\"\" <j@x>\r\n",
			"From: \"Doe, \\\"J\\\" (joe)\" <j@x>\r\n"},
		{"dots", {.name = "%n"}, "From: Mr. J. Doe <j@x>\r\n",
			"From: \"Mr. J. Doe\" <j@x>\r\n"},
		{"address and letters", {.name = "%u %a 100%% %|"}, "From: j@x\r\n",
			"From: \"joe j@x 100% |\" <j@x>\r\n"},
		{"encoded-words stay outside quotes", {.name = "%n via %h"},
			"From: =?UTF-8?Q?J=C3=BCrgen?= <j@x>\r\n",
			"From: =?UTF-8?Q?J=C3=BCrgen?= \"via box.lan\" <j@x>\r\n"},
		{"and between", {.name = "(%n)"},
			"From: \"Dr.\" =?UTF-8?Q?J=C3=BC?=\r\n =?UTF-8?Q?rgen?= "
			"<j@x>\r\n",
			"From: \"(\" \"Dr.\" =?UTF-8?Q?J=C3=BC?= =?UTF-8?Q?rgen?= "
			"\")\" <j@x>\r\n"},
		{"and in a comment", {.name = "%n x"},
			"From: j@x (=?UTF-8?Q?J=C3=BC?=)\r\n",
			"From: =?UTF-8?Q?J=C3=BC?= x <j@x>\r\n"},
		{"8 bit", {.name = "%n \xc3\xbc"}, "From: J\xc3\xbcrgen <j@x>\r\n",
			"From: =?UTF-8?Q?J=C3=BCrgen_=C3=BC?= <j@x>\r\n"},
		{"a quoted local part", {.name = "%n"}, "From: \"a b\"@x\r\n",
			"From: a b <\"a b\"@x>\r\n"},
		{"an empty one", {.name = " "}, "From: A <j@x>\r\n", "From: j@x\r\n"},
		{"only From", {.name = "%n!"}, "Sender: A <a@x>\r\nReply-To: B <b@x>\r\n",
			NULL},
		{"each of several", {.name = "%n."}, "From: A <a@x>,\r\n b@y\r\n",
			"From: \"A.\" <a@x>,\r\n \"b.\" <b@y>\r\n"},
	};
	struct example longest = {.why = "long", .rules = {.name = "%n"}};
	struct buf given = BUF_INIT(10000), expect = BUF_INIT(10000);

	(void)state;
	expect_all(cases, ARRAY_LEN(cases));
	buf_addf(&given, "From: %0255d\xc3\xbc <a@x>\r\n", 1);
	buf_addf(&expect, "From: %0255d\r\n <a@x>\r\n", 1);
	longest.section = buf_str(&given);
	longest.expect = buf_str(&expect);
	expect_all(&longest, 1);
	buf_release(&given);
	buf_release(&expect);
}

static void the_original_is_kept(void **state)
{
	static const struct example cases[] = {
		{"changed", {.from = "o@out.test", .keeps_original = true},
			"From: A\r\n <a@x>\r\nSubject: s\r\n",
			"From: A\r\n <o@out.test>\r\nX-Original-From: A "
			"<a@x>\r\nSubject: "
			"s\r\n"},
		{"not changed", {.domain = "z.test", .keeps_original = true},
			"From: a@x\r\n", NULL},
		{"From alone", {.from = "o@out.test", .keeps_original = true},
			"Sender: a@x\r\n", "Sender: o@out.test\r\n"},
	};

	(void)state;
	expect_all(cases, ARRAY_LEN(cases));
}

static void fields_are_edited(void **state)
{
	static const struct example cases[] = {
		{"add", {.add = {"X-Host: %h", "X-User: %u %i %%"}},
			"Subject: s\r\nX-Host: a\r\n",
			"Subject: s\r\nX-Host: a\r\nX-Host: box.lan\r\nX-User: joe ID1 "
			"%\r\n"},
		{"set: there", {.set = {"x-host: %h"}},
			"X-Host: a\r\n b\r\nSubject: s\r\nX-HOST: c\r\n",
			"x-host: box.lan\r\nSubject: s\r\n"},
		{"set: not there", {.set = {"Reply-To: a@box.lan"}, .domain = "z.test"},
			"From: b@box.lan\r\n",
			"From: b@z.test\r\nReply-To: a@box.lan\r\n"},
		{"set: two", {.set = {"X: 1", "Y: 2", "x: 3"}}, "Y: a\r\nX: b\r\n",
			"Y: 2\r\nX: 1\r\nx: 3\r\n"},
		{"remove", {.remove = {"X-Mailer", "User-Agent"}},
			"X-Mailer: a\r\n b\r\nX-Mailers: c\r\nuser-agent : d\r\n",
			"X-Mailers: c\r\n"},
		{"folded",
			{.add = {"X-L: one two three four five six seven eight nine ten "
				 "eleven twelve thirteen 14"}},
			"",
			"X-L: one two three four five six seven eight nine ten eleven "
			"twelve thirteen\r\n 14\r\n"},
		{"a percent sign at the end", {.add = {"X: %"}}, "", "X: \r\n"},
	};

	(void)state;
	expect_all(cases, ARRAY_LEN(cases));
}

static void a_crowd_is_left_alone(void **state)
{
	struct example e = {.why = "crowd", .rules = {.domain = "z.test"}};
	struct buf given = BUF_INIT(1 << 20);

	(void)state;
	buf_add_str(&given, "From: a");
	for (int i = 0; i < 30000; i++)
		buf_add_str(&given, ",a@lan.test");
	buf_add_str(&given, "\r\n");
	e.section = buf_str(&given);
	expect_all(&e, 1);
	e.rules = (struct rules){.from = "o@out.test"};
	e.expect = "From: o@out.test\r\n";
	expect_all(&e, 1);
	buf_release(&given);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(envelope_and_from_agree),
		cmocka_unit_test(only_addresses_change),
		cmocka_unit_test(one_mailbox_is_kept),
		cmocka_unit_test(names_follow_the_template),
		cmocka_unit_test(the_original_is_kept),
		cmocka_unit_test(fields_are_edited),
		cmocka_unit_test(a_crowd_is_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
