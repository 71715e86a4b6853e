/*
 * The header section of a part, changed as its plan says. Of use to mail/mime.c only.
 */
#ifndef MAIL_MIME_SECTION_H
#define MAIL_MIME_SECTION_H

#include "mail/mime_part.h"

/*
 * Append `section` with its unfit fields made fit and its MIME fields saying what `part`
 * becomes; missing ones are added. False when an address in it needs UTF-8, as
 * mime_header_add_fit has it.
 */
bool mime_section_add(struct buf *out, struct span section, const struct mime_part *part,
	const struct mime_target *target);

#endif
