#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "net/idn.h"

struct one_domain {
	const char *why;
	struct span in;
	const char *out; /* NULL: refused */
};

static void check(const struct one_domain *c)
{
	char out[IDN_NAME_SIZE] = "untouched";
	struct fault f;
	int rc = idn_to_ascii(c->in, out, &f);

	if (rc != (c->out ? 0 : -1))
		fail_msg("%s: %d %s", c->why, rc, rc ? f.text : out);
	assert_string_equal(out, c->out ? c->out : "untouched");
	if (rc < 0) {
		assert_int_equal(f.kind, FAULT_DATA);
		assert_non_null(strstr(f.text, "domain \""));
	}
}

#define LABEL_63 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void test_ascii(void **state)
{
	static const struct one_domain cases[] = {
		{"plain", SPAN_LIT("example.org"), "example.org"},
		{"upper case", SPAN_LIT("Example.ORG"), "example.org"},
		{"trailing dot", SPAN_LIT("example.org."), "example.org"},
		{"underscore", SPAN_LIT("my_host.example"), "my_host.example"},
		{"hyphens at 3 and 4", SPAN_LIT("r3---sn.example"), "r3---sn.example"},
		{"one label", SPAN_LIT("mailhub"), "mailhub"},
		{"two trailing dots", SPAN_LIT("example.org.."), NULL},
		{"empty", SPAN_LIT(""), NULL},
		{"root", SPAN_LIT("."), NULL},
		{"address", SPAN_LIT("192.0.2.1"), NULL},
		{"space", SPAN_LIT("a b.example"), NULL},
		{"NUL", SPAN_LIT("a\0b.example"), NULL},
		{"CR LF", SPAN_LIT("a.example\r\nDATA"), NULL},
		{"label of 64", SPAN_LIT(LABEL_63 "a.org"), NULL},
		{"256 octets", SPAN_LIT(LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_63),
			NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(&cases[i]);
}

#ifdef HAVE_IDN2
static void test_international(void **state)
{
	static const struct one_domain cases[] = {
		{"U-label",
			SPAN_LIT("b\xc3\xbc"
				 "cher.test"),
			"xn--bcher-kva.test"},
		{"upper case is mapped",
			SPAN_LIT("B\xc3\x9c"
				 "CHER.TEST"),
			"xn--bcher-kva.test"},
		{"decomposed: NFC first",
			SPAN_LIT("bu\xcc\x88"
				 "cher.test"),
			"xn--bcher-kva.test"},
		{"sharp s stays (not transitional)", SPAN_LIT("fa\xc3\x9f.test"),
			"xn--fa-hia.test"},
		{"A-label", SPAN_LIT("xn--bcher-kva.test"), "xn--bcher-kva.test"},
		{"A-label in upper case", SPAN_LIT("XN--BCHER-KVA.test"),
			"xn--bcher-kva.test"},
		{"ligature is mapped to letters", SPAN_LIT("\xef\xac\x80.test"),
			"ff.test"},
		{"ideographic full stop", SPAN_LIT("example\xe3\x80\x82test"),
			"example.test"},
		{"A-label of nothing", SPAN_LIT("xn--.test"), NULL},
		{"A-label that is no punycode", SPAN_LIT("xn--\x7e\x7e.test"), NULL},
		{"A-label cut", SPAN_LIT("xn--bcher-kv.test"), NULL},
		{"A-label of an ASCII label", SPAN_LIT("xn--abc-.test"), NULL},
		{"A-label of what IDNA forbids", SPAN_LIT("xn--a-0fn.test"), NULL},
		{"zero width joiner out of place",
			SPAN_LIT("ex\xe2\x80\x8d"
				 "ample.test"),
			NULL},
		{"not UTF-8",
			SPAN_LIT("b\xfc"
				 "cher.test"),
			NULL},
		{"full width digits make an address", SPAN_LIT("192.0.2.\xef\xbc\x91"),
			NULL},
		{"full width at sign",
			SPAN_LIT("a\xef\xbc\xa0"
				 "b.test"),
			NULL},
		{"right-to-left override",
			SPAN_LIT("a\xe2\x80\xae"
				 "b.test"),
			NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(&cases[i]);
}

static void test_long_input(void **state)
{
	char text[4096];
	struct fault f;
	char out[IDN_NAME_SIZE];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[0] = '\xc3';
	text[1] = '\xbc';
	assert_int_equal(idn_to_ascii((struct span){text, sizeof(text)}, out, &f), -1);
	text[63] = '.';
	assert_int_equal(idn_to_ascii((struct span){text, 130}, out, &f), -1);
}
#else
static void test_international(void **state)
{
	static const struct one_domain cases[] = {
		{"U-label",
			SPAN_LIT("b\xc3\xbc"
				 "cher.test"),
			NULL},
		{"A-label", SPAN_LIT("XN--bcher-kva.test"), "xn--bcher-kva.test"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(&cases[i]);
}

static void test_long_input(void **state)
{
	(void)state;
	skip();
}
#endif

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_international),
		cmocka_unit_test(test_long_input),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
