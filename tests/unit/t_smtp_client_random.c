/*
 * Sessions with a server that replies at random, at random times. Whatever it does: each
 * recipient gets exactly one outcome before its message is done, nobody is delivered to
 * whom the server did not promise it behind the complete dot, nobody to whom it did is
 * tried again unknowingly, and the session ends.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "smtp/client.h"

#define SESSIONS       6000
#define EVENTS_MAX     200000
#define MESSAGES_MAX   5
#define RECIPIENTS_MAX 130
#define STREAM_MAX     (4 * 1024 * 1024)

struct letter {
	char addresses[RECIPIENTS_MAX][48]; /* "m2r17@x" */
	struct recipient recipients[RECIPIENTS_MAX];
	const struct recipient *borrowed[RECIPIENTS_MAX];
	struct smtp_message smtp;
	struct buf content;
	enum outcome_kind outcomes[RECIPIENTS_MAX];
	bool has_outcome[RECIPIENTS_MAX];
	bool is_uncertain[RECIPIENTS_MAX];
	unsigned promised[RECIPIENTS_MAX]; /* by a 2yz to the dot */
	bool is_done;
};

struct world {
	uint32_t seed;
	bool is_lmtp;
	bool is_honest; /* keeps to the grammar, replies once and in order */
	struct letter letters[MESSAGES_MAX];
	size_t count, taken;

	/* the server */
	struct buf heard; /* of the client, not yet understood */
	struct buf says;  /* not yet delivered */
	bool is_in_data, has_greeted, is_gone;
	unsigned accepted[RECIPIENTS_MAX]; /* recipients of the transaction */
	size_t accepted_count, accepted_letter;

	struct buf written; /* all that the client said */
	size_t consent_at;  /* octets of that when the last 2yz began to arrive */
	bool is_amid_line;  /* of what arrives */
	struct smtp_client *client;
	struct smtp_event event;
	bool has_offered;
};

static uint32_t draw(struct world *w, uint32_t bound)
{
	w->seed = w->seed * 1103515245U + 12345U;
	return (w->seed >> 16) % bound;
}

static bool once_in(struct world *w, uint32_t n)
{
	return draw(w, n) == 0;
}

static void reply(struct world *w, int code)
{
	static const char *const garbage[] = {
		"hello\r\n", "2\r\n", "250-a\r\n550 b\r\n", "9999 \r\n", "\r\n"};

	if (!w->is_honest && once_in(w, 60)) {
		buf_add_str(&w->says, garbage[draw(w, ARRAY_LEN(garbage))]);
		return;
	}
	for (uint32_t lines = draw(w, 8) ? 0 : draw(w, 4); lines > 0; lines--)
		buf_addf(&w->says, "%d-more to come\r\n", code);
	buf_addf(&w->says, "%d%s\r\n", code, draw(w, 3) ? " some text" : "");
}

/* `good`, mostly. */
static int any_code(struct world *w, int good)
{
	static const int codes[] = {
		250, 251, 354, 421, 450, 451, 452, 452, 503, 530, 550, 552, 554};

	if (draw(w, 7))
		return good;
	for (;;) {
		int code = codes[draw(w, ARRAY_LEN(codes))];

		/* an honest server never says that it goes on when it does not */
		if (!w->is_honest || code >= 400)
			return code;
	}
}

static void say(struct world *w, int code)
{
	reply(w, code);
	if (code == 421)
		w->is_gone = true;
}

static void hear_rcpt(struct world *w, struct span line)
{
	struct span number = span_from(line, strlen("RCPT TO:<m"));
	int code = any_code(w, 250);
	uint64_t m = 0, r = 0;
	struct span part;

	assert_true(span_cut(&number, 'r', &part));
	assert_int_equal(span_to_uint(part, MESSAGES_MAX, &m), 0);
	assert_true(span_cut(&number, '@', &part));
	assert_int_equal(span_to_uint(part, RECIPIENTS_MAX, &r), 0);
	if (code / 100 == 2) {
		w->accepted[w->accepted_count++] = (unsigned)r;
		w->accepted_letter = (size_t)m;
	}
	say(w, code);
}

