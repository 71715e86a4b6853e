#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/codec.h"
#include "net/socks5.h"

/* What is said, and what the proxy answers to it, in hexadecimal; "" ends it. */
struct exchange {
	const char *said, *answer;
};

struct socks_case {
	const char *why;
	struct socks5_request request;
	struct exchange exchanges[4];
	enum socks5_step end;
	const char *text; /* of the failure */
};

#define HOST SPAN_LIT("mx.test")
/* CONNECT mx.test:587 */
#define CONNECT "05010003076d782e74657374024b"

static const struct socks_case cases[] = {
	{"by name", {.host = HOST, .port = 587},
		{{"050100", "0500"}, {CONNECT, "05000001c0000201abcd"}}, SOCKS5_DONE,
		NULL},
	{"bound by IPv6", {.host = HOST, .port = 587},
		{{"050100", "0500"},
			{CONNECT, "0500000420010db8000000000000000000000001abcd"}},
		SOCKS5_DONE, NULL},
	{"bound by name", {.host = HOST, .port = 587},
		{{"050100", "0500"}, {CONNECT, "0500000302"
					       "6161"
					       "abcd"}},
		SOCKS5_DONE, NULL},
	{"bound by an empty name", {.host = HOST, .port = 587},
		{{"050100", "0500"}, {CONNECT, "0500000300abcd"}}, SOCKS5_DONE, NULL},
	{"a login that is not asked for",
		{.host = HOST,
			.port = 587,
			.user = SPAN_LIT("u"),
			.password = SPAN_LIT("pw")},
		{{"05020002", "0500"}, {CONNECT, "05000001c0000201abcd"}}, SOCKS5_DONE,
		NULL},
	{"a login",
		{.host = HOST,
			.port = 587,
			.user = SPAN_LIT("u"),
			.password = SPAN_LIT("pw")},
		{{"05020002", "0502"},
			{"0101750270"
			 "77",
				"0100"},
			{CONNECT, "05000001c0000201abcd"}},
		SOCKS5_DONE, NULL},
	{"a login that is refused",
		{.host = HOST,
			.port = 587,
			.user = SPAN_LIT("u"),
			.password = SPAN_LIT("pw")},
		{{"05020002", "0502"}, {"01017502"
					"7077",
					       "0101"}},
		SOCKS5_REFUSED, "it refuses user and password"},
	{"a login that we have not", {.host = HOST, .port = 587}, {{"050100", "0502"}},
		SOCKS5_REFUSED, "it wants a login"},
	{"no method", {.host = HOST, .port = 587}, {{"050100", "05ff"}}, SOCKS5_REFUSED,
		"it wants a login"},
	{"no method that we have",
		{.host = HOST,
			.port = 587,
			.user = SPAN_LIT("u"),
			.password = SPAN_LIT("pw")},
		{{"05020002", "05ff"}}, SOCKS5_REFUSED,
		"it accepts no login by user and password"},
	{"an empty password", {.host = HOST, .port = 587, .user = SPAN_LIT("u")},
		{{"05020002", "0502"}}, SOCKS5_REFUSED,
		"SOCKS has no room for this name or login"},
	{"SOCKS 4", {.host = HOST, .port = 587}, {{"050100", "0400"}}, SOCKS5_REFUSED,
		"it does not speak SOCKS5"},
	{"HTTP", {.host = HOST, .port = 587}, {{"050100", "4854"}}, SOCKS5_REFUSED,
		"it does not speak SOCKS5"},
	{"refused by the host", {.host = HOST, .port = 587},
		{{"050100", "0500"}, {CONNECT, "05050001"}}, SOCKS5_FAILED,
		"connection refused"},
	{"unknown to the proxy", {.host = HOST, .port = 587},
		{{"050100", "0500"}, {CONNECT, "05040001"}}, SOCKS5_FAILED,
		"host unreachable"},
	{"not allowed", {.host = HOST, .port = 587},
		{{"050100", "0500"}, {CONNECT, "05020001"}}, SOCKS5_REFUSED,
		"it does not allow this connection"},
	{"an unknown code", {.host = HOST, .port = 587},
		{{"050100", "0500"}, {CONNECT, "05ff0001"}}, SOCKS5_REFUSED,
		"a reply of no known meaning"},
	{"an unknown type of address", {.host = HOST, .port = 587},
		{{"050100", "0500"}, {CONNECT, "05000002"}}, SOCKS5_REFUSED,
		"a reply that makes no sense"},
	{"another version in the reply", {.host = HOST, .port = 587},
		{{"050100", "0500"}, {CONNECT, "04000001"}}, SOCKS5_REFUSED,
		"it does not speak SOCKS5"},
};

