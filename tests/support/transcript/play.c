#include "transcript/play.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "transcript/cast.h"

#define SAID_MAX      (16 * 1024 * 1024)
#define CONTENT_BLOCK (64 * 1024)
#define PIECE_MAX     7

/* what must leave by one write; larger groups are written as they fill up */
#define ONE_WRITE_MAX (32 * 1024)

struct player {
	const struct transcript_lines *lines;
	const struct transcript_line *line;
	struct transcript_cast cast;
	struct transcript_manner manner;
	struct smtp_client *client;
	struct smtp_event event; /* the last one */

	struct buf said; /* by the client, all that was written */
	size_t checked;  /* of what it said, by C: lines */
	unsigned writes; /* since the last check */
	bool is_held;    /* nothing is written, only offered */
	bool has_offered;

	char *outcomes[TRANSCRIPT_RECIPIENTS_MAX]; /* not yet checked by O: lines */
	char *texts[TRANSCRIPT_RECIPIENTS_MAX];
	size_t outcome_count;
	size_t outcomes_checked;
	const char *text; /* of the last checked outcome */
	size_t taken;     /* messages */
};

static size_t piece(struct player *p, size_t n)
{
	size_t max;

	if (!p->manner.in_pieces)
		return n;
	p->manner.seed = p->manner.seed * 1103515245U + 12345U;
	max = 1 + (p->manner.seed >> 16) % PIECE_MAX;
	return n < max ? n : max;
}

static char *describe(const struct outcome *o, const char *prefix)
{
	static const char *const scopes[] = {
		[OUTCOME_RECIPIENT] = "recipient",
		[OUTCOME_MESSAGE] = "message",
		[OUTCOME_HOST] = "host",
		[OUTCOME_ROUTE] = "route",
	};
	char status[OUTCOME_STATUS_TEXT_MAX];
	struct buf out = BUF_INIT(1024);

	outcome_status_format(o->status, status);
	buf_addf(&out, "%s%s %s %s", prefix, outcome_kind_name(o->kind), scopes[o->scope],
		status);
	if (o->code)
		buf_addf(&out, " %d", o->code);
	if (o->may_be_delivered)
		buf_add_str(&out, " uncertain");
	return out.data;
}

static void take_outcome(struct player *p)
{
	struct transcript_message *m = p->event.tag;
	size_t i = p->event.recipient;
	struct buf prefix = BUF_INIT(1024);

	if (p->has_offered)
		transcript_fail(p->lines, p->line, "an outcome behind new output");
	if (m->is_done || m->outcomes[i]++)
		transcript_fail(p->lines, p->line, "a second outcome of %s",
			m->recipients[i].address);
	if (p->outcome_count == TRANSCRIPT_RECIPIENTS_MAX)
		transcript_fail(p->lines, p->line, "too many outcomes");
	buf_addf(&prefix, "%s <%s> ", m->name, m->recipients[i].address);
	p->outcomes[p->outcome_count] = describe(&p->event.outcome, buf_str(&prefix));
	p->texts[p->outcome_count++] = mem_string(p->event.outcome.text);
	buf_release(&prefix);
}

static void take_done(struct player *p)
{
	struct transcript_message *m = p->event.tag;

	for (size_t i = 0; i < m->smtp.recipient_count; i++)
		if (!m->outcomes[i])
			transcript_fail(p->lines, p->line, "done without an outcome");
	if (m->is_done)
		transcript_fail(p->lines, p->line, "done twice");
	m->is_done = true;
}

static void give_message(struct player *p)
{
	struct transcript_message *m;

	if (p->taken == p->cast.count) {
		smtp_client_no_message(p->client);
		return;
	}
	m = p->cast.messages[p->taken++];
	m->is_taken = true;
	if (m->smtp.facts.octets == 0)
		m->smtp.facts.octets = m->content.len;
	smtp_client_message(p->client, &m->smtp);
}

