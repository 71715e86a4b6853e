#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "base/bug.h"
#include "base/codec.h"
#include "base/mem.h"
#include "smtp/auth.h"
#include "smtp/auth_digest.h"

/* of RFC 7677 section 3 */
#define NONCE        "rOprNGfwEbeRWgbNEkqO"
#define SERVER_NONCE NONCE "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
#define SERVER_FIRST "r=" SERVER_NONCE ",s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
#define CLIENT_FINAL \
	"c=biws,r=" SERVER_NONCE ",p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
#define SERVER_FINAL "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="

#define TOKEN "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg=="

static const struct smtp_binding no_binding;
static const struct smtp_binding exporter = {"tls-exporter",
	SPAN_LIT("\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f"
		 "\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f")};
static const struct smtp_binding end_point = {"tls-server-end-point",
	SPAN_LIT(
		"\0\xff\0\xff\0\xff\0\xff\0\xff\0\xff\0\xff\0\xff\0\xff\0\xff\0\xff\0\xff"
		"\0\xff\0\xff\0\xff\0\xff")};

static struct smtp_login password_login(const char *user, const char *password)
{
	return (struct smtp_login){
		.user = user, .password = span_of(password), .nonce = NONCE};
}

static struct smtp_login token_login(const char *user, const char *token)
{
	return (struct smtp_login){.user = user,
		.token = span_of(token),
		.host = "server.example.com",
		.port = 587,
		.nonce = NONCE};
}

/* a line of ours without its base64: what stands in `line` from `from` on */
static void check_decoded(struct span line, const char *want, size_t want_len)
{
	struct buf raw = BUF_INIT(SMTP_AUTH_LINE_MAX);

	assert_int_equal(base64_decode(&raw, line), 0);
	assert_int_equal(raw.len, want_len);
	assert_memory_equal(buf_str(&raw), want, want_len);
	buf_release(&raw);
}

static void check_command(struct smtp_auth *a, const char *want)
{
	struct buf out = BUF_INIT(SMTP_AUTH_LINE_MAX);

	smtp_auth_command(a, &out);
	assert_string_equal(buf_str(&out), want);
	buf_release(&out);
}

static char *encoded(const char *text)
{
	struct buf b = BUF_INIT(SMTP_AUTH_LINE_MAX);

	base64_encode(&b, span_of(text));
	return b.data ? b.data : mem_string("");
}

/* the answer as it stands on the wire; the caller frees */
static char *answer(struct smtp_auth *a, const char *challenge)
{
	struct buf out = BUF_INIT(2 * SMTP_AUTH_LINE_MAX);

	buf_add_str(&out, ""); /* not NULL, also for an empty line */
	smtp_auth_answer(a, span_of(challenge), &out);
	assert_false(out.is_overfull);
	return out.data ? out.data : mem_string("");
}

/* one challenge of raw text, and the raw text of the answer */
static void check_answer(struct smtp_auth *a, const char *challenge, const char *want)
{
	char *text = encoded(challenge);
	char *got = answer(a, text);

	assert_string_equal(smtp_auth_trouble(a), "");
	check_decoded(span_of(got), want, strlen(want));
	free(text);
	free(got);
}

static void check_cancelled(struct smtp_auth *a, const char *challenge, const char *why)
{
	char *got = answer(a, challenge);

	if (strcmp(got, "*") != 0)
		fail_msg("%s: answered by %s", why, got);
	assert_string_not_equal(smtp_auth_trouble(a), "");
	free(got);
}