static void hear_ehlo(struct world *w)
{
	static const char *const offers[] = {"SIZE 1000000", "SIZE 60", "8BITMIME", "DSN",
		"LIMITS RCPTMAX=3", "LIMITS MAILMAX=2", "STARTTLS", "X-WHATEVER"};

	if (once_in(w, 20)) {
		say(w, any_code(w, 502));
		return;
	}
	buf_add_str(&w->says, "250-mx.example.org\r\n");
	for (size_t i = 0; i < ARRAY_LEN(offers); i++)
		if (once_in(w, 4))
			buf_addf(&w->says, "250-%s\r\n", offers[i]);
	buf_addf(&w->says, "250 %s\r\n", draw(w, 4) ? "PIPELINING" : "HELP");
}

static void hear_data(struct world *w)
{
	int code = any_code(w, w->accepted_count || once_in(w, 2) ? 354 : 554);

	w->is_in_data = code == 354;
	say(w, code);
}

static void hear_command(struct world *w, struct span line)
{
	if (span_starts(line, "RCPT")) {
		hear_rcpt(w, line);
		return;
	}
	if (span_starts(line, w->is_lmtp ? "LHLO" : "EHLO")) {
		hear_ehlo(w);
		return;
	}
	if (span_starts(line, "DATA")) {
		hear_data(w);
		return;
	}
	w->accepted_count = 0;
	if (span_is(line, "QUIT"))
		w->is_gone = once_in(w, 3);
	else if (w->is_honest && !span_starts(line, "MAIL") &&
		 !span_starts(line, "HELO") && !span_is(line, "RSET") &&
		 !span_is(line, "STARTTLS"))
		fail_msg("the client says %.*s", SPAN_ARGS(line));
	say(w, span_is(line, "QUIT") ? 221 : any_code(w, 250));
}

static void hear_dot(struct world *w)
{
	struct letter *l = &w->letters[w->accepted_letter];
	int code = any_code(w, 250);

	w->is_in_data = false;
	for (size_t i = 0; i < w->accepted_count && !w->is_gone; i++) {
		l->promised[w->accepted[i]] += code / 100 == 2;
		if (!w->is_lmtp)
			continue;
		/* RFC 2033 4.2: each has a reply of its own */
		say(w, code);
		code = any_code(w, 250);
	}
	w->accepted_count = 0;
	if (!w->is_lmtp)
		say(w, code);
}

/* One line that the client said. False when none is whole. */
static bool hear(struct world *w)
{
	ptrdiff_t end = span_find(buf_span(&w->heard), '\n');
	struct span line;

	if (end < 0 || w->is_gone)
		return false;
	line = span_head(buf_span(&w->heard), (size_t)end - 1);
	if (!w->is_in_data)
		hear_command(w, line);
	else if (span_is(line, "."))
		hear_dot(w);
	buf_consume(&w->heard, (size_t)end + 1);
	return true;
}

static void note_consent(struct world *w, struct span part)
{
	for (size_t i = 0; i < part.len; i++) {
		if (!w->is_amid_line && part.data[i] == '2')
			w->consent_at = w->written.len;
		w->is_amid_line = part.data[i] != '\n';
	}
}

static void deliver_reply(struct world *w)
{
	size_t n = 1 + draw(w, 60);
	struct span part = span_head(buf_span(&w->says), n);

	if (w->event.kind == SMTP_WRITE && w->is_honest && once_in(w, 2))
		return;
	w->has_offered = false;
	note_consent(w, part);
	smtp_client_received(w->client, part);
	buf_consume(&w->says, part.len);
}

/* Whatever an adversary likes to say, at a time when nobody asked. */
static void interrupt(struct world *w)
{
	static const int codes[] = {250, 354, 421, 451, 552};

	if (!w->is_honest && once_in(w, 150))
		reply(w, codes[draw(w, ARRAY_LEN(codes))]);
	if (once_in(w, 3000))
		smtp_client_stop(w->client);
	if (once_in(w, 1500)) {
		w->has_offered = false;
		smtp_client_lost(w->client, SMTP_LOST_ERROR, "reset");
	}
}

