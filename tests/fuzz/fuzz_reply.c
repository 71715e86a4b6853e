/*
 * However a stream of replies is cut into pieces, the parser sees the same replies; what
 * it accepts keeps to its maxima and is clean when shown.
 */
#include <stdint.h>
#include <string.h>

#include "smtp/extensions.h"
#include "smtp/reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

static void check_reply(const struct smtp_reply *reply)
{
	char text[OUTCOME_TEXT_MAX];

	check(reply->code >= 200 && reply->code <= 559, "code");
	check(reply->code / 100 == 3 ? reply->status.class == 0
				     : reply->status.class == reply->code / 100,
		"class");
	check(reply->text.len <= SMTP_REPLY_OCTETS_MAX, "octets");
	smtp_reply_text(reply, text, sizeof(text));
	check(!span_has_control(span_of(text)) && span_is_utf8(span_of(text)), "text");
	(void)smtp_extensions_parse(reply->text);
}

/* A line for each reply, and how it ended. */
static void parse(struct span input, size_t piece, struct buf *out)
{
	enum smtp_reply_progress progress = SMTP_REPLY_PARTIAL;
	struct smtp_reply_parser p;
	struct smtp_reply reply;

	smtp_reply_parser_init(&p);
	while (input.len && progress < SMTP_REPLY_GARBAGE) {
		struct span part = span_head(input, piece);
		size_t given = part.len;

		progress = smtp_reply_feed(&p, &part, &reply);
		input = span_from(input, given - part.len);
		if (progress == SMTP_REPLY_COMPLETE) {
			check_reply(&reply);
			buf_addf(out, "%d %zu\n", reply.code, reply.text.len);
		}
	}
	buf_addf(out, "%d\n", progress >= SMTP_REPLY_GARBAGE);
	smtp_reply_parser_release(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span input = {(const char *)data, size};
	struct buf whole = BUF_INIT(1024 * 1024), pieces = BUF_INIT(1024 * 1024);

	parse(input, SIZE_MAX, &whole);
	parse(input, 1, &pieces);
	check(span_eq(buf_span(&whole), buf_span(&pieces)), "cutting matters");
	buf_reset(&pieces);
	parse(input, 7, &pieces);
	check(span_eq(buf_span(&whole), buf_span(&pieces)), "cutting matters");
	buf_release(&whole);
	buf_release(&pieces);
	return 0;
}