static void give_content(struct player *p)
{
	struct transcript_message *m = p->event.tag;
	size_t at = (size_t)p->event.offset;
	size_t end = m->fails ? m->fails_at : m->content.len;
	struct span rest = span_from(span_head(buf_span(&m->content), end), at);
	struct outcome o;

	if (m->fails && rest.len == 0) {
		o = outcome_make(OUTCOME_DEFERRED, OUTCOME_MESSAGE, "4.3.0", "unread");
		p->has_offered = false;
		smtp_client_content_failed(p->client, &o);
		return;
	}
	rest = span_head(rest, piece(p, CONTENT_BLOCK));
	smtp_client_content(p->client, rest, at + rest.len == m->content.len);
}

static void write_some(struct player *p, size_t max)
{
	size_t n = piece(p, p->event.output.len < max ? p->event.output.len : max);

	buf_add(&p->said, p->event.output.data, n);
	p->writes++;
	smtp_client_written(p->client, n);
}

/* Until it is the server's turn, or all is over. */
static void drive(struct player *p)
{
	for (;;) {
		smtp_client_next(p->client, &p->event);
		switch (p->event.kind) {
		case SMTP_READ:
		case SMTP_START_TLS:
		case SMTP_CLOSE:
			return;
		case SMTP_WRITE:
			p->has_offered = true;
			if (p->is_held)
				return;
			write_some(p, SIZE_MAX);
			break;
		case SMTP_NEXT:
			give_message(p);
			break;
		case SMTP_CONTENT:
			give_content(p);
			break;
		case SMTP_OUTCOME:
			take_outcome(p);
			break;
		case SMTP_DONE:
			take_done(p);
			break;
		}
	}
}

static struct span directive_of(const struct transcript_line *line)
{
	return buf_span(&line->directive);
}

/* The lines from here on that begin with `one` or `other`; moves p->line to the last. */
static void gather(struct player *p, const char *one, const char *other, struct buf *out)
{
	const struct transcript_line *end = p->lines->items + p->lines->count;
	const struct transcript_line *l = p->line;

	for (; l < end; l++) {
		struct span text = buf_span(&l->rest);

		if (!span_is(directive_of(l), one) && !span_is(directive_of(l), other))
			break;
		if (one[0] == 'C' && span_starts(text, "<content ")) {
			struct span name = span_head(span_from(text, 9), text.len - 10);

			buf_add_span(out, buf_span(&transcript_cast_find(
						  &p->cast, p->lines, l, name)
							    ->content));
			continue;
		}
		buf_add_span(out, text);
		if (span_is(directive_of(l), one))
			buf_add_str(out, "\r\n");
	}
	p->line = l - 1;
}

static void check_outcomes_told(struct player *p)
{
	if (p->outcomes_checked < p->outcome_count)
		transcript_fail(p->lines, p->line, "before this comes: O: %s (%s)",
			p->outcomes[p->outcomes_checked], p->texts[p->outcomes_checked]);
}

static void check_nothing_unchecked(struct player *p)
{
	struct span more = span_from(buf_span(&p->said), p->checked);

	check_outcomes_told(p);
	if (p->is_held)
		p->checked = p->said.len; /* cut off anywhere */
	else if (more.len)
		transcript_fail(p->lines, p->line, "before this the client says:\n%.*s",
			SPAN_ARGS(more));
}

static void hear(struct player *p, struct span data)
{
	unsigned patience_id = p->event.patience_id;
	bool was_read = p->event.kind == SMTP_READ;

	if (p->event.kind == SMTP_CLOSE)
		return;
	p->has_offered = false;
	smtp_client_received(p->client, data);
	drive(p);
	/* RFC 5321 4.5.3.2: a deadline is for the whole reply */
	if (was_read && p->event.kind == SMTP_READ && span_find(data, '\n') < 0 &&
		p->event.patience_id != patience_id)
		transcript_fail(p->lines, p->line, "a new deadline amid a reply");
}

static void play_server(struct player *p)
{
	struct buf data = BUF_INIT(SAID_MAX);

	drive(p);
	check_nothing_unchecked(p);
	if (p->event.kind == SMTP_CLOSE)
		transcript_fail(p->lines, p->line, "the client has closed already: %s",
			p->event.outcome.text);
	gather(p, "S:", "S~", &data);
	if (!p->manner.in_pieces)
		hear(p, buf_span(&data));
	for (size_t i = 0; p->manner.in_pieces && i < data.len; i++)
		hear(p, span_head(span_from(buf_span(&data), i), 1));
	buf_release(&data);
}