static void the_strongest_mechanism_is_chosen(void **state)
{
	enum {
		E = SMTP_AUTH_EXTERNAL,
		SP = SMTP_AUTH_SCRAM_SHA_256_PLUS,
		S = SMTP_AUTH_SCRAM_SHA_256,
		O = SMTP_AUTH_OAUTHBEARER,
		X = SMTP_AUTH_XOAUTH2,
		P = SMTP_AUTH_PLAIN,
		L = SMTP_AUTH_LOGIN
	};
	enum { ALL = E | SP | S | O | X | P | L };
	static const struct {
		unsigned offered;
		const char *user, *password, *token;
		bool has_certificate;
		unsigned allowed;
		bool is_bound;
		unsigned want;
		const char *why;
	} cases[] = {
		{ALL, "u", "p", NULL, true, 0, true, E, "a certificate comes first"},
		{ALL, "u", "p", NULL, false, 0, true, SP, "then a bound password"},
		{ALL, "u", "p", NULL, false, 0, false, S, "which needs a binding"},
		{ALL & ~SP, "u", "p", NULL, false, 0, true, S, "and the server"},
		{ALL, "u", "p", "t", false, 0, false, S, "a password, if there is one"},
		{ALL, "u", NULL, "t", false, 0, true, O, "a token"},
		{X | P | L, "u", NULL, "t", false, 0, true, X, "Microsoft's"},
		{P | L, "u", NULL, "t", false, 0, true, 0, "a token is no password"},
		{O | X, "u", "p", NULL, false, 0, true, 0, "a password is no token"},
		{P | L, "u", "p", NULL, false, 0, true, P, "PLAIN before LOGIN"},
		{L, "u", "p", NULL, false, 0, true, L, "LOGIN where there is no other"},
		{ALL, "u", "p", NULL, false, L, true, L, "as configured"},
		{ALL & ~L, "u", "p", NULL, false, L, true, 0, "configured, not offered"},
		{ALL, "u", "p", NULL, true, SP | S, false, S, "as configured"},
		{ALL, "", "p", NULL, false, 0, true, 0, "a password of nobody"},
		{ALL, NULL, NULL, "t", false, 0, true, O, "a token says whose it is"},
		{X, NULL, NULL, "t", false, 0, true, 0, "XOAUTH2 wants the user"},
		{ALL, "u", NULL, NULL, false, 0, true, 0, "nothing to log in with"},
		{0, "u", "p", "t", true, 0, true, 0, "nothing offered"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct smtp_login login = {.user = cases[i].user,
			.password = span_of(cases[i].password),
			.token = span_of(cases[i].token),
			.has_certificate = cases[i].has_certificate,
			.mechanisms = cases[i].allowed};
		unsigned got = smtp_auth_choose(cases[i].offered, &login,
			cases[i].is_bound ? &exporter : &no_binding);

		if (got != cases[i].want)
			fail_msg("%s: %u", cases[i].why, got);
	}
}

static void a_login_is_required_where_there_is_one(void **state)
{
	const struct smtp_login nothing = {0}, certificate = {.has_certificate = true},
				user = {.user = "u"}, empty = {.user = ""},
				token = {.token = SPAN_LIT("t")},
				external = {.has_certificate = true,
					.mechanisms = SMTP_AUTH_EXTERNAL};

	(void)state;
	assert_false(smtp_auth_is_required(&nothing));
	assert_false(smtp_auth_is_required(&empty));
	assert_false(smtp_auth_is_required(&certificate));
	assert_true(smtp_auth_is_required(&user));
	assert_true(smtp_auth_is_required(&token));
	assert_true(smtp_auth_is_required(&external));
}

static void why_there_is_no_mechanism_is_told(void **state)
{
	static const struct {
		unsigned offered;
		const char *password, *token;
		unsigned allowed;
		const char *want;
	} cases[] = {
		{0, "p", NULL, 0, "check host and port"},
		{SMTP_AUTH_PLAIN | SMTP_AUTH_LOGIN, NULL, "t", 0,
			"offers PLAIN LOGIN, the configuration allows OAUTHBEARER "
			"XOAUTH2"},
		{SMTP_AUTH_PLAIN, "p", NULL, SMTP_AUTH_SCRAM_SHA_256,
			"allows SCRAM-SHA-256; change auth"},
		{SMTP_AUTH_PLAIN, NULL, NULL, 0, "nothing to log in with"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct smtp_login login = {.user = "u",
			.password = span_of(cases[i].password),
			.token = span_of(cases[i].token),
			.mechanisms = cases[i].allowed};
		struct buf out = BUF_INIT(OUTCOME_TEXT_MAX);

		smtp_auth_explain(&out, cases[i].offered, &login);
		if (!strstr(buf_str(&out), cases[i].want))
			fail_msg("%s is not in: %s", cases[i].want, buf_str(&out));
		buf_release(&out);
	}
}

static void names_are_those_of_the_registry(void **state)
{
	static const char *const names[] = {"EXTERNAL", "SCRAM-SHA-256-PLUS",
		"SCRAM-SHA-256", "OAUTHBEARER", "XOAUTH2", "PLAIN", "LOGIN"};

	(void)state;
	for (unsigned i = 0; i < ARRAY_LEN(names); i++) {
		assert_string_equal(smtp_auth_name(1U << i), names[i]);
		assert_int_equal(smtp_auth_parse(span_of(names[i])), 1U << i);
	}
	assert_int_equal(
		smtp_auth_parse(SPAN_LIT("scram-sha-256")), SMTP_AUTH_SCRAM_SHA_256);
	assert_int_equal(smtp_auth_parse(SPAN_LIT("CRAM-MD5")), 0);
	assert_int_equal(smtp_auth_parse(SPAN_LIT("PLAIN-CLIENTTOKEN")), 0);
	assert_int_equal(smtp_auth_parse(SPAN_NONE), 0);
}

static void external_says_who_we_want_to_be(void **state)
{
	struct smtp_login login = {.has_certificate = true, .nonce = NONCE};
	struct smtp_auth *a = smtp_auth_new(
		SMTP_AUTH_EXTERNAL, SMTP_AUTH_EXTERNAL, &login, &no_binding);

	(void)state;
	check_command(a, "AUTH EXTERNAL =");
	assert_true(smtp_auth_is_proven(a));
	check_cancelled(a, "", "a challenge that EXTERNAL does not have");
	smtp_auth_free(a);
	login.user = "fred@example.com"; /* RFC 4954 6 */
	a = smtp_auth_new(SMTP_AUTH_EXTERNAL, SMTP_AUTH_EXTERNAL, &login, &no_binding);
	check_command(a, "AUTH EXTERNAL ZnJlZEBleGFtcGxlLmNvbQ==");
	smtp_auth_free(a);
}

/* the examples of RFC 4954 4.1 and RFC 4616 4 */
static void plain_says_all_at_once(void **state)
{
	struct smtp_login login = password_login("test", "1234");
	struct smtp_auth *a =
		smtp_auth_new(SMTP_AUTH_PLAIN, SMTP_AUTH_PLAIN, &login, &no_binding);

	(void)state;
	check_command(a, "AUTH PLAIN AHRlc3QAMTIzNA==");
	assert_true(smtp_auth_is_proven(a));
	check_cancelled(a, "", "a challenge that PLAIN does not have");
	smtp_auth_free(a);
	login = password_login("tim", "tanstaaftanstaaf");
	a = smtp_auth_new(SMTP_AUTH_PLAIN, SMTP_AUTH_PLAIN, &login, &no_binding);
	check_command(a, "AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
	smtp_auth_free(a);
}

static void a_long_password_goes_behind_the_challenge(void **state)
{
	static char password[2001];
	struct smtp_login login;
	struct smtp_auth *a;
	char *got;
	char want[2010];

	(void)state;
	memset(password, 'x', sizeof(password) - 1);
	login = password_login("u", password);
	a = smtp_auth_new(SMTP_AUTH_PLAIN, SMTP_AUTH_PLAIN, &login, &no_binding);
	check_command(a, "AUTH PLAIN");
	got = answer(a, "");
	memcpy(want, "\0u\0", 3);
	memcpy(want + 3, password, 2000);
	check_decoded(span_of(got), want, 2003);
	free(got);
	check_cancelled(a, "", "a second challenge");
	smtp_auth_free(a);
}

static void login_answers_any_two_prompts(void **state)
{
	static const char *const prompts[][2] = {
		{"Username:", "Password:"},
		{"User Name", "Password"},
		{"", ""},
		{"Benutzer?", "Wie, bitte?"},
	};
	struct smtp_login login = password_login("tim", "tanstaaftanstaaf");

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(prompts); i++) {
		struct smtp_auth *a = smtp_auth_new(
			SMTP_AUTH_LOGIN, SMTP_AUTH_LOGIN, &login, &no_binding);

		check_command(a, "AUTH LOGIN");
		check_answer(a, prompts[i][0], "tim");
		check_answer(a, prompts[i][1], "tanstaaftanstaaf");
		check_cancelled(a, "", "a third prompt");
		smtp_auth_free(a);
	}
}

/* RFC 7628 4.1 and 4.3 */
static void oauthbearer_shows_the_token(void **state)
{
	struct smtp_login login = token_login("user@example.com", TOKEN);
	struct smtp_auth *a = smtp_auth_new(
		SMTP_AUTH_OAUTHBEARER, SMTP_AUTH_OAUTHBEARER, &login, &no_binding);

	(void)state;
	check_command(a, "AUTH OAUTHBEARER bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2Vy"
			 "dmVyLmV4YW1wbGUuY29tAXBvcnQ9NTg3AWF1dGg9QmVhcmVyIHZGOWRm"
			 "dDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB");
	check_answer(a,
		"{\"status\":\"invalid_token\",\"schemes\":\"bearer mac\",\"scope\":"
		"\"https://mail.example.com/\"}",
		"\x01");
	assert_non_null(strstr(smtp_auth_remark(a), "invalid_token"));
	check_cancelled(a, "", "a second error");
	smtp_auth_free(a);
}

static void oauthbearer_names_nobody_or_escapes_the_name(void **state)
{
	struct smtp_login login = token_login(NULL, "t");
	struct smtp_auth *a = smtp_auth_new(
		SMTP_AUTH_OAUTHBEARER, SMTP_AUTH_OAUTHBEARER, &login, &no_binding);
	struct buf out = BUF_INIT(SMTP_AUTH_LINE_MAX);
	static const char nobody[] = "n,,\x01host=server.example.com\x01port=587\x01"
				     "auth=Bearer t\x01\x01";
	static const char escaped[] = "n,a=a=2Cb=3Dc,\x01host=server.example.com\x01"
				      "port=587\x01"
				      "auth=Bearer t\x01\x01";

	(void)state;
	smtp_auth_command(a, &out);
	check_decoded(span_from(buf_span(&out), strlen("AUTH OAUTHBEARER ")), nobody,
		strlen(nobody));
	smtp_auth_free(a);
	buf_reset(&out);
	login.user = "a,b=c";
	a = smtp_auth_new(
		SMTP_AUTH_OAUTHBEARER, SMTP_AUTH_OAUTHBEARER, &login, &no_binding);
	smtp_auth_command(a, &out);
	check_decoded(span_from(buf_span(&out), strlen("AUTH OAUTHBEARER ")), escaped,
		strlen(escaped));
	smtp_auth_free(a);
	buf_release(&out);
}

/* as Google documents it */
static void xoauth2_answers_its_error_by_nothing(void **state)
{
	struct smtp_login login = token_login(
		"someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg");
	struct smtp_auth *a =
		smtp_auth_new(SMTP_AUTH_XOAUTH2, SMTP_AUTH_XOAUTH2, &login, &no_binding);

	(void)state;
	check_command(a, "AUTH XOAUTH2 dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJl"
			 "ciB5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRHRXVZMjl0"
			 "Q2cBAQ==");
	check_answer(a, "{\"status\":\"401\",\"schemes\":\"bearer\"}", "");
	assert_string_equal(
		smtp_auth_remark(a), "{\"status\":\"401\",\"schemes\":\"bearer\"}");
	check_cancelled(a, "", "a second error");
	smtp_auth_free(a);
}

static void a_token_may_be_of_any_length(void **state)
{
	static char token[SMTP_AUTH_SECRET_MAX + 1];
	struct smtp_login login;
	struct smtp_auth *a;
	char *got;

	(void)state;
	memset(token, 't', sizeof(token) - 1);
	login = token_login("user@example.com", token);
	a = smtp_auth_new(SMTP_AUTH_XOAUTH2, SMTP_AUTH_XOAUTH2, &login, &no_binding);
	check_command(a, "AUTH XOAUTH2");
	got = answer(a, "");
	assert_true(strlen(got) > SMTP_AUTH_SECRET_MAX / 3 * 4);
	assert_string_equal(smtp_auth_trouble(a), "");
	free(got);
	free(answer(a, ""));
	check_cancelled(a, "", "a second error");
	smtp_auth_free(a);
}

static void scram_is_the_one_of_rfc_7677(void **state)
{
	struct smtp_login login = password_login("user", "pencil");
	struct smtp_auth *a = smtp_auth_new(
		SMTP_AUTH_SCRAM_SHA_256, SMTP_AUTH_SCRAM_SHA_256, &login, &no_binding);

	(void)state;
	check_command(
		a, "AUTH SCRAM-SHA-256 biwsbj11c2VyLHI9ck9wck5HZndFYmVSV2diTkVrcU8=");
	assert_false(smtp_auth_is_proven(a)); /* a 235 now is a lie */
	check_answer(a, SERVER_FIRST, CLIENT_FINAL);
	assert_false(smtp_auth_is_proven(a));
	check_answer(a, SERVER_FINAL, "");
	assert_true(smtp_auth_is_proven(a));
	check_cancelled(a, "", "a challenge too many");
	smtp_auth_free(a);
}

/* computed by an independent implementation (Python's hashlib) */
static void scram_binds_the_channel(void **state)
{
	static const struct {
		const struct smtp_binding *binding;
		unsigned offered;
		enum smtp_auth_mechanism mechanism;
		const char *user, *password;
		const char *first, *server_first, *final, *server_final;
	} cases[] = {
		{&exporter, SMTP_AUTH_SCRAM_SHA_256_PLUS | SMTP_AUTH_SCRAM_SHA_256,
			SMTP_AUTH_SCRAM_SHA_256_PLUS, "user", "pencil",
			"p=tls-exporter,,n=user,r=" NONCE, SERVER_FIRST,
			"c="
			"cD10bHMtZXhwb3J0ZXIsLAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
			",r=" SERVER_NONCE
			",p=QC6CS20quADQRb3mT99YUH+n3VJxUvzuK0K0E1Vrs2M=",
			"v=2GiAgapEppLVlUXbxUDksL3VgYHzuqiK5tR4mhJGgvs="},
		{&end_point, SMTP_AUTH_SCRAM_SHA_256_PLUS | SMTP_AUTH_SCRAM_SHA_256,
			SMTP_AUTH_SCRAM_SHA_256_PLUS, "a=b,c", "p\xc3\xa4ss",
			"p=tls-server-end-point,,n=a=3Db=2Cc,r=" NONCE,
			"r=" SERVER_NONCE ",s=c2FsdHk=,i=10000",
			"c=cD10bHMtc2VydmVyLWVuZC1wb2ludCwsAP8A/wD/AP8A/wD/AP8A/wD/AP8A"
			"/wD/AP8A/wD/AP8=,r=" SERVER_NONCE
			",p=y7rJx3Dmhv/w+xXsntqrSu/n/IwxhMbFeSv0jjHWMeQ=",
			"v=p6oBFAUBHJdVBTUCNZpcVWmoRaPTJ9EP4rCVwurO8Cc="},
		/* the server's offer to bind may have been stolen: y tells it */
		{&exporter, SMTP_AUTH_SCRAM_SHA_256, SMTP_AUTH_SCRAM_SHA_256, "user",
			"pencil", "y,,n=user,r=" NONCE, SERVER_FIRST,
			"c=eSws,r=" SERVER_NONCE
			",p=FoqiHTtQEDE8lz1CdaEe3tK4mS+iMDTl77SPyDS53DY=",
			"v=dI4KpiQJwBr1+V+K6U1dA6l6I4I9DUNXWND4pcpRU3U="},
		/* it does bind, but is configured not to be asked for it: n, not y */
		{&exporter, SMTP_AUTH_SCRAM_SHA_256_PLUS | SMTP_AUTH_SCRAM_SHA_256,
			SMTP_AUTH_SCRAM_SHA_256, "user", "pencil", "n,,n=user,r=" NONCE,
			SERVER_FIRST, CLIENT_FINAL, SERVER_FINAL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct smtp_login login =
			password_login(cases[i].user, cases[i].password);
		struct smtp_auth *a = smtp_auth_new(
			cases[i].mechanism, cases[i].offered, &login, cases[i].binding);
		struct buf out = BUF_INIT(SMTP_AUTH_LINE_MAX);

		smtp_auth_command(a, &out);
		check_decoded(span_from(buf_span(&out),
				      strlen("AUTH ") +
					      strlen(smtp_auth_mechanism_name(a)) + 1),
			cases[i].first, strlen(cases[i].first));
		check_answer(a, cases[i].server_first, cases[i].final);
		check_answer(a, cases[i].server_final, "");
		assert_true(smtp_auth_is_proven(a));
		buf_release(&out);
		smtp_auth_free(a);
	}
}

/* row 63 of protocol.md 4.1 */
static void scram_trusts_no_challenge(void **state)
{
	static const struct {
		const char *challenge, *why;
	} cases[] = {
		{"", "an empty one"},
		{"r=" SERVER_NONCE, "a nonce alone"},
		{"r=" SERVER_NONCE ",s=c2FsdA==", "no count"},
		{"r=" SERVER_NONCE ",i=4096,s=c2FsdA==", "another order"},
		{"m=ext," SERVER_FIRST, "a mandatory extension"},
		{"x=ext," SERVER_FIRST, "an extension in front"},
		{"r=" NONCE ",s=c2FsdA==,i=4096", "our nonce, not made longer"},
		{"r=rOprNGfwEbeRWgbN,s=c2FsdA==,i=4096", "a shorter nonce"},
		{"r=xOprNGfwEbeRWgbNEkqOabc,s=c2FsdA==,i=4096", "another nonce"},
		{"r=,s=c2FsdA==,i=4096", "an empty nonce"},
		{"r=" NONCE "a\x7f,s=c2FsdA==,i=4096", "a control octet in the nonce"},
		{"r=" NONCE "\xc3\xa4,s=c2FsdA==,i=4096", "a nonce outside ASCII"},
		{"r=" SERVER_NONCE ",s=,i=4096", "an empty salt"},
		{"r=" SERVER_NONCE ",s====,i=4096", "a salt of nothing but padding"},
		{"r=" SERVER_NONCE ",s=c2F,i=4096", "a salt that is no base64"},
		{"r=" SERVER_NONCE ",s=c2FsdA==,i=", "an empty count"},
		{"r=" SERVER_NONCE ",s=c2FsdA==,i=0", "no iteration"},
		{"r=" SERVER_NONCE ",s=c2FsdA==,i=1", "one iteration"},
		{"r=" SERVER_NONCE ",s=c2FsdA==,i=4095", "one too few"},
		{"r=" SERVER_NONCE ",s=c2FsdA==,i=1000001", "one too many"},
		{"r=" SERVER_NONCE ",s=c2FsdA==,i=1000000000", "an hour of our time"},
		{"r=" SERVER_NONCE ",s=c2FsdA==,i=99999999999999999999999",
			"more than "
			"a number holds"},
		{"r=" SERVER_NONCE ",s=c2FsdA==,i=-4096", "a sign"},
		{"r=" SERVER_NONCE ",s=c2FsdA==,i=4096x", "no number"},
		{"e=other-error", "an error where the challenge is due"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct smtp_login login = password_login("user", "pencil");
		struct smtp_auth *a = smtp_auth_new(SMTP_AUTH_SCRAM_SHA_256,
			SMTP_AUTH_SCRAM_SHA_256, &login, &no_binding);
		struct buf out = BUF_INIT(SMTP_AUTH_LINE_MAX);
		char *challenge = encoded(cases[i].challenge);

		smtp_auth_command(a, &out);
		check_cancelled(a, challenge, cases[i].why);
		assert_false(smtp_auth_is_proven(a));
		free(challenge);
		buf_release(&out);
		smtp_auth_free(a);
	}
}

static void scram_extensions_behind_are_ignored(void **state)
{
	struct smtp_login login = password_login("user", "pencil");
	struct smtp_auth *a = smtp_auth_new(
		SMTP_AUTH_SCRAM_SHA_256, SMTP_AUTH_SCRAM_SHA_256, &login, &no_binding);
	struct buf out = BUF_INIT(SMTP_AUTH_LINE_MAX);
	char *challenge = encoded(SERVER_FIRST ",x=anything");
	char *got;

	(void)state;
	smtp_auth_command(a, &out);
	got = answer(a, challenge);
	assert_string_not_equal(got, "*");
	free(got);
	free(challenge);
	buf_release(&out);
	smtp_auth_free(a);
}

static void the_server_has_to_prove_itself(void **state)
{
	static const struct {
		const char *final, *why;
	} cases[] = {
		{"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G5=", "another signature"},
		{"v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "another signature"},
		{"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95A==", "a shorter one"},
		{"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4AAAAA", "a longer one"},
		{"v=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "zeros"},
		{"v=", "none"},
		{"", "nothing at all"},
		{"v", "half an attribute"},
		{"e=", "an empty error"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct smtp_login login = password_login("user", "pencil");
		struct smtp_auth *a = smtp_auth_new(SMTP_AUTH_SCRAM_SHA_256,
			SMTP_AUTH_SCRAM_SHA_256, &login, &no_binding);
		struct buf out = BUF_INIT(SMTP_AUTH_LINE_MAX);
		char *final = encoded(cases[i].final);

		smtp_auth_command(a, &out);
		check_answer(a, SERVER_FIRST, CLIENT_FINAL);
		check_cancelled(a, final, cases[i].why);
		assert_false(smtp_auth_is_proven(a));
		free(final);
		buf_release(&out);
		smtp_auth_free(a);
	}
}

/* RFC 5802 7: server-error; the 535 is still to come */
static void an_error_of_scram_is_a_remark(void **state)
{
	struct smtp_login login = password_login("user", "pencil");
	struct smtp_auth *a = smtp_auth_new(
		SMTP_AUTH_SCRAM_SHA_256, SMTP_AUTH_SCRAM_SHA_256, &login, &no_binding);
	struct buf out = BUF_INIT(SMTP_AUTH_LINE_MAX);

	(void)state;
	smtp_auth_command(a, &out);
	check_answer(a, SERVER_FIRST, CLIENT_FINAL);
	check_answer(a, "e=invalid-proof", "");
	assert_string_equal(smtp_auth_remark(a), "invalid-proof");
	assert_false(smtp_auth_is_proven(a));
	buf_release(&out);
	smtp_auth_free(a);
}

/* row 62 of protocol.md 4.1 */
static void a_challenge_out_of_form_cancels(void **state)
{
	static char long_challenge[20 * 1024 + 1];
	static const char *const bad[] = {"!!!", "Zg=", "a", "Zg==Zg==", long_challenge};
	static const unsigned mechanisms[] = {SMTP_AUTH_LOGIN, SMTP_AUTH_SCRAM_SHA_256,
		SMTP_AUTH_XOAUTH2, SMTP_AUTH_OAUTHBEARER};
	struct smtp_login login = token_login("user", "token");

	(void)state;
	login.password = SPAN_LIT("pencil");
	memset(long_challenge, 'A', sizeof(long_challenge) - 1);
	for (size_t i = 0; i < ARRAY_LEN(mechanisms) * ARRAY_LEN(bad); i++) {
		struct smtp_auth *a = smtp_auth_new(mechanisms[i / ARRAY_LEN(bad)],
			mechanisms[i / ARRAY_LEN(bad)], &login, &no_binding);
		struct buf out = BUF_INIT(SMTP_AUTH_LINE_MAX);

		smtp_auth_command(a, &out);
		check_cancelled(a, bad[i % ARRAY_LEN(bad)], "no base64, or too long");
		/* whatever comes now, nothing more is told */
		check_cancelled(a, "", "behind a cancellation");
		buf_release(&out);
		smtp_auth_free(a);
	}
}

static void no_trouble_holds_a_secret(void **state)
{
	static const char *const challenges[] = {"", "e=x", "r=x,s=y,i=1", "m=x", "x"};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(challenges); i++) {
		struct smtp_login login = password_login("user", "verysecret");
		struct smtp_auth *a = smtp_auth_new(SMTP_AUTH_SCRAM_SHA_256,
			SMTP_AUTH_SCRAM_SHA_256, &login, &no_binding);
		struct buf out = BUF_INIT(SMTP_AUTH_LINE_MAX);
		char *challenge = encoded(challenges[i]);

		smtp_auth_command(a, &out);
		check_cancelled(a, challenge, "out of form");
		assert_null(strstr(smtp_auth_trouble(a), "secret"));
		free(challenge);
		buf_release(&out);
		smtp_auth_free(a);
	}
}

static void what_a_server_says_is_cleaned(void **state)
{
	struct smtp_login login = token_login("u", "t");
	struct smtp_auth *a =
		smtp_auth_new(SMTP_AUTH_XOAUTH2, SMTP_AUTH_XOAUTH2, &login, &no_binding);
	struct buf out = BUF_INIT(SMTP_AUTH_LINE_MAX);

	(void)state;
	smtp_auth_command(a, &out);
	check_answer(a, "\x1b]0;x\r\ny", "");
	assert_string_equal(smtp_auth_remark(a), "\\x1B]0;x\\x0D\\x0Ay");
	buf_release(&out);
	smtp_auth_free(a);
}

static void digests_are_compared_as_a_whole(void **state)
{
	unsigned char one[AUTH_DIGEST_SIZE], two[AUTH_DIGEST_SIZE];

	(void)state;
	assert_true(auth_digest_sha256(SPAN_LIT("abc"), one)); /* FIPS 180-4 */
	assert_memory_equal(one, "\xba\x78\x16\xbf\x8f\x01\xcf\xea", 8);
	/* RFC 4231 4.3 */
	assert_true(auth_digest_hmac(
		SPAN_LIT("Jefe"), SPAN_LIT("what do ya want for nothing?"), two));
	assert_memory_equal(two, "\x5b\xdc\xc1\x46\xbf\x60\x75\x4e", 8);
	assert_false(auth_digest_is((struct span){(const char *)one, 32}, two));
	assert_true(auth_digest_is((struct span){(const char *)two, 32}, two));
	assert_false(auth_digest_is((struct span){(const char *)two, 31}, two));
	assert_false(auth_digest_is(SPAN_NONE, two));
	/* RFC 7914 11 */
	assert_true(auth_digest_pbkdf2(SPAN_LIT("passwd"), SPAN_LIT("salt"), 1, one));
	assert_memory_equal(one, "\x55\xac\x04\x6e\x56\xe3\x08\x9f", 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_strongest_mechanism_is_chosen),
		cmocka_unit_test(a_login_is_required_where_there_is_one),
		cmocka_unit_test(why_there_is_no_mechanism_is_told),
		cmocka_unit_test(names_are_those_of_the_registry),
		cmocka_unit_test(external_says_who_we_want_to_be),
		cmocka_unit_test(plain_says_all_at_once),
		cmocka_unit_test(a_long_password_goes_behind_the_challenge),
		cmocka_unit_test(login_answers_any_two_prompts),
		cmocka_unit_test(oauthbearer_shows_the_token),
		cmocka_unit_test(oauthbearer_names_nobody_or_escapes_the_name),
		cmocka_unit_test(xoauth2_answers_its_error_by_nothing),
		cmocka_unit_test(a_token_may_be_of_any_length),
		cmocka_unit_test(scram_is_the_one_of_rfc_7677),
		cmocka_unit_test(scram_binds_the_channel),
		cmocka_unit_test(scram_trusts_no_challenge),
		cmocka_unit_test(scram_extensions_behind_are_ignored),
		cmocka_unit_test(the_server_has_to_prove_itself),
		cmocka_unit_test(an_error_of_scram_is_a_remark),
		cmocka_unit_test(a_challenge_out_of_form_cancels),
		cmocka_unit_test(no_trouble_holds_a_secret),
		cmocka_unit_test(what_a_server_says_is_cleaned),
		cmocka_unit_test(digests_are_compared_as_a_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
