#include "smtp/server_session.h"

#include <inttypes.h>

/* input digested for one CONTENT */
#define BLOCK (64 * 1024)

static void begin_content(struct smtp_server *s)
{
	s->reader = (struct smtp_content_reader){
		.allows_lf = s->allows_lf, .has_dots = !s->has_chunks};
	s->octets = 0;
	s->envelope = (struct smtp_server_envelope){
		.hello = s->hello,
		.is_esmtp = s->is_esmtp,
		.is_utf8 = s->mail.is_utf8,
		.sender = s->mail.sender,
		.recipients = s->recipients,
		.recipient_count = s->recipient_count,
		.ret = s->mail.ret,
		.envid = *s->mail.envid ? s->mail.envid : NULL,
	};
	s->phase = SMTP_SERVER_PHASE_MESSAGE;
}

/* Whether content may come now; if not, why. */
static bool may_begin(const struct smtp_server *s, struct smtp_answer *ret_answer)
{
	if (!s->has_mail)
		*ret_answer = smtp_answer_make(503, "5.5.1", "MAIL comes first");
	else if (!s->recipient_count)
		*ret_answer = smtp_answer_make(554, "5.5.1", "no valid recipients");
	else
		return true;
	return false;
}

void smtp_server_begin_data(struct smtp_server *s)
{
	struct smtp_answer answer;

	if (s->has_chunks)
		smtp_server_sayf(s, 503, "5.5.1", "after BDAT comes BDAT, not DATA");
	else if (may_begin(s, &answer))
		begin_content(s);
	else
		smtp_server_say(s, &answer);
}

/* RFC 3030 3: the octets of a chunk come whatever the server thinks of it */
void smtp_server_begin_chunk(struct smtp_server *s, uint64_t octets, bool is_last)
{
	struct smtp_answer answer;

	s->chunk = octets;
	s->is_last = is_last;
	s->phase = SMTP_SERVER_PHASE_CHUNK;
	if (s->message != SMTP_SERVER_MESSAGE_NONE)
		return;
	if (may_begin(s, &answer)) {
		s->has_chunks = true;
		begin_content(s);
	} else {
		/* what it reads goes nowhere */
		s->reader = (struct smtp_content_reader){0};
		smtp_server_reject(s, &answer);
	}
}

void smtp_server_reject(struct smtp_server *s, const struct smtp_answer *why)
{
	if (s->message == SMTP_SERVER_MESSAGE_REFUSED)
		return;
	s->is_abandoned = s->message == SMTP_SERVER_MESSAGE_OPEN;
	s->message = SMTP_SERVER_MESSAGE_REFUSED;
	s->refusal = *why;
}

/* The client has said it all: it hears what came of it. */
static void say_refusal(struct smtp_server *s)
{
	smtp_server_say(s, &s->refusal);
	smtp_server_reset(s);
	s->phase = SMTP_SERVER_PHASE_COMMAND;
}

bool smtp_server_step_message(struct smtp_server *s, struct smtp_server_event *ret)
{
	if (s->message == SMTP_SERVER_MESSAGE_NONE) {
		s->message = SMTP_SERVER_MESSAGE_OPEN;
		ret->kind = SMTP_SERVER_BEGIN;
		ret->envelope = &s->envelope;
		return true;
	}
	if (s->has_chunks) {
		s->phase = SMTP_SERVER_PHASE_CHUNK;
	} else if (s->message == SMTP_SERVER_MESSAGE_REFUSED) {
		say_refusal(s);
	} else {
		smtp_server_sayf(s, 354, "", "go ahead, end with <CRLF>.<CRLF>");
		s->phase = SMTP_SERVER_PHASE_DATA;
	}
	return false;
}

static void judge(struct smtp_server *s)
{
	struct smtp_answer answer;

	if (s->octets > s->options.octets_max)
		answer = smtp_answer_make(552, "5.3.4",
			"the message has more than %" PRIu64 " octets",
			s->options.octets_max);
	else if (s->reader.is_spoilt)
		answer = smtp_answer_make(550, "5.5.2",
			"the message has a CR or LF alone; lines end in CRLF");
	else
		return;
	smtp_server_reject(s, &answer);
}

/* Read content off the input, at most `octets` of it. Whether it makes an event. */
static bool take_content(
	struct smtp_server *s, uint64_t octets, struct smtp_server_event *ret)
{
	struct span block = span_head(s->input, octets < BLOCK ? (size_t)octets : BLOCK);
	size_t given = block.len;

	buf_reset(&s->content);
	smtp_content_reader_feed(&s->reader, &block, &s->content);
	given -= block.len;
	s->input = span_from(s->input, given);
	s->octets += s->content.len;
	s->chunk -= s->phase == SMTP_SERVER_PHASE_CHUNK ? given : 0;
	judge(s);
	if (s->message != SMTP_SERVER_MESSAGE_OPEN || s->content.len == 0)
		return false;
	ret->kind = SMTP_SERVER_CONTENT;
	ret->data = buf_span(&s->content);
	return true;
}

bool smtp_server_step_data(struct smtp_server *s, struct smtp_server_event *ret)
{
	if (s->reader.has_ended) {
		s->phase = SMTP_SERVER_PHASE_COMPLETE;
		return false;
	}
	if (s->input.len == 0)
		return smtp_server_wait(s, ret);
	return take_content(s, UINT64_MAX, ret);
}

bool smtp_server_step_chunk(struct smtp_server *s, struct smtp_server_event *ret)
{
	if (s->chunk && s->input.len == 0)
		return smtp_server_wait(s, ret);
	if (s->chunk)
		return take_content(s, s->chunk, ret);
	if (s->is_last) {
		smtp_content_reader_finish(&s->reader);
		s->phase = SMTP_SERVER_PHASE_COMPLETE;
	} else if (s->message == SMTP_SERVER_MESSAGE_REFUSED) {
		say_refusal(s);
	} else {
		smtp_server_sayf(s, 250, "2.0.0", "continue");
		s->phase = SMTP_SERVER_PHASE_COMMAND;
	}
	return false;
}

bool smtp_server_step_complete(struct smtp_server *s, struct smtp_server_event *ret)
{
	judge(s);
	if (s->message == SMTP_SERVER_MESSAGE_REFUSED) {
		/* the owner is told to forget it before the client is told anything */
		if (!s->is_abandoned)
			say_refusal(s);
		return false;
	}
	s->phase = SMTP_SERVER_PHASE_VERDICT;
	ret->kind = SMTP_SERVER_COMMIT;
	return true;
}
