#include "mail/mime_walk.h"

#include <string.h>

#include "base/bug.h"
#include "mail/header.h"

/* a line that is longer, with "--" twice and CRLF, is no delimiter: blanks end somewhere */
#define DELIMITER_MAX (MIME_BOUNDARY_MAX + 64)

static void begin_part(struct mime_walk *w, size_t parent, bool defaults_to_message);

void mime_walk_init(struct mime_walk *w, struct mime_part *parts)
{
	*w = (struct mime_walk){.parts = parts};
	buf_init(&w->boundaries, MIME_DEPTH_MAX * MIME_BOUNDARY_MAX);
	/* a section, the line that is too much, and a block of its reader */
	buf_init(&w->header, 4 * MIME_HEADER_MAX);
	buf_init(&w->line, 2 * DELIMITER_MAX);
}

void mime_walk_release(struct mime_walk *w)
{
	buf_release(&w->boundaries);
	buf_release(&w->header);
	buf_release(&w->line);
}

void mime_walk_begin(struct mime_walk *w, const struct mime_walk_sink *sink, void *ctx)
{
	w->sink = sink;
	w->ctx = ctx;
	w->part_count = 0;
	w->depth = 0;
	buf_reset(&w->boundaries);
	buf_reset(&w->line);
	w->is_amid_line = false;
	begin_part(w, 0, false);
}

static void emit_text(struct mime_walk *w, struct span text)
{
	if (text.len)
		w->sink->text(w->ctx, w->part, text);
}

/* Too many parts: all is the text of one. */
static void give_up_structure(struct mime_walk *w)
{
	w->parts[0].is_opaque = true;
	w->depth = 0;
	w->part = 0;
	w->is_in_header = false;
}

static void push_frame(struct mime_walk *w, const struct mime_type *type)
{
	w->frames[w->depth++] = (struct mime_frame){
		.part = w->part,
		.boundary_at = w->boundaries.len,
		.boundary_len = type->boundary_len,
		.is_digest = type->is_digest,
		.is_closed = type->structure == MIME_MESSAGE,
	};
	buf_add(&w->boundaries, type->boundary, type->boundary_len);
}

static void pop_frames(struct mime_walk *w, size_t depth)
{
	if (w->depth > depth)
		buf_truncate(&w->boundaries, w->frames[depth].boundary_at);
	w->depth = depth;
}

/* The header section of the part is complete: go on with the body. */
static void end_header(struct mime_walk *w, struct span section, bool is_separated)
{
	struct mime_type type;

	mime_type_parse(&type, section, w->defaults_to_message);
	if (type.structure != MIME_SEALED &&
		(w->depth == MIME_DEPTH_MAX || w->parts[w->part].is_opaque))
		type.structure = MIME_LEAF;
	w->is_in_header = false;
	w->is_amid_line = false;
	w->sink->header(w->ctx, w->part, section, is_separated, &type);
	if (type.structure == MIME_MULTIPART || type.structure == MIME_MESSAGE)
		push_frame(w, &type);
	if (type.structure == MIME_MESSAGE)
		begin_part(w, w->part, false);
}

static void begin_part(struct mime_walk *w, size_t parent, bool defaults_to_message)
{
	if (w->part_count == MIME_PARTS_MAX) {
		give_up_structure(w);
		return;
	}
	w->part = w->part_count++;
	w->parts[w->part].parent = (uint32_t)parent;
	w->defaults_to_message = defaults_to_message;
	w->is_in_header = true;
	buf_reset(&w->header);
	w->line_at = 0;
	if (w->parts[w->part].is_headless)
		end_header(w, SPAN_NONE, false);
}

/* Whether the line is a delimiter with this boundary; blanks may follow it. */
static bool is_delimiter(struct span line, struct span boundary, bool *ret_is_last)
{
	struct span rest = span_from(line, 2 + boundary.len);

	if (line.len < 2 + boundary.len ||
		memcmp(line.data + 2, boundary.data, boundary.len) != 0)
		return false;
	*ret_is_last = span_starts(rest, "--");
	if (*ret_is_last)
		rest = span_from(rest, 2);
	return span_trim(rest).len == 0;
}

/*
 * Look for the multipart whose delimiter this line is: the outermost, should one within it have
 * the same boundary, against RFC 2046 5.1.2. Python's parser has it so, too.
 */
static bool find_frame(
	const struct mime_walk *w, struct span line, size_t *ret_frame, bool *ret_is_last)
{
	if (line.len > DELIMITER_MAX || !span_starts(line, "--"))
		return false;
	for (size_t i = 0; i < w->depth; i++) {
		const struct mime_frame *frame = &w->frames[i];
		struct span rest =
			span_from(buf_span(&w->boundaries), frame->boundary_at);
		struct span boundary = span_head(rest, frame->boundary_len);

		if (frame->is_closed || !is_delimiter(line, boundary, ret_is_last))
			continue;
		*ret_frame = i;
		return true;
	}
	return false;
}

/* The first `n` octets of `header` */
static struct span section(const struct mime_walk *w, size_t n)
{
	return span_head(buf_span(&w->header), n);
}

static void end_part(struct mime_walk *w, bool is_delimited)
{
	while (w->is_in_header)
		end_header(w, section(w, w->line_at), false);
	w->sink->end(w->ctx, w->part, is_delimited);
}

