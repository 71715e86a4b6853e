#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "policy/route.h"

static const struct alias_scope scope = {.hostname = "box.lan", .domain = "lan"};

/* Who is here: joe, Ann with her capital, a+b, and a service that knows nothing of "later". */
static int find_user(void *ctx, const char *name, struct fault *f)
{
	static const char *const users[] = {"joe", "Ann", "a+b", "root"};

	(void)ctx;
	if (strcmp(name, "later") == 0) {
		fault_set(f, FAULT_SYSTEM, 0, "no answer");
		return -1;
	}
	for (size_t i = 0; i < ARRAY_LEN(users); i++)
		if (strcmp(name, users[i]) == 0)
			return 1;
	return 0;
}

struct local_case {
	const char *why;
	const char *recipient;
	const char *want; /* the key, or the status of an outcome */
};

/* What a recipient resolves to: a key, or a status. */
static void resolve(const struct route_options *options, const char *recipient,
	char ret[ROUTE_KEY_SIZE])
{
	struct outcome why;
	struct route route;

	if (route_resolve(options, SPAN_LIT("me@box.lan"), span_of(recipient), &route,
		    &why) == 0) {
		route_key(&route, ret);
		return;
	}
	assert_int_equal(
		why.kind, why.status.class == 4 ? OUTCOME_DEFERRED : OUTCOME_FAILED);
	assert_int_equal(why.scope, OUTCOME_RECIPIENT);
	outcome_status_format(why.status, ret);
}

static void check(
	const struct route_options *options, const struct local_case *cases, size_t count)
{
	char got[ROUTE_KEY_SIZE];

	for (size_t i = 0; i < count; i++) {
		resolve(options, cases[i].recipient, got);
		if (strcmp(got, cases[i].want) != 0)
			fail_msg("%s: %s is %s, not %s", cases[i].why, cases[i].recipient,
				got, cases[i].want);
	}
}

static void users_have_mailboxes(void **state)
{
	static const struct local_case cases[] = {
		{"the host name", "joe@box.lan", "mailbox:joe"},
		{"in capitals", "joe@BOX.Lan", "mailbox:joe"},
		{"its first label", "joe@box", "mailbox:joe"},
		{"localhost", "joe@localhost", "mailbox:joe"},
		{"as some call it", "joe@localhost.localdomain", "mailbox:joe"},
		{"the domain is a company's", "joe@lan", "mx:lan:25"},
		{"another machine", "joe@other.lan", "mx:other.lan:25"},
		{"an address is no name", "joe@[127.0.0.1]", "literal:[127.0.0.1]:25"},
		{"case of the name", "JOE@box", "mailbox:joe"},
		{"a name with a capital", "Ann@box", "mailbox:Ann"},
		{"which is not found without it", "ann@box", "5.1.1"},
		{"a detail", "joe+list@box", "mailbox:joe"},
		{"a detail and case", "Joe+List@box", "mailbox:joe"},
		{"the whole is a user", "a+b@box", "mailbox:a+b"},
		{"nothing before the detail", "+joe@box", "5.1.1"},
		{"nobody", "nobody-here@box", "5.1.1"},
		{"quoted and odd", "\"jo e\"@box", "5.1.1"},
		{"a path", "../joe@box", "5.1.1"},
		{"an international name", "jos\303\251@box", "5.1.1"},
		{"not known now", "later@box", "4.3.0"},
		{"not known now, with a detail", "later+x@box", "4.3.0"},
	};
	const struct route_local local = {.scope = &scope, .find_user = find_user};
	const struct route_options options = {.mx_port = 25, .local = &local};

	(void)state;
	check(&options, cases, ARRAY_LEN(cases));
}

