#include "mail/mime_section.h"

#include "mail/mime_header.h"
#include "mail/mime_plan.h"

struct section {
	struct buf *out;
	const struct mime_part *part;
	const struct mime_target *target;
	bool has_type; /* written */
	bool has_transfer;
	bool needs_utf8;
};

static void add_transfer(struct section *s)
{
	static const char *const names[] = {
		[MIME_TRANSFER_7BIT] = "7bit",
		[MIME_TRANSFER_8BIT] = "8bit",
		[MIME_TRANSFER_QP] = "quoted-printable",
		[MIME_TRANSFER_BASE64] = "base64",
	};

	if (s->has_transfer)
		return;
	s->has_transfer = true;
	buf_addf(s->out, "Content-Transfer-Encoding: %s\r\n",
		names[s->part->new_transfer]);
}

/*
 * Nobody said in which charset it is. UTF-8 shows itself by its form; for anything else
 * RFC 1428 has a label that claims nothing.
 */
static void add_type(struct section *s)
{
	const struct mime_part *p = s->part;
	const char *charset = "us-ascii";

	if (s->has_type)
		return;
	s->has_type = true;
	if (p->has_8bit)
		charset = p->is_utf8 && !p->is_retyped ? "utf-8" : "unknown-8bit";
	buf_addf(s->out, "Content-Type: text/plain; charset=%s\r\n", charset);
}

static void add_field(struct section *s, const struct header_field *field)
{
	if (header_is(field, "Content-Transfer-Encoding") &&
		s->part->new_transfer != MIME_TRANSFER_NONE) {
		add_transfer(s);
	} else if (header_is(field, "Content-Type") && s->part->is_retyped) {
		add_type(s);
	} else if (mime_header_is_broken(field->whole) ||
		   (s->part->is_header_unfit &&
			   mime_header_is_foreign(field->whole, s->target))) {
		if (!mime_header_add_fit(s->out, field, s->target))
			s->needs_utf8 = true;
	} else {
		buf_add_span(s->out, field->whole);
	}
}

static void add_missing(struct section *s)
{
	const struct mime_part *p = s->part;

	if (p->is_message && !p->has_version && p->new_transfer != MIME_TRANSFER_NONE)
		buf_add_str(s->out, "MIME-Version: 1.0\r\n");
	if (mime_plan_adds_type(p))
		add_type(s);
	if (p->new_transfer != MIME_TRANSFER_NONE)
		add_transfer(s);
}

bool mime_section_add(struct buf *out, struct span section, const struct mime_part *part,
	const struct mime_target *target)
{
	struct section s = {.out = out, .part = part, .target = target};
	struct header_field field;

	while (header_next(&section, &field))
		add_field(&s, &field);
	add_missing(&s);
	return !s.needs_utf8;
}
