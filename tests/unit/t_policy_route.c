#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "policy/route.h"

static const struct route_options direct = {.mx_port = 25};

/* Ways as a test wants them, with what they borrow. */
#define WAYS_MAX 4
struct ways {
	struct route_way items[WAYS_MAX];
	struct route_hop hops[WAYS_MAX];
	struct strv senders[WAYS_MAX];
	struct strv recipients[WAYS_MAX];
	struct strv users[WAYS_MAX];
	struct route_options options;
};

static void ways_init(struct ways *w)
{
	*w = (struct ways){.options = {.ways = w->items, .mx_port = 25}};
}

static void add_words(struct strv *list, const char *words)
{
	struct span rest = span_of(words), word;

	while (span_word(&rest, &word))
		strv_add(list, word);
}

/* "senders | recipients | local users" */
static struct route_way *ways_add(struct ways *w, const char *name, const char *patterns)
{
	size_t i = w->options.way_count++;
	struct span rest = span_of(patterns), part;
	struct strv *lists[] = {&w->senders[i], &w->recipients[i], &w->users[i]};

	for (size_t k = 0; k < ARRAY_LEN(lists) && span_cut(&rest, '|', &part); k++) {
		struct buf words = BUF_INIT(256);

		buf_add_span(&words, part);
		add_words(lists[k], buf_str(&words));
		buf_release(&words);
	}
	w->hops[i] = (struct route_hop){.name = "smtp.example.com", .port = 587};
	w->items[i] = (struct route_way){.kind = ROUTE_WAY_RELAY,
		.name = name,
		.senders = lists[0],
		.recipients = lists[1],
		.local_users = lists[2],
		.hops = &w->hops[i],
		.hop_count = 1,
		.identity = ""};
	return &w->items[i];
}

static void ways_release(struct ways *w)
{
	for (size_t i = 0; i < WAYS_MAX; i++) {
		strv_release(&w->senders[i]);
		strv_release(&w->recipients[i]);
		strv_release(&w->users[i]);
	}
}

static void key_of(const struct route_options *options, const char *recipient,
	char ret[ROUTE_KEY_SIZE])
{
	struct route route;
	struct outcome why;

	if (route_resolve(options, SPAN_LIT("me@box.example"), span_of(recipient), &route,
		    &why) < 0)
		fail_msg("%s: %s", recipient, why.text);
	route_key(&route, ret);
}

static void test_wishes(void **state)
{
	struct route_way relay = {.kind = ROUTE_WAY_RELAY, .name = "", .identity = ""};
	struct route mx = {.kind = ROUTE_MX, .port = 25, .name = "example.org"};
	struct route by_relay = {.kind = ROUTE_RELAY, .way = &relay};
	struct route_options options = {.mx_port = 25};
	struct route usual = mx;
	char key[ROUTE_KEY_SIZE];

	(void)state;
	route_note_wish(&options, &mx, TLS_WISH_OPTIONAL);
	route_key(&mx, key);
	assert_string_equal(key, "mx:example.org:25+tls-optional");
	assert_true(route_compare(&mx, &usual) * route_compare(&usual, &mx) < 0);
	route_note_wish(&options, &mx, TLS_WISH_REQUIRED);
	route_key(&mx, key);
	assert_string_equal(key, "mx:example.org:25+requiretls");
	/* our own relay is as secure as we want it to be */
	route_note_wish(&options, &by_relay, TLS_WISH_OPTIONAL);
	assert_int_equal(by_relay.wish, TLS_WISH_USUAL);
	route_note_wish(&options, &by_relay, TLS_WISH_REQUIRED);
	assert_int_equal(by_relay.wish, TLS_WISH_REQUIRED);
	options.ignores_tls_optional = true;
	route_note_wish(&options, &mx, TLS_WISH_OPTIONAL);
	assert_int_equal(mx.wish, TLS_WISH_USUAL);
}

static void test_keys_of_domains(void **state)
{
	static const char *const cases[][2] = {
		{"a@example.org", "mx:example.org:25"},
		{"a@Example.ORG", "mx:example.org:25"},
		{"\"a@b\"@example.org", "mx:example.org:25"},
		{"a@mailhub", "mx:mailhub:25"},
		{"a@[192.0.2.1]", "literal:[192.0.2.1]:25"},
		{"a@[IPv6:2001:DB8:0:0::1]", "literal:[2001:db8::1]:25"},
	};
	char key[ROUTE_KEY_SIZE];
	struct ways w;

	(void)state;
	ways_init(&w);
	ways_add(&w, "", "")->kind = ROUTE_WAY_DIRECT;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		key_of(&direct, cases[i][0], key);
		assert_string_equal(key, cases[i][1]);
		key_of(&w.options, cases[i][0], key);
		assert_string_equal(key, cases[i][1]);
	}
	ways_release(&w);
}