static void names_of_any_length_are_looked_up_or_refused(void **state)
{
	const struct route_local local = {.scope = &scope, .find_user = find_user};
	const struct route_options options = {.mx_port = 25, .local = &local};
	struct buf address = BUF_INIT(1024);
	char got[ROUTE_KEY_SIZE];

	(void)state;
	for (size_t len = 1; len < 300; len++) {
		buf_reset(&address);
		for (size_t i = 0; i < len; i++)
			buf_add_char(&address, 'x');
		assert_int_equal(
			route_is_user_name(buf_span(&address)), len <= ROUTE_USER_MAX);
		buf_add_str(&address, "@box");
		resolve(&options, buf_str(&address), got);
		assert_string_equal(got, "5.1.1");
	}
	buf_release(&address);
	assert_false(route_is_user_name(SPAN_LIT("")));
	assert_false(route_is_user_name(SPAN_LIT("a/b")));
	assert_false(route_is_user_name(SPAN_LIT("a\nb")));
	assert_false(route_is_user_name(((struct span){"a\0b", 3})));
}

/* A route that names the address or its domain was meant; one for everything was not. */
static void a_route_may_say_otherwise(void **state)
{
	static const struct local_case cases[] = {
		{"its address", "joe@localhost", "named/relay:[a.test]:25"},
		{"another name of the machine", "joe@box", "mailbox:joe"},
		{"its domain", "root@box.lan", "named/relay:[a.test]:25"},
		{"not even there", "nobody-here@box.lan", "named/relay:[a.test]:25"},
		{"elsewhere", "joe@dest.test", "all/relay:[a.test]:25"},
	};
	static const struct route_hop hop = {.name = "a.test", .port = 25};
	const struct route_local local = {.scope = &scope, .find_user = find_user};
	struct strv named = {0}, all = {0};
	const struct route_way ways[] = {
		{.kind = ROUTE_WAY_RELAY,
			.name = "named",
			.recipients = &named,
			.hops = &hop,
			.hop_count = 1,
			.identity = ""},
		{.kind = ROUTE_WAY_RELAY,
			.name = "all",
			.recipients = &all,
			.hops = &hop,
			.hop_count = 1,
			.identity = ""},
		{.kind = ROUTE_WAY_DIRECT, .name = "", .identity = ""},
	};
	struct route_options options = {.ways = ways,
		.way_count = ARRAY_LEN(ways),
		.mx_port = 25,
		.local = &local};
	char got[ROUTE_KEY_SIZE];

	(void)state;
	strv_add(&named, SPAN_LIT("joe@localhost"));
	strv_add(&named, SPAN_LIT("box.lan"));
	strv_add(&all, SPAN_LIT("*"));
	check(&options, cases, ARRAY_LEN(cases));
	options.forced = &ways[1];
	resolve(&options, "joe@box", got);
	assert_string_equal(got, "all/relay:[a.test]:25");
	strv_release(&named);
	strv_release(&all);
}

static void a_server_may_stand_for_mailboxes(void **state)
{
	static const struct route_hop hop = {
		.kind = ROUTE_HOP_SOCKET, .name = "/run/lmtp", .is_lmtp = true};
	static const struct route_way way = {.kind = ROUTE_WAY_RELAY,
		.name = "local",
		.hops = &hop,
		.hop_count = 1,
		.identity = ""};
	static const struct local_case cases[] = {
		{"a user", "joe@box", "local/relay:lmtp:/run/lmtp"},
		{"it knows who is there", "any@localhost", "local/relay:lmtp:/run/lmtp"},
		{"elsewhere", "joe@dest.test", "mx:dest.test:25"},
	};
	const struct route_local local = {
		.scope = &scope, .way = &way, .find_user = find_user};
	const struct route_options options = {.mx_port = 25, .local = &local};

	(void)state;
	check(&options, cases, ARRAY_LEN(cases));
}

static void tls_is_nothing_to_a_mailbox(void **state)
{
	const struct route_options options = {.mx_port = 25};
	struct route route = {.kind = ROUTE_MAILBOX, .name = "joe"};
	char key[ROUTE_KEY_SIZE];

	(void)state;
	route_note_wish(&options, &route, TLS_WISH_REQUIRED);
	route_key(&route, key);
	assert_string_equal(key, "mailbox:joe");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_have_mailboxes),
		cmocka_unit_test(names_of_any_length_are_looked_up_or_refused),
		cmocka_unit_test(a_route_may_say_otherwise),
		cmocka_unit_test(a_server_may_stand_for_mailboxes),
		cmocka_unit_test(tls_is_nothing_to_a_mailbox),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
