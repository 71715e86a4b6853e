/*
 * Whatever a journal holds: a state that makes sense, and a line that is appended behind
 * it counts. The input is read as it is, and again with a right checksum behind each of
 * its lines, which no fuzzer would guess.
 */
#include <stdint.h>

#include "base/codec.h"
#include "base/mem.h"
#include "mail/address.h"
#include "spool/journal_line.h"

#define ID         "6C3MK9G1NNHHL4"
#define RECIPIENTS 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

static void check_text(const char *text, size_t max)
{
	struct span s = span_of(text);

	check(s.len < max && !span_has_control(s) && span_is_utf8(s), "text");
}

static void check_recipient(const struct journal_recipient *r)
{
	struct outcome o = journal_outcome(r);

	check(!r->is_reported || r->kind == OUTCOME_FAILED || r->is_relayed,
		"reported without reason");
	check(!r->address || (r->parent < RECIPIENTS &&
				     address_is_canonical(span_of(r->address))),
		"address");
	check(!r->may_be_delivered || r->kind == OUTCOME_DEFERRED,
		"doubt in what is final");
	check(r->time_s >= 0 && r->code >= 0 && r->code <= 999, "numbers");
	check_text(r->remote, OUTCOME_REMOTE_MAX);
	check_text(r->text, OUTCOME_TEXT_MAX);
	check(span_eq(span_of(o.text), span_of(r->text)), "outcome");
}

/* What journal_append would write behind `text`: "delivered" for the last recipient. */
static void add_delivered(struct buf *text)
{
	const struct journal_line line = {.event = JOURNAL_DELIVERED,
		.recipient = RECIPIENTS - 1,
		.status = {2, 0, 0}};

	if (text->len && text->data[text->len - 1] != '\n')
		buf_add_char(text, '\n');
	journal_line_format(&line, ID, text);
}

static void load(struct buf *text)
{
	struct journal_state state = {.count = RECIPIENTS, .envelope_count = RECIPIENTS};

	state.recipients = mem_array(RECIPIENTS, sizeof(state.recipients[0]));
	add_delivered(text);
	journal_state_apply(&state, ID, buf_span(text));
	check(state.count >= RECIPIENTS && state.count <= JOURNAL_RECIPIENTS_MAX,
		"count");
	for (size_t i = 0; i < state.count; i++)
		check_recipient(&state.recipients[i]);
	check(state.recipients[RECIPIENTS - 1].kind == OUTCOME_DELIVERED,
		"the appended line does not count");
	journal_state_release(&state);
}

static void add_checksums(struct buf *out, struct span rest)
{
	struct span line;

	while (span_cut(&rest, '\n', &line)) {
		uint32_t crc = crc32c(0, ID, sizeof(ID) - 1);

		crc = crc32c(crc32c(crc, line.data, line.len), " ", 1);
		buf_add_span(out, line);
		buf_addf(out, " %08x\n", crc);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = {(const char *)data, size};
	struct buf text = BUF_INIT(JOURNAL_MAX);

	if (size > JOURNAL_MAX / 64)
		return 0;
	buf_add_span(&text, input);
	load(&text);
	buf_reset(&text);
	add_checksums(&text, input);
	load(&text);
	buf_release(&text);
	return 0;
}
