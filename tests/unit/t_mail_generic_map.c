#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bug.h"
#include "base/strv.h"
#include "mail/generic_map.h"

static void note(void *ctx, unsigned line, const char *why)
{
	struct buf text = BUF_INIT(1000);

	buf_addf(&text, "line %u: %s", line, why);
	strv_add(ctx, buf_span(&text));
	buf_release(&text);
}

static void parse(struct generic_map *ret, struct span text, struct strv *wrong)
{
	const struct generic_map_critic critic = {note, wrong};

	generic_map_parse(ret, "map", text, &critic);
}

static void what_is_more_exact_comes_first(void **state)
{
	static const struct {
		const char *address;
		bool is_own;
		const char *expect; /* NULL: not in the map */
	} cases[] = {
		{"root@box.lan", true, "ops@example.org"},
		{"ROOT@box.lan", true, "ops@example.org"},
		{"root@other.lan", false, NULL},
		{"joe@box.lan", true, "joe.doe@example.org"},
		{"www@Box.lan", false, "web@example.org"},
		{"www@other.lan", true, NULL},
		{"any@old.lan", false, "any@new.example.org"},
		{"\"a b\"@old.lan", false, "\"a b\"@new.example.org"},
		{"root@old.lan", true, "ops@example.org"},
		{"any@all.lan", false, "one@example.org"},
		{"keep@box.lan", true, "keep@box.lan"},
		{"nobody@box.lan", true, NULL},
		{"", true, NULL},
	};
	struct strv wrong = {0};
	struct generic_map map;
	struct buf out = BUF_INIT(1000);

	(void)state;
	parse(&map,
		SPAN_LIT("# users\n\n  Root\tops@example.org  \r\n"
			 "joe: Joe <joe.doe@example.org>\n"
			 "www@box.lan web@example.org\n@old.lan @new.example.org\n"
			 "\t# domains\n@all.lan: one@example.org\nkeep keep@box.lan"),
		&wrong);
	assert_int_equal(wrong.count, 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct span address = span_of(cases[i].address);
		const struct generic_entry *entry =
			generic_map_find(&map, address, cases[i].is_own);

		buf_reset(&out);
		if (entry)
			generic_entry_apply(entry, address, &out);
		if ((entry != NULL) != (cases[i].expect != NULL) ||
			(entry && strcmp(buf_str(&out), cases[i].expect) != 0))
			fail_msg("%s became '%s'", cases[i].address, buf_str(&out));
	}
	generic_map_release(&map);
	buf_release(&out);
}

static void wrong_lines_are_told(void **state)
{
	static const struct {
		const char *text, *wrong;
	} cases[] = {
		{"a\n", "line 1: one word; write a user and an address"},
		{"a:\n", "line 1: one word; write a user and an address"},
		{"ok a@x\nb c\n",
			"line 2: not an address or @domain: 'c': there is no '@'"},
		{"a b@x, c@y",
			"line 1: not an address or @domain: 'b@x, c@y': more than one"},
		{"a b@x c@y", "line 1: not an address or @domain: 'b@x c@y'"},
		{"a <>", "line 1: not an address or @domain: not an address"},
		{"<> a@x", "line 1: not a user, address or @domain: the null sender"},
		{"a..b a@x", "line 1: not a user, address or @domain: 'a..b"},
		{"@ a@x", "line 1: not a user, address or @domain: 'x@'"},
		{"@x @-", "line 1: not an address or @domain: 'x@-'"},
		{"* a@x",
			"line 1: not a user, address or @domain: a * means nobody; @box"},
		{"*@x a@x", "line 1: not a user, address or @domain: a * means nobody"},
		{"@x *@y", "line 1: not an address or @domain: a * means nobody; @exam"},
		{"a x@y\n\nA z@y\n", "line 3: a has an entry in line 1 already"},
		{"a x\001@y\n", "line 1: not an address or @domain: "},
		{"root |/bin/sh", "line 1: not an address or @domain: "},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct strv wrong = {0};
		struct generic_map map;

		parse(&map, span_of(cases[i].text), &wrong);
		if (wrong.count != 1 ||
			!span_starts(span_of(wrong.items[0]), cases[i].wrong))
			fail_msg("%s: %s", cases[i].text,
				wrong.count ? wrong.items[0] : "nothing wrong");
		strv_release(&wrong);
		generic_map_release(&map);
	}
}