static void test_keys_of_relays(void **state)
{
	static const struct route_hop several[] = {
		{.name = "2001:db8::1", .port = 25},
		{.name = "b.example", .port = 465, .is_implicit = true},
		{.kind = ROUTE_HOP_MX, .name = "c.example", .port = 26},
		{.kind = ROUTE_HOP_SRV, .name = "d.example"},
		{.kind = ROUTE_HOP_SOCKET, .name = "/run/a b", .is_lmtp = true},
		{.name = "e.example", .port = 24, .is_lmtp = true},
	};
	char key[ROUTE_KEY_SIZE], other[ROUTE_KEY_SIZE];
	struct route_way *way;
	struct ways w;

	(void)state;
	ways_init(&w);
	way = ways_add(&w, "", "");
	key_of(&w.options, "a@[192.0.2.1]", key);
	assert_string_equal(key, "relay:[smtp.example.com]:587");
	way->name = "gmail";
	key_of(&w.options, "a@example.org", key);
	assert_string_equal(key, "gmail/relay:[smtp.example.com]:587");
	way->identity = "user=joe";
	key_of(&w.options, "a@example.org", key);
	assert_true(span_starts(span_of(key), "gmail/relay:[smtp.example.com]:587#"));
	assert_int_equal(
		strlen(key), strlen("gmail/relay:[smtp.example.com]:587#01234567"));
	way->identity = "user=jim";
	key_of(&w.options, "a@example.org", other);
	assert_string_not_equal(key, other);
	way->identity = "";
	way->hops = several;
	way->hop_count = ARRAY_LEN(several);
	key_of(&w.options, "a@example.org", key);
	assert_string_equal(key, "gmail/relay:[2001:db8::1]:25,[b.example]:465+tls,"
				 "mx:c.example:26,srv:d.example,lmtp:/run/a?b,"
				 "lmtp:[e.example]:24");
	ways_release(&w);
}

static void test_long_keys_differ(void **state)
{
	static const char label[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
	char key[ROUTE_KEY_SIZE], other[ROUTE_KEY_SIZE];
	struct buf name = BUF_INIT(400);
	struct route_hop hops[2] = {
		{.port = 65535}, {.name = "b.example", .port = 65535}};
	struct route_way *way;
	struct ways w;

	(void)state;
	buf_addf(&name, "%s.%s.%s.%.61s", label, label, label, label);
	hops[0].name = buf_str(&name);
	ways_init(&w);
	way = ways_add(&w, "", "");
	way->hops = hops;
	way->hop_count = 1;
	key_of(&w.options, "a@example.org", key);
	assert_true(span_ends(span_of(key), "a]:65535"));
	way->hop_count = 2;
	way->name = "name";
	key_of(&w.options, "a@example.org", key);
	assert_int_equal(strlen(key), ROUTE_KEY_SIZE - 1);
	hops[1].port = 65534;
	key_of(&w.options, "a@example.org", other);
	assert_string_not_equal(key, other);
	buf_release(&name);
	ways_release(&w);
}

struct choice {
	const char *why;
	const char *patterns; /* of the way "a"; whatever it does not fit goes to "" */
	const char *sender;
	const char *recipient;
	bool is_fit;
};

static const struct choice choices[] = {
	{"a sender", "me@a.test", "me@a.test", "x@b.test", true},
	{"in capitals", "me@a.test", "Me@A.test", "x@b.test", true},
	{"another sender", "me@a.test", "you@a.test", "x@b.test", false},
	{"a longer sender", "me@a.test", "me@a.test.b", "x@b.test", false},
	{"the sender's domain", "a.test", "you@a.test", "x@b.test", true},
	{"below the sender's domain", "a.test", "you@c.a.test", "x@b.test", false},
	{"one of several", "b.test me@a.test", "me@a.test", "x@b.test", true},
	{"the null sender", "<>", "", "x@b.test", true},
	{"not the null sender", "<>", "me@a.test", "x@b.test", false},
	{"no domain fits the null sender", "a.test *.test", "", "x@b.test", false},
	{"any sender", "*", "", "x@b.test", true},
	{"a recipient's domain", "|b.test", "me@a.test", "x@B.test", true},
	{"another domain", "|b.test", "me@a.test", "x@bb.test", false},
	{"below it", "|*.b.test", "me@a.test", "x@a.b.test", true},
	{"far below it", "|*.b.test", "me@a.test", "x@c.a.b.test", true},
	{"itself is not below", "|*.b.test", "me@a.test", "x@b.test", false},
	{"a name that ends alike", "|*.b.test", "me@a.test", "x@ab.test", false},
	{"an empty name in front", "|*.b.test", "me@a.test", "x@.b.test", false},
	{"a whole recipient", "|x@b.test", "me@a.test", "x@b.test", true},
	{"any recipient", "|*", "me@a.test", "x@b.test", true},
	{"a literal", "|[192.0.2.1]", "me@a.test", "x@[192.0.2.1]", true},
	{"an @ in quotes", "|b.test", "me@a.test", "\"x@c.test\"@b.test", true},
	{"both", "a.test|b.test", "me@a.test", "x@b.test", true},
	{"only one of both", "a.test|b.test", "me@a.test", "x@c.test", false},
	{"a user", "||joe", "me@a.test", "x@b.test", true},
	{"one of several users", "||root joe", "me@a.test", "x@b.test", true},
	{"another user", "||root", "me@a.test", "x@b.test", false},
	{"a user's name has its case", "||Joe", "me@a.test", "x@b.test", false},
	{"all three", "a.test|b.test|joe", "me@a.test", "x@b.test", true},
};

static void test_choices(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
		const struct choice *c = &choices[i];
		const struct route_way *way;
		struct ways w;

		ways_init(&w);
		ways_add(&w, "a", c->patterns);
		ways_add(&w, "", "");
		w.options.local_user = "joe";
		way = route_choose(&w.options, span_of(c->sender), span_of(c->recipient));
		if (span_is(span_of(way->name), "a") != c->is_fit)
			fail_msg("%s", c->why);
		ways_release(&w);
	}
}

