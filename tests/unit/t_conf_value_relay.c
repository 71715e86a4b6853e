#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/strv.h"
#include "conf/relay.h"
#include "conf/value.h"

#define HEX   "0123456789abcdef"
#define COLON "01:23:45:67:89:AB:CD:EF"

static const char *const mechanisms[] = {"SCRAM-SHA-256", "PLAIN", NULL};
static const char *const senders[] = {"*", "<>", NULL};
static const char *const any[] = {"*", NULL};

static const char *const locals[] = {"auto", "mailbox", "forward-to-relay", NULL};

static const struct value_spec text = {.kind = VALUE_TEXT};
static const struct value_spec secret = {.kind = VALUE_SECRET};
static const struct value_spec hops = {.kind = VALUE_HOPS};
static const struct value_spec local = {.kind = VALUE_LOCAL, .words = locals};
static const struct value_spec provider = {.kind = VALUE_PROVIDER};
static const struct value_spec sources = {.kind = VALUE_SOURCES};
static const struct value_spec proxy = {.kind = VALUE_PROXY};
static const struct value_spec auth = {.kind = VALUE_MECHANISMS, .words = mechanisms};
static const struct value_spec fingerprints = {.kind = VALUE_FINGERPRINTS};
static const struct value_spec sender = {.kind = VALUE_PATTERNS, .words = senders};
static const struct value_spec recipient = {.kind = VALUE_PATTERNS, .words = any};
static const struct value_spec users = {.kind = VALUE_USERS};

struct value_case {
	const char *why;
	const struct value_spec *spec;
	const char *text;
	const char *shown; /* NULL: refused */
};

static const struct value_case cases[] = {
	{"any text", &text, "joe \"x\" #", "joe \"x\" #"},
	{"no text", &text, "", ""},
	{"a tab", &text, "a\tb", NULL},
	{"a secret", &secret, "hunter2", "(set)"},
	{"no secret", &secret, "", ""},
	{"relays", &hops, "A.test b.test:26", "a.test b.test:26"},
	{"no relay", &hops, "", ""},
	{"no such relay", &hops, "a.test,b.test", NULL},
	{"as it is best", &local, "Auto", "auto"},
	{"mailboxes", &local, "mailbox", "mailbox"},
	{"the relay", &local, "forward-to-relay", "forward-to-relay"},
	{"a socket", &local, "lmtp:/run/lmtp", "lmtp:/run/lmtp"},
	{"a server", &local, "lmtp:Store.test:24", "lmtp://store.test:24"},
	{"as a relay is written", &local, "lmtp://[::1]:24", "lmtp://[::1]:24"},
	{"no LMTP", &local, "smtp://store.test", NULL},
	{"two servers", &local, "lmtp:/run/lmtp lmtp:/run/other", NULL},
	{"nothing at all", &local, "", NULL},
	{"no server", &local, "lmtp:", NULL},
	{"a provider", &provider, "Gmail", "gmail"},
	{"none", &provider, "none", "none"},
	{"no such provider", &provider, "", NULL},

	{"a source", &sources, "192.0.2.7", "192.0.2.7"},
	{"one of each family", &sources, "2001:db8::7  192.0.2.7",
		"2001:db8::7 192.0.2.7"},
	{"two of one family", &sources, "192.0.2.7 192.0.2.8", NULL},
	{"a name", &sources, "localhost", NULL},
	{"a port", &sources, "192.0.2.7:25", NULL},

	{"a proxy", &proxy, "socks5://proxy.test", "socks5://proxy.test:1080"},
	{"its port", &proxy, "SOCKS5://[::1]:9050/", "socks5://[::1]:9050"},
	{"a login", &proxy, "socks5://u:p%40q@proxy.test",
		"socks5://(set)@proxy.test:1080"},
	{"no proxy", &proxy, "", ""},
	{"another proxy", &proxy, "http://proxy.test", NULL},
	{"no scheme", &proxy, "proxy.test:1080", NULL},
	{"a path", &proxy, "socks5://proxy.test/x", NULL},
	{"a broken escape", &proxy, "socks5://u:%4@proxy.test", NULL},
	{"a newline", &proxy, "socks5://u:%0a@proxy.test", NULL},

	{"mechanisms", &auth, "plain  Scram-Sha-256", "PLAIN SCRAM-SHA-256"},
	{"no mechanism", &auth, "", ""},
	{"an unknown one", &auth, "PLAIN CRAM-MD5", NULL},

	{"a fingerprint", &fingerprints, HEX HEX HEX HEX, HEX HEX HEX HEX},
	{"with colons", &fingerprints, COLON ":" COLON ":" COLON ":" COLON,
		HEX HEX HEX HEX},
	{"two", &fingerprints, HEX HEX HEX HEX " " HEX HEX HEX HEX,
		HEX HEX HEX HEX " " HEX HEX HEX HEX},
	{"SHA-1", &fingerprints, HEX HEX "01234567", NULL},
	{"too long", &fingerprints, HEX HEX HEX HEX "0", NULL},
	{"a colon in front", &fingerprints, ":" HEX HEX HEX HEX, NULL},
	{"a colon at an odd place", &fingerprints, "0:123456789abcdef" HEX HEX HEX, NULL},
	{"no hexadecimal", &fingerprints, "g123456789abcdef" HEX HEX HEX, NULL},

	{"patterns", &sender, "me@a.test a.test *.a.test * <>",
		"me@a.test a.test *.a.test * <>"},
	{"an @ in front of a domain", &sender, "@a.test", "a.test"},
	{"a literal", &recipient, "[192.0.2.1]", "[192.0.2.1]"},
	{"no recipient is null", &recipient, "<>", NULL},
	{"a * in the middle", &sender, "a.*.test", NULL},
	{"all of a domain", &sender, "*@a.test *@*.a.test", "a.test *.a.test"},
	{"all of an address", &sender, "*@me@a.test", NULL},
	{"U-labels", &sender,
		"b\xc3\xbc"
		"cher.test",
		NULL},
	{"users", &users, "root  www-data", "root www-data"},
};

