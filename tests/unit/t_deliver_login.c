/* sources: tests/support/fake_world.c tests/support/spool_dir.c tests/support/zone_resolver.c */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/mem.h"
#include "deliver/login.h"
#include "tests/support/fake_world.h"

struct scene {
	struct fake_world w;
	struct destination relay;
	struct mx_target target;
	struct login_source source;
	struct login login;
	const char *secret;  /* what there is to read; NULL: nothing */
	struct fault *fault; /* what comes of reading; NULL: it can be read */
	struct outcome why;
};

static int give_secret(
	void *ctx, const struct conf_relay *relay, struct secret *ret, struct fault *f)
{
	struct scene *s = ctx;

	assert_ptr_equal(relay, &s->w.conf.relay);
	if (s->fault) {
		*f = *s->fault;
		return -1;
	}
	if (s->secret)
		secret_copy(ret, span_of(s->secret));
	return 0;
}

static int make_scene(void **state)
{
	struct scene *s = mem_alloc(sizeof(*s));

	fake_world_make(&s->w, NULL);
	s->source = (struct login_source){.read = give_secret, .ctx = s};
	s->w.flush.logins = &s->source;
	s->relay.route.kind = ROUTE_RELAY;
	(void)snprintf(s->relay.key, sizeof(s->relay.key), "relay:[a.example]:587");
	(void)snprintf(s->target.host, sizeof(s->target.host), "a.example");
	s->target.port = 587;
	*state = s;
	return 0;
}

static int remove_scene(void **state)
{
	struct scene *s = *state;

	login_close(&s->login);
	fake_world_remove(&s->w);
	free(s);
	return 0;
}

static enum login_result open_login(struct scene *s)
{
	login_close(&s->login);
	return login_open(&s->login, &s->w.flush, &s->relay, &s->why);
}

static void allow(struct scene *s, const char *mechanism)
{
	strv_add(&s->w.conf.relay.auth, span_of(mechanism));
}

static void set_user(struct scene *s)
{
	fake_world_set(&s->w.conf.relay.user, "joe");
}

static void nobody_logs_in_where_nothing_says_so(void **state)
{
	struct scene *s = *state;

	assert_int_equal(open_login(s), LOGIN_READY);
	assert_null(login_for(&s->login, &s->target));
	set_user(s);
	s->secret = "hunter2";
	s->relay.route.kind = ROUTE_MX; /* a domain of others */
	assert_int_equal(open_login(s), LOGIN_READY);
	assert_null(login_for(&s->login, &s->target));
	s->relay.route.kind = ROUTE_RELAY;
	s->w.flush.logins = NULL;
	assert_int_equal(open_login(s), LOGIN_READY);
	assert_null(login_for(&s->login, &s->target));
}

static void what_the_secret_is_the_mechanisms_say(void **state)
{
	static const struct {
		const char *mechanisms[3];
		bool is_token;
	} cases[] = {
		{{NULL}, false},
		{{"PLAIN", "LOGIN"}, false},
		{{"XOAUTH2"}, true},
		{{"OAUTHBEARER", "XOAUTH2"}, true},
		{{"EXTERNAL", "OAUTHBEARER"}, true},
	};
	struct scene *s = *state;

	set_user(s);
	s->secret = "hunter2";
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct smtp_login *login;

		strv_release(&s->w.conf.relay.auth);
		for (size_t k = 0; k < 3 && cases[i].mechanisms[k]; k++)
			allow(s, cases[i].mechanisms[k]);
		assert_int_equal(open_login(s), LOGIN_READY);
		login = login_for(&s->login, &s->target);
		assert_non_null(login);
		assert_string_equal(login->user, "joe");
		assert_string_equal(login->host, "a.example");
		assert_int_equal(login->port, 587);
		assert_true(span_is(
			cases[i].is_token ? login->token : login->password, "hunter2"));
		assert_int_equal(
			(cases[i].is_token ? login->password : login->token).len, 0);
		assert_false(login->may_be_unverified);
	}
}

