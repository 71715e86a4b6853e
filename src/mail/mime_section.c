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

/* NULL: what the field says is not ours to say. */
static const char *transfer_name(enum mime_transfer transfer)
{
	static const char *const names[] = {
		[MIME_TRANSFER_7BIT] = "7bit",
		[MIME_TRANSFER_8BIT] = "8bit",
		[MIME_TRANSFER_BINARY] = "binary",
		[MIME_TRANSFER_QP] = "quoted-printable",
		[MIME_TRANSFER_BASE64] = "base64",
		[MIME_TRANSFER_OTHER] = NULL,
	};

	return names[transfer];
}

static void add_transfer(struct section *s, enum mime_transfer transfer)
{
	if (s->has_transfer)
		return;
	s->has_transfer = true;
	buf_addf(s->out, "Content-Transfer-Encoding: %s\r\n", transfer_name(transfer));
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

static bool is_unfit(const struct section *s, const struct header_field *field)
{
	return mime_header_is_broken(field->whole) ||
	       (s->part->is_header_unfit &&
		       mime_header_is_foreign(field->whole, s->target));
}

/* The field, or false when it is not one of those that say how the body is encoded. */
static bool add_mime_field(struct section *s, const struct header_field *field)
{
	const struct mime_part *p = s->part;

	if (header_is(field, "Content-Type") && p->is_retyped) {
		add_type(s);
		return true;
	}
	if (!header_is(field, "Content-Transfer-Encoding"))
		return false;
	if (p->new_transfer != MIME_TRANSFER_NONE)
		add_transfer(s, p->new_transfer);
	else if (is_unfit(s, field) && transfer_name(p->transfer))
		add_transfer(s, p->transfer);
	else
		return false;
	return true;
}

static void add_field(struct section *s, const struct header_field *field)
{
	if (add_mime_field(s, field))
		return;
	if (!is_unfit(s, field))
		buf_add_span(s->out, field->whole);
	else if (!mime_header_add_fit(s->out, field, s->target))
		s->needs_utf8 = true;
}

static void add_missing(struct section *s)
{
	const struct mime_part *p = s->part;

	if (p->is_message && !p->has_version && p->new_transfer != MIME_TRANSFER_NONE)
		buf_add_str(s->out, "MIME-Version: 1.0\r\n");
	if (mime_plan_adds_type(p))
		add_type(s);
	if (p->new_transfer != MIME_TRANSFER_NONE)
		add_transfer(s, p->new_transfer);
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