static const char *value_of(const struct generic_map *map, const char *user)
{
	struct buf address = BUF_INIT(100);
	const struct generic_entry *entry;

	buf_addf(&address, "%s@box.lan", user);
	entry = generic_map_find(map, buf_span(&address), true);
	buf_release(&address);
	return entry ? entry->value : "";
}

static void of_two_lines_the_first_counts(void **state)
{
	struct strv wrong = {0};
	struct generic_map map;

	(void)state;
	parse(&map, SPAN_LIT("b b@1\na a@1\nB b@2\na a@2\nc c@1\na a@3\n"), &wrong);
	assert_int_equal(wrong.count, 3);
	assert_string_equal(wrong.items[0], "line 4: a has an entry in line 2 already");
	assert_string_equal(wrong.items[1], "line 6: a has an entry in line 2 already");
	assert_int_equal(map.count, 3);
	assert_string_equal(value_of(&map, "a"), "a@1");
	assert_string_equal(value_of(&map, "b"), "b@1");
	assert_string_equal(value_of(&map, "c"), "c@1");
	strv_release(&wrong);
	generic_map_release(&map);
}

static void what_is_set_replaces_what_was_read(void **state)
{
	static const char *const users[] = {"m", "C", "z", "a", "c"};
	struct generic_map_place place = {"conf", 7};
	const struct generic_entry *entry;
	struct strv wrong = {0};
	struct generic_map map;
	struct fault f;

	(void)state;
	parse(&map, SPAN_LIT("m m@map\nkept k@map\n"), &wrong);
	for (size_t i = 0; i < ARRAY_LEN(users); i++)
		assert_int_equal(generic_map_set(&map, span_of(users[i]),
					 SPAN_LIT("Set <x@conf>"), &place, &f),
			0);
	assert_int_equal(map.count, 5);
	for (size_t i = 0; i < ARRAY_LEN(users); i++)
		assert_string_equal(value_of(&map, users[i]), "x@conf");
	assert_string_equal(value_of(&map, "kept"), "k@map");
	entry = generic_map_find(&map, SPAN_LIT("kept@box.lan"), true);
	assert_string_equal(entry->where, "map");
	assert_int_equal(entry->line, 2);
	entry = generic_map_find(&map, SPAN_LIT("m@box.lan"), true);
	assert_string_equal(entry->where, "conf");
	assert_int_equal(entry->line, 7);
	assert_int_equal(
		generic_map_set(&map, SPAN_LIT("a b"), SPAN_LIT("x@y"), &place, &f), -1);
	assert_true(span_starts(span_of(f.text), "not a user, address or @domain: "));
	assert_int_equal(map.count, 5);
	generic_map_release(&map);
}

static void growth_is_limited(void **state)
{
	struct buf text = BUF_INIT(1 << 22);
	struct strv wrong = {0};
	struct generic_map map;

	(void)state;
	buf_addf(&text, "long %01000d@x\n", 1);
	for (int i = 0; i <= GENERIC_MAP_ENTRIES_MAX; i++)
		buf_addf(&text, "u%d a@x\n", i);
	parse(&map, buf_span(&text), &wrong);
	assert_int_equal(map.count, GENERIC_MAP_ENTRIES_MAX);
	assert_int_equal(wrong.count, 2);
	assert_string_equal(wrong.items[0], "line 1: longer than 1000 octets");
	assert_string_equal(wrong.items[1], "line 10001: too many entries");
	strv_release(&wrong);
	generic_map_release(&map);
	buf_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_more_exact_comes_first),
		cmocka_unit_test(wrong_lines_are_told),
		cmocka_unit_test(of_two_lines_the_first_counts),
		cmocka_unit_test(what_is_set_replaces_what_was_read),
		cmocka_unit_test(growth_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