static void each_session_has_a_nonce_of_its_own(void **state)
{
	struct scene *s = *state;
	const struct smtp_login *login;
	char first[LOGIN_NONCE_SIZE];

	set_user(s);
	s->secret = "hunter2";
	assert_int_equal(open_login(s), LOGIN_READY);
	login = login_for(&s->login, &s->target);
	assert_true(strlen(login->nonce) >= SMTP_AUTH_NONCE_MIN);
	assert_null(strchr(login->nonce, ','));
	memcpy(first, login->nonce, sizeof(first));
	assert_string_not_equal(login_for(&s->login, &s->target)->nonce, first);
}

static void a_certificate_alone_is_a_login(void **state)
{
	struct scene *s = *state;

	fake_world_set(&s->w.conf.relay.tls_cert, "/certificate");
	assert_int_equal(open_login(s), LOGIN_READY);
	assert_true(login_for(&s->login, &s->target)->has_certificate);
	set_user(s); /* as whom it may act */
	assert_int_equal(open_login(s), LOGIN_READY);
}

static void a_user_without_a_password_is_useless(void **state)
{
	struct scene *s = *state;

	set_user(s);
	assert_int_equal(open_login(s), LOGIN_USELESS);
	assert_int_equal(s->why.kind, OUTCOME_DEFERRED);
	assert_int_equal(s->why.scope, OUTCOME_ROUTE);
	assert_non_null(strstr(s->why.text, "there is no password"));
}

static void what_cannot_be_read_is_told_apart(void **state)
{
	struct scene *s = *state;
	struct fault f;

	set_user(s);
	s->fault = &f;
	fault_set(&f, FAULT_CONFIG, 0, "chmod 600 /secret");
	assert_int_equal(open_login(s), LOGIN_USELESS);
	assert_non_null(strstr(s->why.text, "cannot log in: chmod 600 /secret"));
	assert_int_equal(s->why.scope, OUTCOME_ROUTE);
	fault_set(&f, FAULT_ACCESS, 0, "/sec\\ret: not for you");
	assert_int_equal(open_login(s), LOGIN_FORBIDDEN);
	assert_string_equal(s->why.text, "cannot log in: /sec\\\\ret: not for you");
	assert_int_equal(s->why.scope, OUTCOME_ROUTE);
}

static void a_refusal_is_remembered_by_host(void **state)
{
	struct scene *s = *state;
	struct outcome reply =
		outcome_make(OUTCOME_DEFERRED, OUTCOME_ROUTE, "4.7.8", "no");
	struct mx_target other = s->target;

	(void)snprintf(other.host, sizeof(other.host), "b.example");
	set_user(s);
	s->secret = "hunter2";
	assert_int_equal(open_login(s), LOGIN_READY);
	login_note(&s->login, &s->w.flush, &s->relay, &s->target, &reply);
	assert_true(
		login_is_barred(&s->login, &s->w.flush, &s->relay, &s->target, &s->why));
	assert_false(login_is_barred(&s->login, &s->w.flush, &s->relay, &other, &s->why));
	login_note(&s->login, &s->w.flush, &s->relay, &other, NULL);
	assert_true(
		login_is_barred(&s->login, &s->w.flush, &s->relay, &s->target, &s->why));
	fake_world_advance(3600);
	assert_false(
		login_is_barred(&s->login, &s->w.flush, &s->relay, &s->target, &s->why));
	fake_world_advance(-3600);
	login_note(&s->login, &s->w.flush, &s->relay, &s->target, NULL);
	assert_false(
		login_is_barred(&s->login, &s->w.flush, &s->relay, &s->target, &s->why));
}

int main(void)
{
#define TEST(name_) cmocka_unit_test_setup_teardown(name_, make_scene, remove_scene)
	const struct CMUnitTest tests[] = {
		TEST(nobody_logs_in_where_nothing_says_so),
		TEST(what_the_secret_is_the_mechanisms_say),
		TEST(each_session_has_a_nonce_of_its_own),
		TEST(a_certificate_alone_is_a_login),
		TEST(a_user_without_a_password_is_useless),
		TEST(what_cannot_be_read_is_told_apart),
		TEST(a_refusal_is_remembered_by_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