static void wait_for_server(struct world *w)
{
	if (w->says.len) {
		deliver_reply(w);
	} else if (!w->has_greeted) {
		w->has_greeted = true;
		say(w, any_code(w, 220));
	} else if (!hear(w)) {
		w->has_offered = false;
		smtp_client_lost(w->client,
			w->is_gone ? SMTP_LOST_CLOSED : SMTP_LOST_TIMEOUT, NULL);
	}
}

static void write_some(struct world *w)
{
	size_t n = 1 + draw(w, 200);

	if (n > w->event.output.len || once_in(w, 3))
		n = w->event.output.len;
	w->has_offered = true;
	buf_add(&w->heard, w->event.output.data, n);
	buf_add(&w->written, w->event.output.data, n);
	smtp_client_written(w->client, n);
	while (draw(w, 4) && hear(w))
		;
	if (w->says.len && once_in(w, 2))
		deliver_reply(w);
}

static void give_content(struct world *w)
{
	struct letter *l = w->event.tag;
	struct outcome o;
	struct span rest;

	if (once_in(w, 100)) {
		o = outcome_make(OUTCOME_DEFERRED, OUTCOME_MESSAGE, "4.3.0", "unread");
		w->has_offered = false;
		smtp_client_content_failed(w->client, &o);
		return;
	}
	assert_true(w->event.offset <= l->content.len);
	rest = span_from(buf_span(&l->content), (size_t)w->event.offset);
	rest = span_head(rest, 1 + draw(w, 200));
	smtp_client_content(
		w->client, rest, w->event.offset + rest.len == l->content.len);
}

/* Where, in what the client said, the dot of this recipient's transaction ends. */
static size_t dot_end(const struct world *w, const struct recipient *r)
{
	char command[64];
	const char *at, *next;

	(void)snprintf(command, sizeof(command), "RCPT TO:<%s>", r->address);
	at = strstr(buf_str(&w->written), command);
	assert_non_null(at);
	while ((next = strstr(at + 1, command)) != NULL)
		at = next;
	at = strstr(at, "DATA\r\n");
	assert_non_null(at);
	at = strstr(at + 4, "\r\n.\r\n");
	assert_non_null(at);
	return (size_t)(at + 5 - buf_str(&w->written));
}

static void take_outcome(struct world *w)
{
	struct letter *l = w->event.tag;
	size_t r = w->event.recipient;
	const struct outcome *o = &w->event.outcome;

	/* what a reply causes comes before the next octet is offered */
	assert_false(w->has_offered && o->code);
	assert_true(r < l->smtp.recipient_count);
	assert_false(l->is_done);
	assert_false(l->has_outcome[r]);
	l->has_outcome[r] = true;
	l->outcomes[r] = o->kind;
	l->is_uncertain[r] = o->may_be_delivered;
	if (o->kind == OUTCOME_DELIVERED)
		assert_true(dot_end(w, l->borrowed[r]) <= w->consent_at);
	if (o->may_be_delivered) {
		assert_int_equal(o->kind, OUTCOME_DEFERRED);
		assert_int_equal(o->scope, OUTCOME_MESSAGE);
	}
}

static void take_done(struct world *w)
{
	struct letter *l = w->event.tag;

	assert_false(l->is_done);
	l->is_done = true;
	for (size_t r = 0; r < l->smtp.recipient_count; r++)
		assert_true(l->has_outcome[r]);
}

static void give_message(struct world *w)
{
	if (w->taken == w->count)
		smtp_client_no_message(w->client);
	else
		smtp_client_message(w->client, &w->letters[w->taken++].smtp);
}

static void start_tls(struct world *w)
{
	const struct outcome failed =
		outcome_make(OUTCOME_DEFERRED, OUTCOME_HOST, "4.7.5", "no shared cipher");

	w->has_offered = false;
	if (w->says.len)
		deliver_reply(w); /* in clear, which ends it */
	else if (once_in(w, 5))
		smtp_client_tls_failed(w->client, &failed);
	else
		smtp_client_secured(w->client);
}

