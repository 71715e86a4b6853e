#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bug.h"
#include "mail/tls_wish.h"

static void test_header(void **state)
{
	static const struct {
		const char *header;
		enum tls_wish wish;
	} cases[] = {
		{"Subject: x\r\nTLS-Required: No\r\n", TLS_WISH_OPTIONAL},
		{"tls-required:\r\n no \r\nSubject: x\r\n", TLS_WISH_OPTIONAL},
		{"TLS-Required: Yes\r\n", TLS_WISH_USUAL},
		{"TLS-Required: No, really\r\n", TLS_WISH_USUAL},
		{"TLS-Required:\r\n", TLS_WISH_USUAL},
		{"TLS-Required: No\r\nTLS-Required: No\r\n", TLS_WISH_USUAL},
		{"TLS-Required: No\r\nTLS-Required: x\r\n", TLS_WISH_USUAL},
		{"X-TLS-Required: No\r\n", TLS_WISH_USUAL},
		{"Subject: x\r\n\r\nTLS-Required: No\r\n", TLS_WISH_USUAL},
		{"", TLS_WISH_USUAL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		if (tls_wish_of_header(span_of(cases[i].header)) != cases[i].wish)
			fail_msg("%s", cases[i].header);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
