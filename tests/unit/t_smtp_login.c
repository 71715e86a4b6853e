#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/bug.h"
#include "smtp/client.h"

#define SHOWN_MAX 4096

static void note_said(void *ctx, struct span command)
{
	buf_add_str(ctx, "C:");
	buf_add_span(ctx, command);
	buf_add_char(ctx, '\n');
}

static void note_heard(void *ctx, int code, struct span text)
{
	(void)text;
	buf_addf(ctx, "S:%d\n", code);
}

/* Write all that is to be written, until the server has to speak. */
static void drive(struct smtp_client *c)
{
	struct smtp_event ev;

	for (;;) {
		smtp_client_next(c, &ev);
		if (ev.kind == SMTP_WRITE)
			smtp_client_written(c, ev.output.len);
		else if (ev.kind == SMTP_NEXT)
			smtp_client_no_message(c);
		else
			return;
	}
}

static struct smtp_client *begin(
	const struct smtp_login *login, const struct smtp_observer *observer)
{
	const struct smtp_client_options options = {.hello_name = "client.example",
		.remote = "relay",
		.tls = SMTP_TLS_IMPLICIT,
		.is_relay = true,
		.login = login,
		.observer = observer};
	const struct smtp_channel channel = {.is_verified = true};
	struct smtp_client *c = smtp_client_new(&options);

	smtp_client_channel(c, &channel);
	return c;
}

static void play(struct smtp_client *c, const char *const *replies)
{
	for (; *replies; replies++) {
		drive(c);
		smtp_client_received(c, span_of(*replies));
	}
	drive(c);
}

static void a_secret_is_never_shown(void **state)
{
	static const char offer[] = "250-relay\r\n250 AUTH PLAIN LOGIN SCRAM-SHA-256\r\n";
	static char long_password[3001];
	static const struct {
		enum smtp_auth_mechanism mechanism;
		const char *password;
		const char *replies[6];
		const char *shown; /* behind EHLO */
	} cases[] = {
		{SMTP_AUTH_PLAIN, "pencil", {"220 x\r\n", offer, "235 ok\r\n"},
			"C:AUTH PLAIN ***\nS:235\nC:QUIT\n"},
		{SMTP_AUTH_PLAIN, long_password,
			{"220 x\r\n", offer, "334 \r\n", "235 ok\r\n"},
			"C:AUTH PLAIN\nS:334\nC:***\nS:235\nC:QUIT\n"},
		{SMTP_AUTH_LOGIN, "pencil",
			{"220 x\r\n", offer, "334 \r\n", "334 \r\n", "235 ok\r\n"},
			"C:AUTH LOGIN\nS:334\nC:***\nS:334\nC:***\nS:235\nC:QUIT\n"},
		{SMTP_AUTH_LOGIN, "pencil",
			{"220 x\r\n", offer, "334 \r\n", "334 !\r\n", "501 no\r\n"},
			"C:AUTH LOGIN\nS:334\nC:***\nS:334\nC:*\nS:501\nC:QUIT\n"},
		{SMTP_AUTH_SCRAM_SHA_256, "pencil", {"220 x\r\n", offer, "535 no\r\n"},
			"C:AUTH SCRAM-SHA-256 ***\nS:535\nC:QUIT\n"},
	};

	(void)state;
	memset(long_password, 'x', sizeof(long_password) - 1);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct buf shown = BUF_INIT(SHOWN_MAX);
		const struct smtp_observer observer = {note_said, note_heard, &shown};
		const struct smtp_login login = {.user = "user",
			.password = span_of(cases[i].password),
			.mechanisms = cases[i].mechanism,
			.nonce = "rOprNGfwEbeRWgbNEkqO"};
		struct smtp_client *c = begin(&login, &observer);
		const char *ehlo = "S:220\nC:EHLO client.example\nS:250\n";

		play(c, cases[i].replies);
		assert_int_equal(strncmp(buf_str(&shown), ehlo, strlen(ehlo)), 0);
		assert_string_equal(buf_str(&shown) + strlen(ehlo), cases[i].shown);
		smtp_client_free(c);
		buf_release(&shown);
	}
}

/* who is to be asked again, and who is not, before the account is locked */
static void a_refusal_of_the_credentials_is_told_apart(void **state)
{
	static const struct {
		const char *reply;
		bool has_refused;
	} cases[] = {
		{"535 5.7.8 no\r\n", true},
		{"534 5.7.9 an application password is needed\r\n", true},
		{"550 5.7.1 no\r\n", true},
		{"454 4.7.0 later\r\n", false},
		{"432 4.7.12 a transition is needed\r\n", false},
		{"421 4.3.2 bye\r\n", false},
		{"501 5.5.2 cannot decode\r\n", false},
		{"503 5.5.1 already\r\n", false},
		{"504 5.5.4 unknown mechanism\r\n", false},
		{"334 !\r\n", false},
		{"235 ok\r\n", false},
		{"garbage\r\n", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct smtp_login login = {.user = "user",
			.password = SPAN_LIT("pencil"),
			.nonce = "rOprNGfwEbeRWgbNEkqO"};
		struct smtp_client *c = begin(&login, NULL);
		const char *replies[] = {
			"220 x\r\n", "250-x\r\n250 AUTH PLAIN\r\n", cases[i].reply, NULL};

		play(c, replies);
		if (smtp_client_has_refused_login(c) != cases[i].has_refused)
			fail_msg("%s", cases[i].reply);
		smtp_client_free(c);
	}
}

static void what_we_logged_in_by_is_known(void **state)
{
	const struct smtp_login login = {.user = "user",
		.password = SPAN_LIT("pencil"),
		.nonce = "rOprNGfwEbeRWgbNEkqO"};
	struct smtp_client *c = begin(&login, NULL);
	const char *replies[] = {"220 x\r\n", "250-x\r\n250 AUTH LOGIN PLAIN\r\n", NULL};
	const char *welcome[] = {"235 ok\r\n", NULL};

	(void)state;
	play(c, replies);
	assert_null(smtp_client_mechanism(c));
	assert_false(smtp_client_is_up(c));
	play(c, welcome);
	assert_string_equal(smtp_client_mechanism(c), "PLAIN");
	assert_true(smtp_client_is_up(c));
	smtp_client_free(c);
}

static void an_engine_may_go_amid_a_login(void **state)
{
	const struct smtp_login login = {.user = "user",
		.password = SPAN_LIT("pencil"),
		.nonce = "rOprNGfwEbeRWgbNEkqO"};
	struct smtp_client *c = begin(&login, NULL);
	const char *replies[] = {
		"220 x\r\n", "250-x\r\n250 AUTH LOGIN\r\n", "334 \r\n", NULL};

	(void)state;
	play(c, replies);
	smtp_client_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_is_never_shown),
		cmocka_unit_test(a_refusal_of_the_credentials_is_told_apart),
		cmocka_unit_test(what_we_logged_in_by_is_known),
		cmocka_unit_test(an_engine_may_go_amid_a_login),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