static void play_client(struct player *p)
{
	struct buf expected = BUF_INIT(SAID_MAX), actual = BUF_INIT(SAID_MAX);
	const struct transcript_line *first = p->line;

	drive(p);
	check_outcomes_told(p);
	gather(p, "C:", "C~", &expected);
	buf_add_span(&actual, span_from(buf_span(&p->said), p->checked));
	if (p->event.kind == SMTP_WRITE)
		buf_add_span(&actual, p->event.output);
	if (!span_eq(buf_span(&actual), buf_span(&expected)))
		transcript_fail(p->lines, first, "the client says:\n%.*s",
			SPAN_ARGS(span_head(buf_span(&actual), 8192)));
	if (!p->manner.in_pieces && !p->is_held && p->writes != 1 &&
		expected.len < ONE_WRITE_MAX)
		transcript_fail(p->lines, first, "%u writes", p->writes);
	p->checked += expected.len;
	p->writes = 0;
	buf_release(&expected);
	buf_release(&actual);
}

static void play_outcome(struct player *p)
{
	const char *outcome;

	drive(p);
	if (p->outcomes_checked == p->outcome_count)
		transcript_fail(p->lines, p->line, "no outcome");
	outcome = p->outcomes[p->outcomes_checked];
	p->text = p->texts[p->outcomes_checked++];
	if (!span_is(buf_span(&p->line->rest), outcome))
		transcript_fail(p->lines, p->line, "O: %s (%s)", outcome, p->text);
}

static void play_text(struct player *p)
{
	const char *expected = buf_str(&p->line->rest);

	if (!p->text || !strstr(p->text, expected))
		transcript_fail(
			p->lines, p->line, "the text is: %s", p->text ? p->text : "none");
}

static void play_loss(struct player *p)
{
	static const struct {
		const char *word;
		enum smtp_loss loss;
	} losses[] = {
		{"close", SMTP_LOST_CLOSED},
		{"timeout", SMTP_LOST_TIMEOUT},
		{"reset", SMTP_LOST_ERROR},
	};

	drive(p);
	p->has_offered = false;
	for (size_t i = 0; i < ARRAY_LEN(losses); i++)
		if (span_is(directive_of(p->line), losses[i].word))
			smtp_client_lost(p->client, losses[i].loss, losses[i].word);
}

static void play_stop(struct player *p)
{
	drive(p);
	p->has_offered = false;
	smtp_client_stop(p->client);
}

static void play_tls(struct player *p)
{
	const struct outcome failed =
		outcome_make(OUTCOME_DEFERRED, OUTCOME_HOST, "4.7.5", "no shared cipher");
	struct smtp_channel channel = transcript_login_channel(&p->cast.login);

	drive(p);
	check_nothing_unchecked(p);
	if (p->event.kind != SMTP_START_TLS)
		transcript_fail(p->lines, p->line, "the client does not want TLS");
	p->has_offered = false;
	if (span_is(directive_of(p->line), "secured")) {
		smtp_client_channel(p->client, &channel);
		smtp_client_secured(p->client);
	} else {
		smtp_client_tls_failed(p->client, &failed);
	}
}

static void play_hold(struct player *p)
{
	drive(p);
	p->is_held = true;
}

static void play_release(struct player *p)
{
	p->is_held = false;
}

static uint64_t number(struct player *p)
{
	uint64_t n;

	if (span_to_uint(buf_span(&p->line->rest), SAID_MAX, &n) < 0)
		transcript_fail(p->lines, p->line, "no number");
	return n;
}

static void play_write(struct player *p)
{
	size_t end = p->said.len + (size_t)number(p);

	if (!p->is_held)
		transcript_fail(p->lines, p->line, "only behind 'hold'");
	for (drive(p); p->said.len < end && p->event.kind == SMTP_WRITE; drive(p))
		write_some(p, end - p->said.len);
	if (p->said.len != end)
		transcript_fail(p->lines, p->line, "there is less to write");
}

