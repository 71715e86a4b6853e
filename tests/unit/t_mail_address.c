#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/mem.h"
#include "mail/address.h"

#define TEN    "1234567890"
#define FIFTY  TEN TEN TEN TEN TEN
#define LABEL  FIFTY TEN "abc"           /* 63 octets */
#define DOMAIN LABEL "." LABEL "." LABEL /* 191 octets */

/* The list's addresses, each with a newline behind it; NULL when it was refused. */
static char *parsed(struct span text, bool is_field, struct fault *f)
{
	struct strv found = {0};
	struct buf all = BUF_INIT(1 << 20);
	int rc = is_field ? address_field_parse(text, "here.test", &found, f)
			  : address_list_parse(text, "here.test", &found, f);
	char *result = NULL;

	for (size_t i = 0; i < found.count; i++) {
		assert_true(address_is_canonical(span_of(found.items[i])));
		buf_addf(&all, "%s\n", found.items[i]);
	}
	if (rc == 0)
		result = mem_string(buf_str(&all));
	else
		assert_int_equal(found.count, 0);
	strv_release(&found);
	buf_release(&all);
	return result;
}

static void list_is_parsed(void **state)
{
	static const struct {
		const char *text, *expect, *why;
	} cases[] = {
		{"user", "user@here.test\n", "104: a bare name"},
		{"<user>", "user@here.test\n", "a bare name in brackets"},
		{"\"a b\"", "\"a b\"@here.test\n", "a bare quoted name"},
		{"\"a b\"@x.test", "\"a b\"@x.test\n", "105: quotes that are needed"},
		{"\"a\\\"b\"@x.test", "\"a\\\"b\"@x.test\n", "105: an escaped quote"},
		{"\"a\\\\b\"@x.test", "\"a\\\\b\"@x.test\n", "a backslash stays one"},
		{"\"a\\b\"@x.test", "ab@x.test\n", "an escape that is not needed"},
		{"\"joe\"@x.test", "joe@x.test\n", "quotes that are not needed"},
		{"\"a..b\"@x", "\"a..b\"@x\n", "106: two dots in quotes"},
		{"\".a\"@x", "\".a\"@x\n", "106: a first dot in quotes"},
		{"\"a@b\"@x", "\"a@b\"@x\n", "an @ in quotes"},
		{"\" a  b \"@x", "\" a  b \"@x\n", "blanks in quotes are kept"},
		{"\"b,c\"@x", "\"b,c\"@x\n", "a comma in quotes is one address"},
		{"\"\"@x", "\"\"@x\n", "an empty local part"},
		{"a.\"b c\".d@x", "\"a.b c.d\"@x\n", "obsolete: words and dots"},
		{"a . b @ x . y", "a.b@x.y\n", "obsolete: blanks around dots"},
		{"<a@x>", "a@x\n", "107"},
		{"Name <a@x>", "a@x\n", "107"},
		{" \"Doe, \\\"J\\\" <x>\" <a@x> ", "a@x\n", "a quoted name"},
		{"Mr. J. Doe <a@x>", "a@x\n", "obsolete: dots in a name"},
		{"joe@x.test <a@x>", "a@x\n", "common: an @ in a name"},
		{"[ops] Joe <a@x>", "a@x\n", "common: brackets in a name"},
		{"=?utf-8?q?J=C3=BC?= <a@x>", "a@x\n", "an encoded-word"},
		{"J\xc3\xbcrgen <a@x>", "a@x\n", "a raw UTF-8 name"},
		{"J\xfcrgen <a@x>", "a@x\n", "a name in Latin-1"},
		{"a@x (Joe)", "a@x\n", "a comment"},
		{"root (Cron Daemon)", "root@here.test\n", "what cron writes"},
		{"(a (b (c\\) d) e) f)a(g)@(h)x(i)", "a@x\n", "comments everywhere"},
		{"@r1,@r2:a@x", "a@x\n", "108: a source route"},
		{"<@r1,@r2:a@x>", "a@x\n", "108: in brackets"},
		{"<@r1:a@x>, b@y", "a@x\nb@y\n", "108: among others"},
		{"a@x,b@y", "a@x\nb@y\n", "cron's MAILTO is one argument"},
		{", a@x,, b@y ,", "a@x\nb@y\n", "empty members"},
		{"", "", "an empty list"},
		{"()", "", "a comment alone"},
		{"group: a@x, b@y;", "a@x\nb@y\n", "89: a group"},
		{"a@x, g: b@y, Joe <c@z>;, d@w", "a@x\nb@y\nc@z\nd@w\n",
			"89: among others"},
		{"undisclosed-recipients:;", "", "an empty group"},
		{"undisclosed-recipients:", "", "common: no end of an empty group"},
		{"\"a: b\": a@x;", "a@x\n", "a quoted group name"},
		{"a@x.test.", "a@x.test\n", "112: a trailing dot"},
		{"<a@x.test.>", "a@x.test\n", "112: in brackets"},
		{"a@[192.0.2.1]", "a@[192.0.2.1]\n", "an address literal"},
		{"a@[127.0.0.1]", "a@[127.0.0.1]\n", "111: a loop is the route's to see"},
		{"a@[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]\n", "an IPv6 literal"},
		{"a@[ipv6:::1]", "a@[ipv6:::1]\n", "the tag's case"},
		{"\xc3\xbc@x.test", "\xc3\xbc@x.test\n", "113: a UTF-8 local part"},
		{"a@b\xc3\xbc"
		 "cher.test",
			"a@b\xc3\xbc"
			"cher.test\n",
			"113: a U-label"},
		{"a@xn--bcher-kva.test", "a@xn--bcher-kva.test\n", "113: an A-label"},
		{"o'b+t=g%h!i/j{k}@x", "o'b+t=g%h!i/j{k}@x\n", "specials of local parts"},
		{"Joe@X.Test", "Joe@X.Test\n", "case is kept"},
		{"a@my_host", "a@my_host\n", "an underscore"},
		{"a@x,\r\n b@y,\n\tc@z", "a@x\nb@y\nc@z\n", "folded"},
		{"\"a\r\n b\"@x", "\"a b\"@x\n", "folded within quotes"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fault f = {0};
		char *got = parsed(span_of(cases[i].text), false, &f);

		if (!got)
			fail_msg("%s: '%s' refused: %s", cases[i].why, cases[i].text,
				f.text);
		if (strcmp(got, cases[i].expect) != 0)
			fail_msg("%s: '%s' is '%s'", cases[i].why, cases[i].text, got);
		free(got);
	}
}

static void list_is_refused(void **state)
{
	static const struct {
		struct span text;
		const char *says; /* part of the message */
	} cases[] = {
		{SPAN_LIT("a@b@c"), "'a@b@c': there is a second '@'"},
		{SPAN_LIT("@x"), "'@x': there is nothing before the '@'"},
		{SPAN_LIT("<@x>"), "there is nothing before the '@'"},
		{SPAN_LIT("a@"), "'a@': there is no domain behind the '@'"},
		{SPAN_LIT("<a@>"), "there is no domain"},
		{SPAN_LIT("ok@x, a..b@x, c@y"), "'a..b@x': a '.' at either end"},
		{SPAN_LIT(".a@x"), "needs quotes"},
		{SPAN_LIT("a.@x"), "needs quotes"},
		{SPAN_LIT("."), "needs quotes"},
		{SPAN_LIT("a@x..y"), "two dots"},
		{SPAN_LIT("a@.x"), "there is no domain"},
		{SPAN_LIT("a@x.."), "two dots"},
		{SPAN_LIT("a b@x"), "a blank in an address needs quotes"},
		{SPAN_LIT("a b"), "a blank in an address"},
		{SPAN_LIT("a@x b@y"), "separated by ','"},
		{SPAN_LIT("a@x; b@y"), "separated by ','"},
		{SPAN_LIT("g: a@x; b@y"), "separated by ','"},
		{SPAN_LIT("g: h: a@x;;"), "a group within a group"},
		{SPAN_LIT(": a@x;"), "without the name"},
		{SPAN_LIT("a@b: c@x;"), "the name of a group"},
		{SPAN_LIT("<>"), "there is no address in the '<>'"},
		{SPAN_LIT("Joe <a@x"), "a '<' without its '>'"},
		{SPAN_LIT("Joe <<a@x>>"), "there is no address"},
		{SPAN_LIT("<a@x> Joe"), "text behind the address"},
		{SPAN_LIT("a@x>"), "text behind the address"},
		{SPAN_LIT("\"a@x"), "a '\"' without its second one"},
		{SPAN_LIT("\"a\\\"@x"), "a '\"' without its second one"},
		{SPAN_LIT("a@x (Joe"), "a '(' without its ')'"},
		{SPAN_LIT("Joe) <a@x>"), "outside quotes"},
		{SPAN_LIT("a@[192.0.2.1"), "a '[' without its ']'"},
		{SPAN_LIT("a@[x]"), "in [] goes"},
		{SPAN_LIT("a@[]"), "in [] goes"},
		{SPAN_LIT("a@[192.0.2.256]"), "in [] goes"},
		{SPAN_LIT("a@[2001:db8::1]"), "in [] goes"},
		{SPAN_LIT("a@[IPv6:192.0.2.1]"), "in [] goes"},
		{SPAN_LIT("a@[IPv6:fe80::1%eth0]"), "in [] goes"},
		{SPAN_LIT("a\\b@x"), "outside quotes"},
		{SPAN_LIT("a@x/y"), "host names do not have"},
		{SPAN_LIT("a@-x"), "begins or ends with '-'"},
		{SPAN_LIT("a@x-.test"), "begins or ends with '-'"},
		{SPAN_LIT("a@\"x\""), "there is no domain"},
		{SPAN_LIT("\xff@x"), "neither ASCII nor UTF-8"},
		{SPAN_LIT("a@\xff.test"), "neither ASCII nor UTF-8"},
		{SPAN_LIT(FIFTY TEN "12345@x"), "more than 64 octets"},
		{SPAN_LIT(FIFTY FIFTY FIFTY "@x"), "more than 64 octets"},
		{SPAN_LIT("\"" FIFTY TEN " a \"@x"), "more than 64 octets"},
		{SPAN_LIT("a@" LABEL "d.test"), "more than 63 octets"},
		{SPAN_LIT("a@" DOMAIN "." LABEL "." TEN), "the domain has more than 255"},
		{SPAN_LIT("a@" DOMAIN "." DOMAIN "." DOMAIN),
			"the domain has more than 255"},
		{SPAN_LIT(FIFTY "@" DOMAIN "." FIFTY), "more than 254 octets"},
		{SPAN_LIT("a@x\r\nDATA"), "a line break"},
		{SPAN_LIT("a@x\n"), "a line break"},
		{SPAN_LIT("a@x\r"), "a line break"},
		{SPAN_LIT("a@x\r b@y"), "a line break"},
		{SPAN_LIT("a@x\0"), "a control character"},
		{SPAN_LIT("a@x\t"), "a tab"},
		{SPAN_LIT("a\x7f@x"), "a control character"},
		{SPAN_LIT("\"a\n\tb\"@x"), "a control character"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fault f = {0};
		char *got = parsed(cases[i].text, false, &f);

		if (got)
			fail_msg("'%s' was accepted as '%s'", cases[i].text.data, got);
		assert_int_equal(f.kind, FAULT_DATA);
		if (!strstr(f.text, cases[i].says))
			fail_msg("'%s' has '%s'", cases[i].text.data, f.text);
	}
}

static void limits_are_inclusive(void **state)
{
	static const char *const cases[] = {
		FIFTY TEN "1234@x", /* 64 */
		"\"" FIFTY TEN " a\"@x", "a@" LABEL ".test",
		"a@" DOMAIN "." FIFTY TEN, /* 254 */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct fault f;
		char *got = parsed(span_of(cases[i]), false, &f);

		if (!got)
			fail_msg("%s", f.text);
		free(got);
	}
}

static void comments_nest_to_a_limit(void **state)
{
	struct buf text = BUF_INIT(1000);
	struct fault f;
	char *got;

	(void)state;
	for (int depth = ADDRESS_NESTING_MAX; depth <= 100; depth += 80) {
		buf_reset(&text);
		for (int i = 0; i < depth; i++)
			buf_add_char(&text, '(');
		for (int i = 0; i < depth; i++)
			buf_add_char(&text, ')');
		buf_add_str(&text, "a@x");
		got = parsed(buf_span(&text), true, &f);
		if (depth == ADDRESS_NESTING_MAX)
			assert_string_equal(got, "a@x\n");
		else
			assert_non_null(strstr(f.text, "nested too deeply"));
		free(got);
	}
	buf_release(&text);
}

static void fields_may_have_tabs(void **state)
{
	struct fault f;
	char *got = parsed(SPAN_LIT("\ta@x,\tJoe\t<b@y>,\r\n\tc@z"), true, &f);

	(void)state;
	assert_string_equal(got, "a@x\nb@y\nc@z\n");
	free(got);
	assert_null(parsed(SPAN_LIT("\"a\tb\"@x"), true, &f));
	assert_null(parsed(SPAN_LIT("a@x\0"), true, &f));
	assert_null(parsed(SPAN_LIT("a@x\r\nb@y"), true, &f));
}

static void bare_names_need_a_domain(void **state)
{
	struct strv found = {0};
	struct fault f;

	(void)state;
	assert_int_equal(address_list_parse(SPAN_LIT("a@x, joe"), NULL, &found, &f), -1);
	assert_non_null(strstr(f.text, "'joe': there is no '@'"));
	assert_int_equal(address_list_parse(SPAN_LIT("joe"), "", &found, &f), -1);
	assert_int_equal(
		address_list_parse(SPAN_LIT("joe"), "not a host", &found, &f), -1);
	assert_int_equal(found.count, 0);
	strv_release(&found);
}

static void one_address_is_parsed(void **state)
{
	static const struct {
		struct span text;
		const char *expect; /* NULL: refused */
		const char *why;
	} cases[] = {
		{SPAN_LIT(""), "", "117: the null sender"},
		{SPAN_LIT("<>"), "", "117: the null sender"},
		{SPAN_LIT(" <> "), "", "the null sender"},
		{SPAN_LIT("a b"), NULL, "117: a blank"},
		{SPAN_LIT("fail2ban"), "fail2ban@here.test", "a bare word"},
		{SPAN_LIT("Joe <a@x>"), "a@x", "a name"},
		{SPAN_LIT("<@r:a@x>"), "a@x", "a route"},
		{SPAN_LIT("a@x, b@y"), NULL, "two"},
		{SPAN_LIT(" "), NULL, "none"},
		{SPAN_LIT("a@x\r\nDATA"), NULL, "110"},
		{SPAN_LIT("a@x\r\n "), NULL, "110: not even folded"},
		{SPAN_LIT("<>\n"), NULL, "110"},
		{SPAN_LIT("a@x\0"), NULL, "110"},
		{SPAN_LIT("a@x\t"), NULL, "110"},
	};
	struct buf address = BUF_INIT(400);
	struct fault f;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int rc;

		buf_reset(&address);
		buf_add_str(&address, "before");
		rc = address_parse(cases[i].text, "here.test", &address, &f);
		if ((rc == 0) != (cases[i].expect != NULL))
			fail_msg("%s: %s", cases[i].why, rc ? f.text : buf_str(&address));
		assert_string_equal(
			buf_str(&address), cases[i].expect ? cases[i].expect : "before");
	}
	buf_release(&address);
}

static void canonical_form_is_recognised(void **state)
{
	static const struct {
		struct span text;
		bool is_canonical;
	} cases[] = {
		{SPAN_LIT("a@x"), true},
		{SPAN_LIT("\"a b\"@x.test"), true},
		{SPAN_LIT("\"a@b\"@x.test"), true},
		{SPAN_LIT("\xc3\xbc@b\xc3\xbc.test"), true},
		{SPAN_LIT("a@[IPv6:::1]"), true},
		{SPAN_LIT(""), false},
		{SPAN_LIT("a"), false},
		{SPAN_LIT("@"), false},
		{SPAN_LIT("@x"), false},
		{SPAN_LIT("a@"), false},
		{SPAN_LIT("a@x."), false},
		{SPAN_LIT("a..b@x"), false},
		{SPAN_LIT("a b@x"), false},
		{SPAN_LIT("a@b@x"), false},
		{SPAN_LIT("<a@x>"), false},
		{SPAN_LIT("a@x\n"), false},
		{SPAN_LIT("a\n@x"), false},
		{SPAN_LIT("a\0@x"), false},
		{SPAN_LIT("a@[127.0.0.1\0]"), false},
		{SPAN_LIT("a@[127.0.0.1]x]"), false},
		{SPAN_LIT("\"joe\"@x"), false},
		{SPAN_LIT("\"a\\b c\"@x"), false},
		{SPAN_LIT("\"a\"b\"@x"), false},
		{SPAN_LIT("\"@x"), false},
		{SPAN_LIT("\"\\\"@x"), false},
		{SPAN_LIT("\xff@x"), false},
		{SPAN_LIT("a@x\xff"), false},
		{SPAN_LIT("a@x,b@y"), false},
		{SPAN_LIT(FIFTY TEN "12345@x"), false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (address_is_canonical(cases[i].text) != cases[i].is_canonical)
			fail_msg("'%s'", cases[i].text.data);
}

static void parts_are_at_the_last_at(void **state)
{
	struct span address = SPAN_LIT("\"a@b\"@x.test");

	(void)state;
	assert_true(span_is(address_local(address), "\"a@b\""));
	assert_true(span_is(address_domain(address), "x.test"));
	assert_int_equal(address_local(SPAN_LIT("")).len, 0);
	assert_int_equal(address_domain(SPAN_LIT("")).len, 0);
}

static void same_mailbox_ignores_the_domains_case(void **state)
{
	(void)state;
	assert_true(address_is_same(SPAN_LIT("a@X.test"), SPAN_LIT("a@x.TEST")));
	assert_false(address_is_same(SPAN_LIT("A@x.test"), SPAN_LIT("a@x.test")));
	assert_false(address_is_same(SPAN_LIT("a@x.test"), SPAN_LIT("a@y.test")));
	assert_true(address_is_same(SPAN_LIT(""), SPAN_LIT("")));
}

static void login_names_become_addresses(void **state)
{
	struct buf out = BUF_INIT(400);
	struct fault f;

	(void)state;
	assert_int_equal(
		address_compose(SPAN_LIT("dom user"), SPAN_LIT("x.test"), &out, &f), 0);
	assert_string_equal(buf_str(&out), "\"dom user\"@x.test");
	assert_int_equal(address_compose(SPAN_LIT("a\n"), SPAN_LIT("x"), &out, &f), -1);
	assert_int_equal(address_compose(SPAN_LIT("a"), SPAN_LIT(""), &out, &f), -1);
	assert_string_equal(f.text, "'a@': there is no domain behind the '@'");
	assert_string_equal(buf_str(&out), "\"dom user\"@x.test");
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(list_is_parsed),
		cmocka_unit_test(list_is_refused),
		cmocka_unit_test(limits_are_inclusive),
		cmocka_unit_test(comments_nest_to_a_limit),
		cmocka_unit_test(fields_may_have_tabs),
		cmocka_unit_test(bare_names_need_a_domain),
		cmocka_unit_test(one_address_is_parsed),
		cmocka_unit_test(canonical_form_is_recognised),
		cmocka_unit_test(parts_are_at_the_last_at),
		cmocka_unit_test(same_mailbox_ignores_the_domains_case),
		cmocka_unit_test(login_names_become_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
