#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "mail/address.h"
#include "spool/journal_line.h"

static void set_text(char **field, struct span s)
{
	free(*field);
	*field = s.len ? mem_copy(s.data, s.len) : NULL;
}

static void set_outcome(struct journal_recipient *r, const struct journal_line *line,
	enum outcome_kind kind)
{
	r->kind = kind;
	r->may_be_delivered = line->event == JOURNAL_UNCERTAIN;
	r->time_s = line->time_s;
	r->status = line->status;
	r->code = line->code;
	set_text(&r->remote, line->remote);
	set_text(&r->text, line->text);
}

static bool is_final(const struct journal_recipient *r)
{
	return r->kind == OUTCOME_DELIVERED || r->kind == OUTCOME_FAILED;
}

/*
 * What is final stays, but for a delivery that is told after all. A report is one of the
 * failure before it: of a failure that follows, nobody has been told.
 */
static void apply(struct journal_recipient *r, const struct journal_line *line)
{
	switch (line->event) {
	case JOURNAL_DELIVERED:
	case JOURNAL_RELAYED:
		set_outcome(r, line, OUTCOME_DELIVERED);
		/* unless it was relayed before, what was reported was a failure */
		r->is_reported = r->is_reported && r->is_relayed;
		r->is_relayed = r->is_relayed || line->event == JOURNAL_RELAYED;
		break;
	case JOURNAL_FAILED:
		if (!is_final(r))
			set_outcome(r, line, OUTCOME_FAILED);
		break;
	case JOURNAL_DEFERRED:
	case JOURNAL_UNCERTAIN:
		if (!is_final(r))
			set_outcome(r, line, OUTCOME_DEFERRED);
		break;
	case JOURNAL_REPORTED:
		r->is_reported = r->kind == OUTCOME_FAILED || r->is_relayed;
		break;
	case JOURNAL_WARNED:
		r->is_warned = true;
		break;
	case JOURNAL_RELEASED:
		if (r->kind == OUTCOME_FAILED)
			r->kind = OUTCOME_PENDING;
		r->is_reported = false;
		break;
	case JOURNAL_EXPANDED:
		BUG("an expansion is of no recipient that is there");
	}
}

void journal_state_expand(
	struct journal_state *state, size_t number, size_t parent, struct span address)
{
	if (number >= state->count) {
		size_t more = number + 1 - state->count;

		state->recipients = mem_regrow(
			state->recipients, number + 1, sizeof(state->recipients[0]));
		memset(&state->recipients[state->count], 0,
			more * sizeof(state->recipients[0]));
		state->count = number + 1;
	}
	/* a number is given once: what was delivered under it stays delivered */
	if (state->recipients[number].address)
		return;
	state->recipients[number].parent = parent;
	state->recipients[number].address = mem_copy(address.data, address.len);
}

static void apply_expansion(struct journal_state *state, const struct journal_line *line)
{
	struct span address = line->text, word;
	uint64_t parent;

	if (line->recipient < state->envelope_count ||
		line->recipient >= JOURNAL_RECIPIENTS_MAX ||
		!span_cut(&address, ' ', &word) ||
		span_to_uint(word, JOURNAL_RECIPIENTS_MAX, &parent) < 0 ||
		parent >= state->envelope_count || !address_is_canonical(address))
		return;
	journal_state_expand(state, line->recipient, (size_t)parent, address);
}

void journal_state_apply(struct journal_state *state, const char *id, struct span text)
{
	struct span line_text;
	struct journal_line line;

	while (journal_line_next(&text, id, &line_text)) {
		if (!journal_line_parse(line_text, &line))
			continue;
		if (line.event == JOURNAL_EXPANDED)
			apply_expansion(state, &line);
		else if (line.recipient < state->count)
			apply(&state->recipients[line.recipient], &line);
	}
}

void journal_state_release(struct journal_state *state)
{
	for (size_t i = 0; i < state->count; i++) {
		free(state->recipients[i].remote);
		free(state->recipients[i].text);
		free(state->recipients[i].address);
	}
	free(state->recipients);
	*state = (struct journal_state){0};
}

struct outcome journal_outcome(const struct journal_recipient *r)
{
	struct outcome o = {
		.kind = r->kind,
		.scope = OUTCOME_RECIPIENT,
		.status = r->status,
		.code = r->code,
		.may_be_delivered = r->may_be_delivered,
	};

	(void)text_copy(o.remote, sizeof(o.remote), span_of(r->remote));
	(void)text_copy(o.text, sizeof(o.text), span_of(r->text));
	return o;
}
