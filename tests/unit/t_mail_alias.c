#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "mail/alias.h"

/* This machine: box.lan, whose users have mail at example.org; joe is one of them. */
static char *own_names[] = {"box.lan", "box", "example.org", "localhost", ".home"};
static const struct strv own = {.items = own_names, .count = ARRAY_LEN(own_names)};

static bool is_joe(void *ctx, const char *name)
{
	(void)ctx;
	return strcmp(name, "joe") == 0 || strcmp(name, "root") == 0;
}

static const struct alias_scope scope = {
	.own = &own,
	.hostname = "box.lan",
	.domain = "example.org",
	.is_local_user = is_joe,
};

static void note(void *ctx, const char *file, unsigned line, const char *why)
{
	struct buf text = BUF_INIT(10000);

	buf_addf(&text, "%s:%u: %s", file, line, why);
	strv_add(ctx, buf_span(&text));
	buf_release(&text);
}

/* The files that can be included. */
static int read_include(void *ctx, const char *path, struct buf *ret, struct fault *f)
{
	static const struct {
		const char *path, *text;
	} files[] = {
		{"/staff", "# people\n\nann@x.test\n  bob@x.test, cy@x.test\n"},
		{"/all", ":include:/staff\n\"joe smith\"@x.test\n"},
		{"/empty", "# nobody\n"},
		{"/bad", "ann@x.test\n|/bin/false\n"},
		{"/self", "ann@x.test\n:include:/self\n"},
		{"/twice", ":include:/twice\n:include:/twice\n"},
	};

	(void)ctx;
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		if (strcmp(files[i].path, path) != 0)
			continue;
		buf_add_str(ret, files[i].text);
		return 0;
	}
	fault_set(f, FAULT_ABSENT, 0, "cannot be read");
	return -1;
}

static void parse(struct alias_table *t, struct span text, struct strv *notes)
{
	const struct alias_includer includer = {.read = read_include};
	const struct alias_critic critic = {note, notes};

	alias_table_init(t);
	alias_parse(t, text, "aliases", &includer, &critic);
	alias_check(t, &scope, &critic);
}

/* "a@x, b@y", "NONE", "DISCARD" or "BROKEN: why" */
static char *expand(const struct alias_table *t, const char *address)
{
	struct buf out = BUF_INIT(100000);
	struct strv found = {0};
	struct fault why;

	switch (alias_expand(t, &scope, span_of(address), &found, &why)) {
	case ALIAS_NONE:
		buf_add_str(&out, "NONE");
		break;
	case ALIAS_DISCARD:
		buf_add_str(&out, "DISCARD");
		break;
	case ALIAS_BROKEN:
		buf_addf(&out, "BROKEN: %s", why.text);
		break;
	case ALIAS_FOUND:
		for (size_t i = 0; i < found.count; i++)
			buf_addf(&out, "%s%s", i ? ", " : "", found.items[i]);
		break;
	}
	strv_release(&found);
	return out.data;
}

struct lookup {
	const char *text, *address, *result, *why;
};

/* `result` may be the beginning of a long one. */
static void check_lookup(const struct lookup *c, bool has_notes)
{
	struct strv notes = {0};
	struct alias_table t;
	char *result;

	parse(&t, span_of(c->text), &notes);
	result = expand(&t, c->address);
	if (span_starts(span_of(c->result), "BROKEN")
			? !span_starts(span_of(result), c->result)
			: strcmp(result, c->result) != 0)
		fail_msg("%s: %s became %s", c->why, c->address, result);
	if (has_notes != (notes.count != 0))
		fail_msg("%s: %s", c->why, notes.count ? notes.items[0] : "no note");
	free(result);
	strv_release(&notes);
	alias_table_release(&t);
}

