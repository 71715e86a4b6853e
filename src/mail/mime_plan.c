#include "mail/mime_plan.h"

/* Its text is more than a target takes. */
static bool is_unfit(const struct mime_part *p, const struct mime_target *target)
{
	return p->has_nul || p->longest_line > MIME_LINE_MAX ||
	       (p->has_8bit && !target->has_8bit);
}

/*
 * Base64 for what is no text (RFC 2045 6.8), but for lines of ASCII that are only long (JSON
 * and the like): base64 would make their line ends CRLF for good.
 */
static enum mime_coding coding_of_leaf(const struct mime_part *p)
{
	if (p->transfer == MIME_TRANSFER_QP)
		return MIME_CODING_QP_MENDED;
	if (p->transfer == MIME_TRANSFER_BASE64)
		return MIME_CODING_BASE64_MENDED;
	if (p->is_text || p->is_composite || (!p->has_8bit && !p->has_nul))
		return MIME_CODING_QP;
	return MIME_CODING_BASE64;
}

static enum mime_coding coding_of(
	const struct mime_part *p, const struct mime_target *target)
{
	if (p->structure == MIME_SEALED || !is_unfit(p, target))
		return MIME_CODING_NONE;
	/* before and behind the parts nobody reads: it has to be harmless there */
	if (p->structure != MIME_LEAF)
		return MIME_CODING_QP_MENDED;
	return coding_of_leaf(p);
}

/* What the part is labelled, where the label it has would be wrong. */
static enum mime_transfer transfer_of(
	const struct mime_part *p, const struct mime_target *target)
{
	bool is_plain = p->transfer <= MIME_TRANSFER_BINARY;

	if (p->structure == MIME_LEAF && p->coding == MIME_CODING_QP)
		return MIME_TRANSFER_QP;
	if (p->coding == MIME_CODING_BASE64)
		return MIME_TRANSFER_BASE64;
	if (!is_plain || p->structure == MIME_SEALED)
		return MIME_TRANSFER_NONE;
	/* RFC 6152 3: what the whole message is called has to be true; the rest is body */
	if (p->is_left_8bit && p->is_message && !p->is_forwarded)
		return p->transfer == MIME_TRANSFER_8BIT ? MIME_TRANSFER_NONE
							 : MIME_TRANSFER_8BIT;
	if (!p->is_left_8bit && !target->has_8bit && p->transfer > MIME_TRANSFER_7BIT)
		return MIME_TRANSFER_7BIT;
	return MIME_TRANSFER_NONE;
}

bool mime_plan_adds_type(const struct mime_part *p)
{
	if (p->has_type || p->structure != MIME_LEAF)
		return false;
	return p->new_transfer != MIME_TRANSFER_NONE &&
	       (p->is_message || p->is_composite || p->has_8bit);
}

bool mime_plan_changes_header(const struct mime_part *p)
{
	return p->is_header_unfit || p->is_retyped ||
	       p->new_transfer != MIME_TRANSFER_NONE;
}

/* A header that is made fit keeps the UTF-8 that its target takes. */
static bool leaves_8bit(const struct mime_part *p, const struct mime_target *target)
{
	bool is_in_text = p->has_8bit && p->coding == MIME_CODING_NONE;
	bool is_header_kept = !p->is_header_unfit || target->has_utf8;

	return is_in_text || (p->has_8bit_header && is_header_kept);
}

/* Parts that were given up: what they hold is the text of the message. */
static void merge_into_message(struct mime_part *parts, size_t count)
{
	struct mime_part *all = &parts[0];

	for (size_t i = 1; i < count; i++) {
		const struct mime_part *p = &parts[i];

		all->has_8bit |= p->has_8bit || p->has_8bit_header;
		all->has_nul |= p->has_nul || p->has_broken_header;
		if (p->longest_line > all->longest_line)
			all->longest_line = p->longest_line;
	}
}

/* A multipart of no parts: the next reading has to take it for the leaf that it is. */
static void find_opaque(struct mime_part *p)
{
	if (p->structure == MIME_MULTIPART && !p->has_parts)
		p->is_opaque = true;
	if (p->is_opaque && p->structure != MIME_SEALED)
		p->structure = MIME_LEAF;
}

static enum mime_verdict worse(enum mime_verdict a, enum mime_verdict b)
{
	return a > b ? a : b;
}

static enum mime_verdict verdict_of(
	const struct mime_part *p, const struct mime_target *target)
{
	if (p->structure == MIME_SEALED && is_unfit(p, target))
		return p->has_nul || p->longest_line > MIME_LINE_MAX ? MIME_IMPOSSIBLE
								     : MIME_NEEDS_8BIT;
	if (p->coding != MIME_CODING_NONE || mime_plan_changes_header(p))
		return MIME_CHANGED;
	return MIME_AS_IS;
}

enum mime_verdict mime_plan_decide(
	struct mime_part *parts, size_t count, const struct mime_target *target)
{
	enum mime_verdict verdict = MIME_AS_IS;

	if (parts[0].is_opaque) {
		merge_into_message(parts, count);
		count = 1;
	}
	/* children before parents */
	for (size_t i = count; i-- > 0;) {
		struct mime_part *p = &parts[i];

		find_opaque(p);
		p->coding = coding_of(p, target);
		p->is_left_8bit = p->is_left_8bit || leaves_8bit(p, target);
		p->new_transfer = transfer_of(p, target);
		p->is_retyped = p->is_composite && p->new_transfer == MIME_TRANSFER_QP;
		parts[p->parent].is_left_8bit |= p->is_left_8bit;
		verdict = worse(verdict, verdict_of(p, target));
	}
	return verdict;
}
