#include "smtp/server_session.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/mem.h"

/* replies that are kept back while there is more to read (RFC 2920 3.2) */
#define REPLIES_MAX (16 * 1024)

/* what one block of content can become; server_message.c reads no more at once */
#define CONTENT_MAX (128 * 1024)

/* the first octet of a TLS handshake */
#define TLS_HANDSHAKE 0x16

struct smtp_server *smtp_server_new(const struct smtp_server_options *options)
{
	struct smtp_server *s = mem_alloc(sizeof(*s));

	s->options = *options;
	buf_init(&s->line, SMTP_SERVER_LINE_MAX);
	buf_init(&s->content, CONTENT_MAX);
	smtp_outbox_init(&s->outbox);
	return s;
}

static void forget_transaction(struct smtp_server *s)
{
	for (size_t i = 0; i < s->recipient_count; i++) {
		free(s->recipients[i].address);
		free(s->recipients[i].orcpt);
	}
	s->recipient_count = 0;
	s->has_mail = false;
	s->has_chunks = false;
	s->message = SMTP_SERVER_MESSAGE_NONE;
}

void smtp_server_free(struct smtp_server *s)
{
	if (!s)
		return;
	forget_transaction(s);
	free(s->recipients);
	buf_release(&s->line);
	buf_release(&s->content);
	smtp_outbox_release(&s->outbox);
	free(s);
}

void smtp_server_say(struct smtp_server *s, const struct smtp_answer *answer)
{
	s->errors += answer->code >= 500;
	smtp_answer_format(answer, smtp_outbox_open(&s->outbox));
}

void smtp_server_sayf(
	struct smtp_server *s, int code, const char *status, const char *fmt, ...)
{
	struct smtp_answer answer;
	va_list args;

	va_start(args, fmt);
	answer = smtp_answer_vmake(code, status, fmt, args);
	va_end(args);
	smtp_server_say(s, &answer);
}

void smtp_server_reset(struct smtp_server *s)
{
	s->is_abandoned = s->is_abandoned || s->message == SMTP_SERVER_MESSAGE_OPEN;
	forget_transaction(s);
}

void smtp_server_close(struct smtp_server *s)
{
	smtp_server_reset(s);
	s->phase = SMTP_SERVER_PHASE_CLOSING;
}

static bool write_replies(struct smtp_server *s, struct smtp_server_event *ret)
{
	ret->kind = SMTP_SERVER_WRITE;
	ret->data = smtp_outbox_pending(&s->outbox);
	return ret->data.len > 0;
}

bool smtp_server_wait(struct smtp_server *s, struct smtp_server_event *ret)
{
	if (write_replies(s, ret))
		return true;
	if (s->has_input_ended) {
		smtp_server_close(s);
		return false;
	}
	ret->kind = SMTP_SERVER_READ;
	return true;
}

static bool step_greeting(struct smtp_server *s, struct smtp_server_event *ret)
{
	(void)ret;
	if (s->input.len) {
		smtp_server_sayf(s, 554, "5.5.1", "you spoke before the greeting");
		smtp_server_close(s);
	} else {
		smtp_server_sayf(s, 220, "", "%s ESMTP nullmta", s->options.hostname);
		s->phase = SMTP_SERVER_PHASE_COMMAND;
	}
	return false;
}

/* Take the line end off a whole line; false when it must not have this one. */
static bool cut_line_end(struct smtp_server *s, struct span *line)
{
	bool has_cr = span_ends(*line, "\r");

	if (!s->has_line)
		s->allows_lf = !has_cr;
	s->has_line = true;
	line->len -= has_cr;
	return has_cr || s->allows_lf;
}

static void take_line(struct smtp_server *s)
{
	struct span line = buf_span(&s->line);

	if (cut_line_end(s, &line)) {
		smtp_server_execute(s, line);
	} else {
		smtp_server_sayf(s, 521, "5.5.2", "a line that ends in LF alone");
		smtp_server_close(s);
	}
	buf_reset(&s->line);
}

/* Move input to `line`, up to its LF. Whether it is whole. */
static bool read_line(struct smtp_server *s)
{
	ptrdiff_t lf = span_find(s->input, '\n');
	struct span part = lf < 0 ? s->input : span_head(s->input, (size_t)lf);

	buf_add_span(&s->line, part);
	s->input = span_from(s->input, part.len + (lf >= 0));
	return lf >= 0;
}

