#include "receiver/verbs.h"

#include <err.h>
#include <fnmatch.h>
#include <poll.h>
#include <stdlib.h>

#include "base/bug.h"
#include "base/mem.h"
#include "base/text.h"
#include "receiver/session.h"

#define NOTE_MAX 8192

static void nap(unsigned ms)
{
	(void)poll(NULL, 0, (int)ms); /* only to wait */
}

static void add_cleaned(struct buf *out, struct span s)
{
	buf_add_char(out, '"');
	text_clean(out, span_head(s, 200));
	buf_add_char(out, '"');
}

/* The client did what the script did not foresee: say so and stop. */
static void fail(struct play *play, const struct script_step *step, struct span got)
{
	struct buf line = BUF_INIT(NOTE_MAX);

	buf_addf(&line, "connection %u, line %u: expected ", play->p->number, step->line);
	add_cleaned(&line, buf_span(&step->text));
	buf_add_str(&line, ", got ");
	add_cleaned(&line, got);
	peer_log(play->p, '*', buf_span(&line));
	receiver_note(play->p->receiver, "script-failed", buf_span(&line));
	buf_release(&line);
	peer_close(play->p);
	play->is_over = true;
}

static void run_send(struct play *play, const struct script_step *step)
{
	peer_log(play->p, '>', buf_span(&step->text));
	peer_write(play->p, buf_span(&step->text));
	peer_write(play->p, SPAN_LIT("\r\n"));
	play->has_spoken = true;
}

static void run_raw(struct play *play, const struct script_step *step)
{
	peer_log(play->p, '>', buf_span(&step->text));
	peer_write(play->p, buf_span(&step->text));
	peer_flush(play->p);
	play->has_spoken = true;
}

static void run_drip(struct play *play, const struct script_step *step)
{
	struct span text = buf_span(&step->text);

	peer_log(play->p, '>', text);
	for (size_t i = 0; i < text.len && !play->p->is_gone; i++) {
		peer_write(play->p, span_head(span_from(text, i), 1));
		peer_flush(play->p);
		nap(step->numbers[0]);
	}
	play->has_spoken = true;
}

static void run_flood(struct play *play, const struct script_step *step)
{
	peer_logf(play->p, "flooding %u times", step->numbers[0]);
	for (unsigned i = 0; i < step->numbers[0] && !play->p->is_gone; i++)
		peer_write(play->p, buf_span(&step->text));
	peer_flush(play->p);
	peer_logf(play->p, "flooded%s", play->p->is_gone ? ", client closed" : "");
	play->has_spoken = true;
}

static void run_tls(struct play *play, const struct script_step *step)
{
	(void)step; /* takes no argument */
	if (!play->p->receiver->tls)
		errx(2, "a script with 'tls' needs --tls");
	if (!peer_start_tls(play->p)) {
		peer_close(play->p);
		play->is_over = true;
	}
}

static void run_wait(struct play *play, const struct script_step *step)
{
	peer_flush(play->p);
	nap(step->numbers[0]);
}

/* Remember the envelope, so that `store` has one to write. */
static void take_command(struct play *play, struct span line)
{
	if (span_istarts(line, "EHLO") || span_istarts(line, "HELO"))
		letter_set_hello(&play->letter, line);
	else if (span_istarts(line, "MAIL FROM:"))
		letter_set_sender(&play->letter, span_from(line, 10));
	else if (span_istarts(line, "RCPT TO:"))
		letter_add_recipient(&play->letter, span_from(line, 8));
}

static void run_expect(struct play *play, const struct script_step *step)
{
	struct span line = SPAN_NONE;
	char *text;
	int differs;

	if (!peer_read_line(play->p, &line)) {
		fail(play, step, SPAN_LIT("(the client closed)"));
		return;
	}
	if (span_ends(line, "\r\n"))
		line.len -= 2;
	peer_log(play->p, '<', line);
	text = mem_copy(line.data, line.len);
	differs = fnmatch(buf_str(&step->text), text, FNM_CASEFOLD);
	free(text);
	if (differs)
		fail(play, step, line);
	else
		take_command(play, line);
}

static void run_message(struct play *play, const struct script_step *step)
{
	if (!letter_read_content(&play->letter, play->p))
		fail(play, step, SPAN_LIT("(the client closed in the content)"));
}

static void run_read(struct play *play, const struct script_step *step)
{
	size_t left = step->numbers[0];

	while (left && !play->p->is_gone)
		left -= peer_read_some(play->p, left);
	peer_logf(play->p, "read %zu octets", step->numbers[0] - left);
}

static void run_store(struct play *play, const struct script_step *step)
{
	(void)step; /* takes no argument */
	letter_store(&play->letter, play->p);
}

static void run_sip(struct play *play, const struct script_step *step)
{
	while (peer_read_some(play->p, step->numbers[0]) > 0)
		nap(step->numbers[1]);
}

static void run_hold(struct play *play, const struct script_step *step)
{
	(void)step; /* takes no argument */
	while (peer_read_some(play->p, 65536) > 0)
		;
}

/* Read nothing at all until the client gives up: the window closes. */
static void run_stall(struct play *play, const struct script_step *step)
{
	struct pollfd wait = {.fd = play->p->fd, .events = POLLRDHUP};

	(void)step; /* takes no argument */
	peer_flush(play->p);
	peer_logf(play->p, "not reading any more");
	if (poll(&wait, 1, -1) < 0)
		err(2, "poll");
	peer_logf(play->p, "client closed");
}

static void run_close(struct play *play, const struct script_step *step)
{
	(void)step; /* takes no argument */
	peer_close(play->p);
	play->is_over = true;
}

static void run_reset(struct play *play, const struct script_step *step)
{
	(void)step; /* takes no argument */
	peer_reset(play->p);
	play->is_over = true;
}

static void run_behave(struct play *play, const struct script_step *step)
{
	(void)step; /* takes no argument */
	session_serve(play->p, &play->letter, play->has_spoken);
	play->is_over = true;
}

const struct script_verb *verbs_find(struct span name)
{
	static const struct script_verb table[] = {
		{"send", 0, true, run_send},
		{"raw", 0, true, run_raw},
		{"drip", 1, true, run_drip},
		{"flood", 1, true, run_flood},
		{"tls", 0, false, run_tls},
		{"wait", 1, false, run_wait},
		{"expect", 0, true, run_expect},
		{"message", 0, false, run_message},
		{"read", 1, false, run_read},
		{"store", 0, false, run_store},
		{"sip", 2, false, run_sip},
		{"hold", 0, false, run_hold},
		{"stall", 0, false, run_stall},
		{"close", 0, false, run_close},
		{"reset", 0, false, run_reset},
		{"behave", 0, false, run_behave},
	};

	for (size_t i = 0; i < ARRAY_LEN(table); i++)
		if (span_is(name, table[i].name))
			return &table[i];
	return NULL;
}