static void play_patience(struct player *p)
{
	drive(p);
	if (p->event.kind != SMTP_READ && p->event.kind != SMTP_WRITE)
		transcript_fail(p->lines, p->line, "the client does not wait");
	if (p->event.patience_s != number(p))
		transcript_fail(p->lines, p->line, "patience %u", p->event.patience_s);
}

static void play_end(struct player *p)
{
	char *close;

	drive(p);
	check_nothing_unchecked(p);
	if (p->event.kind != SMTP_CLOSE)
		transcript_fail(p->lines, p->line, "the client does not close");
	close = describe(&p->event.outcome, "");
	p->text = p->event.outcome.text;
	if (p->event.outcome.kind == OUTCOME_PENDING
			? !span_is(buf_span(&p->line->rest), "none")
			: !span_is(buf_span(&p->line->rest), close))
		transcript_fail(p->lines, p->line, "end: %s (%s)", close, p->text);
	free(close);
	for (size_t i = 0; i < p->taken; i++)
		if (!p->cast.messages[i]->is_done)
			transcript_fail(p->lines, p->line, "message %s is not done",
				p->cast.messages[i]->name);
}

static const struct {
	const char *directive;
	void (*play)(struct player *p);
} directives[] = {
	{"S:", play_server},
	{"S~", play_server},
	{"C:", play_client},
	{"C~", play_client},
	{"O:", play_outcome},
	{"T:", play_text},
	{"close", play_loss},
	{"timeout", play_loss},
	{"reset", play_loss},
	{"stop", play_stop},
	{"secured", play_tls},
	{"unsecured", play_tls},
	{"hold", play_hold},
	{"release", play_release},
	{"write", play_write},
	{"patience", play_patience},
	{"end:", play_end},
};

static void play_line(struct player *p)
{
	for (size_t i = 0; i < ARRAY_LEN(directives); i++) {
		if (span_is(directive_of(p->line), directives[i].directive)) {
			directives[i].play(p);
			return;
		}
	}
	transcript_fail(p->lines, p->line, "what is '%s'?", buf_str(&p->line->directive));
}

static void begin(struct player *p)
{
	struct smtp_client_options options = {
		.hello_name = p->cast.hello_name ? p->cast.hello_name : "client.example",
		.remote = "mx.example.org[192.0.2.1]:25",
		.messages_max = p->cast.messages_max,
		.tls = p->cast.tls,
		.is_relay = p->cast.is_relay,
		.is_lmtp = p->cast.is_lmtp,
		.recipients_max = p->cast.recipients_max,
		.size_max = p->cast.size_max,
		.login = p->cast.login.is_given ? &p->cast.login.smtp : NULL,
	};
	struct smtp_channel channel = transcript_login_channel(&p->cast.login);

	p->client = smtp_client_new(&options);
	if (p->cast.tls == SMTP_TLS_IMPLICIT)
		smtp_client_channel(p->client, &channel);
	buf_init(&p->said, SAID_MAX);
}

static void release(struct player *p)
{
	smtp_client_free(p->client);
	transcript_cast_release(&p->cast);
	buf_release(&p->said);
	for (size_t i = 0; i < p->outcome_count; i++) {
		free(p->outcomes[i]);
		free(p->texts[i]);
	}
	free(p);
}

void transcript_play(
	const struct transcript_lines *lines, const struct transcript_manner *manner)
{
	const struct transcript_line *end = lines->items + lines->count;
	struct player *p = mem_alloc(sizeof(*p));
	bool has_ended = false;

	p->lines = lines;
	p->manner = *manner;
	p->line = lines->items;
	while (p->line < end && transcript_cast_take(&p->cast, lines, p->line))
		p->line++;
	begin(p);
	for (; p->line < end; p->line++) {
		play_line(p);
		has_ended = span_is(directive_of(p->line), "end:");
		if (has_ended && p->line + 1 < end &&
			!span_is(directive_of(p->line + 1), "T:"))
			transcript_fail(lines, p->line, "is not the end");
	}
	if (lines->count && !has_ended && !p->text)
		transcript_fail(lines, end - 1, "no 'end:'");
	release(p);
}