static bool step_command(struct smtp_server *s, struct smtp_server_event *ret)
{
	if (s->errors >= SMTP_SERVER_ERRORS_MAX) {
		smtp_server_sayf(s, 421, "4.7.0", "too many errors");
		smtp_server_close(s);
		return false;
	}
	if (smtp_outbox_pending(&s->outbox).len > REPLIES_MAX)
		return write_replies(s, ret);
	if (s->input.len == 0)
		return smtp_server_wait(s, ret);
	if (s->line.len == 0 && s->input.data[0] == TLS_HANDSHAKE) {
		smtp_server_sayf(s, 554, "5.5.1", "this is SMTP");
		smtp_server_close(s);
	} else if (read_line(s) && !s->line.is_overfull) {
		take_line(s);
	}
	if (s->line.is_overfull) {
		/* nobody who sends this will be understood later */
		smtp_server_sayf(s, 500, "5.5.2", "the line is too long");
		smtp_server_close(s);
	}
	return false;
}

/* accept and refuse leave this phase */
static bool step_verdict(struct smtp_server *s, struct smtp_server_event *ret)
{
	(void)s;
	(void)ret;
	BUG("a message without a verdict");
}

static bool step_closing(struct smtp_server *s, struct smtp_server_event *ret)
{
	if (write_replies(s, ret))
		return true;
	ret->kind = SMTP_SERVER_CLOSE;
	return true;
}

static bool (*const steps[])(struct smtp_server *s, struct smtp_server_event *ret) = {
	[SMTP_SERVER_PHASE_GREETING] = step_greeting,
	[SMTP_SERVER_PHASE_COMMAND] = step_command,
	[SMTP_SERVER_PHASE_MESSAGE] = smtp_server_step_message,
	[SMTP_SERVER_PHASE_DATA] = smtp_server_step_data,
	[SMTP_SERVER_PHASE_CHUNK] = smtp_server_step_chunk,
	[SMTP_SERVER_PHASE_COMPLETE] = smtp_server_step_complete,
	[SMTP_SERVER_PHASE_VERDICT] = step_verdict,
	[SMTP_SERVER_PHASE_CLOSING] = step_closing,
};

void smtp_server_next(struct smtp_server *s, struct smtp_server_event *ret)
{
	*ret = (struct smtp_server_event){0};
	do {
		if (s->is_abandoned) {
			s->is_abandoned = false;
			ret->kind = SMTP_SERVER_ABANDON;
			return;
		}
	} while (!steps[s->phase](s, ret));
}

void smtp_server_received(struct smtp_server *s, struct span data)
{
	s->input = data;
}

void smtp_server_end(struct smtp_server *s)
{
	s->has_input_ended = true;
}

void smtp_server_written(struct smtp_server *s, size_t n)
{
	smtp_outbox_written(&s->outbox, n);
}

void smtp_server_accept(struct smtp_server *s, const char *id)
{
	if (s->phase != SMTP_SERVER_PHASE_VERDICT)
		BUG("accepted what is not complete");
	s->errors = 0;
	s->phase = SMTP_SERVER_PHASE_COMMAND;
	smtp_server_sayf(s, 250, "2.0.0", "%s %s",
		s->options.is_final ? "delivered to" : "queued as", id);
	forget_transaction(s);
}

void smtp_server_refuse(struct smtp_server *s, const struct fault *why)
{
	struct smtp_answer answer = smtp_answer_of_fault(why);

	if (s->message != SMTP_SERVER_MESSAGE_OPEN)
		BUG("refused what is not there");
	s->message = SMTP_SERVER_MESSAGE_REFUSED;
	s->refusal = answer;
	if (s->phase == SMTP_SERVER_PHASE_VERDICT)
		s->phase = SMTP_SERVER_PHASE_COMPLETE;
}

void smtp_server_stop(struct smtp_server *s, enum smtp_server_stop why)
{
	if (s->phase == SMTP_SERVER_PHASE_CLOSING)
		return;
	if (why == SMTP_SERVER_TIMEOUT)
		smtp_server_sayf(s, 421, "4.4.2", "nothing came for too long");
	else
		smtp_server_sayf(s, 421, "4.3.2", "shutting down");
	smtp_server_close(s);
}
