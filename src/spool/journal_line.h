/*
 * One line of a journal, and what many of them say together. Pure: text in, state out.
 */
#ifndef SPOOL_JOURNAL_LINE_H
#define SPOOL_JOURNAL_LINE_H

#include "base/buf.h"
#include "spool/journal.h"

struct journal_line {
	int64_t time_s;
	size_t recipient;
	enum journal_event event;
	struct outcome_status status; /* class 0: none */
	int code;
	struct span remote; /* empty: none */
	struct span text;
};

/*
 * Append the line with its checksum, which covers `id` too: a block of another message's
 * journal that a crash leaves here proves nothing. What is given is made fit, so that
 * journal_line_parse accepts every line that was written.
 */
void journal_line_format(
	const struct journal_line *line, const char *id, struct buf *out);

/*
 * Take the next line of `*rest` whose checksum is right; `*ret` is its text without it.
 * What is torn or wrong is passed over. False when none is left.
 */
bool journal_line_next(struct span *rest, const char *id, struct span *ret);

/* Parse the text of a line; false for an event or a form of a newer version. */
bool journal_line_parse(struct span text, struct journal_line *ret);

/* Let every good line of `text` act on `state`, whose recipients are there. */
void journal_state_apply(struct journal_state *state, const char *id, struct span text);

#endif
