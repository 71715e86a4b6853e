/*
 * A session with a server that is the input. The first octet is how much leaves and comes
 * at a time, its highest bit that the second message is a test, which stops before DATA;
 * the second octet is what else happens; the rest is what the server says, a 0 octet
 * being a pause in which the client may write. Each recipient gets exactly one outcome,
 * nothing is delivered before a final dot has left, and the session ends.
 */
#include <stdint.h>

#include "smtp/client.h"

#define MESSAGES   3
#define RECIPIENTS 5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct letter {
	struct smtp_message smtp;
	bool has_outcome[RECIPIENTS];
	bool is_done;
};

struct session {
	struct smtp_client *client;
	struct smtp_event event;
	struct span server;
	size_t piece;
	bool content_fails, is_stopped, has_eight_bit, tls_fails;
	bool has_test;
	struct letter letters[MESSAGES];
	size_t taken;
	unsigned line;      /* state of matching CRLF . CRLF */
	unsigned dots_left; /* ends of data that have left */
};

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

static void give_message(struct session *s)
{
	static char address[] = "one@example.org";
	static const struct recipient recipient = {.address = address};
	static const struct recipient *const recipients[RECIPIENTS] = {
		&recipient, &recipient, &recipient, &recipient, &recipient};
	struct letter *l;

	if (s->taken == MESSAGES) {
		smtp_client_no_message(s->client);
		return;
	}
	l = &s->letters[s->taken++];
	l->smtp = (struct smtp_message){
		.sender = "",
		.recipients = recipients,
		.recipient_count = RECIPIENTS,
		.facts = {.octets = 8, .has_8bit = s->has_eight_bit},
		.stops_before_data = s->has_test && s->taken == 2,
		.tag = l,
	};
	smtp_client_message(s->client, &l->smtp);
}

static void give_content(struct session *s)
{
	static const char content[] = "a\r\n.\r\nb\r\n";
	const struct letter *l = s->event.tag;
	struct outcome o;

	check(!l->smtp.stops_before_data, "content of a test");
	if (s->content_fails) {
		o = outcome_make(OUTCOME_DEFERRED, OUTCOME_MESSAGE, "4.3.0", "unread");
		smtp_client_content_failed(s->client, &o);
		return;
	}
	smtp_client_content(s->client, SPAN_LIT(content), true);
}

/* Count the lines of one dot that leave; stuffing leaves no others. */
static void count_dots(struct session *s, struct span said)
{
	static const char end[] = "\n.\r\n";

	for (size_t i = 0; i < said.len; i++) {
		s->line = said.data[i] == end[s->line] ? s->line + 1
			  : said.data[i] == '\n'       ? 1
						       : 0;
		if (s->line == 4) {
			s->dots_left++;
			s->line = 1;
		}
	}
}

static void write_some(struct session *s)
{
	struct span part = span_head(s->event.output, s->piece);

	count_dots(s, part);
	smtp_client_written(s->client, part.len);
}

/* What the server says next; false when it is a pause. */
static bool hear(struct session *s)
{
	struct span part = span_head(s->server, s->piece);
	ptrdiff_t pause = span_find(part, '\0');

	if (s->server.len == 0)
		return false;
	if (pause == 0) {
		s->server = span_from(s->server, 1);
		return false;
	}
	if (pause > 0)
		part = span_head(part, (size_t)pause);
	s->server = span_from(s->server, part.len);
	smtp_client_received(s->client, part);
	return true;
}

static void wait_for_server(struct session *s)
{
	if (hear(s))
		return;
	if (s->server.len == 0)
		smtp_client_lost(s->client, SMTP_LOST_CLOSED, NULL);
}

static void take_outcome(struct session *s)
{
	struct letter *l = s->event.tag;

	check(s->event.recipient < RECIPIENTS, "recipient");
	check(!l->has_outcome[s->event.recipient] && !l->is_done, "second outcome");
	l->has_outcome[s->event.recipient] = true;
	if (l->smtp.stops_before_data)
		check(!s->event.outcome.may_be_delivered, "a test was delivered");
	else if (s->event.outcome.kind == OUTCOME_DELIVERED ||
		 s->event.outcome.may_be_delivered)
		check(s->dots_left > 0, "delivered without a dot");
}

static void take_done(struct session *s)
{
	struct letter *l = s->event.tag;

	for (size_t i = 0; i < RECIPIENTS; i++)
		check(l->has_outcome[i], "done without an outcome");
	check(!l->is_done, "done twice");
	l->is_done = true;
}

static void start_tls(struct session *s)
{
	struct outcome o;

	if (s->tls_fails) {
		o = outcome_make(OUTCOME_DEFERRED, OUTCOME_HOST, "4.7.5", "no cipher");
		smtp_client_tls_failed(s->client, &o);
		return;
	}
	smtp_client_secured(s->client);
}

static bool step(struct session *s)
{
	smtp_client_next(s->client, &s->event);
	switch (s->event.kind) {
	case SMTP_READ:
		wait_for_server(s);
		break;
	case SMTP_WRITE:
		if (!hear(s))
			write_some(s);
		break;
	case SMTP_START_TLS:
		start_tls(s);
		break;
	case SMTP_NEXT:
		if (s->is_stopped)
			smtp_client_stop(s->client);
		else
			give_message(s);
		break;
	case SMTP_CONTENT:
		give_content(s);
		break;
	case SMTP_OUTCOME:
		take_outcome(s);
		break;
	case SMTP_DONE:
		take_done(s);
		break;
	case SMTP_CLOSE:
		return false;
	}
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct smtp_login login = {.user = "user",
		.password = SPAN_LIT("pencil"),
		.has_certificate = true,
		.nonce = "rOprNGfwEbeRWgbNEkqO"};
	static const struct smtp_channel verified = {.is_verified = true};
	struct smtp_client_options options = {
		.hello_name = "client.example", .remote = "mx"};
	struct session s = {.line = 0};
	size_t steps = 0, most;

	if (size < 2)
		return 0;
	s.has_test = data[0] & 128;
	options.is_lmtp = data[0] & 64;
	s.piece = data[0] & 63 ? data[0] & 63 : SIZE_MAX;
	s.content_fails = data[1] & 1;
	s.is_stopped = data[1] & 2;
	s.has_eight_bit = data[1] & 4;
	s.tls_fails = data[1] & 8;
	options.tls = (enum smtp_tls)(data[1] >> 4 & 3);
	options.is_relay = data[1] & 64;
	options.login = data[1] & 128 ? &login : NULL;
	s.server = (struct span){(const char *)data + 2, size - 2};
	s.client = smtp_client_new(&options);
	smtp_client_channel(s.client, &verified);
	most = 20000 + 4 * size;
	while (step(&s))
		check(++steps < most, "no end");
	for (size_t i = 0; i < s.taken; i++)
		check(s.letters[i].is_done, "not done");
	check(!options.login || !s.dots_left || smtp_client_mechanism(s.client),
		"mail without a login");
	smtp_client_free(s.client);
	return 0;
}