/* `line` is the delimiter of frame `i`. */
static void take_delimiter(struct mime_walk *w, size_t i, bool is_last, struct span line)
{
	struct mime_frame *frame = &w->frames[i];

	end_part(w, true);
	if (!is_last && w->part_count == MIME_PARTS_MAX)
		give_up_structure(w);
	if (w->depth == 0) {
		emit_text(w, line);
		return;
	}
	pop_frames(w, i + 1);
	w->sink->delimiter(w->ctx, frame->part, line);
	w->is_amid_line = false;
	if (is_last) {
		frame->is_closed = true;
		w->part = frame->part;
	} else {
		w->parts[frame->part].has_parts = true;
		begin_part(w, frame->part, frame->is_digest);
	}
}

/* A line that may be a delimiter is whole, or the content ends in it. */
static void take_line(struct mime_walk *w)
{
	size_t frame;
	bool is_last;

	if (find_frame(w, buf_span(&w->line), &frame, &is_last))
		take_delimiter(w, frame, is_last, buf_span(&w->line));
	else
		emit_text(w, buf_span(&w->line));
	buf_reset(&w->line);
}

static bool may_be_delimited(const struct mime_walk *w)
{
	for (size_t i = 0; i < w->depth; i++)
		if (!w->frames[i].is_closed)
			return true;
	return false;
}

/* The octets in front of the next line that begins with "--", or may do. */
static size_t plain_length(const struct mime_walk *w, struct span s)
{
	const char *at = s.data, *end = s.data + s.len;

	if (!w->is_amid_line && *at == '-' && (at + 1 == end || at[1] == '-'))
		return 0;
	while ((at = memchr(at, '\n', (size_t)(end - at))) != NULL) {
		at++;
		if (at == end || (*at == '-' && (at + 1 == end || at[1] == '-')))
			return (size_t)(at - s.data);
	}
	return s.len;
}

/* Take more of a line that began with '-'. */
static struct span feed_line(struct mime_walk *w, struct span s)
{
	ptrdiff_t lf = span_find(s, '\n');
	struct span part = span_head(s, DELIMITER_MAX);

	if (lf >= 0)
		part = span_head(part, (size_t)lf + 1);
	buf_add_span(&w->line, part);
	if (span_ends(part, "\n")) {
		take_line(w);
	} else if (w->line.len >= DELIMITER_MAX) {
		emit_text(w, buf_span(&w->line));
		buf_reset(&w->line);
		w->is_amid_line = true;
	}
	return span_from(s, part.len);
}

static struct span feed_text(struct mime_walk *w, struct span s)
{
	struct span text = s;

	if (w->line.len)
		return feed_line(w, s);
	if (!may_be_delimited(w)) {
		emit_text(w, s);
		return SPAN_NONE;
	}
	text = span_head(s, plain_length(w, s));
	if (text.len == 0)
		return feed_line(w, s);
	emit_text(w, text);
	w->is_amid_line = text.data[text.len - 1] != '\n';
	return span_from(s, text.len);
}

/* What was taken for a header is none from the octet `from` on: text, or another header. */
static void end_header_before(struct mime_walk *w, size_t from)
{
	struct buf header = w->header;

	buf_init(&w->header, header.max);
	end_header(w, span_head(buf_span(&header), from), false);
	mime_walk_feed(w, span_from(buf_span(&header), from));
	buf_release(&header);
}

/* A line of the header is whole. */
static void take_header_line(struct mime_walk *w)
{
	struct span line = span_from(buf_span(&w->header), w->line_at);
	bool is_folded = w->line_at && (line.data[0] == ' ' || line.data[0] == '\t');
	size_t frame;
	bool is_last;

	if (find_frame(w, line, &frame, &is_last)) {
		buf_reset(&w->line);
		buf_add_span(&w->line, line);
		take_delimiter(w, frame, is_last, buf_span(&w->line));
		buf_reset(&w->line);
	} else if (span_is(line, "\r\n") || span_is(line, "\n")) {
		end_header(w, section(w, w->line_at), true);
	} else if (is_folded || header_name_length(line)) {
		w->line_at = w->header.len;
	} else {
		end_header_before(w, w->line_at);
	}
}

static struct span feed_header(struct mime_walk *w, struct span s)
{
	ptrdiff_t lf = span_find(s, '\n');
	struct span part = lf < 0 ? s : span_head(s, (size_t)lf + 1);

	part = span_head(part, MIME_HEADER_MAX);
	buf_add_span(&w->header, part);
	if (w->header.len > MIME_HEADER_MAX) {
		w->parts[w->part].is_headless = true;
		end_header_before(w, 0);
	} else if (span_ends(part, "\n")) {
		take_header_line(w);
	}
	return span_from(s, part.len);
}

void mime_walk_feed(struct mime_walk *w, struct span content)
{
	while (content.len)
		content =
			w->is_in_header ? feed_header(w, content) : feed_text(w, content);
}

void mime_walk_finish(struct mime_walk *w)
{
	/* a line without end is completed, as it will be when it is sent */
	if (w->is_in_header && w->header.len > w->line_at)
		mime_walk_feed(w, SPAN_LIT("\r\n"));
	if (w->line.len)
		take_line(w);
	end_part(w, false);
}
