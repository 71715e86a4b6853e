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

	generic_map_parse(ret, text, &critic);
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
		bool has;

		buf_reset(&out);
		has = generic_map_find(
			&map, span_of(cases[i].address), cases[i].is_own, &out);
		if (has != (cases[i].expect != NULL) ||
			(has && strcmp(buf_str(&out), cases[i].expect) != 0))
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
		cmocka_unit_test(growth_is_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