static void assert_said(const char *why, const struct buf *output, const char *hex)
{
	struct buf text = BUF_INIT(4096);

	for (size_t i = 0; i < output->len; i++)
		buf_addf(&text, "%02x", (unsigned char)output->data[i]);
	if (strcmp(buf_str(&text), hex) != 0)
		fail_msg("%s: %s instead of %s", why, buf_str(&text), hex);
	buf_release(&text);
}

/* As many octets of the answer as are wanted. */
static void answer(struct socks5 *s, const char **hex, const char *why)
{
	char octets[SOCKS5_READ_MAX];

	assert_in_range(s->wanted, 1, SOCKS5_READ_MAX);
	for (size_t i = 0; i < s->wanted; i++, *hex += 2) {
		if (!**hex)
			fail_msg("%s: it wants more than there is", why);
		octets[i] = (char)(hex_value((*hex)[0]) << 4 | hex_value((*hex)[1]));
	}
	socks5_received(s, (struct span){octets, s->wanted});
}

static void play(const struct socks_case *c)
{
	struct socks5 s;

	socks5_init(&s, &c->request);
	for (const struct exchange *e = c->exchanges; e->said; e++) {
		const char *rest = e->answer;

		assert_int_equal(s.step, SOCKS5_WRITE);
		assert_said(c->why, &s.output, e->said);
		socks5_written(&s);
		while (s.step == SOCKS5_READ)
			answer(&s, &rest, c->why);
		if (*rest)
			fail_msg("%s: %s is not read", c->why, rest);
	}
	if (s.step != c->end || (c->text && strcmp(s.why, c->text) != 0))
		fail_msg("%s: %d %s", c->why, (int)s.step, s.why ? s.why : "");
	socks5_release(&s);
}

static void test_dialogues(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		play(&cases[i]);
}

static void connects_to(const char *address, const char *hex)
{
	struct netaddr a;
	struct socks5_request request = {.address = &a, .port = 25};
	struct socks5 s;

	assert_int_equal(netaddr_parse(span_of(address), 25, &a), 0);
	socks5_init(&s, &request);
	socks5_written(&s);
	socks5_received(&s, (struct span){"\5\0", 2});
	assert_said(address, &s.output, hex);
	socks5_release(&s);
}

static void test_addresses(void **state)
{
	(void)state;
	connects_to("192.0.2.1", "05010001c00002010019");
	connects_to("2001:db8::1", "0501000420010db80000000000000000000000010019");
}

static void test_a_name_that_is_too_long(void **state)
{
	char name[256];
	struct socks5_request request = {.host = {name, sizeof(name)}, .port = 25};
	struct socks5 s;

	(void)state;
	memset(name, 'a', sizeof(name));
	socks5_init(&s, &request);
	socks5_written(&s);
	socks5_received(&s, (struct span){"\5\0", 2});
	assert_int_equal(s.step, SOCKS5_REFUSED);
	socks5_release(&s);
	request.host.len--;
	socks5_init(&s, &request);
	socks5_written(&s);
	socks5_received(&s, (struct span){"\5\0", 2});
	assert_int_equal(s.step, SOCKS5_WRITE);
	assert_int_equal(s.output.len, 4 + 1 + 255 + 2);
	socks5_release(&s);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialogues),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_a_name_that_is_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