static void test_the_first_that_fits(void **state)
{
	struct ways w;

	(void)state;
	ways_init(&w);
	ways_add(&w, "a", "|a.test");
	ways_add(&w, "b", "|*.test a.test");
	ways_add(&w, "c", "|*");
	ways_add(&w, "", "");
	assert_string_equal(
		route_choose(&w.options, SPAN_NONE, SPAN_LIT("x@a.test"))->name, "a");
	assert_string_equal(
		route_choose(&w.options, SPAN_NONE, SPAN_LIT("x@b.test"))->name, "b");
	assert_string_equal(
		route_choose(&w.options, SPAN_NONE, SPAN_LIT("x@b.org"))->name, "c");
	assert_null(route_choose(&direct, SPAN_NONE, SPAN_LIT("x@b.org")));
	/* a user without a name fits no list of users */
	add_words(&w.users[2], "joe");
	assert_string_equal(
		route_choose(&w.options, SPAN_NONE, SPAN_LIT("x@b.org"))->name, "");
	w.options.forced = &w.items[1];
	assert_string_equal(
		route_choose(&w.options, SPAN_NONE, SPAN_LIT("x@b.org"))->name, "b");
	ways_release(&w);
}

#ifdef HAVE_IDN2
static void test_patterns_are_a_labels(void **state)
{
	struct route route;
	struct outcome why;
	struct ways w;

	(void)state;
	ways_init(&w);
	ways_add(&w, "a", "|xn--bcher-kva.test");
	ways_add(&w, "b", "*.xn--bcher-kva.test");
	ways_add(&w, "", "");
	assert_int_equal(route_resolve(&w.options, SPAN_NONE,
				 SPAN_LIT("x@b\xc3\xbc"
					  "cher.test"),
				 &route, &why),
		0);
	assert_string_equal(route.way->name, "a");
	assert_int_equal(route_resolve(&w.options,
				 SPAN_LIT("x@a.B\xc3\x9c"
					  "CHER.test"),
				 SPAN_LIT("x@b.test"), &route, &why),
		0);
	assert_string_equal(route.way->name, "b");
	ways_release(&w);
}
#endif

