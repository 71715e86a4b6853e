/*
 * Any ~/.forward, and any answer about one. What a file gives fits an answer, from which the
 * same is read; an answer that is believed is the one that would be given for what was read.
 */
#include <stdint.h>

#include "base/bug.h"
#include "mail/forward_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

static void note(void *ctx, unsigned line, const char *why)
{
	unsigned *count = ctx;

	check(line && why && *why, "a note without a place or a reason");
	check(++*count <= FORWARD_NOTES_MAX, "too many notes");
}

static bool is_good_answer(struct span text)
{
	struct buf again = BUF_INIT(FORWARD_ANSWER_MAX);
	struct forward fw;
	struct fault f;
	bool is_good = forward_answer_parse(&fw, text, &f) == 0;

	if (is_good) {
		forward_answer_format(&again, &fw);
		check(!again.is_overfull, "an answer that is too long");
		check(span_eq(buf_span(&again), text), "read and given differ");
		forward_release(&fw);
	}
	buf_release(&again);
	return is_good;
}

static void try_file(struct span text)
{
	unsigned notes = 0;
	const struct forward_critic critic = {note, &notes};
	struct buf answer = BUF_INIT(FORWARD_ANSWER_MAX);
	struct forward fw;

	forward_parse(&fw, text, &critic);
	check(fw.kind != FORWARD_LATER, "a text that cannot be read");
	forward_answer_format(&answer, &fw);
	check(is_good_answer(buf_span(&answer)), "an answer that is not understood");
	forward_release(&fw);
	buf_release(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};

	try_file(text);
	(void)is_good_answer(text);
	return 0;
}
