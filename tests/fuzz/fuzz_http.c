/*
 * A response in any pieces: the first octet says how long they are. Limits hold, and the
 * pieces make no difference.
 */
#include <stdint.h>
#include <string.h>

#include "base/bug.h"
#include "net/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

static void read_all(struct http_response *r, struct span text, size_t step, bool is_cut)
{
	http_response_init(r);
	for (; text.len; text = span_from(text, step))
		(void)http_response_feed(r, span_head(text, step));
	(void)http_response_end(r, is_cut);
	check(r->result != HTTP_MORE, "no end");
	check(!r->body.is_overfull && r->body.len <= HTTP_BODY_MAX, "body too large");
	check(!r->line.is_overfull, "line too long");
	check((r->result == HTTP_FAILED) == (r->why[0] != '\0'), "no reason");
	check(r->result == HTTP_FAILED || r->status == 200, "another status");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data + 1, size - 1};
	struct http_response whole, pieces;

	if (size == 0)
		return 0;
	read_all(&whole, text, SIZE_MAX, data[0] & 1);
	read_all(&pieces, text, (data[0] >> 1) + 1U, data[0] & 1);
	check(whole.result == pieces.result, "another result in pieces");
	check(whole.result == HTTP_FAILED ||
			span_eq(buf_span(&whole.body), buf_span(&pieces.body)),
		"another body in pieces");
	http_response_release(&whole);
	http_response_release(&pieces);
	return 0;
}