static void play(struct world *w)
{
	for (unsigned events = 0; events < EVENTS_MAX; events++) {
		smtp_client_next(w->client, &w->event);
		switch (w->event.kind) {
		case SMTP_READ:
			interrupt(w);
			wait_for_server(w);
			break;
		case SMTP_WRITE:
			interrupt(w);
			write_some(w);
			break;
		case SMTP_START_TLS:
			start_tls(w);
			break;
		case SMTP_NEXT:
			give_message(w);
			break;
		case SMTP_CONTENT:
			give_content(w);
			break;
		case SMTP_OUTCOME:
			take_outcome(w);
			break;
		case SMTP_DONE:
			take_done(w);
			break;
		case SMTP_CLOSE:
			return;
		}
	}
	fail_msg("the session does not end");
}

static void make_letter(struct world *w, size_t m)
{
	struct letter *l = &w->letters[m];
	size_t count = 1 + draw(w, once_in(w, 20) ? RECIPIENTS_MAX : 4);

	for (size_t r = 0; r < count; r++) {
		(void)snprintf(
			l->addresses[r], sizeof(l->addresses[r]), "m%zur%zu@x", m, r);
		l->recipients[r].address = l->addresses[r];
		l->borrowed[r] = &l->recipients[r];
	}
	buf_init(&l->content, STREAM_MAX);
	for (uint32_t n = draw(w, 12); n > 0; n--)
		buf_add_str(&l->content, draw(w, 3) ? "a line\r\n" : ".\r\n");
	l->smtp = (struct smtp_message){
		.sender = "",
		.recipients = l->borrowed,
		.recipient_count = count,
		.facts = {.octets = l->content.len, .needs_utf8 = once_in(w, 30)},
		.tag = l,
	};
}

static void check_promises(const struct world *w)
{
	for (size_t m = 0; m < w->taken; m++) {
		const struct letter *l = &w->letters[m];

		assert_true(l->is_done);
		for (size_t r = 0; r < l->smtp.recipient_count; r++) {
			assert_true(l->promised[r] <= 1);
			if (w->is_honest && l->promised[r] && !l->is_uncertain[r])
				assert_int_equal(l->outcomes[r], OUTCOME_DELIVERED);
			if (w->is_honest && l->outcomes[r] == OUTCOME_DELIVERED)
				assert_int_equal(l->promised[r], 1);
		}
	}
}

static unsigned run_session(uint32_t seed, bool is_honest)
{
	struct smtp_client_options options = {
		.hello_name = "client.example", .remote = "mx"};
	struct world *w = mem_alloc(sizeof(*w));
	unsigned delivered = 0;

	w->seed = seed;
	w->is_honest = is_honest;
	w->count = 1 + draw(w, MESSAGES_MAX);
	for (size_t m = 0; m < w->count; m++)
		make_letter(w, m);
	buf_init(&w->heard, STREAM_MAX);
	buf_init(&w->says, STREAM_MAX);
	buf_init(&w->written, STREAM_MAX);
	options.tls = (enum smtp_tls)draw(w, 4);
	w->is_lmtp = once_in(w, 3);
	options.is_lmtp = w->is_lmtp;
	w->client = smtp_client_new(&options);
	play(w);
	check_promises(w);
	for (size_t m = 0; m < w->count; m++) {
		delivered += w->letters[m].outcomes[0] == OUTCOME_DELIVERED;
		buf_release(&w->letters[m].content);
	}
	smtp_client_free(w->client);
	buf_release(&w->heard);
	buf_release(&w->says);
	buf_release(&w->written);
	free(w);
	return delivered;
}

static void run_sessions(bool is_honest)
{
	unsigned delivered = 0;

	for (uint32_t seed = 1; seed <= SESSIONS; seed++) {
		print_message("# seed %u\n", seed);
		delivered += run_session(seed, is_honest);
	}
	print_message("# %u first recipients delivered\n", delivered);
	assert_true(delivered > SESSIONS / 4);
}

static void test_an_honest_server_is_understood(void **state)
{
	(void)state;
	run_sessions(true);
}

static void test_a_mad_server_is_survived(void **state)
{
	(void)state;
	run_sessions(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_honest_server_is_understood),
		cmocka_unit_test(test_a_mad_server_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
