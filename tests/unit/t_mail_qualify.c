#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "mail/address.h"
#include "mail/qualify.h"

#define ROOM 4096

static void bare_names_get_a_domain(void **state)
{
	static const struct {
		const char *why, *value, *expect;
	} cases[] = {
		{"cron's From", " root (Cron Daemon)", " root@d.test (Cron Daemon)"},
		{"in a list", " root, joe@x", " root@d.test, joe@x"},
		{"in brackets", " Root <root>", " Root <root@d.test>"},
		{"blanks in brackets", " <\troot >", " <\troot@d.test >"},
		{"a route", " <@a,@b:root>", " <@a,@b:root@d.test>"},
		{"quoted", "\"a b\" ", "\"a b\"@d.test "},
		{"obsolete", " a . b (c), d", " a . b@d.test (c), d@d.test"},
		{"a group", "g: a, b@x , c;, d",
			"g: a@d.test, b@x , c@d.test;, d@d.test"},
		{"an open group", "undisclosed-recipients:", "undisclosed-recipients:"},
		{"folded", " a,\r\n\tb,\r\n (c) d\r\n e@x",
			NULL /* two words: no address */},
		{"folded list", " a,\r\n\tb,\r\n (c) d",
			" a@d.test,\r\n\tb@d.test,\r\n (c) d@d.test"},
		{"empty members", ",a,, b,", ",a@d.test,, b@d.test,"},
		{"a comma in a name", " \"a, b\" <c>", " \"a, b\" <c@d.test>"},
		{"an 8-bit name", " J\xc3\xbcrgen <j>", " J\xc3\xbcrgen <j@d.test>"},
		{"nothing to do", " A <a@x> (b),c@y.", NULL},
		{"an empty value", "", NULL},
		{"garbage", " ???, (root", NULL},
		{"garbage with names", " root, a@", NULL},
	};
	struct buf out = BUF_INIT(1 << 16);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *expect = cases[i].expect ? cases[i].expect : cases[i].value;
		size_t room = ROOM;

		buf_reset(&out);
		assert_int_equal(
			qualify_field(&out, span_of(cases[i].value), "d.test", &room), 0);
		if (strcmp(buf_str(&out), expect) != 0)
			fail_msg("%s: '%s'", cases[i].why, buf_str(&out));
		assert_int_equal(ROOM - room, out.len - strlen(cases[i].value));
	}
	buf_release(&out);
}

static void growth_is_limited(void **state)
{
	struct buf out = BUF_INIT(1 << 16);
	size_t room = strlen("@d.test") * 2;

	(void)state;
	assert_int_equal(qualify_field(&out, SPAN_LIT("a,b,c"), "d.test", &room), -1);
	assert_int_equal(out.len, 0);
	assert_int_equal(qualify_field(&out, SPAN_LIT("a,b"), "d.test", &room), 0);
	assert_int_equal(room, 0);
	assert_int_equal(qualify_field(&out, SPAN_LIT(",c@x"), "d.test", &room), 0);
	assert_string_equal(buf_str(&out), "a@d.test,b@d.test,c@x");
	buf_release(&out);
}

/* [phrase](whole)spec!address, a line each */
static void show(struct buf *out, const struct address_places *places)
{
	for (size_t i = 0; i < places->count; i++) {
		const struct address_place *p = &places->items[i];

		buf_addf(out, "[%.*s](%.*s)%.*s%s%s\n", SPAN_ARGS(p->phrase),
			SPAN_ARGS(p->whole), SPAN_ARGS(p->spec), p->is_bare ? "!" : "=",
			places->addresses.items[i]);
	}
}

static void places_are_told(void **state)
{
	static const struct {
		const char *value, *expect;
	} cases[] = {
		{" a@x ", "[](a@x)a@x=a@x\n"},
		{"A B <a@x>, \"c\" . d (e)", "[A B](A B <a@x>)a@x=a@x\n"
					     "[](\"c\" . d (e))\"c\" . d!c.d@d.test\n"},
		{"(x) A (y) <@r:a@x.> (z), b",
			"[(x) A (y)]((x) A (y) <@r:a@x.> (z))a@x.=a@x\n"
			"[](b)b!b@d.test\n"},
		{"g: A <a>,b@y; , (p) c@z",
			"[A](A <a>)a!a@d.test\n[](b@y)b@y=b@y\n[]((p) c@z)c@z=c@z\n"},
		{"g: ;", ""},
	};
	struct buf out = BUF_INIT(1 << 16);
	struct fault f;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct address_places places;

		buf_reset(&out);
		assert_int_equal(address_field_places(
					 span_of(cases[i].value), "d.test", &places, &f),
			0);
		show(&out, &places);
		assert_string_equal(buf_str(&out), cases[i].expect);
		address_places_release(&places);
	}
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bare_names_get_a_domain),
		cmocka_unit_test(growth_is_limited),
		cmocka_unit_test(places_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
