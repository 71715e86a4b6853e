#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/bug.h"
#include "conf/hop.h"

#define PATH_106                                                                 \
	"/234567890123456789012345678901234567890123456789012345678901234567890" \
	"123456789012345678901234567890123456"

struct hop_case {
	const char *why;
	const char *text;
	const char *formatted; /* NULL: refused */
};

static const struct hop_case cases[] = {
	{"none", "", ""},
	{"a host", "mail.example.org", "mail.example.org"},
	{"in capitals", "Mail.Example.ORG", "mail.example.org"},
	{"a container's name", "mail_relay", "mail_relay"},
	{"IPv4", "192.0.2.1", "192.0.2.1"},
	{"IPv6", "2001:DB8:0:0::1", "2001:db8::1"},
	{"IPv6 in brackets", "[2001:db8::1]", "2001:db8::1"},
	{"ports", "a:587 192.0.2.1:26 [::1]:27", "a:587 192.0.2.1:26 [::1]:27"},
	{"smtp is nothing special", "smtp://a:26/ SMTP://[::1]", "a:26 ::1"},
	{"TLS", "smtps://a smtps://[::1]:466/", "smtps://a smtps://[::1]:466"},
	{"STARTTLS", "smtp+starttls://a", "smtp+starttls://a"},
	{"LMTP", "lmtp://a lmtp://[::1]:26", "lmtp://a lmtp://[::1]:26"},
	{"a socket", "lmtp:/run/lmtp", "lmtp:/run/lmtp"},
	{"a socket as URL", "LMTP:///run/lmtp", "lmtp:/run/lmtp"},
	{"a path with too many slashes", "lmtp://///run/lmtp", "lmtp:/run/lmtp"},
	{"MX", "mx:Example.org", "mx:example.org"},
	{"MX with a port", "mx:example.org:26", "mx:example.org:26"},
	{"SRV", "SRV:example.org", "srv:example.org"},
	{"ten", "a b c d e f g h i j", "a b c d e f g h i j"},
	{"direct", "Direct", "direct"},
	{"discard", "discard:", "discard:"},
	{"error", "error: 5.7.1 no  mail; none", "error:5.7.1 no  mail; none"},
	{"the longest path", "lmtp:" PATH_106 "6", "lmtp:" PATH_106 "6"},

	{"eleven", "a b c d e f g h i j k", NULL},
	{"row 140: 300 octets",
		"a23456789012345678901234567890123456789012345678901234567890123456789012"
		"3456789012345678901234567890123456789012345678901234567890.b345678901234"
		"567890123456789012345678901234567890123456789012345678901234567890123456"
		"78901234567890123456789012345678901234567890123456789012345678901234567"
		"8",
		NULL},
	{"row 140: a hyphen in front", "-mail.example.org", NULL},
	{"a comma", "a, b", NULL},
	{"no port", "a:", NULL},
	{"port 0", "a:0", NULL},
	{"port 65536", "a:65536", NULL},
	{"a user", "smtps://u@a", NULL},
	{"an empty user", "smtps://@a", NULL},
	{"a path", "smtps://a/b", NULL},
	{"no host", "smtps://", NULL},
	{"only a path", "smtps:///a", NULL},
	{"another scheme", "https://a", NULL},
	{"an unknown word", "srw:a", NULL},
	{"an MX of an address", "mx:192.0.2.1", NULL},
	{"SRV has ports itself", "srv:example.org:26", NULL},
	{"SRV of nothing", "srv:", NULL},
	{"a relative socket", "lmtp:run/lmtp", NULL},
	{"no socket", "lmtp:/", NULL},
	{"a path that is too long", "lmtp:" PATH_106 "67", NULL},
	{"direct among others", "a direct", NULL},
	{"discard among others", "discard: a", NULL},
	{"discard something", "discard:a", NULL},
	{"error among others", "a error:b", NULL},
	{"an error without words", "error:  ", NULL},
	{"an error that is no UTF-8", "error:\xff", NULL},
};

static void reads_hops(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct hop_case *c = &cases[i];
		struct buf want = BUF_INIT(1024), text = BUF_INIT(1024);
		struct conf_hops hops = {0};
		int rc = conf_hops_parse(span_of(c->text), &hops, &want);

		conf_hops_format(&hops, &text);
		if (rc != (c->formatted ? 0 : -1) ||
			(c->formatted && strcmp(buf_str(&text), c->formatted) != 0))
			fail_msg("%s: %s", c->why, buf_str(&text));
		assert_true(c->formatted ? want.len == 0 : want.len > 0);
		assert_false(want.is_overfull);
		conf_hops_release(&hops);
		buf_release(&want);
		buf_release(&text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_hops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