static void test_unreachable_for_good(void **state)
{
	static const char *const cases[] = {
		"a@192.0.2.1",         /* an address without brackets */
		"a@[x]",               /* RFC 5321 4.1.3 knows no such literal */
		"a@[2001:db8::1]",     /* without its tag */
		"a@[192.0.2.1",        /* not closed */
		"a@[IPv6:fe80::1%lo]", /* a zone means something here only */
		"a@-x.example",
		"a@x..example",
#ifdef HAVE_IDN2
		"a@xn--.test",
#endif
		"a@b\xfc.test",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct route route = {.port = 7};
		struct outcome why;
		char status[OUTCOME_STATUS_TEXT_MAX];

		assert_int_equal(route_resolve(&direct, SPAN_NONE, span_of(cases[i]),
					 &route, &why),
			-1);
		assert_int_equal(why.kind, OUTCOME_FAILED);
		assert_int_equal(why.scope, OUTCOME_RECIPIENT);
		outcome_status_format(why.status, status);
		assert_string_equal(status, "5.1.2");
		assert_true(why.text[0] != '\0');
		assert_int_equal(route.port, 7);
	}
}

/* What is decided without any host. */
static void test_dead_ends(void **state)
{
	static const struct {
		const char *text; /* NULL: discard */
		const char *expect;
	} cases[] = {
		{NULL, "delivered 2.0.0 discarded by [route a]"},
		{"nobody there", "failed 5.7.1 nobody there"},
		{"5.1.10  nobody there", "failed 5.1.10 nobody there"},
		{"4.3.2 closed this week", "deferred 4.3.2 closed this week"},
		{"2.0.0 no", "failed 5.7.1 2.0.0 no"},
		{"5.1.10", "failed 5.1.10 5.1.10"},
		{"5.1 x", "failed 5.7.1 5.1 x"},
		{"bell \a", "failed 5.7.1 bell \\x07"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char status[OUTCOME_STATUS_TEXT_MAX];
		struct buf text = BUF_INIT(1024);
		struct route_way *way;
		struct route route;
		struct outcome why;
		struct ways w;

		ways_init(&w);
		way = ways_add(&w, "a", "|*");
		ways_add(&w, "", "");
		way->kind = cases[i].text ? ROUTE_WAY_ERROR : ROUTE_WAY_DISCARD;
		way->text = cases[i].text;
		assert_int_equal(route_resolve(&w.options, SPAN_NONE,
					 SPAN_LIT("x@b.test"), &route, &why),
			-1);
		outcome_status_format(why.status, status);
		buf_addf(
			&text, "%s %s %s", outcome_kind_name(why.kind), status, why.text);
		assert_string_equal(buf_str(&text), cases[i].expect);
		assert_int_equal(why.scope, OUTCOME_RECIPIENT);
		buf_release(&text);
		ways_release(&w);
	}
}

static struct route route_of(const struct route_options *options, const char *recipient)
{
	struct route route;
	struct outcome why;

	if (route_resolve(options, SPAN_NONE, span_of(recipient), &route, &why) < 0)
		fail_msg("%s: %s", recipient, why.text);
	return route;
}

static void test_compare(void **state)
{
	static const struct route_options other = {.mx_port = 26};
	struct route a = route_of(&direct, "x@a.example");
	struct route same = route_of(&direct, "y@A.Example");
	struct route b = route_of(&direct, "x@b.example");
	struct route other_port = route_of(&other, "x@a.example");
	struct route literal = route_of(&direct, "x@[192.0.2.1]");
	struct route relay, other_relay;
	struct ways w;

	(void)state;
	ways_init(&w);
	ways_add(&w, "a", "|a.example");
	ways_add(&w, "", "");
	relay = route_of(&w.options, "x@a.example");
	other_relay = route_of(&w.options, "x@b.example");
	assert_int_equal(route_compare(&a, &same), 0);
	assert_true(route_compare(&a, &b) < 0);
	assert_true(route_compare(&b, &a) > 0);
	assert_true(route_compare(&a, &other_port) != 0);
	assert_true(route_compare(&a, &literal) * route_compare(&literal, &a) < 0);
	assert_int_equal(route_compare(&relay, &relay), 0);
	assert_true(route_compare(&relay, &other_relay) < 0);
	assert_true(route_compare(&relay, &a) != 0);
	ways_release(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wishes),
		cmocka_unit_test(test_keys_of_domains),
		cmocka_unit_test(test_keys_of_relays),
		cmocka_unit_test(test_long_keys_differ),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_the_first_that_fits),
#ifdef HAVE_IDN2
		cmocka_unit_test(test_patterns_are_a_labels),
#endif
		cmocka_unit_test(test_unreachable_for_good),
		cmocka_unit_test(test_dead_ends),
		cmocka_unit_test(test_compare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
