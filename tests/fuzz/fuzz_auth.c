/*
 * A server's side of an AUTH exchange: first octet the mechanism, then one challenge a line.
 * Whatever it says, each answer is one line of base64 or "*", nothing follows a "*" but
 * another, no secret is in what people are shown, and a server that does not know the
 * password never passes for proven.
 */
#include <stdint.h>
#include <string.h>

#include "base/bug.h"
#include "base/codec.h"
#include "smtp/auth.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ANSWERS_MAX 4 /* of any mechanism; what comes then is cancelled */

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

static void check_line(struct span line)
{
	struct buf raw = BUF_INIT(SMTP_AUTH_LINE_MAX);

	check(line.len <= SMTP_AUTH_LINE_MAX, "length");
	check(span_is(line, "*") || base64_decode(&raw, line) == 0,
		"neither base64 nor *");
	buf_release(&raw);
}

static void converse(struct smtp_auth *a, struct span input)
{
	struct buf out = BUF_INIT(2 * SMTP_AUTH_LINE_MAX);
	bool is_cancelled = false;
	unsigned count = 0;
	struct span line;

	smtp_auth_command(a, &out);
	check(!span_has_control(buf_span(&out)), "command");
	for (; span_cut(&input, '\n', &line); count++) {
		buf_reset(&out);
		smtp_auth_answer(a, line, &out);
		check(!out.is_overfull, "overfull");
		check_line(buf_span(&out));
		check(!is_cancelled || span_is(buf_span(&out), "*"), "behind *");
		is_cancelled |= span_is(buf_span(&out), "*");
		check(is_cancelled == (*smtp_auth_trouble(a) != '\0'), "why");
		check(count < ANSWERS_MAX || is_cancelled, "without end");
	}
	check(!strstr(smtp_auth_trouble(a), "s3cret"), "trouble");
	buf_release(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct smtp_login login = {
		.user = "us=er,",
		.password = SPAN_LIT("s3cret"),
		.token = SPAN_LIT("s3cret-token"),
		.has_certificate = true,
		.host = "mx.example.org",
		.port = 587,
		.nonce = "rOprNGfwEbeRWgbNEkqO",
	};
	const struct smtp_binding binding = {
		"tls-exporter", SPAN_LIT("0123456789abcdef")};
	struct smtp_auth *a;
	bool is_scram;

	if (size == 0)
		return 0;
	a = smtp_auth_new(1U << data[0] % 7, 0x7f, &login, &binding);
	converse(a, (struct span){(const char *)data + 1, size - 1});
	/* the password is not in the input; who guesses a signature has found a bug */
	is_scram = strncmp(smtp_auth_mechanism_name(a), "SCRAM", 5) == 0;
	check(smtp_auth_is_proven(a) == !is_scram, "proven");
	smtp_auth_free(a);
	return 0;
}
