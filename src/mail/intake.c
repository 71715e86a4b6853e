#include "mail/intake.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bug.h"
#include "base/mem.h"
#include "base/text.h"
#include "mail/header.h"
#include "mail/intake_header.h"
#include "mail/intake_lines.h"

/* input taken at once into the header section, which is looked at before there is more */
#define HEADER_STEP 4096
#define HEAD_MAX    (INTAKE_HEADER_MAX + 4 * HEADER_STEP)

enum line_kind {
	LINE_UNDECIDED, /* more of it is needed */
	LINE_MBOX,      /* the line that mbox puts before a message, perhaps */
	LINE_FIELD,
	LINE_FOLDED, /* continues a field */
	LINE_EMPTY,
	LINE_BODY, /* no line of a header: the body begins with it */
};

struct intake {
	const struct intake_options *options;
	struct intake_lines lines;
	struct buf head;   /* the header section, in wire form, and the line being read */
	size_t line_at;    /* where in `head` that line begins */
	bool is_in_header; /* that line: it is known to belong to the header */
	bool has_mbox_line; /* `head` begins with a LINE_MBOX, and nothing else is known */
	size_t field_count;
	bool is_in_body;
	struct strv recipients;
	enum tls_wish tls;
	struct buf oddities;
	struct content_facts facts;
	uint64_t line_octets; /* for content_facts_add */
};

struct intake *intake_new(const struct intake_options *options)
{
	struct intake *in = mem_alloc(sizeof(*in));

	in->options = options;
	in->lines.dot_ends = options->dot_ends;
	buf_init(&in->head, HEAD_MAX);
	buf_init(&in->oddities, INTAKE_ODDITIES_MAX);
	return in;
}

void intake_free(struct intake *in)
{
	if (!in)
		return;
	buf_release(&in->head);
	buf_release(&in->oddities);
	strv_release(&in->recipients);
	free(in);
}

static bool is_mbox_line(struct span line)
{
	return span_starts(line, "From ") || span_starts(line, ">From ");
}

/* mbox's lines have a date with hh:mm:ss; a letter that begins with "From" rarely has */
static bool has_time(struct span line)
{
	static const char shape[] = "00:00:00";

	for (; line.len >= strlen(shape); line = span_from(line, 1)) {
		size_t n = 0;

		while (shape[n] && (shape[n] == ':' ? line.data[n] == ':'
						    : text_is_digit(line.data[n])))
			n++;
		if (!shape[n])
			return true;
	}
	return false;
}

/*
 * The verdict depends on the line's first HEADER_NAME_MAX octets only, and on whether it
 * has more: never on how the input was cut.
 */
static enum line_kind line_kind(const struct intake *in, struct span line, bool is_whole)
{
	size_t length = line.len - (is_whole ? 2 : 0);

	if (!is_whole && length <= HEADER_NAME_MAX)
		return LINE_UNDECIDED;
	if (length == 0)
		return LINE_EMPTY;
	if (line.data[0] == ' ' || line.data[0] == '\t')
		return in->field_count ? LINE_FOLDED : LINE_BODY;
	if (header_name_length(line))
		return LINE_FIELD;
	if (!in->field_count && length <= HEADER_NAME_MAX && is_mbox_line(line))
		return LINE_MBOX;
	return LINE_BODY;
}

static void drop_mbox_line(struct intake *in)
{
	if (!in->has_mbox_line)
		return;
	buf_consume(&in->head, in->line_at);
	in->line_at = 0;
	in->has_mbox_line = false;
}

/* The header ends before the octet `end` of `head`; the body begins at `body`. */
static int begin_body(
	struct intake *in, size_t end, size_t body, struct buf *out, struct fault *f)
{
	struct span head = buf_span(&in->head);

	if (intake_header_complete(span_head(head, end), in->options, out,
		    &in->recipients, &in->oddities, f) < 0)
		return -1;
	in->tls = tls_wish_of_header(span_head(head, end));
	buf_add_str(out, "\r\n");
	buf_add_span(out, span_from(head, body));
	buf_release(&in->head);
	in->is_in_body = true;
	return 0;
}

/* The line being read, or the end of the input, ends the header. */
static int end_header(
	struct intake *in, enum line_kind kind, struct buf *out, struct fault *f)
{
	struct span mbox = span_head(buf_span(&in->head), in->line_at);

