#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bug.h"
#include "smtp/auth.h"
#include "smtp/extensions.h"

static const struct {
	const char *why;
	const char *text;
	struct smtp_extensions expected;
} cases[] = {
	{"nothing", "", {0}},
	{"the domain is no keyword", "PIPELINING", {0}},
	{"all", "mx\nPIPELINING\n8BITMIME\nSIZE 1000\nDSN\nSMTPUTF8\nAUTH PLAIN",
		{.has_pipelining = true,
			.has_8bitmime = true,
			.has_size = true,
			.size_max = 1000,
			.has_dsn = true,
			.has_smtputf8 = true,
			.auth = SMTP_AUTH_PLAIN}},
	{"case and spaces", "mx\npipelining \nDsN\t\n  8bitmime",
		{.has_pipelining = true, .has_dsn = true, .has_8bitmime = true}},
	{"unknown, empty, prefix", "mx\n\nX-FOO\nPIPELININGS\nPIPELIN\n ", {0}},
	{"SMTPUTF8 implies 8BITMIME", "mx\nSMTPUTF8",
		{.has_smtputf8 = true, .has_8bitmime = true}},
	{"for after TLS", "mx\nSTARTTLS\nREQUIRETLS",
		{.has_starttls = true, .has_requiretls = true}},
	{"size without number", "mx\nSIZE", {.has_size = true}},
	{"size 0", "mx\nSIZE 0", {.has_size = true}},
	{"size largest", "mx\nSIZE 18446744073709551615",
		{.has_size = true, .size_max = UINT64_MAX}},
	{"size too large", "mx\nSIZE 18446744073709551616", {.has_size = true}},
	{"size of many digits", "mx\nSIZE 99999999999999999999999", {.has_size = true}},
	{"size no number", "mx\nSIZE 12x", {.has_size = true}},
	{"size negative", "mx\nSIZE -1", {.has_size = true}},
	{"size twice: the last", "mx\nSIZE 5\nSIZE 7", {.has_size = true, .size_max = 7}},
	{"auth legacy", "mx\nAUTH=LOGIN PLAIN",
		{.auth = SMTP_AUTH_LOGIN | SMTP_AUTH_PLAIN}},
	{"auth both: union", "mx\nAUTH LOGIN\nauth=plain CRAM-MD5",
		{.auth = SMTP_AUTH_LOGIN | SMTP_AUTH_PLAIN}},
	{"limits", "mx\nLIMITS MAILMAX=20 RCPTMAX=10 FUTURE=x",
		{.mail_max = 20, .rcpt_max = 10}},
	{"limits malformed", "mx\nLIMITS MAILMAX RCPTMAX= =5 rcptmax=7", {.rcpt_max = 7}},
};

static void test_cases(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct smtp_extensions *e = &cases[i].expected;
		struct smtp_extensions got =
			smtp_extensions_parse(span_of(cases[i].text));

		print_message("# %s\n", cases[i].why);
		assert_int_equal(got.has_pipelining, e->has_pipelining);
		assert_int_equal(got.has_8bitmime, e->has_8bitmime);
		assert_int_equal(got.has_size, e->has_size);
		assert_int_equal(got.has_dsn, e->has_dsn);
		assert_int_equal(got.has_smtputf8, e->has_smtputf8);
		assert_int_equal(got.has_starttls, e->has_starttls);
		assert_int_equal(got.has_requiretls, e->has_requiretls);
		assert_true(got.size_max == e->size_max);
		assert_true(got.mail_max == e->mail_max);
		assert_true(got.rcpt_max == e->rcpt_max);
		assert_int_equal(got.auth, e->auth);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