union field {
	char *string;
	unsigned number;
	struct strv list;
	struct conf_hops hops;
	struct conf_local local;
	struct conf_proxy proxy;
};

static void check_case(const struct value_case *c, const char *written)
{
	struct buf want = BUF_INIT(1024), shown = BUF_INIT(1024);
	union field field;
	int rc;

	memset(&field, 0, sizeof(field));
	rc = value_parse(c->spec, span_of(written), &field, &want);
	if (rc != (c->shown ? 0 : -1))
		fail_msg("%s: %d %s", c->why, rc, buf_str(&want));
	assert_int_equal(want.len > 0, rc < 0);
	if (rc == 0) {
		value_format(c->spec, &field, &shown);
		if (strcmp(buf_str(&shown), c->shown) != 0)
			fail_msg("%s: %s", c->why, buf_str(&shown));
	}
	value_release(c->spec, &field);
	buf_release(&want);
	buf_release(&shown);
}

static void reads_and_shows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check_case(&cases[i], cases[i].text);
}

static void shows_what_it_reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (cases[i].shown)
			check_case(&cases[i], cases[i].shown);
}

static void takes_a_proxy_apart(void **state)
{
	struct buf want = BUF_INIT(1024);
	struct conf_proxy p = {0};

	(void)state;
	assert_int_equal(value_parse(&proxy, SPAN_LIT("socks5://j%3ao:p%40q@[::1]:9050"),
				 &p, &want),
		0);
	assert_string_equal(p.host, "::1");
	assert_int_equal(p.port, 9050);
	assert_string_equal(p.user, "j:o");
	assert_string_equal(p.password, "p@q");
	value_release(&proxy, &p);
	assert_null(p.password);
	buf_release(&want);
}

static void keeps_the_old_value_on_a_mistake(void **state)
{
	struct buf want = BUF_INIT(1024);
	struct conf_hops h = {0};

	(void)state;
	assert_int_equal(value_parse(&hops, SPAN_LIT("a.test"), &h, &want), 0);
	assert_int_equal(value_parse(&hops, SPAN_LIT("b.test -"), &h, &want), -1);
	assert_string_equal(h.items[0].name, "a.test");
	value_release(&hops, &h);
	buf_release(&want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_and_shows),
		cmocka_unit_test(shows_what_it_reads),
		cmocka_unit_test(takes_a_proxy_apart),
		cmocka_unit_test(keeps_the_old_value_on_a_mistake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
