#include "mail/mime.h"

#include <stdlib.h>

#include "base/mem.h"
#include "mail/content.h"
#include "mail/mime_header.h"
#include "mail/mime_plan.h"
#include "mail/mime_section.h"
#include "mail/mime_utf8.h"
#include "mail/mime_walk.h"

struct mime {
	struct mime_target target;
	struct mime_part *parts;
	struct mime_walk walk;
	bool needs_utf8;

	/* first reading: of the text that is being read */
	struct content_facts facts;
	uint64_t line_octets;
	struct mime_utf8 utf8;

	/* the other ones */
	struct mime_coder coder;
	struct buf *out;
	bool has_begun;
};

/* Whether a section with such octets over 127 has to be changed. */
static bool is_foreign(
	const struct mime *m, const struct mime_part *p, struct span section)
{
	/* a forwarded message is content: it may be what it was */
	if (p->is_forwarded && m->target.has_8bit)
		return false;
	return mime_header_is_foreign(section, &m->target);
}

/* Its header is not written yet, but an address in it may decide all. */
static void look_for_utf8(struct mime *m, const struct mime_part *p, struct span section)
{
	struct buf ignored = BUF_INIT(8 * MIME_HEADER_MAX);

	m->needs_utf8 = !mime_section_add(&ignored, section, p, &m->target);
	buf_release(&ignored);
}

static void scan_header(void *ctx, size_t part, struct span section, bool is_separated,
	const struct mime_type *type)
{
	struct mime *m = ctx;
	struct mime_part *p = &m->parts[part];
	const struct mime_part *parent = &m->parts[p->parent];

	(void)is_separated;
	p->structure = type->structure;
	p->transfer = type->transfer;
	p->is_text = type->is_text;
	p->is_composite = type->is_composite;
	p->has_version = type->has_version;
	p->has_type = type->has_type;
	p->is_message = part == 0 || parent->structure == MIME_MESSAGE;
	p->is_forwarded =
		part > 0 && (parent->is_forwarded || parent->structure == MIME_MESSAGE);
	p->has_8bit_header = span_has_8bit(section);
	p->has_broken_header = mime_header_is_broken(section);
	p->is_header_unfit = p->has_broken_header || is_foreign(m, p, section);
	if (part == 0 && p->is_header_unfit && p->has_8bit_header)
		look_for_utf8(m, p, section);
}

static void scan_text(void *ctx, size_t part, struct span text)
{
	struct mime *m = ctx;

	content_facts_add(&m->facts, &m->line_octets, text);
	if (!m->parts[part].has_type)
		mime_utf8_add(&m->utf8, text);
}

static void scan_end(void *ctx, size_t part, bool is_delimited)
{
	struct mime *m = ctx;
	struct mime_part *p = &m->parts[part];

	(void)is_delimited;
	if (m->line_octets) /* the last line has no end */
		content_facts_add(&m->facts, &m->line_octets, SPAN_LIT("\r\n"));
	if (m->facts.longest_line > p->longest_line)
		p->longest_line = m->facts.longest_line;
	p->has_8bit |= m->facts.has_8bit;
	p->has_nul |= m->facts.has_nul;
	p->is_utf8 = mime_utf8_is(&m->utf8);
	m->facts = (struct content_facts){0};
	m->line_octets = 0;
	m->utf8 = MIME_UTF8_INIT;
}

static void scan_delimiter(void *ctx, size_t part, struct span line)
{
	(void)ctx;
	(void)part;
	(void)line;
}

static void encode_header(void *ctx, size_t part, struct span section, bool is_separated,
	const struct mime_type *type)
{
	struct mime *m = ctx;
	const struct mime_part *p = &m->parts[part];
	bool is_changed = mime_plan_changes_header(p);

	if (is_changed)
		(void)mime_section_add(m->out, section, p, &m->target);
	else
		buf_add_span(m->out, section);
	/* what follows may come to look like a field, or get a header of its own */
	if (is_separated || is_changed || p->coding != MIME_CODING_NONE ||
		type->structure == MIME_MESSAGE)
		buf_add_str(m->out, "\r\n");
	mime_coder_begin(&m->coder, p->coding);
}

static void encode_text(void *ctx, size_t part, struct span text)
{
	struct mime *m = ctx;

	(void)part;
	mime_coder_add(&m->coder, text, m->out);
}

static void encode_end(void *ctx, size_t part, bool is_delimited)
{
	struct mime *m = ctx;

	(void)part;
	mime_coder_finish(&m->coder, is_delimited, m->out);
}

static void encode_delimiter(void *ctx, size_t part, struct span line)
{
	struct mime *m = ctx;

	buf_add_span(m->out, line);
	/* text of the multipart may follow */
	mime_coder_begin(&m->coder, m->parts[part].coding);
}

static const struct mime_walk_sink scanning = {
	scan_header, scan_text, scan_end, scan_delimiter};

static const struct mime_walk_sink encoding = {
	encode_header, encode_text, encode_end, encode_delimiter};

struct mime *mime_new(const struct mime_target *target)
{
	struct mime *m = mem_alloc(sizeof(*m));

	m->target = *target;
	m->parts = mem_array(MIME_PARTS_MAX, sizeof(*m->parts));
	mime_walk_init(&m->walk, m->parts);
	mime_walk_begin(&m->walk, &scanning, m);
	return m;
}

void mime_free(struct mime *m)
{
	if (!m)
		return;
	mime_walk_release(&m->walk);
	free(m->parts);
	free(m);
}

void mime_scan(struct mime *m, struct span content)
{
	mime_walk_feed(&m->walk, content);
}

enum mime_verdict mime_scan_finish(struct mime *m)
{
	enum mime_verdict verdict;

	mime_walk_finish(&m->walk);
	verdict = mime_plan_decide(m->parts, m->walk.part_count, &m->target);
	return verdict < MIME_NEEDS_UTF8 && m->needs_utf8 ? MIME_NEEDS_UTF8 : verdict;
}

bool mime_is_8bit(const struct mime *m)
{
	return m->parts[0].is_left_8bit;
}

void mime_encode_begin(struct mime *m)
{
	m->has_begun = false;
}

/* Not earlier: beginning may write something. */
static void encode_to(struct mime *m, struct buf *out)
{
	m->out = out;
	if (!m->has_begun)
		mime_walk_begin(&m->walk, &encoding, m);
	m->has_begun = true;
}

void mime_encode(struct mime *m, struct span content, struct buf *out)
{
	encode_to(m, out);
	mime_walk_feed(&m->walk, content);
}

void mime_encode_finish(struct mime *m, struct buf *out)
{
	encode_to(m, out);
	mime_walk_finish(&m->walk);
}
