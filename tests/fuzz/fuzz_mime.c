/*
 * Whatever the message and however it is cut: what is made for a host fits it, says the same to
 * a reader, and is left alone the next time.
 */
#include <stdint.h>

#include "base/bug.h"
#include "mail/mime.h"
#include "mime_reader.h"

/* sources: tests/support/mime_reader.c */

#define OUT_MAX (64 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_good, const char *why)
{
	if (!is_good)
		BUG(why);
}

static enum mime_verdict encode(
	const struct mime_target *target, struct span s, size_t step, struct buf *out)
{
	struct mime *m = mime_new(target);
	enum mime_verdict verdict;

	for (struct span rest = s; rest.len; rest = span_from(rest, step))
		mime_scan(m, span_head(rest, step));
	verdict = mime_scan_finish(m);
	mime_encode_begin(m);
	for (struct span rest = s; rest.len; rest = span_from(rest, step)) {
		size_t before = out->len;

		mime_encode(m, span_head(rest, step), out);
		check(out->len - before <= MIME_ROOM(step),
			"more than there is room for");
	}
	mime_encode_finish(m, out);
	mime_free(m);
	return verdict;
}

static void check_fits(const struct mime_target *target, struct span s)
{
	struct span line;

	check(target->has_8bit || !span_has_8bit(s), "octets over 127");
	check(span_find(s, '\0') < 0, "a NUL");
	while (span_cut(&s, '\n', &line))
		check(line.len <= MIME_LINE_MAX + 1, "a long line");
}

static void check_meaning(struct span a, struct span b)
{
	struct buf read_a = BUF_INIT(OUT_MAX), read_b = BUF_INIT(OUT_MAX);

	if (mime_read(a, &read_a)) {
		(void)mime_read(b, &read_b);
		check(span_eq(buf_span(&read_a), buf_span(&read_b)), "another meaning");
	}
	buf_release(&read_a);
	buf_release(&read_b);
}

static void check_target(const struct mime_target *target, struct span s, size_t step)
{
	struct buf once = BUF_INIT(OUT_MAX), again = BUF_INIT(OUT_MAX);
	enum mime_verdict verdict = encode(target, s, 65536, &once);

	check(encode(target, s, step, &again) == verdict, "another verdict");
	check(span_eq(buf_span(&once), buf_span(&again)), "cuts matter");
	if (verdict <= MIME_NEEDS_UTF8) {
		check_fits(target, buf_span(&once));
		check_meaning(s, buf_span(&once));
		buf_reset(&again);
		check(encode(target, buf_span(&once), 4096, &again) == MIME_AS_IS,
			"changed twice");
	}
	buf_release(&once);
	buf_release(&again);
}

/*
 * As it is stored: lines end in CRLF, and no other CR is there. Nor are encoded-words: within
 * quotes they mean one thing to the RFC and another to readers.
 */
static void add_wire_form(struct buf *out, const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		char c = (char)data[i];

		if (c == '\n')
			buf_add_char(out, '\r');
		else if (c == '\r' || (c == '?' && i && data[i - 1] == '='))
			c = ' ';
		buf_add_char(out, c);
	}
	buf_add_str(out, "\r\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct mime_target targets[] = {
		{0}, {.has_8bit = true}, {.has_8bit = true, .has_utf8 = true}};
	struct buf message = BUF_INIT(OUT_MAX);

	if (size < 1)
		return 0;
	add_wire_form(&message, data + 1, size - 1);
	for (size_t i = 0; i < ARRAY_LEN(targets); i++)
		check_target(&targets[i], buf_span(&message), 1 + data[0]);
	buf_release(&message);
	return 0;
}