static void names_become_addresses(void **state)
{
	static const struct lookup cases[] = {
		{"", "root@example.org", "NONE", "an empty file"},
		{"root: a@x.test\n", "root@example.org", "a@x.test", "a bare name"},
		{"root: a@x.test", "root@box.lan", "a@x.test", "at the host name"},
		{"root: a@x.test", "root@box", "a@x.test", "at its first label"},
		{"root: a@x.test", "root@LocalHost", "a@x.test", "at localhost"},
		{"root: a@x.test", "root@pc.home", "a@x.test", "at a domain below"},
		{"root: a@x.test", "root@other.test", "NONE", "another's root"},
		{"root: a@x.test", "joe@example.org", "NONE", "another name"},
		{"rOOt: a@x.test", "RooT@example.org", "a@x.test", "case"},
		{"root : a@x.test", "root@box", "a@x.test", "a blank before the colon"},
		{"root:a@x.test", "root@box", "a@x.test", "no blank"},
		{"root:\ta@x.test\r\n", "root@box", "a@x.test", "a tab and CRLF"},
		{"root@box.lan: a@x.test", "root@box.lan", "a@x.test", "with a domain"},
		{"root@box.lan: a@x.test", "root@box", "NONE", "only with this one"},
		{"root@Box.Lan.: a@x.test", "root@box.lan", "a@x.test", "a trailing dot"},
		{"root@box: a@x.test\nroot: b@x.test\n", "root@box", "a@x.test",
			"the exact one first"},
		{"\"a b\": c@x.test", "\"a b\"@box", "c@x.test", "a quoted name"},
		{"\"root\": c@x.test", "root@box", "c@x.test", "quotes without need"},
		{"\"a:b\": c@x.test", "\"a:b\"@box", "c@x.test", "a colon in quotes"},
		{"\"a@b\": c@x.test", "\"a@b\"@box", "c@x.test", "an at in quotes"},
		{"owner-list: a@x.test", "owner-list@box", "a@x.test", "owners"},
		{"r: a@x.test, b@x.test,c@x.test", "r@box",
			"a@x.test, b@x.test, c@x.test", "a list"},
		{"r: a@x.test,\n\tb@x.test,\n  c@x.test\ns: d@x.test", "r@box",
			"a@x.test, b@x.test, c@x.test", "several lines"},
		{"r: a@x.test,\n# not me\n\n\tb@x.test", "r@box", "a@x.test, b@x.test",
			"comments within"},
		{"r: a@x.test, \\\nb@x.test\n", "r@box", "a@x.test, b@x.test",
			"a backslash at the end"},
		{"r:\n  a@x.test\n", "r@box", "a@x.test", "all on the second line"},
		{"r: a@x.test,, a@x.test, a@X.test,", "r@box", "a@x.test", "duplicates"},
		{"r: Ann B. <a@x.test>, (Bo) b@x.test (boss, too)", "r@box",
			"a@x.test, b@x.test", "names and comments"},
		{"r: \"Ann, B\" <a@x.test>", "r@box", "a@x.test", "a quoted comma"},
		{"r: Bob #1 <a@x.test>", "r@box", "a@x.test", "a hash in a name"},
		{"r: a#b@x.test", "r@box", "a#b@x.test", "a hash in an address"},
		{"r: \"a b\"@x.test, \"c d\"", "r@box",
			"\"a b\"@x.test, \"c d\"@example.org", "quoted local parts"},
		{"r: a@x.test.", "r@box", "a@x.test", "a trailing dot on the right"},
		{"r: a@[192.0.2.1], b@[IPv6:2001:db8::1]", "r@box",
			"a@[192.0.2.1], b@[IPv6:2001:db8::1]", "literals"},
		{"r: <@via.test:a@x.test>", "r@box", "a@x.test", "a source route"},
		{"r: gr\xc3\xbc\xc3\x9f"
		 "e@b\xc3\xbc"
		 "cher.test",
			"r@box",
			"gr\xc3\xbc\xc3\x9f"
			"e@b\xc3\xbc"
			"cher.test",
			"UTF-8"},
		{"r: /C=US/O=x/@gate.test", "r@box", "/C=US/O=x/@gate.test", "X.400"},
		{"a: b\nb: c\nc: d@x.test", "a@box", "d@x.test", "a chain"},
		{"a: b\nb: c", "a@box", "c@example.org", "a chain to a bare name"},
		{"a: B@Box.Lan\nb: c@x.test", "a@box", "c@x.test", "by an address"},
		{"a: b, c\nb: d@x.test, e@x.test\nc: e@x.test, d@x.test", "a@box",
			"d@x.test, e@x.test", "two ways to the same"},
		{"a: b, c\nb: c\nc: d@x.test", "a@box", "d@x.test", "seen before"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_lookup(&cases[i], false);
}

static void loops_leave_the_name(void **state)
{
	static const struct lookup cases[] = {
		{"root: root, a@x.test", "root@example.org", "root@example.org, a@x.test",
			"a copy"},
		{"root: a@x.test, ROOT", "root@example.org", "a@x.test, ROOT@example.org",
			"a copy in other letters"},
		{"root: root", "root@example.org", "NONE", "nothing but itself"},
		{"root: root@box.lan", "root@box", "root@box.lan", "itself elsewhere"},
		{"root: \\root, a@x.test", "root@example.org",
			"root@example.org, a@x.test", "a backslash"},
		{"a: \\b, c\nb: d@x.test\nc: b", "a@box", "b@example.org, d@x.test",
			"a backslash stops one way"},
		{"a: \\b@x.test", "a@box", "b@x.test", "a backslash and a domain"},
		{"r: joe\njoe: \\joe, a@x.test", "r@box", "joe@example.org, a@x.test",
			"behind another"},
	};
	static const struct lookup noted[] = {
		{"a: b\nb: a\n", "a@box", "a@example.org", "two"},
		{"a: b\nb: a, x@x.test\n", "b@box", "b@example.org, x@x.test", "two"},
		{"a: b\nb: c\nc: b, d@x.test", "a@box", "b@example.org, d@x.test",
			"a loop behind"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_lookup(&cases[i], false);
	for (size_t i = 0; i < ARRAY_LEN(noted); i++)
		check_lookup(&noted[i], true);
}

static void the_wildcard_takes_local_names(void **state)
{
	static const struct lookup cases[] = {
		{"*: a@x.test", "any@box.lan", "a@x.test", "at the host name"},
		{"*: a@x.test", "any@localhost", "a@x.test", "at localhost"},
		{"*: a@x.test", "joe@example.org", "a@x.test", "a user"},
		{"*: a@x.test", "Joe@example.org", "a@x.test", "a user, in any case"},
		{"*: a@x.test", "boss@example.org", "NONE", "a mailbox elsewhere"},
		{"*: a@x.test", "any@pc.home", "NONE", "another machine"},
		{"*: a@x.test", "any@x.test", "NONE", "another domain"},
		{"*: a@x.test\nann: b@x.test", "ann@box", "b@x.test", "has its own"},
		{"\"*\": a@x.test", "any@box", "a@x.test", "in quotes"},
		{"*: root", "root@example.org", "NONE", "root keeps root's"},
		{"*: root", "any@box", "root@example.org", "root is local"},
		{"*: root, a@x.test", "root@example.org", "root@example.org, a@x.test",
			"root keeps root's and gives a copy"},
		{"*: root\nroot: a@x.test", "joe@example.org", "a@x.test", "a chain"},
		{"*: root\nroot: joe", "root@example.org", "joe@example.org",
			"the wildcard is the last resort"},
		{"*: root\nroot: joe", "any@box", "joe@example.org", "here too"},
		{"*: root\nroot: joe", "joe@example.org", "NONE", "and here"},
		{"mailer-daemon: postmaster\npostmaster: root\n*: a@x.test",
			"mailer-daemon@box", "a@x.test", "behind a chain"},
		{"list: joe, root\n*: root", "list@box", "root@example.org",
			"taken twice"},
		{"*: *", "any@box", "*@example.org", "a star is a name, too"},
		{"*: /dev/null", "any@box", "DISCARD", "discarded"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_lookup(&cases[i], false);
}

static void files_are_included(void **state)
{
	static const struct lookup cases[] = {
		{"s: :include:/staff", "s@box", "ann@x.test, bob@x.test, cy@x.test",
			"a file"},
		{"s: z@x.test, :INCLUDE: /staff", "s@box",
			"z@x.test, ann@x.test, bob@x.test, cy@x.test", "in a list"},
		{"s: \":include:/staff\"", "s@box", "ann@x.test, bob@x.test, cy@x.test",
			"quoted"},
		{"s: :include:/all", "s@box",
			"ann@x.test, bob@x.test, cy@x.test, \"joe smith\"@x.test",
			"a file in a file"},
	};
	static const struct lookup noted[] = {
		{"s: :include:/none, a@x.test", "s@box",
			"BROKEN: aliases:1: /none: cannot be read",
			"nobody knows who is missing"},
		{"s: :include:staff", "s@box", "BROKEN: aliases:1: ':include:staff': an ",
			"a relative path"},
		{"s: :include:/self", "s@box",
			"BROKEN: /self:2: /self: included files more than 5 deep",
			"a file that includes itself"},
		{"s: :include:/twice", "s@box",
			"BROKEN: /twice:1: /twice: included files more than 5 deep",
			"the same, twice as often"},
		{"s: :include:/empty", "s@box", "BROKEN: aliases:1: no address",
			"an empty file"},
		{"s: :include:/bad", "s@box", "ann@x.test", "a program in a file"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_lookup(&cases[i], false);
	for (size_t i = 0; i < ARRAY_LEN(noted); i++)
		check_lookup(&noted[i], true);
}

static void programs_and_files_are_refused(void **state)
{
	static const struct lookup discarded[] = {
		{"r: /dev/null", "r@box", "DISCARD", "discarded"},
		{"r: \"/dev/null\"", "r@box", "DISCARD", "quoted"},
		{"r: s\ns: /dev/null", "r@box", "DISCARD", "by another name"},
		{"r: :blackhole:", "r@box", "DISCARD", "Exim's name for it"},
		{"r: /dev/null, a@x.test", "r@box", "a@x.test", "a copy to nobody"},
	};
	static const struct lookup refused[] = {
		{"r: |/bin/cat", "r@box",
			"BROKEN: aliases:1: '|/bin/cat': nullmta runs no programs for "
			"mail; give an address instead",
			"a program"},
		{"r: \"|/bin/cat -n, -u\"", "r@box",
			"BROKEN: aliases:1: '|/bin/cat -n, -u': nullmta runs", "quoted"},
		{"r: |\"/bin/cat a, b\"", "r@box", "BROKEN: aliases:1: '|", "half"},
		{"r: /var/log/mail", "r@box",
			"BROKEN: aliases:1: '/var/log/mail': ", "a file"},
		{"r: :fail: no such user", "r@box", "BROKEN: aliases:1: ':fail:", "Exim"},
		{"r: error:nouser gone", "r@box", "BROKEN: aliases:1: 'error:", "error"},
		{"r: a@x.test,\n |/bin/cat", "r@box", "a@x.test", "another remains"},
		{"r: /dev/null, |/bin/cat", "r@box", "BROKEN: aliases:1: '|/bin/cat'",
			"not only /dev/null"},
		{"r: s\ns:\n |/bin/cat", "r@box", "BROKEN: aliases:3: '|/bin/cat'",
			"by another name, with its own line"},
		{"r: |/bin/\x07\xff", "r@box",
			"BROKEN: aliases:1: '|/bin/\\x07\\xFF': ", "shown clean, once"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(discarded); i++)
		check_lookup(&discarded[i], false);
	for (size_t i = 0; i < ARRAY_LEN(refused); i++)
		check_lookup(&refused[i], true);
}

static void a_wrong_line_harms_its_own_name(void **state)
{
	static const struct {
		const char *text, *note, *why;
	} cases[] = {
		{"root\n", "aliases:1: no ':' behind a name", "no colon"},
		{"a b: c@x.test\n", "aliases:1: not a name: 'a b'", "two words"},
		{"a, b: c@x.test\n", "aliases:1: not a name: 'a, b': more than one",
			"two names"},
		{": c@x.test\n", "aliases:1: not a name: ", "no name"},
		{"@box: c@x.test\n", "aliases:1: not a name: '@box'", "no local part"},
		{"*@box: c@x.test\n", "aliases:1: not a name: the wildcard", "a domain"},
		{"r:\n", "aliases:1: no address for this name", "nothing"},
		{"r: ,\n\n", "aliases:1: no address for this name", "only a comma"},
		{"r: <>\n", "aliases:1: '<>'", "the null sender"},
		{"r: a..b@x.test\n", "aliases:1: 'a..b", "no address"},
		{"r: a b@x.test\n", "aliases:1: 'a b@x.test'", "a blank"},
		{"r: a@x.test,\n\n  b@@x.test\n", "aliases:3: 'b@@x.test'", "line 3"},
		{"r: \"a@x.test\n", "aliases:1: ", "an open quote"},
		{"r: a@x.test\n s: b@x.test\n", "aliases:1: 'a@x.test s: b@x.test'",
			"an entry that is indented"},
		{"  r: a@x.test\n", "aliases:1: an entry begins in the first column",
			"nothing to continue"},
		{"r: friends: b@x.test;\n", "aliases:1: 'friends: b@x.test;': a ':'",
			"a group"},
		{"r: a@x.test # , b@x.test\n", "aliases:1: the text from '#' on",
			"a comment behind"},
		{"r: a@x.test\nR: b@x.test\n",
			"aliases:2: r has an entry in line 1 already, which counts",
			"a duplicate"},
		{"a: b@x.test\nb: c\nc: d\nd: b\n",
			"aliases:4: d leads back to b (line 2)", "a loop"},
		{"a@other.test: b@x.test\n", "aliases:1: a@other.test is never used",
			"a domain of others"},
		{"s: :include:/bad", "/bad:2: '|/bin/false': nullmta runs no programs",
			"in an included file"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf text = BUF_INIT(1000);
		struct strv notes = {0};
		struct alias_table t;
		char *result;

		buf_addf(&text, "%s\ngood: z@x.test\n", cases[i].text);
		parse(&t, buf_span(&text), &notes);
		if (notes.count != 1 ||
			!span_starts(span_of(notes.items[0]), cases[i].note))
			fail_msg("%s: %s", cases[i].why,
				notes.count ? notes.items[0] : "no note");
		result = expand(&t, "good@box");
		assert_string_equal(result, "z@x.test");
		free(result);
		strv_release(&notes);
		alias_table_release(&t);
		buf_release(&text);
	}
}

static void what_can_be_used_of_a_wrong_line_is(void **state)
{
	static const struct lookup cases[] = {
		{"r: a@x.test, b@@x.test", "r@box", "a@x.test", "one is wrong"},
		{"r: a@x.test # , b@x.test", "r@box", "a@x.test", "a comment behind"},
		{"r: a@x.test\nr: b@x.test", "r@box", "a@x.test", "the first counts"},
		{"r: a b c", "r@box", "BROKEN: aliases:1: 'a b c'", "nothing"},
		{"r:", "r@box", "BROKEN: aliases:1: no address for this name", "empty"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_lookup(&cases[i], true);
}

/* a0: a1; a1: a2; ... the last one is an address */
static void add_chain(struct buf *text, int count)
{
	for (int i = 0; i < count; i++)
		buf_addf(text, "a%d: a%d%s\n", i, i + 1, i == count - 1 ? "@x.test" : "");
}

static void expansion_has_limits(void **state)
{
	struct buf text = BUF_INIT(1 << 20);
	struct strv notes = {0};
	struct alias_table t;
	struct {
		const char *address, *result;
	} cases[] = {
		{"a1@box", "a21@x.test"},
		{"a0@box", "BROKEN: aliases:21: more than 20 aliases lead to one"},
		{"many@box", "m0@x.test, m1@x.test"},
		{"more@box", "BROKEN: aliases:22: this alias has more than 1000"},
		{"wide@box", "BROKEN: aliases:23: this alias leads to more than 1000"},
	};

	(void)state;
	add_chain(&text, 21);
	buf_add_str(&text, "more: many, m1000@x.test\nwide: w0");
	for (int i = 1; i < 1000; i++)
		buf_addf(&text, ", w%d", i);
	buf_add_str(&text, "\nmany: m0@x.test");
	for (int i = 1; i < 1000; i++)
		buf_addf(&text, ", m%d@x.test", i);
	for (int i = 0; i < 1000; i++)
		buf_addf(&text, "\nw%d: x@x.test", i);
	parse(&t, buf_span(&text), &notes);
	assert_int_equal(notes.count, 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *result = expand(&t, cases[i].address);

		if (!span_starts(span_of(result), cases[i].result))
			fail_msg("%s became %.200s", cases[i].address, result);
		free(result);
	}
	alias_table_release(&t);
	buf_release(&text);
}

/* "NAME: ITEM, ITEM, ..." */
static void add_list(struct buf *text, const char *name, const char *item, int count)
{
	buf_addf(text, "%s: %s", name, item);
	while (--count > 0)
		buf_addf(text, ",%s", item);
	buf_add_char(text, '\n');
}

static void tables_have_limits(void **state)
{
	struct buf text = BUF_INIT(ALIAS_FILE_OCTETS_MAX);
	struct strv notes = {0};
	struct alias_table t;
	char *result;

	(void)state;
	add_list(&text, "s", ":include:/staff", ALIAS_INCLUDES_MAX + 1);
	add_list(&text, "r", "/dev/null", ALIAS_TARGETS_MAX);
	parse(&t, buf_span(&text), &notes);
	assert_int_equal(notes.count, 2);
	assert_string_equal(
		notes.items[0], "aliases:1: /staff: more than 1000 included files");
	assert_string_equal(notes.items[1], "aliases:0: more than 500000 addresses");
	assert_int_equal(t.count, 1);
	result = expand(&t, "r@box");
	assert_string_equal(result, "BROKEN: the aliases are too many");
	free(result);
	strv_release(&notes);
	alias_table_release(&t);
	buf_release(&text);
}

/* A domain with which a name of 64 octets is too long for an address. */
static void a_name_may_be_too_long(void **state)
{
	static const char domain[] = "a123456789.b123456789.c123456789.d123456789."
				     "e123456789.f123456789.g123456789.h123456789."
				     "i123456789.j123456789.k123456789.l123456789."
				     "m123456789.n123456789.o123456789.p123456789."
				     "q123456789.test";
	struct alias_scope narrow = scope;
	struct buf text = BUF_INIT(1000), shown = BUF_INIT(1000);
	struct strv notes = {0}, found = {0};
	struct alias_table t;
	struct fault why;

	(void)state;
	narrow.domain = domain;
	narrow.is_local_user = NULL;
	buf_addf(&text, "r: %064d\n*: a@x.test\n", 7);
	parse(&t, buf_span(&text), &notes);
	assert_int_equal(
		alias_expand(&t, &narrow, SPAN_LIT("r@box"), &found, &why), ALIAS_BROKEN);
	assert_string_equal(why.text, "aliases:1: a name is too long for an address");
	alias_entry_format(
		&shown, &t, &narrow, alias_find(&t, &narrow, SPAN_LIT("r@box")));
	assert_int_equal(shown.len, 64);
	/* and nobody is known as a user */
	assert_null(alias_find(&t, &narrow, SPAN_LIT("joe@example.org")));
	strv_release(&notes);
	alias_table_release(&t);
	buf_release(&text);
	buf_release(&shown);
}

static void many_entries_are_fine(void **state)
{
	struct buf text = BUF_INIT(ALIAS_FILE_OCTETS_MAX);
	struct strv notes = {0};
	struct alias_table t;
	char *result;

	(void)state;
	for (int i = 0; i < 100000; i++)
		buf_addf(&text, "user%d: u%d@x.test\n", i, i);
	parse(&t, buf_span(&text), &notes);
	assert_int_equal(notes.count, 0);
	assert_int_equal(t.count, 100000);
	result = expand(&t, "user77777@box");
	assert_string_equal(result, "u77777@x.test");
	free(result);
	alias_table_release(&t);
	buf_release(&text);
}

static void a_gap_makes_local_names_wait(void **state)
{
	static const struct {
		const char *address, *result;
	} cases[] = {
		{"ann@box", "a@x.test"},
		{"bob@box", "BROKEN: the file is too large"},
		{"joe@example.org", "BROKEN: the file is too large"},
		{"boss@example.org", "NONE"},
		{"any@x.test", "NONE"},
	};
	struct strv notes = {0};
	struct alias_table t;

	(void)state;
	parse(&t, SPAN_LIT("ann: a@x.test\n*: b@x.test\n"), &notes);
	alias_table_set_gap(&t, "the file is too large");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char *result = expand(&t, cases[i].address);

		assert_string_equal(result, cases[i].result);
		free(result);
	}
	strv_release(&notes);
	alias_table_release(&t);
}

static void without_an_includer_files_are_refused(void **state)
{
	struct strv notes = {0};
	const struct alias_critic critic = {note, &notes};
	struct alias_table t;
	char *result;

	(void)state;
	alias_table_init(&t);
	alias_parse(&t, SPAN_LIT("s: :include:/staff"), "aliases", NULL, &critic);
	assert_int_equal(notes.count, 1);
	result = expand(&t, "s@box");
	assert_string_equal(
		result, "BROKEN: aliases:1: /staff: files cannot be included here");
	free(result);
	strv_release(&notes);
	alias_table_release(&t);
}

static void add_step(void *ctx, struct span address, const struct alias_entry *entry)
{
	buf_addf(ctx, "%.*s:%u ", SPAN_ARGS(address), entry->line);
}

static void add_final(void *ctx, struct span address)
{
	buf_addf(ctx, "\\%.*s ", SPAN_ARGS(address));
}

static void each_step_is_told(void **state)
{
	struct buf steps = BUF_INIT(1000), shown = BUF_INIT(1000);
	const struct alias_tracer tracer = {add_step, add_final, &steps};
	struct strv notes = {0}, found = {0};
	struct alias_table t;
	struct fault why;

	(void)state;
	parse(&t,
		SPAN_LIT("a: b, \\c, d@x.test, /dev/null, |p\n*: z@x.test\n"
			 "b: joe@box.lan\nm: 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,"
			 "18,19,20,21"),
		&notes);
	assert_int_equal(
		alias_trace(&t, &scope, SPAN_LIT("a@box"), &tracer, &found, &why),
		ALIAS_FOUND);
	assert_string_equal(buf_str(&steps),
		"a@box:1 b@example.org:3 joe@box.lan:2 \\c@example.org ");
	alias_entry_format(&shown, &t, &scope, alias_find(&t, &scope, SPAN_LIT("a@box")));
	assert_string_equal(buf_str(&shown),
		"b@example.org, c@example.org itself, d@x.test, /dev/null, (not usable: "
		"aliases:1: '|p': nullmta runs no programs for mail; give an address "
		"instead)");
	buf_reset(&shown);
	alias_entry_format(&shown, &t, &scope, alias_find(&t, &scope, SPAN_LIT("m@box")));
	assert_true(span_ends(buf_span(&shown), " 20@example.org and 1 more"));
	buf_release(&steps);
	buf_release(&shown);
	strv_release(&found);
	strv_release(&notes);
	alias_table_release(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_become_addresses),
		cmocka_unit_test(loops_leave_the_name),
		cmocka_unit_test(the_wildcard_takes_local_names),
		cmocka_unit_test(files_are_included),
		cmocka_unit_test(programs_and_files_are_refused),
		cmocka_unit_test(a_wrong_line_harms_its_own_name),
		cmocka_unit_test(what_can_be_used_of_a_wrong_line_is),
		cmocka_unit_test(expansion_has_limits),
		cmocka_unit_test(tables_have_limits),
		cmocka_unit_test(a_name_may_be_too_long),
		cmocka_unit_test(many_entries_are_fine),
		cmocka_unit_test(a_gap_makes_local_names_wait),
		cmocka_unit_test(without_an_includer_files_are_refused),
		cmocka_unit_test(each_step_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
