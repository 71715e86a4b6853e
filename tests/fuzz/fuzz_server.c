/* sources: tests/support/server_case.c */
/*
 * However a dialogue is cut into pieces, the same is said and the same messages are taken;
 * replies are lines of printable ASCII. The first octet says what the owner does, the second
 * the length of the pieces.
 */
#include <stdint.h>

#include "base/bug.h"
#include "server_case.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

static void check_replies(struct span rest)
{
	struct span line;

	while (rest.len && span_cut(&rest, '\n', &line)) {
		check(line.len >= 4 && line.len < 512, "length of a reply");
		check(span_ends(line, "\r"), "end of a reply");
		line.len--;
		check(!span_has_control(line) && !span_has_8bit(line), "text of a reply");
		check(line.data[0] >= '2' && line.data[0] <= '5', "code of a reply");
	}
	check(rest.data != NULL, "the last reply has no end");
}

static void check_same(const struct buf replies[2], const struct buf events[2])
{
	check(span_eq(buf_span(&replies[0]), buf_span(&replies[1])),
		"cutting shows in replies");
	check(span_eq(buf_span(&events[0]), buf_span(&events[1])),
		"cutting shows in messages");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf replies[2] = {BUF_INIT(1 << 22), BUF_INIT(1 << 22)};
	struct buf events[2] = {BUF_INIT(1 << 22), BUF_INIT(1 << 22)};
	struct server_case c = {0};
	struct span input;

	if (size < 2)
		return 0;
	input = (struct span){(const char *)data + 2, size - 2};
	c.refuses = data[0] & 3;
	c.kind = data[0] >> 2 & 3;
	c.is_stopped = data[0] & 16;
	for (size_t i = 0; i < ARRAY_LEN(replies); i++) {
		c.piece = i ? 1U + data[1] : 0;
		server_case_play(&c, input, &replies[i], &events[i]);
	}
	check_replies(buf_span(&replies[0]));
	check_replies(buf_span(&replies[1]));
	/* who refuses at the first content may be faster than what is wrong further on */
	if (c.refuses != SERVER_CASE_AT_CONTENT)
		check_same(replies, events);
	for (size_t i = 0; i < ARRAY_LEN(replies); i++) {
		buf_release(&replies[i]);
		buf_release(&events[i]);
	}
	return 0;
}
