#include "transcript/lines.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/codec.h"
#include "base/file.h"
#include "base/mem.h"

void transcript_fail(const struct transcript_lines *lines,
	const struct transcript_line *line, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	(void)fprintf(stderr, "%s:%u: ", lines->path, line->number);
	(void)vfprintf(stderr, fmt, args);
	(void)fprintf(stderr, "\n");
	va_end(args);
	exit(1);
}

/* The octet that the escape in front of `*s` stands for; `*s` moves behind it. */
static char unescape(struct span *s)
{
	static const char names[] = "rnt0e\\";
	static const char octets[] = "\r\n\t\0\033\\";

	if (s->len >= 4 && s->data[1] == 'x' && hex_value(s->data[2]) >= 0 &&
		hex_value(s->data[3]) >= 0) {
		char c = (char)(hex_value(s->data[2]) * 16 + hex_value(s->data[3]));

		*s = span_from(*s, 4);
		return c;
	}
	for (size_t i = 0; s->len >= 2 && i < sizeof(names) - 1; i++) {
		if (s->data[1] == names[i]) {
			*s = span_from(*s, 2);
			return octets[i];
		}
	}
	*s = span_from(*s, 1);
	return '\\';
}

/* What stands behind a \b, as base64. */
static void add_base64(struct buf *out, struct span s)
{
	struct buf raw = BUF_INIT(64 * 1024);

	while (s.len) {
		if (s.data[0] == '\\') {
			buf_add_char(&raw, unescape(&s));
			continue;
		}
		buf_add_char(&raw, s.data[0]);
		s = span_from(s, 1);
	}
	base64_encode(out, buf_span(&raw));
	buf_release(&raw);
}

/* `s` with escapes undone and, in a repeated line, '%' as its number. */
static void add_expanded(struct buf *out, struct span s, const uint64_t *number)
{
	while (s.len) {
		if (span_starts(s, "\\b")) {
			add_base64(out, span_from(s, 2));
			return;
		}
		if (s.data[0] == '\\') {
			buf_add_char(out, unescape(&s));
			continue;
		}
		if (s.data[0] == '%' && number)
			buf_addf(out, "%llu", (unsigned long long)*number);
		else
			buf_add_char(out, s.data[0]);
		s = span_from(s, 1);
	}
}

static void add_line(struct transcript_lines *lines, unsigned number, struct span s,
	const uint64_t *repetition)
{
	struct transcript_line line = {number, BUF_INIT(64), BUF_INIT(64 * 1024)};
	ptrdiff_t end = span_find(s, ' ');
	struct span directive = end < 0 ? s : span_head(s, (size_t)end);

	buf_add_span(&line.directive, directive);
	add_expanded(&line.rest, span_from(s, directive.len + 1), repetition);
	if (lines->count == TRANSCRIPT_LINES_MAX || line.directive.is_overfull)
		transcript_fail(lines, &line, "too much");
	if (lines->count == lines->cap) {
		lines->cap = lines->cap ? lines->cap * 2 : 64;
		lines->items =
			mem_regrow(lines->items, lines->cap, sizeof(*lines->items));
	}
	lines->items[lines->count++] = line;
}

/* "text {3..7}": cut the braces off and return 1, or 0 where there are none. */
static int cut_repetition(struct span *s, uint64_t *ret_from, uint64_t *ret_to)
{
	struct span inner, from;
	size_t at = s->len;

	if (s->len == 0 || s->data[s->len - 1] != '}')
		return 0;
	while (at > 0 && s->data[at - 1] != '{')
		at--;
	if (at < 2 || s->data[at - 2] != ' ')
		return 0;
	inner = span_head(span_from(*s, at), s->len - at - 1);
	if (!span_cut(&inner, '.', &from) || !span_starts(inner, ".") ||
		span_to_uint(from, TRANSCRIPT_LINES_MAX, ret_from) < 0 ||
		span_to_uint(span_from(inner, 1), TRANSCRIPT_LINES_MAX, ret_to) < 0)
		return 0;
	*s = span_head(*s, at - 2);
	return 1;
}

static void take_line(struct transcript_lines *lines, unsigned number, struct span s)
{
	uint64_t from, to;

	if (s.len == 0 || s.data[0] == '#')
		return;
	if (!cut_repetition(&s, &from, &to)) {
		add_line(lines, number, s, NULL);
		return;
	}
	for (uint64_t i = from; i <= to; i++)
		add_line(lines, number, s, &i);
}

void transcript_lines_load(struct transcript_lines *ret, const char *path)
{
	struct buf file = BUF_INIT(TRANSCRIPT_FILE_MAX);
	struct span rest, line;
	struct fault f;

	*ret = (struct transcript_lines){.path = path};
	if (file_read(AT_FDCWD, path, &file, &f) < 0) {
		(void)fprintf(stderr, "%s\n", f.text);
		exit(1);
	}
	rest = buf_span(&file);
	for (unsigned number = 1; span_cut(&rest, '\n', &line); number++)
		take_line(ret, number, line);
	buf_release(&file);
}

void transcript_lines_release(struct transcript_lines *lines)
{
	for (size_t i = 0; i < lines->count; i++) {
		buf_release(&lines->items[i].directive);
		buf_release(&lines->items[i].rest);
	}
	free(lines->items);
}