	/* no field follows it: a body, unless it looks like what mbox writes */
	if (in->has_mbox_line && !has_time(mbox))
		return begin_body(in, 0, 0, out, f);
	drop_mbox_line(in);
	return begin_body(
		in, in->line_at, kind == LINE_EMPTY ? in->head.len : in->line_at, out, f);
}

static int check_header_size(const struct intake *in, struct fault *f)
{
	if (in->field_count > INTAKE_FIELDS_MAX)
		fault_set(f, FAULT_DATA, 0, "5.3.4 the header has more than %d fields",
			INTAKE_FIELDS_MAX);
	else if (in->head.len > INTAKE_HEADER_MAX)
		fault_set(f, FAULT_DATA, 0, "5.3.4 the header has more than %d octets",
			INTAKE_HEADER_MAX);
	else
		return 0;
	return -1;
}

/* Something came to the line being read. */
static int take_header_line(struct intake *in, struct buf *out, struct fault *f)
{
	struct span line = span_from(buf_span(&in->head), in->line_at);
	bool is_whole = !in->lines.is_inside && line.len > 0;

	if (!in->is_in_header) {
		enum line_kind kind = line_kind(in, line, is_whole);

		if (kind == LINE_UNDECIDED)
			return 0;
		if (kind == LINE_EMPTY || kind == LINE_BODY)
			return end_header(in, kind, out, f);
		drop_mbox_line(in);
		in->has_mbox_line = kind == LINE_MBOX;
		in->field_count += kind == LINE_FIELD;
		in->is_in_header = true;
	}
	if (check_header_size(in, f) < 0)
		return -1;
	if (is_whole) {
		in->line_at = in->head.len;
		in->is_in_header = false;
	}
	return 0;
}

/* Take from `*data` until the header has ended. */
static int feed_header(
	struct intake *in, struct span *data, struct buf *out, struct fault *f)
{
	while (data->len && !in->is_in_body && !in->lines.has_ended) {
		struct span part = span_head(*data, HEADER_STEP);
		ptrdiff_t lf = span_find(part, '\n');

		if (lf >= 0)
			part = span_head(part, (size_t)lf + 1);
		*data = span_from(*data, part.len);
		intake_lines_feed(&in->lines, part, &in->head);
		if (take_header_line(in, out, f) < 0)
			return -1;
	}
	return 0;
}

static int count_octets(struct intake *in, struct span written, struct fault *f)
{
	content_facts_add(&in->facts, &in->line_octets, written);
	if (in->facts.octets <= in->options->octets_max)
		return 0;
	fault_set(f, FAULT_DATA, 0, "5.3.4 the message has more than %" PRIu64 " octets",
		in->options->octets_max);
	return -1;
}

int intake_feed(struct intake *in, struct span data, struct buf *out, struct fault *f)
{
	size_t before = out->len;

	if (feed_header(in, &data, out, f) < 0)
		return -1;
	if (in->is_in_body && !in->lines.has_ended)
		intake_lines_feed(&in->lines, data, out);
	if (out->is_overfull)
		BUG("no room for a message's header");
	if (count_octets(in, span_from(buf_span(out), before), f) < 0)
		return -1;
	return in->lines.has_ended ? 1 : 0;
}

int intake_finish(struct intake *in, struct buf *out, struct fault *f)
{
	size_t before = out->len;

	intake_lines_finish(&in->lines, in->is_in_body ? out : &in->head);
	if (!in->is_in_body && in->head.len > in->line_at &&
		take_header_line(in, out, f) < 0)
		return -1;
	if (!in->is_in_body && end_header(in, LINE_EMPTY, out, f) < 0)
		return -1;
	if (out->is_overfull)
		BUG("no room for a message's header");
	return count_octets(in, span_from(buf_span(out), before), f);
}

const struct content_facts *intake_facts(const struct intake *in)
{
	return &in->facts;
}

const struct strv *intake_recipients(const struct intake *in)
{
	return &in->recipients;
}

enum tls_wish intake_tls_wish(const struct intake *in)
{
	return in->tls;
}

const char *intake_oddities(const struct intake *in)
{
	return buf_str(&in->oddities);
}
